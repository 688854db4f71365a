/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tool sends: Host is put right by host.h, which keeps the rules of
 * gnutls_record_send() itself. What GnuTLS calls while the shim writes passes
 * (gnutls_record_send jumps to gnutls_record_send2), and so does what was put
 * right when it was corked. gnutls_record_send_file() comes by here. Not seen
 * is gnutls_record_send_range(), after which a Host stays as it is; servers
 * refuse that.
 */
#include "gnutls_session.h"
#include "preload.h"

REAL_DECLARE(gnutls_record_send);
REAL_DECLARE(gnutls_record_send2);
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
