/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Heads go through the session's buffer, so that a Host can be replaced and a
 * head leaves in one piece; everything else goes to the sink straight from
 * the caller's memory. No octet is judged twice: what the sink did not take
 * is remembered by its number of octets alone.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "host_parse.h"
#include "util.h"

struct host_session {
    struct host_parse parse;
    size_t ahead;  /* octets of the caller's next buffer that are done with */
    size_t judged; /* octets after those: parsed, to go straight, not sent */
    /* buffer: start to ready is to be sent, ready to end is a line to hold */
    size_t start, ready, end;
    struct host_parse_value own; /* in a whole Host line: what to replace */
    size_t name_length, host_length;
    char name[HOST_NAME + 1]; /* without a last dot */
    char host[HOST_NAME + 1];
    char buffer[HOST_LINE + HOST_NAME]; /* a line, and a longer Host in it */
};

/* Line ends in here would be new lines in somebody's head. */
static bool is_visible(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

struct host_session *host_new(const char *name, const char *host)
{
    size_t name_length = strlen(name);
    size_t host_length = strlen(host);

    if (!is_visible(name) || !is_visible(host))
        return NULL;
    if (name[name_length - 1] == '.')
        name_length--;
    AUTO(free) struct host_session *session = calloc(1, sizeof(*session));
    if (session == NULL || name_length == 0 ||
        !util_copy(session->name, sizeof(session->name), name, name_length) ||
        !util_copy(session->host, sizeof(session->host), host, host_length))
        return NULL;
    session->name_length = name_length;
    session->host_length = host_length;
    return TAKE(session);
}

void host_free(struct host_session *session)
{
    if (session == NULL)
        return;
    explicit_bzero(session, sizeof(*session));
    free(session);
}

bool host_is_opaque(const struct host_session *session)
{
    return session->parse.state == HOST_PARSE_OPAQUE;
}

/* Whether a Host is the session's name: NAME [ "." ] [ ":" *DIGIT ] */
static bool is_own(const struct host_session *session, const char *value,
                   size_t length)
{
    size_t at = session->name_length;

    if (length < at || !host_parse_equal(value, at, session->name, at))
        return false;
    if (at < length && value[at] == '.')
        at++;
    if (at == length)
        return true;
    if (value[at++] != ':')
        return false;
    while (at < length && host_parse_is_digit(value[at]))
        at++;
    return at == length;
}

/* Puts the real Host in the held line. There is room: see buffer. */
static void replace_own(struct host_session *session)
{
    char *value = session->buffer + session->ready + session->own.at;
    const char *rest = value + session->own.length;

    memmove(value + session->host_length, rest,
            (size_t)(session->buffer + session->end - rest));
    memcpy(value, session->host, session->host_length);
    session->end += session->host_length - session->own.length;
    session->ready = session->end;
    session->own.length = 0;
}

/* Lets the held line go as it is. */
static void release(struct host_session *session)
{
    session->ready = session->end;
    session->own.length = 0;
}

/*
 * A whole line is held. The session's own Host stays so until the next octet
 * shows that it does not go on there: half a value must not be replaced.
 */
static void finish_line(struct host_session *session)
{
    const char *line = session->buffer + session->ready;
    struct host_parse_value value;

    if (host_parse_line(&session->parse, line, session->end - session->ready,
                        &value) == HOST_PARSE_HOST &&
        is_own(session, line + value.at, value.length))
        session->own = value;
    else
        release(session);
}

/* Takes an octet of a line; false if it has to be looked at again. */
static bool take_line_octet(struct host_session *session, char octet)
{
    size_t held = session->end - session->ready;

    if (session->own.length > 0 && !host_parse_is_blank(octet)) {
        replace_own(session);
        return false;
    }
    if (host_parse_is_blank(octet) && (held == 0 || session->own.length > 0)) {
        host_parse_fold(&session->parse);
        release(session);
        return false;
    }
    if (held == HOST_LINE) {
        host_parse_overlong(&session->parse, session->buffer + session->ready,
                            held);
        release(session);
        return false;
    }
    session->buffer[session->end++] = octet;
    if (octet == '\n')
        finish_line(session);
    return true;
}

/* Takes octets of heads as long as there is room; gives how many. */
static size_t take_heads(struct host_session *session, const char *data,
                         size_t length)
{
    size_t at = 0;

    while (at < length && session->parse.state <= HOST_PARSE_LINE) {
        /* A line alone in the buffer may fill it: then it is overlong. */
        if (session->end >= HOST_LINE && session->ready > 0)
            break;
        if (session->parse.state == HOST_PARSE_LINE) {
            at += take_line_octet(session, data[at]);
            continue;
        }
        host_parse_octet(&session->parse, data[at]);
        session->buffer[session->end++] = data[at++];
        session->ready = session->end;
    }
    return at;
}

/* Sends what is ready. > 0, or what the sink said. */
static ssize_t flush(struct host_session *session, const struct host_sink *sink)
{
    while (session->start < session->ready) {
        size_t length = session->ready - session->start;
        ssize_t sent =
            sink->write(sink->arg, session->buffer + session->start, length);

        if (sent <= 0)
            return sent;
        session->start += (size_t)sent;
    }
    session->end -= session->ready;
    memmove(session->buffer, session->buffer + session->ready, session->end);
    session->start = 0;
    session->ready = 0;
    return 1;
}

/* Sends judged octets from data; data may be NULL, as for the sink. */
static ssize_t send_judged(struct host_session *session, const char *data,
                           size_t length, const struct host_sink *sink)
{
    ssize_t sent = sink->write(sink->arg, data, length);

    if (sent > 0)
        session->judged -=
            (size_t)sent < session->judged ? (size_t)sent : session->judged;
    return sent;
}

/* Goes on with a blocked write without its octets. */
static ssize_t carry_on(struct host_session *session,
                        const struct host_sink *sink)
{
    ssize_t sent = flush(session, sink);
    size_t taken = session->ahead;

    if (sent <= 0)
        return sent;
    if (session->judged > 0 || taken == 0) {
        sent = send_judged(session, NULL, 0, sink);
        if (sent <= 0)
            return sent;
        taken += (size_t)sent;
    }
    session->ahead = 0;
    return (ssize_t)taken;
}

ssize_t host_write(struct host_session *session, const char *data,
                   size_t length, const struct host_sink *sink)
{
    size_t at = session->ahead;

    if (data == NULL)
        return carry_on(session, sink);
    for (;;) {
        ssize_t sent = flush(session, sink);

        session->ahead = at;
        if (sent <= 0)
            return sent;
        if (length == 0)
            return sink->write(sink->arg, data, 0);
        if (at >= length)
            break;
        if (session->judged == 0) {
            at += take_heads(session, data + at, length - at);
            if (session->ready == 0)
                session->judged =
                    host_parse_body(&session->parse, data + at, length - at);
            continue;
        }
        size_t part =
            length - at < session->judged ? length - at : session->judged;
        sent = send_judged(session, data + at, part, sink);
        if (sent <= 0)
            return sent;
        at += (size_t)sent;
        if ((size_t)sent < part) {
            session->ahead = 0;
            return (ssize_t)at;
        }
    }
    session->ahead = at - length;
    return (ssize_t)length;
}
