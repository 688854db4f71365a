/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SSL_set_tlsext_host_name (in truth SSL_ctrl) is where a tool says whom a
 * session is for. With a pseudo-name the session is tagged: it sends N as SNI,
 * none if N is an address, and everything else follows from the tag. Another
 * name unties it again.
 */
#include "openssl.h"

#include "note.h"
#include "preload.h"
#include "real.h"
#include "san.h"

REAL_DECLARE(SSL_clear);
REAL_DECLARE(SSL_copy_session_id);
REAL_DECLARE(SSL_ctrl);
REAL_DECLARE(SSL_set_connect_state);
REAL_DECLARE(SSL_set_session);

/*
 * Whether a session that is to be resumed was verified with a certificate for
 * N: none is shown then. Where the delegation changed, it was for another.
 */
static bool resumes_for(const struct openssl_ssl *library,
                        struct ssl_session_st *resumed,
                        const struct names_answer *answer)
{
    struct x509_st *peer = library->SSL_SESSION_get0_peer(resumed);

    return peer != NULL && san_covers(library->crypto, peer, answer);
}

/*
 * That of a connection that stands yet stays its, but is made such that none
 * can be resumed by it: the next one may begin unseen (BIO_reset).
 */
static bool drop_session(const struct openssl_ssl *library, struct ssl_st *ssl,
                         const struct names_answer *answer)
{
    struct ssl_session_st *resumed = library->SSL_get_session(ssl);

    if (resumed == NULL || resumes_for(library, resumed, answer))
        return true;
    if (library->SSL_in_before(ssl))
        return library->SSL_set_session(ssl, NULL) == 1;
    (void)library->SSL_CTX_remove_session(library->SSL_get_SSL_CTX(ssl),
                                          resumed);
    return true;
}

const struct names_answer openssl_nobody = {
    .pseudo = NAMES_NOBODY, .cert_name = NAMES_NOBODY, .host = NAMES_NOBODY};

static long send_name(const struct openssl_ssl *library, struct ssl_st *ssl,
                      const char *name)
{
    return library->SSL_ctrl(ssl, OPENSSL_CTRL_SET_HOSTNAME,
                             OPENSSL_NAMETYPE_HOST, (void *)name);
}

static void untag(const struct openssl_ssl *library, struct ssl_st *ssl,
                  struct openssl_session *session)
{
    const struct names_answer *answer = session->answer;

    openssl_verify_take(library->crypto, library->SSL_get0_param(ssl), answer);
    openssl_session_tag(session, NULL);
}

/*
 * 1 if all of it was done. Else the session is not tagged and has no SNI, but
 * has to be verified for N if it can: the tool may go on nevertheless.
 */
static long tag(const struct openssl_ssl *library, struct ssl_st *ssl,
                const struct names_answer *answer)
{
    struct openssl_session *session = openssl_session_make(library, ssl);

    if (session == NULL || session->writing)
        return 0;
    if (session->answer == answer)
        return send_name(library, ssl,
                         answer->cert_is_ip ? NULL : answer->cert_name);
    if (session->answer != NULL)
        untag(library, ssl, session);
    if (!openssl_verify_lend(library->crypto, library->SSL_get0_param(ssl),
                             answer) ||
        !drop_session(library, ssl, answer))
        return 0;
    openssl_session_tag(session, answer);
    if (session->host != NULL && openssl_alpn_apply(library, ssl, session) &&
        send_name(library, ssl,
                  answer->cert_is_ip ? NULL : answer->cert_name) == 1)
        return 1;
    openssl_session_tag(session, NULL);
    (void)!openssl_verify_give(library->crypto, library->SSL_get0_param(ssl),
                               answer);
    (void)send_name(library, ssl, NULL);
    return 0;
}

HOOK(long, SSL_ctrl,
     (struct ssl_st * ssl, int command, long argument, void *pointer))
{
    __typeof__(&SSL_ctrl) real = REAL(SSL_ctrl);
    const struct openssl_ssl *library;
    const struct names_answer *answer;
    struct openssl_session *session;

    if (real == NULL)
        return 0;
    if (command != OPENSSL_CTRL_SET_HOSTNAME ||
        argument != OPENSSL_NAMETYPE_HOST)
        return real(ssl, command, argument, pointer);
    if (pointer != NULL && names_is_pseudo(pointer, strlen(pointer))) {
        library = openssl_ssl_of((void *)real);
        if (library == NULL) {
            note_refusal("%s: the program's TLS library is not known here",
                         (const char *)pointer);
            return 0;
        }
        if (names_find(pointer, strlen(pointer), &answer) == STATUS_OK)
            return tag(library, ssl, answer);
        (void)tag(library, ssl, &openssl_nobody);
        return 0;
    }
    session = openssl_session_tagged((void *)real, ssl);
    if (session != NULL) {
        library = openssl_ssl_known((void *)real);
        untag(library, ssl, session);
        if (!openssl_alpn_apply(library, ssl, session))
            return 0;
    }
    return real(ssl, command, argument, pointer);
}

HOOK(int, SSL_set_session,
     (struct ssl_st * ssl, struct ssl_session_st *resumed))
{
    __typeof__(&SSL_set_session) real = REAL(SSL_set_session);
    struct openssl_session *session;

    if (real == NULL)
        return 0;
    session = openssl_session_tagged((void *)real, ssl);
    if (session != NULL && resumed != NULL &&
        !resumes_for(openssl_ssl_known((void *)real), resumed, session->answer))
        return real(ssl, NULL);
    return real(ssl, resumed);
}

/* It may set the session without a call that is seen here. */
HOOK(int, SSL_copy_session_id, (struct ssl_st * ssl, const struct ssl_st *from))
{
    __typeof__(&SSL_copy_session_id) real = REAL(SSL_copy_session_id);
    struct openssl_session *session;
    int result;

    if (real == NULL)
        return 0;
    result = real(ssl, from);
    session = openssl_session_tagged((void *)real, ssl);
    return session == NULL || drop_session(openssl_ssl_known((void *)real), ssl,
                                           session->answer)
               ? result
               : 0;
}

/*
 * Both begin a new connection on an SSL that may have had one, with another
 * name until a moment ago: then its session is not to be resumed. False: the
 * library refused.
 */
static bool begin_anew(const void *real, struct ssl_st *ssl)
{
    struct openssl_session *session = openssl_session_tagged(real, ssl);

    if (session == NULL)
        return true;
    openssl_session_restart(session);
    return drop_session(openssl_ssl_known(real), ssl, session->answer);
}

HOOK(int, SSL_clear, (struct ssl_st * ssl))
{
    __typeof__(&SSL_clear) real = REAL(SSL_clear);
    int result;

    if (real == NULL)
        return 0;
    result = real(ssl);
    return begin_anew((void *)real, ssl) ? result : 0;
}

HOOK(void, SSL_set_connect_state, (struct ssl_st * ssl))
{
    __typeof__(&SSL_set_connect_state) real = REAL(SSL_set_connect_state);

    if (real == NULL)
        return;
    real(ssl);
    (void)begin_anew((void *)real, ssl);
}
