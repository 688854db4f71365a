/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions of GnuTLS: who their peer is (SNI), that they begin as they must,
 * and that they end.
 */
#include "gnutls_note.h"
#include "gnutls_session.h"
#include "preload.h"

REAL_DECLARE(gnutls_server_name_set);
REAL_DECLARE(gnutls_handshake);
REAL_DECLARE(gnutls_deinit);

/* No SNI: what was set before goes. Versions before 3.6.12 cannot. */
static int unset_name(const struct gnutls_api *api,
                      struct gnutls_session_int *session, int type)
{
    return api->gnutls_check_version("3.6.12") != NULL
               ? api->gnutls_server_name_set(session, type, "", 0)
               : 0;
}

static int set_answer(struct gnutls_session *kept,
                      struct gnutls_session_int *session, int type,
                      const struct names_answer *answer)
{
    const char *name = answer->cert_name;
    int result = answer->cert_is_ip ? unset_name(kept->api, session, type)
                                    : kept->api->gnutls_server_name_set(
                                          session, type, name, strlen(name));

    if (result < 0)
        gnutls_session_refuse(kept);
    else if (!gnutls_session_tag(kept, answer))
        result = GNUTLS_API_E_MEMORY_ERROR;
    return result;
}

HOOK(int, gnutls_server_name_set,
     (struct gnutls_session_int * session, int type, const void *name,
      size_t length))
{
    __typeof__(&gnutls_server_name_set) real =
        GNUTLS_API_REAL(gnutls_server_name_set);
    const struct names_answer *answer;
    struct gnutls_session *kept;
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (name == NULL || !names_is_pseudo(name, length)) {
        result = real(session, type, name, length);
        kept = gnutls_session_named(session);
        if (kept != NULL && result >= 0)
            gnutls_session_untag(kept);
        return result;
    }
    const struct gnutls_api *api = gnutls_api_of(real);

    kept = api != NULL ? gnutls_session_make(api, session) : NULL;
    if (kept == NULL)
        return GNUTLS_API_E_MEMORY_ERROR;
    if (names_find(name, length, &answer) == STATUS_OK)
        return set_answer(kept, session, type, answer);
    gnutls_session_refuse(kept);
    return GNUTLS_API_E_UNRECOGNIZED_NAME;
}

/*
 * A session that was taken up again has no certificate to verify any more. If
 * it came in before the session had its name, nobody knows whose it was.
 */
static int judge_resumed(const struct gnutls_session *kept,
                         struct gnutls_session_int *session)
{
    if (kept->vetted || !kept->api->gnutls_session_is_resumed(session))
        return 0;
    gnutls_note_resumed(kept->answer);
    return GNUTLS_API_E_INVALID_SESSION;
}

HOOK(int, gnutls_handshake, (struct gnutls_session_int * session))
{
    __typeof__(&gnutls_handshake) real = GNUTLS_API_REAL(gnutls_handshake);
    struct gnutls_session *kept = gnutls_session_find(session);
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (kept == NULL)
        return real(session);
    if (kept->refused)
        return GNUTLS_API_E_UNRECOGNIZED_NAME;
    result = gnutls_alpn_offer(kept, session);
    if (result != 0)
        return result;
    if (kept->answer == NULL) {
        if (kept->wanted == NULL)
            gnutls_session_drop(session); /* not ours, as it turns out */
        return real(session);
    }
    gnutls_session_shakes(session);
    result = real(session);
    if (result == GNUTLS_API_E_CERTIFICATE_ERROR ||
        result == GNUTLS_API_E_CERTIFICATE_VERIFICATION_ERROR)
        doubt_end(&kept->doubt); /* by GnuTLS itself, or the tool's callback */
    return result == 0 ? judge_resumed(kept, session) : result;
}

/* Forgotten first: afterwards the address may be another thread's session. */
HOOK(void, gnutls_deinit, (struct gnutls_session_int * session))
{
    __typeof__(&gnutls_deinit) real = GNUTLS_API_REAL(gnutls_deinit);

    gnutls_session_drop(session);
    if (real != NULL)
        real(session);
}
