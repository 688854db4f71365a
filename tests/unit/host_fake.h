/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TLS library for the Host writer's tests: takes octets as OpenSSL or GnuTLS
 * would, blocks where it is told, and fails the test when a blocked piece is
 * not offered again by their rules. Include it after cmocka.h.
 */
#ifndef NSS_MATRIX_HOST_FAKE_H
#define NSS_MATRIX_HOST_FAKE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../preload/host.h"

#define NAME "example.org.matrix"
#define REAL "matrix.example.net:8448"

enum {
    FAKE_ROOM = 256 * 1024,
    FAKE_BLOCKED = -11
};

struct fake {
    char out[FAKE_ROOM];
    size_t length;
    size_t stop;       /* blocks once before this octet of the output */
    size_t most;       /* takes at most so many at once; 0: all */
    unsigned calls;    /* so far */
    unsigned block_at; /* blocks this call, counted from 1, taking nothing */
    unsigned percent;  /* chance to block, chance to take a part */
    uint32_t random;
    const char *data; /* the program's octets: bodies must come from there */
    size_t data_length;
    size_t blocked; /* the length of the blocked piece; 0: none */
    const char *blocked_at;
    char blocked_octets[FAKE_ROOM];
    bool blocked_ours; /* it did not come from data */
};

static inline uint32_t fake_random(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

static inline bool fake_is_data(const struct fake *fake, const char *octets)
{
    return octets >= fake->data && octets < fake->data + fake->data_length;
}

/* How many octets of a piece are taken now. */
static inline size_t fake_takes(struct fake *fake, size_t length)
{
    size_t takes = length;

    if (++fake->calls == fake->block_at)
        return 0;
    if (fake->percent > 0 && fake_random(&fake->random, 100) < fake->percent)
        takes = fake_random(&fake->random, (uint32_t)length + 1);
    if (fake->most > 0 && takes > fake->most)
        takes = fake->most;
    if (fake->stop >= fake->length && fake->stop - fake->length < takes) {
        takes = fake->stop - fake->length;
        fake->stop = takes > 0 ? fake->stop : SIZE_MAX;
    }
    return takes;
}

static inline void fake_check_retry(const struct fake *fake, const char *octets,
                                    size_t length)
{
    if (fake->blocked == 0)
        return;
    if (fake->blocked_ours) {
        assert_ptr_equal(octets, fake->blocked_at);
        assert_int_equal(length, fake->blocked);
    } else {
        assert_true(fake_is_data(fake, octets));
        assert_true(length >= fake->blocked ||
                    octets + length == fake->data + fake->data_length);
    }
    assert_memory_equal(octets, fake->blocked_octets,
                        length < fake->blocked ? length : fake->blocked);
}

static inline ssize_t fake_write(void *arg, const char *octets, size_t length)
{
    struct fake *fake = arg;

    if (octets == NULL) {
        assert_int_equal(length, 0);
        if (fake->blocked == 0)
            return 0;
        octets = fake->blocked_octets;
        length = fake->blocked;
    } else {
        assert_true(length > 0);
        fake_check_retry(fake, octets, length);
    }

    size_t takes = fake_takes(fake, length);
    if (takes == 0) {
        fake->blocked = length;
        if (octets != fake->blocked_octets) {
            fake->blocked_at = octets;
            fake->blocked_ours = !fake_is_data(fake, octets);
            memcpy(fake->blocked_octets, octets, length);
        }
        return FAKE_BLOCKED;
    }
    fake->blocked = 0;
    assert_true(takes <= sizeof(fake->out) - fake->length);
    memcpy(fake->out + fake->length, octets, takes);
    fake->length += takes;
    return (ssize_t)takes;
}

/* One call, from memory of its own, so that reading beyond is found. */
static inline ssize_t fake_send(struct fake *fake, struct host_session *session,
                                const char *data, size_t length)
{
    struct host_sink sink = {fake_write, fake};
    char *copy = malloc(length);

    assert_non_null(copy);
    memcpy(copy, data, length);
    fake->data = copy;
    fake->data_length = length;
    ssize_t sent = host_write(session, copy, length, &sink);
    memset(copy, 'X', length);
    free(copy);
    assert_true(sent <= (ssize_t)length);
    assert_true(sent > 0 || sent == FAKE_BLOCKED);
    return sent;
}

/* Writes it all in pieces of size octets, again and again when blocked. */
static inline void fake_send_all(struct fake *fake,
                                 struct host_session *session, const char *data,
                                 size_t length, size_t size)
{
    size_t at = 0;

    while (at < length) {
        size_t part = length - at < size ? length - at : size;
        ssize_t sent = fake_send(fake, session, data + at, part);

        at += sent > 0 ? (size_t)sent : 0;
    }
}

static inline struct fake *fake_new(void)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    assert_non_null(fake);
    fake->stop = SIZE_MAX;
    fake->random = 1;
    return fake;
}

static inline struct host_session *fake_session(void)
{
    struct host_session *session = host_new(NAME, REAL);

    assert_non_null(session);
    return session;
}

struct fake_text {
    const char *octets;
    size_t length;
};

/*
 * Writes in to a new session, the first octets by themselves, the others in
 * pieces, and a request behind it, which is put right if the session follows.
 */
static inline void fake_run(struct fake_text in, struct fake_text out,
                            bool follows, size_t first, size_t size)
{
    static const char PROBE[] = "GET /probe HTTP/1.1\r\nHost: " NAME "\r\n\r\n";
    static const char RIGHT[] = "GET /probe HTTP/1.1\r\nHost: " REAL "\r\n\r\n";
    const char *probe = follows ? RIGHT : PROBE;
    struct host_session *session = fake_session();
    struct fake *fake = fake_new();

    fake_send_all(fake, session, in.octets, first, SIZE_MAX);
    fake_send_all(fake, session, in.octets + first, in.length - first, size);
    fake_send_all(fake, session, PROBE, sizeof(PROBE) - 1, size);
    assert_int_equal(host_is_opaque(session), !follows);
    assert_int_equal(fake->length, out.length + strlen(probe));
    assert_memory_equal(fake->out, out.octets, out.length);
    assert_memory_equal(fake->out + out.length, probe, strlen(probe));
    host_free(session);
    free(fake);
}

#endif
