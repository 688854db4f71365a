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

REAL_DECLARE(SSL_sendfile);
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
    bool early; /* it is of early data */
    int result;
};

/* The real function that counts. */
static int put(struct call *call, const void *data, size_t length,
               size_t *ret_written)
{
    call->result =
        call->flagged != NULL
            ? call->flagged(call->ssl, data, length, call->flags, ret_written)
            : call->counting(call->ssl, data, length, ret_written);
    return call->result;
}

static ssize_t sink_plain(void *argument, const char *data, size_t length)
{
    struct call *call = argument;

    call->result =
        call->plain(call->ssl, data, length < INT_MAX ? (int)length : INT_MAX);
    return call->result;
}

static ssize_t sink_counting(void *argument, const char *data, size_t length)
{
    size_t written = 0;
    int result = put(argument, data, length, &written);

    return result > 0 ? (ssize_t)written : result;
}

/* The session to write to; NULL: the real call and nothing else. */
static struct openssl_session *session_for(const void *real,
                                           const struct ssl_st *ssl, bool early)
{
    struct openssl_session *session = openssl_session_tagged(real, ssl);

    if (session == NULL || session->writing)
        return NULL;
    if (early)
        session->early = true;
    else
        openssl_session_settle_early(openssl_ssl_known(real), ssl, session);
    return session;
}

/* 1 with a count, or what the sink said; 0 without a real function. */
static int write_counted(struct call *call, const void *data, size_t length,
                         size_t *ret_written)
{
    const struct host_sink sink = {sink_counting, call};
    const void *real = call->flagged != NULL ? (const void *)call->flagged
                                             : (const void *)call->counting;
    struct openssl_session *session;
    ssize_t written;

    if (real == NULL)
        return 0;
    session = session_for(real, call->ssl, call->early);
    if (session == NULL)
        return put(call, data, length, ret_written);
    written = openssl_session_write(session, data, length, &sink);
    *ret_written = written > 0 ? (size_t)written : 0;
    return written > 0 ? 1 : call->result;
}

HOOK(int, SSL_write, (struct ssl_st * ssl, const void *data, int length))
{
    __typeof__(&SSL_write) real = REAL(SSL_write);
    struct call call = {.ssl = ssl, .plain = real, .result = -1};
    const struct host_sink sink = {sink_plain, &call};
    struct openssl_session *session;
    ssize_t written;

    if (real == NULL)
        return -1;
    session = session_for((void *)real, ssl, false);
    if (session == NULL || length < 0)
        return real(ssl, data, length);
    written = openssl_session_write(session, data, (size_t)length, &sink);
    return written > 0 ? (int)written : call.result;
}

HOOK(int, SSL_write_ex,
     (struct ssl_st * ssl, const void *data, size_t length,
      size_t *ret_written))
{
    struct call call = {.ssl = ssl, .counting = REAL(SSL_write_ex)};

    return write_counted(&call, data, length, ret_written);
}

HOOK(int, SSL_write_early_data,
     (struct ssl_st * ssl, const void *data, size_t length,
      size_t *ret_written))
{
    struct call call = {
        .ssl = ssl, .counting = REAL(SSL_write_early_data), .early = true};

    return write_counted(&call, data, length, ret_written);
}

/* OpenSSL 3.3; the flags are for QUIC, and nobody reaches a target by that. */
HOOK(int, SSL_write_ex2,
     (struct ssl_st * ssl, const void *data, size_t length, uint64_t flags,
      size_t *ret_written))
{
    struct call call = {
        .ssl = ssl, .flagged = REAL(SSL_write_ex2), .flags = flags};

    return write_counted(&call, data, length, ret_written);
}

/*
 * OpenSSL 3, where the kernel encrypts what it reads from a file: nobody would
 * see a Host in that, nor where a body ends. So it is refused, which a tool
 * must expect: hardly any connection can do it.
 */
HOOK(ssize_t, SSL_sendfile,
     (struct ssl_st * ssl, int fd, off_t offset, size_t size, int flags))
{
    __typeof__(&SSL_sendfile) real = REAL(SSL_sendfile);

    if (real == NULL)
        return -1;
    if (openssl_session_tagged((void *)real, ssl) == NULL)
        return real(ssl, fd, offset, size, flags);
    errno = EOPNOTSUPP;
    return -1;
}
