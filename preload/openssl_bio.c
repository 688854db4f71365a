/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that write to a chain of BIOs which ends in a tagged session. An
 * SSL BIO writes by functions inside libssl that no hook sees, so its own
 * writes are followed here. Where buffers stand before it, the octets are
 * followed as they enter the first of them, and not again as they leave.
 */
#include <limits.h>

#include "openssl.h"
#include "preload.h"
#include "real.h"

REAL_DECLARE(BIO_puts);
REAL_DECLARE(BIO_write);
REAL_DECLARE(BIO_write_ex);

struct call {
    const struct openssl_crypto *crypto;
    struct bio_st *bio;
    int result;
};

static ssize_t sink_write(void *argument, const char *data, size_t length)
{
    struct call *call = argument;

    call->result = call->crypto->BIO_write(
        call->bio, data, length < INT_MAX ? (int)length : INT_MAX);
    return call->result;
}

/* The SSL that a chain ends in; NULL if what enters is not what leaves. */
static struct ssl_st *ssl_under(const struct openssl_crypto *crypto,
                                struct bio_st *bio)
{
    struct ssl_st *ssl = NULL;

    for (; bio != NULL; bio = crypto->BIO_next(bio))
        switch (crypto->BIO_method_type(bio)) {
        case OPENSSL_BIO_BUFFER:
        case OPENSSL_BIO_LINEBUFFER:
        case OPENSSL_BIO_NULL:
            continue;
        case OPENSSL_BIO_SSL:
            return crypto->BIO_ctrl(bio, OPENSSL_BIO_GET_SSL, 0, &ssl) == 1
                       ? ssl
                       : NULL;
        default:
            return NULL;
        }
    return NULL;
}

/* The session to write to; NULL: the real call and nothing else. */
static struct openssl_session *session_for(const void *real, struct bio_st *bio,
                                           struct call *ret_call)
{
    const struct openssl_crypto *crypto;
    const struct openssl_ssl *library;
    struct openssl_session *session;
    struct ssl_st *ssl;
    bool chain;

    if (!openssl_session_any_tagged() || bio == NULL ||
        (crypto = openssl_crypto_known(real)) == NULL ||
        (library = openssl_ssl_with(crypto)) == NULL)
        return NULL;
    ssl = ssl_under(crypto, bio);
    session = openssl_session_tagged(library->inside, ssl);
    if (session == NULL || session->writing)
        return NULL;
    chain = crypto->BIO_method_type(bio) != OPENSSL_BIO_SSL;
    if (session->through_chain && !chain)
        return NULL;
    session->through_chain = chain;
    openssl_session_settle_early(library, ssl, session);
    *ret_call = (struct call){.crypto = crypto, .bio = bio, .result = -1};
    return session;
}

/* > 0, or what BIO_write said. */
static int write_session(struct openssl_session *session, struct call *call,
                         const void *data, size_t length)
{
    const struct host_sink sink = {sink_write, call};
    ssize_t written = openssl_session_write(session, data, length, &sink);

    return written > 0 ? (int)written : call->result;
}

HOOK(int, BIO_write, (struct bio_st * bio, const void *data, int length))
{
    __typeof__(&BIO_write) real = REAL(BIO_write);
    struct openssl_session *session;
    struct call call;

    if (real == NULL)
        return -1;
    session = length > 0 ? session_for((void *)real, bio, &call) : NULL;
    return session == NULL
               ? real(bio, data, length)
               : write_session(session, &call, data, (size_t)length);
}

HOOK(int, BIO_write_ex,
     (struct bio_st * bio, const void *data, size_t length,
      size_t *ret_written))
{
    __typeof__(&BIO_write_ex) real = REAL(BIO_write_ex);
    struct openssl_session *session;
    struct call call;
    int written;

    if (real == NULL)
        return 0;
    session = length > 0 && length <= INT_MAX
                  ? session_for((void *)real, bio, &call)
                  : NULL;
    if (session == NULL)
        return real(bio, data, length, ret_written);
    written = write_session(session, &call, data, length);
    if (ret_written != NULL)
        *ret_written = written > 0 ? (size_t)written : 0;
    return written > 0;
}

HOOK(int, BIO_puts, (struct bio_st * bio, const char *text))
{
    __typeof__(&BIO_puts) real = REAL(BIO_puts);
    struct openssl_session *session;
    struct call call;

    if (real == NULL)
        return -1;
    session = text != NULL && *text != '\0'
                  ? session_for((void *)real, bio, &call)
                  : NULL;
    return session == NULL ? real(bio, text)
                           : write_session(session, &call, text, strlen(text));
}
