/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifying a session's peer. The second check: on a session that was named
 * NAME.matrix GnuTLS verifies N also where the tool asks for the chain alone,
 * because a tool that then looks at names by itself might be content with a
 * certificate that a trusted authority made out to NAME.matrix. A tool that
 * verifies nothing calls nothing here.
 *
 * GnuTLS may verify without a call that is seen here, if it was linked
 * -Bsymbolic and told before the handshake what to verify: so it gets a list
 * which has N in it, as long as the session is named so.
 */
#include "gnutls_note.h"
#include "gnutls_verify.h"
#include "preload.h"

REAL_DECLARE(gnutls_certificate_verify_peers);
REAL_DECLARE(gnutls_certificate_verify_peers2);
REAL_DECLARE(gnutls_certificate_verify_peers3);
REAL_DECLARE(gnutls_session_set_verify_cert);
REAL_DECLARE(gnutls_session_set_verify_cert2);

/*
 * What is verified where there is no N: no authority certifies it (RFC 2606).
 * It is not const for GnuTLS's sake, and nobody writes to it.
 */
static char nobody[] = NAMES_NOBODY;
static struct gnutls_api_vdata only_nobody = {
    .type = GNUTLS_API_DT_DNS_HOSTNAME, .data = (unsigned char *)nobody};

/* Always by the innermost function: the others end in it. */
static int verify(const void *real, struct gnutls_session_int *session,
                  const struct gnutls_api_vdata *data, unsigned count,
                  unsigned *status)
{
    const struct gnutls_api *api = gnutls_api_of(real);
    const struct gnutls_session *kept = gnutls_session_named(session);
    struct gnutls_verify wanted;
    int result;

    *status = GNUTLS_API_CERT_INVALID | GNUTLS_API_CERT_UNEXPECTED_OWNER;
    if (api == NULL || !gnutls_verify_translate(kept, data, count, &wanted))
        return 0;
    result = api->gnutls_certificate_verify_peers(session, wanted.list,
                                                  wanted.count, status);
    if (result >= 0 && (*status & GNUTLS_API_CERT_UNEXPECTED_OWNER) != 0 &&
        wanted.answer != NULL)
        gnutls_note_peer(api, session, wanted.answer);
    return result;
}

HOOK(int, gnutls_certificate_verify_peers,
     (struct gnutls_session_int * session, struct gnutls_api_vdata *data,
      unsigned count, unsigned *status))
{
    __typeof__(&gnutls_certificate_verify_peers) real =
        GNUTLS_API_REAL(gnutls_certificate_verify_peers);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (!gnutls_verify_concerns(gnutls_session_named(session), data, count))
        return real(session, data, count, status);
    return verify((const void *)real, session, data, count, status);
}

HOOK(int, gnutls_certificate_verify_peers2,
     (struct gnutls_session_int * session, unsigned *status))
{
    __typeof__(&gnutls_certificate_verify_peers2) real =
        GNUTLS_API_REAL(gnutls_certificate_verify_peers2);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (gnutls_session_named(session) == NULL)
        return real(session, status);
    return verify((const void *)real, session, NULL, 0, status);
}

HOOK(int, gnutls_certificate_verify_peers3,
     (struct gnutls_session_int * session, const char *name, unsigned *status))
{
    __typeof__(&gnutls_certificate_verify_peers3) real =
        GNUTLS_API_REAL(gnutls_certificate_verify_peers3);
    struct gnutls_api_vdata host = {.type = GNUTLS_API_DT_DNS_HOSTNAME,
                                    .data = (unsigned char *)name};

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (!gnutls_verify_concerns(gnutls_session_named(session), &host, 1))
        return real(session, name, status);
    return verify((const void *)real, session, &host, 1, status);
}

/*
 * The chain alone is to be verified; the session may have its name already, or
 * get it yet, or another. So there is a place for N among what GnuTLS verifies:
 * as long as it is empty there is no name (gnutls_certificate_verify_peers3
 * makes such a list too). Without memory nobody will do.
 */
static void want_chain(const struct gnutls_api *api,
                       struct gnutls_session_int *session,
                       const struct gnutls_api_vdata *data, unsigned count,
                       unsigned flags)
{
    struct gnutls_session *kept = gnutls_session_make(api, session);
    struct gnutls_api_vdata *list = calloc(count + 1U, sizeof(*list));
    unsigned listed = 0;

    if (kept == NULL || list == NULL) {
        free(list);
        api->gnutls_session_set_verify_cert2(session, &only_nobody, 1, 0);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        if (data[i].type != GNUTLS_API_DT_DNS_HOSTNAME)
            list[listed++] = data[i];
    list[listed].type = GNUTLS_API_DT_DNS_HOSTNAME;
    if (kept->answer != NULL)
        flags = gnutls_verify_flags(kept->answer, flags);
    api->gnutls_session_set_verify_cert2(session, list, listed + 1, flags);
    gnutls_session_want(kept, list, &list[listed]);
}

/* Beside an address GnuTLS takes no host name, not even an empty one. */
static bool is_chain(const struct gnutls_api_vdata *data, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (data[i].type != GNUTLS_API_DT_KEY_PURPOSE_OID &&
            (data[i].type != GNUTLS_API_DT_DNS_HOSTNAME ||
             data[i].data != NULL))
            return false;
    return count < GNUTLS_VERIFY_MAX;
}

HOOK(void, gnutls_session_set_verify_cert,
     (struct gnutls_session_int * session, const char *name, unsigned flags))
{
    __typeof__(&gnutls_session_set_verify_cert) real =
        GNUTLS_API_REAL(gnutls_session_set_verify_cert);
    const struct gnutls_api *api;
    const struct names_answer *answer;

    if (real == NULL)
        return;
    if (name != NULL && !gnutls_verify_is_pseudo(name)) {
        real(session, name, flags);
        return;
    }
    api = gnutls_api_of((const void *)real);
    if (name == NULL && api != NULL) {
        want_chain(api, session, NULL, 0, flags);
        return;
    }
    answer = name != NULL
                 ? gnutls_verify_find(gnutls_session_named(session), name)
                 : NULL;
    /* GnuTLS keeps the pointer; an answer is never freed. */
    if (answer != NULL)
        real(session, answer->cert_name, gnutls_verify_flags(answer, flags));
    else
        real(session, nobody, flags);
}

/* A copy for GnuTLS to keep, freed with the session. NULL: none. */
static struct gnutls_api_vdata *copy(const struct gnutls_verify *wanted)
{
    struct gnutls_api_vdata *list = calloc(wanted->count, sizeof(*list));

    if (list != NULL)
        memcpy(list, wanted->list, wanted->count * sizeof(*list));
    return list;
}

HOOK(void, gnutls_session_set_verify_cert2,
     (struct gnutls_session_int * session, struct gnutls_api_vdata *data,
      unsigned count, unsigned flags))
{
    __typeof__(&gnutls_session_set_verify_cert2) real =
        GNUTLS_API_REAL(gnutls_session_set_verify_cert2);
    struct gnutls_session *kept = gnutls_session_named(session);
    const struct gnutls_api *api;
    struct gnutls_verify wanted;

    if (real == NULL)
        return;
    api = gnutls_api_of((const void *)real);
    if (api != NULL && is_chain(data, count)) {
        want_chain(api, session, data, count, flags);
        return;
    }
    if (!gnutls_verify_concerns(kept, data, count)) {
        real(session, data, count, flags);
        return;
    }
    real(session, &only_nobody, 1, 0); /* flags add up */
    if (!gnutls_verify_translate(kept, data, count, &wanted))
        return;
    kept = api != NULL ? gnutls_session_make(api, session) : NULL;
    if (kept == NULL)
        return;
    AUTO(free) struct gnutls_api_vdata *list = copy(&wanted);

    if (list == NULL)
        return;
    if (wanted.answer != NULL)
        flags = gnutls_verify_flags(wanted.answer, flags);
    real(session, list, wanted.count, flags);
    gnutls_session_want(kept, TAKE(list), NULL);
}
