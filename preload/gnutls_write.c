/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tool sends: Host is put right by host.h, which keeps the rules of
 * gnutls_record_send() itself. What GnuTLS calls while the shim writes passes
 * (gnutls_record_send jumps to gnutls_record_send2), and so does what was put
 * right when it was corked.
 */
#include "gnutls_session.h"
#include "preload.h"

REAL_DECLARE(gnutls_record_send);
REAL_DECLARE(gnutls_record_send2);
REAL_DECLARE(gnutls_record_send_file);
REAL_DECLARE(gnutls_record_send_range);
REAL_DECLARE(gnutls_record_uncork);
REAL_DECLARE(gnutls_record_send_early_data);

typedef ssize_t send_function(struct gnutls_session_int *, const void *,
                              size_t);
typedef ssize_t send2_function(struct gnutls_session_int *, const void *,
                               size_t, size_t, unsigned);

/* A call of the tool's, for the sinks. */
struct call {
    send_function *send;
    send2_function *send2;
    struct gnutls_session_int *session;
    size_t pad;
    unsigned flags;
};

static ssize_t sink(void *argument, const char *data, size_t length)
{
    const struct call *call = argument;

    return call->send(call->session, data, length);
}

static ssize_t sink2(void *argument, const char *data, size_t length)
{
    const struct call *call = argument;

    return call->send2(call->session, data, length, call->pad, call->flags);
}

/* How long what is sent may seem to be. */
struct gnutls_range_st {
    size_t low, high;
};

struct ranged {
    ssize_t (*send)(struct gnutls_session_int *, const void *, size_t,
                    const struct gnutls_range_st *);
    struct gnutls_session_int *session;
    struct gnutls_range_st range;
};

/* What comes out may be shorter or longer than what went in. */
static ssize_t sink_ranged(void *argument, const char *data, size_t length)
{
    const struct ranged *call = argument;
    struct gnutls_range_st range = call->range;

    if (range.low > length)
        range.low = length;
    if (range.high < length)
        range.high = length;
    return call->send(call->session, data, length, &range);
}

/* Whether octets pass as they are. */
static bool passes(const struct gnutls_session *kept)
{
    return kept == NULL || kept->writing;
}

static ssize_t write_through(struct gnutls_session *kept, const void *data,
                             size_t length, const struct host_sink *to)
{
    ssize_t sent;

    if (kept->refused)
        return GNUTLS_API_E_UNRECOGNIZED_NAME;
    kept->writing = true;
    sent = host_write(kept->host, data, length, to);
    kept->writing = false;
    if (sent > 0)
        doubt_settle(&kept->doubt);
    return sent;
}

HOOK(ssize_t, gnutls_record_send,
     (struct gnutls_session_int * session, const void *data, size_t length))
{
    __typeof__(&gnutls_record_send) real = GNUTLS_API_REAL(gnutls_record_send);
    struct gnutls_session *kept = gnutls_session_named(session);
    struct call call = {.send = real, .session = session};
    struct host_sink to = {.write = sink, .arg = &call};

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (passes(kept))
        return real(session, data, length);
    return write_through(kept, data, length, &to);
}

HOOK(ssize_t, gnutls_record_send2,
     (struct gnutls_session_int * session, const void *data, size_t length,
      size_t pad, unsigned flags))
{
    __typeof__(&gnutls_record_send2) real =
        GNUTLS_API_REAL(gnutls_record_send2);
    struct gnutls_session *kept = gnutls_session_named(session);
    struct call call = {
        .send2 = real, .session = session, .pad = pad, .flags = flags};
    struct host_sink to = {.write = sink2, .arg = &call};

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (passes(kept))
        return real(session, data, length, pad, flags);
    return write_through(kept, data, length, &to);
}

/* A range that the data do not fit is for the real one to refuse. */
HOOK(ssize_t, gnutls_record_send_range,
     (struct gnutls_session_int * session, const void *data, size_t length,
      const struct gnutls_range_st *range))
{
    __typeof__(&gnutls_record_send_range) real =
        GNUTLS_API_REAL(gnutls_record_send_range);
    struct gnutls_session *kept = gnutls_session_named(session);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (passes(kept) || length < range->low || length > range->high)
        return real(session, data, length, range);

    struct ranged call = {.send = real, .session = session, .range = *range};
    struct host_sink to = {.write = sink_ranged, .arg = &call};

    return write_through(kept, data, length, &to);
}

/* At most size octets that stand next in a file, or GnuTLS's error. */
static ssize_t read_file(int fd, const off_t *at, void *ret_octets, size_t size)
{
    ssize_t got = at != NULL ? pread(fd, ret_octets, size, *at)
                             : read(fd, ret_octets, size);

    if (got < 0)
        return errno == EAGAIN ? GNUTLS_API_E_AGAIN : GNUTLS_API_E_FILE_ERROR;
    return got;
}

/* The offset is only moved by what was sent: a blocked piece is read again. */
static ssize_t write_file(struct gnutls_session *kept,
                          struct gnutls_session_int *session, int fd, off_t *at,
                          size_t length)
{
    struct call call = {.send = kept->api->gnutls_record_send,
                        .session = session};
    struct host_sink to = {.write = sink, .arg = &call};
    size_t sent = 0;
    char piece[4096];

    while (sent < length) {
        size_t left = length - sent;
        ssize_t got = read_file(fd, at, piece,
                                left < sizeof(piece) ? left : sizeof(piece));

        if (got < 0)
            return got;
        if (got == 0)
            break;
        for (ssize_t done = 0; done < got;) {
            ssize_t result =
                write_through(kept, piece + done, (size_t)(got - done), &to);

            if (result < 0)
                return result;
            done += result;
            if (at != NULL)
                *at += result;
        }
        sent += (size_t)got;
    }
    return (ssize_t)sent;
}

/*
 * Where the kernel encrypts (KTLS) it reads the file by itself, and nobody
 * would see a Host in it. So it is sent as GnuTLS sends it elsewhere.
 */
HOOK(ssize_t, gnutls_record_send_file,
     (struct gnutls_session_int * session, int fd, off_t *offset,
      size_t length))
{
    __typeof__(&gnutls_record_send_file) real =
        GNUTLS_API_REAL(gnutls_record_send_file);
    struct gnutls_session *kept = gnutls_session_named(session);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (passes(kept))
        return real(session, fd, offset, length);
    return write_file(kept, session, fd, offset, length);
}

HOOK(int, gnutls_record_uncork,
     (struct gnutls_session_int * session, unsigned flags))
{
    __typeof__(&gnutls_record_uncork) real =
        GNUTLS_API_REAL(gnutls_record_uncork);
    struct gnutls_session *kept = gnutls_session_named(session);
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (passes(kept))
        return real(session, flags);
    kept->writing = true;
    result = real(session, flags);
    kept->writing = false;
    return result;
}

/*
 * A server may refuse early data, and the tool must then send them again by
 * the calls above. So it is here: nobody can take octets back from a writer
 * that has seen them.
 */
HOOK(ssize_t, gnutls_record_send_early_data,
     (struct gnutls_session_int * session, const void *data, size_t length))
{
    __typeof__(&gnutls_record_send_early_data) real =
        GNUTLS_API_REAL(gnutls_record_send_early_data);

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (gnutls_session_named(session) == NULL)
        return real(session, data, length);
    return 0;
}
