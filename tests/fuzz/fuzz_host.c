/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Host writer against arbitrary octets. The input is what the program
 * writes; it also chooses the slices and when the sink blocks or takes a part.
 * Slices must not matter, only values of own Host lines may differ, and what
 * follows after the session became opaque must be the input.
 */
#include "fuzz.h"

#include <strings.h>
#include <sys/types.h>

#include "host.h"

#define NAME "m.matrix"

struct run {
    const char *in;
    size_t length;
    bool sliced;
    char *out;
    size_t sent;
    size_t step;       /* which octet of the input chooses next */
    const char *piece; /* blocked */
    size_t piece_length;
    size_t opaque_in; /* since when; 0: never */
};

static size_t choose(struct run *run, size_t below)
{
    run->step = (run->step + 7) % run->length;
    return (unsigned char)run->in[run->step] * 31U % below;
}

static ssize_t take(void *arg, const char *octets, size_t length)
{
    struct run *run = arg;
    size_t part = length;
    bool blocked = run->piece != NULL;

    if (blocked && octets != NULL) {
        FUZZ_CHECK(octets == run->piece);
        FUZZ_CHECK((octets >= run->in && octets < run->in + run->length) ||
                   length == run->piece_length);
    }
    if (octets == NULL) {
        FUZZ_CHECK(blocked);
        octets = run->piece;
        part = length = run->piece_length;
    }
    if (run->sliced && !blocked && choose(run, 3) == 0) {
        run->piece = octets;
        run->piece_length = length;
        return -1;
    }
    run->piece = NULL;
    if (run->sliced && choose(run, 3) == 0)
        part = 1 + choose(run, length);
    memcpy(run->out + run->sent, octets, part);
    run->sent += part;
    return (ssize_t)part;
}

static void write_all(struct run *run, const char *host)
{
    struct host_session *session = host_new(NAME, host);
    struct host_sink sink = {take, run};
    size_t at = 0;
    size_t seen = 0;

    FUZZ_CHECK(session != NULL);
    while (at < run->length) {
        size_t left = run->length - at;
        size_t part = run->sliced ? 1 + choose(run, left) : left;
        bool again = run->piece != NULL && choose(run, 2) == 0;
        bool body = again && run->piece >= run->in &&
                    run->piece < run->in + run->length;
        ssize_t sent =
            host_write(session, body ? NULL : run->in + at, part, &sink);

        FUZZ_CHECK(sent == -1 ? run->piece != NULL : sent > 0);
        FUZZ_CHECK(sent <= (ssize_t)left);
        seen = at + part > seen ? at + part : seen;
        at += sent > 0 ? (size_t)sent : 0;
        if (run->opaque_in == 0 && host_is_opaque(session))
            run->opaque_in = seen;
        FUZZ_CHECK(run->opaque_in == 0 || host_is_opaque(session));
    }
    host_free(session);
}

/* The length of an own Host line's value at *ret_at, or 0; folded is not. */
static size_t own_value(const char *line, size_t length, size_t *ret_at)
{
    size_t at = sizeof("Host:") - 1;

    if (length < at || strncasecmp(line, "Host:", at) != 0)
        return 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    *ret_at = at;
    if (length - at < sizeof(NAME) ||
        strncasecmp(line + at, NAME, sizeof(NAME) - 1) != 0)
        return 0;
    at += sizeof(NAME) - 1;
    at += at < length && line[at] == '.';
    if (at < length && line[at] == ':')
        for (at++; at < length && line[at] >= '0' && line[at] <= '9';)
            at++;
    size_t end = at;
    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    at += at < length && line[at] == '\r';
    bool folded =
        length - at > 1 && (line[at + 1] == ' ' || line[at + 1] == '\t');
    return at < length && line[at] == '\n' && !folded ? end - *ret_at : 0;
}

/* Walks over input and output together. */
static void check_differences(const struct run *run, const char *host)
{
    size_t in = 0;
    size_t out = 0;
    size_t host_length = strlen(host);

    while (out < run->sent) {
        size_t at = 0;
        size_t value = 0;

        FUZZ_CHECK(in < run->length);
        if (in == 0 || run->in[in - 1] == '\n')
            value = own_value(run->in + in, run->length - in, &at);
        if (value > 0 && out + at + host_length < run->sent &&
            memcmp(run->out + out, run->in + in, at) == 0 &&
            memcmp(run->out + out + at, host, host_length) == 0) {
            in += at + value;
            out += at + host_length;
        }
        FUZZ_CHECK(run->out[out++] == run->in[in++]);
    }
    /* what is held is less than two lines */
    FUZZ_CHECK(run->length - in <= HOST_LINE);
    for (; in + 1 < run->length; in++)
        FUZZ_CHECK(run->in[in] != '\n');
}

/* One run; from out on there is room for every line to grow. */
static void run_once(struct run *run, const char *host)
{
    write_all(run, host);
    check_differences(run, host);
    if (run->opaque_in > 0) {
        size_t tail = run->length - run->opaque_in;

        FUZZ_CHECK(run->sent >= tail &&
                   memcmp(run->out + run->sent - tail, run->in + run->opaque_in,
                          tail) == 0);
    }
}

static void run_both(const char *in, size_t length, const char *host)
{
    struct run whole = {.in = in, .length = length};
    struct run sliced = {.in = in, .length = length, .sliced = true};

    whole.out = malloc(4 * length + 64);
    sliced.out = malloc(4 * length + 64);
    FUZZ_CHECK(whole.out != NULL && sliced.out != NULL);
    run_once(&whole, host);
    run_once(&sliced, host);
    FUZZ_CHECK(whole.sent == sliced.sent);
    FUZZ_CHECK(memcmp(whole.out, sliced.out, whole.sent) == 0);
    free(whole.out);
    free(sliced.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    run_both((const char *)data, size, "h");
    run_both((const char *)data, size, "host.example.net:8448");
    return 0;
}
