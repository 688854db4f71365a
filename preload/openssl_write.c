/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tool writes into a tagged session goes through the Host writer. The
 * real function is called with what comes out, as often as it takes; what it
 * returns, and errno, is what the tool sees.
 */
#include <limits.h>
#include <stdint.h>

#include "openssl.h"
#include "preload.h"
#include "real.h"

REAL_DECLARE(SSL_write);
REAL_DECLARE(SSL_write_early_data);
REAL_DECLARE(SSL_write_ex);
REAL_DECLARE(SSL_write_ex2);

typedef int write_plain(struct ssl_st *, const void *, int);
typedef int write_counting(struct ssl_st *, const void *, size_t, size_t *);
typedef int write_flagged(struct ssl_st *, const void *, size_t, uint64_t,
                          size_t *);

/* A call of one of the functions; result is the real one's last. */
struct call {
    struct ssl_st *ssl;
    write_plain *plain;
    write_counting *counting;
    write_flagged *flagged;
    uint64_t flags;
    int result;
};

static ssize_t sink_write(void *argument, const char *data, size_t length)
{
    struct call *call = argument;
    size_t written = 0;

    if (call->plain != NULL) {
        call->result = call->plain(call->ssl, data,
                                   length < INT_MAX ? (int)length : INT_MAX);
        return call->result;
    }
    call->result =
        call->flagged != NULL
            ? call->flagged(call->ssl, data, length, call->flags, &written)
            : call->counting(call->ssl, data, length, &written);
    return call->result > 0 ? (ssize_t)written : call->result;
}

/* The writer; it says no more than the sink did where nothing is written. */
static ssize_t write_session(struct openssl_session *session, struct call *call,
                             const void *data, size_t length)
{
    const struct host_sink sink = {sink_write, call};
    ssize_t written;

    if (session->host == NULL) {
        errno = ENOMEM;
        return 0;
    }
    session->writing = true;
    written = host_write(session->host, data, length, &sink);
    session->writing = false;
    return written;
}

/* The session to write to; NULL: the real call and nothing else. */
static struct openssl_session *session_for(const void *real,
                                           const struct ssl_st *ssl)
{
    struct openssl_session *session = openssl_session_tagged(real, ssl);

    return session != NULL && !session->writing ? session : NULL;
}

/* 1 with a count, or what the sink said. */
static int write_counted(struct openssl_session *session, struct call *call,
                         const void *data, size_t length, size_t *ret_written)
{
    ssize_t written = write_session(session, call, data, length);

    if (written <= 0) {
        *ret_written = 0;
        return call->result;
    }
    *ret_written = (size_t)written;
    return 1;
}

HOOK(int, SSL_write, (struct ssl_st * ssl, const void *data, int length))
{
    __typeof__(&SSL_write) real = REAL(SSL_write);
    struct openssl_session *session;
    struct call call = {.ssl = ssl, .plain = real, .result = -1};
    ssize_t written;

    if (real == NULL)
        return -1;
    session = session_for((void *)real, ssl);
    if (session == NULL || length < 0)
        return real(ssl, data, length);
    written = write_session(session, &call, data, (size_t)length);
    return written > 0 ? (int)written : call.result;
}

HOOK(int, SSL_write_ex,
     (struct ssl_st * ssl, const void *data, size_t length,
      size_t *ret_written))
{
    __typeof__(&SSL_write_ex) real = REAL(SSL_write_ex);
    struct openssl_session *session;
    struct call call = {.ssl = ssl, .counting = real};

    if (real == NULL)
        return 0;
    session = session_for((void *)real, ssl);
    return session == NULL
               ? real(ssl, data, length, ret_written)
               : write_counted(session, &call, data, length, ret_written);
}

HOOK(int, SSL_write_early_data,
     (struct ssl_st * ssl, const void *data, size_t length,
      size_t *ret_written))
{
    __typeof__(&SSL_write_early_data) real = REAL(SSL_write_early_data);
    struct openssl_session *session;
    struct call call = {.ssl = ssl, .counting = real};

    if (real == NULL)
        return 0;
    session = session_for((void *)real, ssl);
    return session == NULL
               ? real(ssl, data, length, ret_written)
               : write_counted(session, &call, data, length, ret_written);
}

/* OpenSSL 3.3; the flags are for QUIC, and nobody reaches a target by that. */
HOOK(int, SSL_write_ex2,
     (struct ssl_st * ssl, const void *data, size_t length, uint64_t flags,
      size_t *ret_written))
{
    __typeof__(&SSL_write_ex2) real = REAL(SSL_write_ex2);
    struct openssl_session *session;
    struct call call = {.ssl = ssl, .flagged = real, .flags = flags};

    if (real == NULL)
        return 0;
    session = session_for((void *)real, ssl);
    return session == NULL
               ? real(ssl, data, length, flags, ret_written)
               : write_counted(session, &call, data, length, ret_written);
}
