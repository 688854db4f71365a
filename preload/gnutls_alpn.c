/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ALPN: no HTTP/2 for our sessions, whose Host could not be put right then.
 * GnuTLS cannot take back a list of protocols (a second one is added to the
 * first), and a session may get its name after its list. So in a process that
 * knows pseudo-hostnames a list with h2 is kept back until the handshake.
 */
#include "gnutls_session.h"
#include "preload.h"

REAL_DECLARE(gnutls_alpn_set_protocols);

/* h2, and its drafts: h2-14. */
static bool is_http2(const unsigned char *text, unsigned size)
{
    return size >= 2 && memcmp(text, "h2", 2) == 0;
}

static bool offers_http2(const struct gnutls_api_datum *protocols,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_http2(protocols[i].data, protocols[i].size))
            return true;
    return false;
}

static bool any(void *argument, const struct names_answer *answer)
{
    (void)argument;
    (void)answer;
    return true;
}

/* False if it is a list that GnuTLS refuses. */
static bool copy(const struct gnutls_api_datum *protocols, unsigned count,
                 struct gnutls_session_protocols *ret_copy)
{
    if (count > GNUTLS_API_PROTOCOLS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (protocols[i].size > GNUTLS_API_PROTOCOL_MAX)
            return false;
        memcpy(ret_copy->list[i].text, protocols[i].data, protocols[i].size);
        ret_copy->list[i].size = protocols[i].size;
    }
    ret_copy->count = count;
    return true;
}

HOOK(int, gnutls_alpn_set_protocols,
     (struct gnutls_session_int * session,
      const struct gnutls_api_datum *protocols, unsigned count, unsigned flags))
{
    __typeof__(&gnutls_alpn_set_protocols) real =
        GNUTLS_API_REAL(gnutls_alpn_set_protocols);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if ((!names_each(any, NULL) && gnutls_session_named(session) == NULL) ||
        !offers_http2(protocols, count))
        return real(session, protocols, count, flags);

    const struct gnutls_api *api = gnutls_api_of(real);
    struct gnutls_session *kept =
        api != NULL ? gnutls_session_make(api, session) : NULL;

    if (kept == NULL)
        return GNUTLS_API_E_MEMORY_ERROR;
    AUTO(free) struct gnutls_session_protocols *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return GNUTLS_API_E_MEMORY_ERROR;
    if (!copy(protocols, count, list))
        return real(session, protocols, count, flags);
    list->flags = flags;
    free(kept->protocols);
    kept->protocols = TAKE(list);
    return 0;
}

int gnutls_alpn_offer(struct gnutls_session *kept,
                      struct gnutls_session_int *session)
{
    AUTO(free)
    struct gnutls_session_protocols *protocols = TAKE(kept->protocols);
    struct gnutls_api_datum list[GNUTLS_API_PROTOCOLS_MAX];
    unsigned count = 0;

    if (protocols == NULL)
        return 0;
    for (unsigned i = 0; i < protocols->count; i++) {
        unsigned char *text = protocols->list[i].text;
        unsigned size = protocols->list[i].size;

        if (kept->answer == NULL || !is_http2(text, size))
            list[count++] =
                (struct gnutls_api_datum){.data = text, .size = size};
    }
    return kept->api->gnutls_alpn_set_protocols(session, list, count,
                                                protocols->flags);
}
