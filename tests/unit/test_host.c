/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Host writer between a program's writes and a sink that blocks, takes
 * parts and is called again: what is reported, what is held, what goes out.
 * What is HTTP/1 and what is not is in test_host_parse.c; long lines and
 * random requests are in test_host_requests.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_fake.h"
#include "util.h"

/* One of each: head, body, head, chunks with a trailer, head, head. */
#define SEQUENCE(host)                                                         \
    "POST /a HTTP/1.1\r\nHost: " host "\r\nContent-Length: 5\r\n\r\nhello"     \
    "PUT /b HTTP/1.1\r\nhost:" host "\r\nTransfer-Encoding: chunked\r\n\r\n"   \
    "5\r\nHost:\r\n2;x\r\nhi\r\n0\r\nHost: " NAME "\r\n\r\n"                   \
    "GET /c HTTP/1.0\nHost: " host "\nX: y\n z\n\n"                            \
    "GET /d HTTP/1.1\r\nHost: " host "\r\nUpgrade: x\r\n\r\nHost: " NAME       \
    "\r\n"

static const char IN[] = SEQUENCE(NAME);
static const char OUT[] = SEQUENCE(REAL);

enum {
    IN_LENGTH = sizeof(IN) - 1,
    OUT_LENGTH = sizeof(OUT) - 1
};

struct world {
    struct fake *fake;
    struct host_session *session;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->fake = fake_new();
    world->session = fake_session();
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    host_free(world->session);
    free(world->fake);
    free(world);
    return 0;
}

static void start_again(struct world *world)
{
    host_free(world->session);
    free(world->fake);
    world->fake = fake_new();
    world->session = fake_session();
}

static ssize_t send_text(struct world *world, const char *text)
{
    return fake_send(world->fake, world->session, text, strlen(text));
}

static void assert_out(const struct world *world, const char *text)
{
    assert_int_equal(world->fake->length, strlen(text));
    assert_memory_equal(world->fake->out, text, strlen(text));
}

static void writes_the_same_for_every_size_of_pieces(void **state)
{
    struct world *world = *state;

    for (size_t size = 1; size <= IN_LENGTH; size++) {
        start_again(world);
        fake_send_all(world->fake, world->session, IN, IN_LENGTH, size);
        assert_out(world, OUT);
    }
}

static void continues_after_a_sink_that_stops_before_each_octet(void **state)
{
    static const size_t SIZES[] = {1, 2, 5, 64, SIZE_MAX};
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++) {
        for (size_t stop = 0; stop < OUT_LENGTH; stop++) {
            start_again(world);
            world->fake->stop = stop;
            fake_send_all(world->fake, world->session, IN, IN_LENGTH, SIZES[i]);
            assert_int_equal(world->fake->stop, SIZE_MAX);
            assert_out(world, OUT);
        }
    }
}

static void continues_after_a_sink_that_takes_all_or_nothing(void **state)
{
    struct world *world = *state;
    unsigned call = 1;

    do {
        start_again(world);
        world->fake->block_at = call;
        ssize_t sent = fake_send(world->fake, world->session, IN, IN_LENGTH);
        if (world->fake->calls >= call) {
            assert_int_equal(sent, FAKE_BLOCKED);
            sent = fake_send(world->fake, world->session, IN, IN_LENGTH);
        }
        /* such a sink never makes a short write */
        assert_int_equal(sent, IN_LENGTH);
        assert_out(world, OUT);
    } while (world->fake->calls >= call++);
    assert_true(call > 5);
}

static void accepts_a_sink_of_few_octets_a_call(void **state)
{
    struct world *world = *state;

    for (size_t most = 1; most < 40; most++) {
        start_again(world);
        world->fake->most = most;
        fake_send_all(world->fake, world->session, IN, IN_LENGTH, 1000);
        assert_out(world, OUT);
    }
}

static void reports_a_part_when_the_sink_takes_part_of_a_body(void **state)
{
    static const char HEAD[] = "P / HTTP/1.1\r\nContent-Length: 9\r\n\r\n";
    struct world *world = *state;

    assert_int_equal(send_text(world, HEAD), sizeof(HEAD) - 1);
    world->fake->most = 4;
    assert_int_equal(send_text(world, "123456789"), 4);
    assert_out(world, "P / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234");
}

static void reports_nothing_while_a_whole_line_is_pending(void **state)
{
    struct world *world = *state;

    world->fake->stop = 3;
    assert_int_equal(send_text(world, "GET / HTTP/1.1\r\n"), FAKE_BLOCKED);
    assert_out(world, "GET");
    assert_int_equal(send_text(world, "GET / HTTP/1.1\r\n"), 16);
    assert_out(world, "GET / HTTP/1.1\r\n");
}

static void holds_only_unfinished_lines_of_heads(void **state)
{
    struct world *world = *state;

    assert_int_equal(send_text(world, "GE"), 2);
    assert_out(world, "GE");
    assert_int_equal(send_text(world, "T / HTTP/1.1\r\nA: b\r\nHo"), 22);
    assert_out(world, "GET / HTTP/1.1\r\nA: b\r\n");
    assert_int_equal(send_text(world, "st: " NAME "\r\n"), 24);
    assert_out(world, "GET / HTTP/1.1\r\nA: b\r\n");
    assert_int_equal(send_text(world, "B"), 1);
    assert_out(world, "GET / HTTP/1.1\r\nA: b\r\nHost: " REAL "\r\n");
    assert_int_equal(send_text(world, ": c\r\n\r\n"), 7);
    assert_out(world,
               "GET / HTTP/1.1\r\nA: b\r\nHost: " REAL "\r\nB: c\r\n\r\n");
}

static void holds_nothing_outside_heads(void **state)
{
    static const char *const TEXTS[] = {
        "P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "1",
        "0",
        ";a",
        "\r",
        "\n",
        "0123456789abcdef",
        "\r",
        "\n",
        "0\r\n",
        "Tra",
        "iler:",
        "x\r",
        "\n",
        "\r",
        "\nP",
        " / HTTP/1.0\r\nContent-Length: 3",
    };
    struct world *world = *state;
    size_t length = 0;

    for (size_t i = 0; i + 1 < ARRAY_SIZE(TEXTS); i++) {
        length += strlen(TEXTS[i]);
        assert_int_equal(send_text(world, TEXTS[i]), strlen(TEXTS[i]));
        assert_int_equal(world->fake->length, length);
    }
}

static void sends_bodies_from_the_programs_memory(void **state)
{
    struct world *world = *state;
    static const char HEAD[] = "P / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";

    world->fake->block_at = 2;
    assert_int_equal(send_text(world, "P / HTTP/1.1\r\nContent-Length: 4\r\n"
                                      "\r\nbody"),
                     FAKE_BLOCKED);
    assert_out(world, HEAD);
    assert_false(world->fake->blocked_ours);
    assert_int_equal(world->fake->blocked, 4);
}

static void takes_a_longer_retry(void **state)
{
    struct world *world = *state;

    for (size_t stop = 0; stop < OUT_LENGTH; stop++) {
        start_again(world);
        world->fake->stop = stop;
        size_t at = 0;
        for (size_t part = 1; at < IN_LENGTH; part++) {
            size_t left = IN_LENGTH - at;
            ssize_t sent = fake_send(world->fake, world->session, IN + at,
                                     part < left ? part : left);
            if (sent > 0) {
                at += (size_t)sent;
                part = 1;
            }
        }
        assert_out(world, OUT);
    }
}

static void takes_a_shorter_retry(void **state)
{
    struct world *world = *state;

    for (size_t stop = 0; stop < OUT_LENGTH; stop++) {
        start_again(world);
        world->fake->stop = stop;
        size_t at = 0;
        ssize_t sent = fake_send(world->fake, world->session, IN, IN_LENGTH);
        at = sent > 0 ? (size_t)sent : 0;
        fake_send_all(world->fake, world->session, IN + at, IN_LENGTH - at, 3);
        assert_out(world, OUT);
    }
}

static void carries_on_without_data(void **state)
{
    struct world *world = *state;
    struct host_sink sink = {fake_write, world->fake};

    for (size_t stop = 0; stop < OUT_LENGTH; stop++) {
        start_again(world);
        sink.arg = world->fake;
        world->fake->stop = stop;
        world->fake->most = 30;
        size_t at = 0;
        while (at < IN_LENGTH) {
            ssize_t sent =
                fake_send(world->fake, world->session, IN + at, IN_LENGTH - at);
            if (sent <= 0)
                sent = host_write(world->session, NULL, 0, &sink);
            assert_true(sent > 0);
            at += (size_t)sent;
        }
        assert_out(world, OUT);
        assert_int_equal(host_write(world->session, NULL, 0, &sink), 0);
    }
}

static ssize_t refuse(void *arg, const char *octets, size_t length)
{
    (void)octets;
    (void)length;
    return *(ssize_t *)arg;
}

static void returns_what_the_sink_said(void **state)
{
    struct world *world = *state;
    ssize_t answer;
    struct host_sink sink = {refuse, &answer};

    for (answer = -56; answer <= 0; answer += 7) {
        /* at first nothing is blocked, later GET is */
        assert_int_equal(host_write(world->session, NULL, 0, &sink), answer);
        assert_int_equal(host_write(world->session, "", 0, &sink), answer);
        assert_int_equal(host_write(world->session, "GET", 3, &sink), answer);
    }
    assert_int_equal(send_text(world, "GET"), 3);
    assert_out(world, "GET");
}

static void takes_names_and_hosts_up_to_the_limit(void **state)
{
    char longest[HOST_NAME + 2];

    (void)state;
    memset(longest, 'h', sizeof(longest));
    longest[HOST_NAME + 1] = '\0';
    assert_null(host_new("a.matrix", longest));
    assert_null(host_new(longest, "h"));
    longest[HOST_NAME] = '\0';
    struct host_session *session = host_new(longest, longest);
    assert_non_null(session);
    host_free(session);
}

/* The Host that grows most, at every place where the memory gets full. */
static void has_room_for_the_longest_host(void **state)
{
    static const char REQUEST[] = "GET / HTTP/1.1\r\nX: ";
    static const char OWN[] = "\r\nHost:m\r\n\r\n";
    struct world *world = *state;
    char head[2 * HOST_LINE];
    char longest[HOST_NAME + 1];

    memset(longest, 'h', HOST_NAME);
    longest[HOST_NAME] = '\0';
    for (size_t at = HOST_LINE - 400; at < HOST_LINE + 20; at++) {
        start_again(world);
        host_free(world->session);
        world->session = host_new("m.", longest);
        assert_non_null(world->session);
        memset(head, 'x', at);
        memcpy(head, REQUEST, sizeof(REQUEST) - 1);
        memcpy(head + at, OWN, sizeof(OWN));
        fake_send_all(world->fake, world->session, head, strlen(head),
                      SIZE_MAX);
        assert_int_equal(world->fake->length, strlen(head) - 1 + HOST_NAME);
        assert_memory_equal(world->fake->out + at + 7, longest, HOST_NAME);
    }
}

static void refuses_what_would_break_a_head(void **state)
{
    static const char *const BAD[] = {"",    "a b",  "a\r\nX: y",
                                      "a\t", "\x7f", "\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        assert_null(host_new(NAME, BAD[i]));
        assert_null(host_new(BAD[i], REAL));
    }
    assert_null(host_new(".", REAL));
    host_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(writes_the_same_for_every_size_of_pieces),
        TEST(continues_after_a_sink_that_stops_before_each_octet),
        TEST(continues_after_a_sink_that_takes_all_or_nothing),
        TEST(accepts_a_sink_of_few_octets_a_call),
        TEST(reports_a_part_when_the_sink_takes_part_of_a_body),
        TEST(reports_nothing_while_a_whole_line_is_pending),
        TEST(holds_only_unfinished_lines_of_heads),
        TEST(holds_nothing_outside_heads),
        TEST(sends_bodies_from_the_programs_memory),
        TEST(takes_a_longer_retry),
        TEST(takes_a_shorter_retry),
        TEST(carries_on_without_data),
        TEST(returns_what_the_sink_said),
        TEST(takes_names_and_hosts_up_to_the_limit),
        TEST(has_room_for_the_longest_host),
        TEST(refuses_what_would_break_a_head),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
