/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an OpenSSL client does about a certificate that is not N's: whether it
 * looks at it, and whether it gets something from the peer all the same. (That
 * it sends something is seen where the Host writer is, openssl_session.c.)
 */
#include "doubt.h"
#include "openssl.h"
#include "preload.h"
#include "real.h"

REAL_DECLARE(SSL_get0_peer_certificate);
REAL_DECLARE(SSL_get1_peer_certificate);
REAL_DECLARE(SSL_get_peer_certificate);
REAL_DECLARE(SSL_get_verify_result);
REAL_DECLARE(SSL_read);
REAL_DECLARE(SSL_read_ex);

/* The session; NULL, after one load, as long as there was never any doubt. */
static struct openssl_session *doubted(const void *real,
                                       const struct ssl_st *ssl)
{
    struct openssl_session *session =
        doubt_any() ? openssl_session_tagged(real, ssl) : NULL;

    return session != NULL && session->doubt != NULL ? session : NULL;
}

static void look(const void *real, const struct ssl_st *ssl)
{
    struct openssl_session *session = doubted(real, ssl);

    if (session != NULL)
        doubt_look(session->doubt);
}

static void got(const void *real, const struct ssl_st *ssl)
{
    struct openssl_session *session = doubted(real, ssl);

    if (session != NULL)
        doubt_settle(&session->doubt);
}

HOOK(long, SSL_get_verify_result, (const struct ssl_st *ssl))
{
    __typeof__(&SSL_get_verify_result) real = REAL(SSL_get_verify_result);

    if (real == NULL)
        return OPENSSL_UNSPECIFIED;
    look((void *)real, ssl);
    return real(ssl);
}

HOOK(struct x509_st *, SSL_get_peer_certificate, (const struct ssl_st *ssl))
{
    __typeof__(&SSL_get_peer_certificate) real = REAL(SSL_get_peer_certificate);

    if (real == NULL)
        return NULL;
    look((void *)real, ssl);
    return real(ssl);
}

/* OpenSSL 3's names for it. */
HOOK(struct x509_st *, SSL_get1_peer_certificate, (const struct ssl_st *ssl))
{
    __typeof__(&SSL_get1_peer_certificate) real =
        REAL(SSL_get1_peer_certificate);

    if (real == NULL)
        return NULL;
    look((void *)real, ssl);
    return real(ssl);
}

HOOK(struct x509_st *, SSL_get0_peer_certificate, (const struct ssl_st *ssl))
{
    __typeof__(&SSL_get0_peer_certificate) real =
        REAL(SSL_get0_peer_certificate);

    if (real == NULL)
        return NULL;
    look((void *)real, ssl);
    return real(ssl);
}

HOOK(int, SSL_read, (struct ssl_st * ssl, void *data, int length))
{
    __typeof__(&SSL_read) real = REAL(SSL_read);
    int result = real != NULL ? real(ssl, data, length) : -1;

    if (result > 0)
        got((void *)real, ssl);
    return result;
}

HOOK(int, SSL_read_ex,
     (struct ssl_st * ssl, void *data, size_t length, size_t *ret_read))
{
    __typeof__(&SSL_read_ex) real = REAL(SSL_read_ex);
    int result = real != NULL ? real(ssl, data, length, ret_read) : 0;

    if (result > 0)
        got((void *)real, ssl);
    return result;
}
