/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server gets of what a tool sends. */
#include "gnutls_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    BODY = 300 * 1000,
};

/* A length that nobody is to know; and one that is not true. */
static void send_in_range(struct world_line *line, const char *name,
                          const char *sent)
{
    ssize_t length = (ssize_t)strlen(sent);
    gnutls_range_st range = {.low = (size_t)length, .high = 1000};
    gnutls_range_st wrong = {.low = 0, .high = (size_t)length - 1};

    world_open(line, name);
    errno = 4711;
    assert_int_equal(
        gnutls_record_send_range(line->session, sent, (size_t)length, &wrong),
        GNUTLS_E_INVALID_REQUEST);
    assert_int_equal(
        gnutls_record_send_range(line->session, sent, (size_t)length, &range),
        length);
    assert_int_equal(errno, 4711);
}

/* The first octet from where the file stands, the rest from an offset. */
static void send_file(struct world_line *line, const char *sent)
{
    ssize_t length = (ssize_t)strlen(sent);
    int fd = memfd_create("sent", MFD_CLOEXEC);
    off_t rest = 1;

    assert_int_equal(write(fd, sent, (size_t)length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(gnutls_record_send_file(line->session, fd, NULL, 1), 1);
    /* GnuTLS counts the offset from where the file stands. */
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(
        gnutls_record_send_file(line->session, fd, &rest, (size_t)length),
        length - 1);
    close(fd);
}

/* Octet by octet, two requests on one connection. */
static void send_octets_twice(struct world_line *line, const char *name,
                              const char *sent)
{
    size_t length = strlen(sent);

    world_open(line, name);
    for (size_t at = 0; at < 2 * length; at++)
        assert_int_equal(
            gnutls_record_send(line->session, sent + at % length, 1), 1);
}

static void the_host_is_put_right(void **state)
{
    static const struct {
        const char *name, *sent, *got;
    } cases[] = {
        {WORLD_NAME, WORLD_HEAD(WORLD_NAME), WORLD_HEAD(WORLD_HOST)},
        {WORLD_NAME, WORLD_HEAD(WORLD_NAME ":443"), WORLD_HEAD(WORLD_HOST)},
        {WORLD_NAME, WORLD_HEAD("Delegated.tools.test.Matrix."),
         WORLD_HEAD(WORLD_HOST)},
        {WORLD_NAME, WORLD_HEAD("other.test"), WORLD_HEAD("other.test")},
        {WORLD_NAME, WORLD_HEAD(WORLD_OTHER), WORLD_HEAD(WORLD_OTHER)},
        {WORLD_NAME, "PRI * HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"},
        {WORLD_IP, WORLD_HEAD(WORLD_IP), WORLD_HEAD(WORLD_IP_N)},
        {WORLD_SRV, WORLD_HEAD(WORLD_SRV), WORLD_HEAD(WORLD_SRV_N)},
        {"plain.test", WORLD_HEAD(WORLD_NAME), WORLD_HEAD(WORLD_NAME)},
        {NULL, WORLD_HEAD(WORLD_NAME), WORLD_HEAD(WORLD_NAME)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t length = strlen(cases[i].sent);
        struct world_line line;
        char twice[1000];

        world_open(&line, cases[i].name);
        errno = 4711;
        /* In one piece: a tool that does not look must not lose any. */
        assert_int_equal(
            gnutls_record_send(line.session, cases[i].sent, length), length);
        assert_int_equal(errno, 4711);
        world_close(&line, cases[i].got, strlen(cases[i].got));

        world_open(&line, cases[i].name);
        assert_int_equal(
            gnutls_record_send2(line.session, cases[i].sent, length, 100, 0),
            length);
        world_close(&line, cases[i].got, strlen(cases[i].got));

        send_in_range(&line, cases[i].name, cases[i].sent);
        world_close(&line, cases[i].got, strlen(cases[i].got));

        world_open(&line, cases[i].name);
        send_file(&line, cases[i].sent);
        world_close(&line, cases[i].got, strlen(cases[i].got));

        send_octets_twice(&line, cases[i].name, cases[i].sent);
        snprintf(twice, sizeof(twice), "%s%s", cases[i].got, cases[i].got);
        world_close(&line, twice, strlen(twice));
    }
}

static void a_long_write_hands_on_a_record_at_most(void **state)
{
    struct world_request request = world_request(BODY);
    struct world_line line;
    size_t at = 0;
    unsigned calls = 0;

    (void)state;
    world_open(&line, WORLD_NAME);
    while (at < request.sent_length) {
        ssize_t sent = gnutls_record_send(line.session, request.sent + at,
                                          request.sent_length - at);

        assert_true(sent > 0);
        /* The head goes before, in one of its own. */
        assert_true(sent <= 16384 + (calls == 0 ? 200 : 0));
        at += (size_t)sent;
        calls++;
    }
    assert_int_equal(calls, BODY / 16384 + 1);
    world_close(&line, request.got, request.got_length);
    world_request_done(&request);
}

/* The peer's socket takes at most so many octets of every other call. */
static size_t grain;
static unsigned pushes;

static ssize_t push(gnutls_transport_ptr_t transport, const void *data,
                    size_t length)
{
    if (pushes++ % 2 == 0) {
        errno = EAGAIN;
        return -1;
    }
    return send((int)(intptr_t)transport, data, length < grain ? length : grain,
                MSG_NOSIGNAL);
}

/* How a tool goes on after a blocked write. */
enum retry {
    RETRY_SAME,
    RETRY_NULL,
    RETRY_MOVED,
    RETRY_LONGER,
    RETRY_COUNT,
};

static ssize_t send_once(struct world_line *line, const char *octets,
                         size_t length, enum retry retry)
{
    size_t first = retry == RETRY_LONGER && length > 10 ? length - 10 : length;
    ssize_t sent = gnutls_record_send(line->session, octets, first);

    while (sent == GNUTLS_E_AGAIN) {
        if (retry == RETRY_NULL) {
            sent = gnutls_record_send(line->session, NULL, 0);
        } else if (retry == RETRY_MOVED) {
            char *moved = malloc(length);

            assert_non_null(moved);
            memcpy(moved, octets, length);
            sent = gnutls_record_send(line->session, moved, length);
            memset(moved, 'x', length);
            free(moved);
        } else {
            sent = gnutls_record_send(line->session, octets, length);
        }
    }
    return sent;
}

static void use_small_grains(struct world_line *line, size_t size)
{
    grain = size;
    gnutls_transport_set_push_function(line->session, push);
    gnutls_transport_set_ptr(line->session,
                             (gnutls_transport_ptr_t)(intptr_t)line->server.fd);
}

static void blocked_writes_lose_and_repeat_nothing(void **state)
{
    static const size_t grains[] = {1, 7, 100, 1000000};
    static const size_t pieces[] = {13, 1000, 1000000};

    (void)state;
    for (size_t g = 0; g < 4; g++)
        for (size_t p = 0; p < 3; p++)
            for (enum retry retry = 0; retry < RETRY_COUNT; retry++) {
                struct world_request request =
                    world_request(g < 2 ? 600 : 40 * 1000);
                struct world_line line;
                size_t at = 0;

                world_open(&line, WORLD_NAME);
                use_small_grains(&line, grains[g]);
                while (at < request.sent_length) {
                    size_t left = request.sent_length - at;
                    ssize_t sent =
                        send_once(&line, request.sent + at,
                                  left < pieces[p] ? left : pieces[p], retry);

                    assert_true(sent > 0);
                    at += (size_t)sent;
                }
                assert_int_equal(at, request.sent_length);
                world_close(&line, request.got, request.got_length);
                world_request_done(&request);
            }
}

/* The offset tells how far it came. */
static void a_blocked_file_loses_and_repeats_nothing(void **state)
{
    struct world_request request = world_request(40 * 1000);
    int fd = memfd_create("sent", MFD_CLOEXEC);
    ssize_t length = (ssize_t)request.sent_length;
    struct world_line line;
    unsigned blocked = 0;
    off_t at = 0;

    (void)state;
    assert_int_equal(write(fd, request.sent, request.sent_length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    world_open(&line, WORLD_NAME);
    use_small_grains(&line, 1000);
    while (at < length) {
        ssize_t sent = gnutls_record_send_file(line.session, fd, &at,
                                               (size_t)(length - at));

        assert_true(sent > 0 || sent == GNUTLS_E_AGAIN);
        blocked += sent == GNUTLS_E_AGAIN;
    }
    assert_true(blocked > 10);
    world_close(&line, request.got, request.got_length);
    world_request_done(&request);
    close(fd);
}

static void writes_of_nothing_are_gnutls_s_matter(void **state)
{
    ssize_t wanted[3];
    struct world_line line;

    (void)state;
    for (int ours = 0; ours < 2; ours++) {
        ssize_t got[3];

        world_open(&line, ours ? WORLD_NAME : "plain.test");
        got[0] = gnutls_record_send(line.session, NULL, 0);
        got[1] = gnutls_record_send(line.session, "", 0);
        got[2] = gnutls_record_send2(line.session, "", 0, 10, 0);
        if (ours)
            assert_memory_equal(got, wanted, sizeof(got));
        memcpy(wanted, got, sizeof(got));
        world_close(&line, "", 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_is_put_right),
        cmocka_unit_test(a_long_write_hands_on_a_record_at_most),
        cmocka_unit_test(blocked_writes_lose_and_repeat_nothing),
        cmocka_unit_test(a_blocked_file_loses_and_repeats_nothing),
        cmocka_unit_test(writes_of_nothing_are_gnutls_s_matter),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
