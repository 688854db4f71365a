/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session resumption: no certificate is shown then, so a session that was
 * made under one certificate name must not stand for another. Of the data
 * that a tool is given to take a session up again a hash is kept, with the
 * certificate name and without; data that are not known to be of the same
 * name are not handed on, and the tool has a full handshake, as when a server
 * has forgotten the session.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "gnutls_session.h"
#include "preload.h"

REAL_DECLARE(gnutls_session_get_data);
REAL_DECLARE(gnutls_session_get_data2);
REAL_DECLARE(gnutls_session_set_data);

enum {
    GROUPS = 1024,
    GROUP = 4, /* hashes in each; the oldest goes */
};

/* Hashes will do: the data hold a secret that nobody chose. */
static _Atomic uint64_t known[GROUPS][GROUP];
static atomic_bool any;

static uint64_t mix(uint64_t hash, const void *octets, size_t size)
{
    const unsigned char *octet = octets;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ octet[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Of the data and a certificate name, which may be "". Never 0. */
static uint64_t hash_of(const void *data, size_t size, const char *name)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), name, strlen(name) + 1);

    return mix(hash, data, size) | 1;
}

static _Atomic uint64_t *group_of(uint64_t hash)
{
    return known[(hash >> 32) % GROUPS];
}

static bool is_known(uint64_t hash)
{
    _Atomic uint64_t *group = group_of(hash);

    for (unsigned i = 0; i < GROUP; i++)
        if (atomic_load(&group[i]) == hash)
            return true;
    return false;
}

static void remember(uint64_t hash)
{
    _Atomic uint64_t *group = group_of(hash);

    if (is_known(hash))
        return;
    for (unsigned i = GROUP - 1; i > 0; i--)
        atomic_store(&group[i], atomic_load(&group[i - 1]));
    atomic_store(&group[0], hash);
    atomic_store(&any, true);
}

static void remember_data(const struct gnutls_session *kept, const void *data,
                          size_t size)
{
    if (kept == NULL || kept->answer == NULL || data == NULL)
        return;
    remember(hash_of(data, size, kept->answer->cert_name));
    remember(hash_of(data, size, ""));
}

HOOK(int, gnutls_session_get_data,
     (struct gnutls_session_int * session, void *data, size_t *size))
{
    __typeof__(&gnutls_session_get_data) real =
        GNUTLS_API_REAL(gnutls_session_get_data);
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    result = real(session, data, size);
    if (result >= 0)
        remember_data(gnutls_session_named(session), data, *size);
    return result;
}

HOOK(int, gnutls_session_get_data2,
     (struct gnutls_session_int * session, struct gnutls_api_datum *data))
{
    __typeof__(&gnutls_session_get_data2) real =
        GNUTLS_API_REAL(gnutls_session_get_data2);
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    result = real(session, data);
    if (result >= 0)
        remember_data(gnutls_session_named(session), data->data, data->size);
    return result;
}

HOOK(int, gnutls_session_set_data,
     (struct gnutls_session_int * session, const void *data, size_t size))
{
    __typeof__(&gnutls_session_set_data) real =
        GNUTLS_API_REAL(gnutls_session_set_data);
    struct gnutls_session *kept = gnutls_session_named(session);
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (data == NULL || (kept == NULL && !atomic_load(&any)))
        return real(session, data, size);
    if (kept == NULL) {
        /* Of one of ours, on a session that may yet get another's name. */
        if (is_known(hash_of(data, size, "")))
            return 0;
        return real(session, data, size);
    }
    if (kept->answer == NULL ||
        !is_known(hash_of(data, size, kept->answer->cert_name)))
        return 0;
    result = real(session, data, size);
    if (result >= 0)
        kept->vetted = true;
    return result;
}
