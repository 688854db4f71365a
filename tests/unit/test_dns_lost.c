/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions that get lost, and what keeps them from it. */
#include "dns.h"

#include <sys/socket.h>

#include "dns_asking.h"
#include "limit.h"

enum {
    MANY = LIMIT_DNS_NEW + 40, /* fewer than a socket's queue holds */
    QUIET_TURNS = 40,
};

static void nothing(void *argument)
{
    (void)argument;
}

/* Turns while anything is ready, without waiting for time to pass. */
static void turn_until_quiet(void)
{
    for (unsigned i = 0; i < QUIET_TURNS; i++) {
        struct loop_timer timer = {0};

        loop_set(loop, &timer, deadline_clock(), nothing, NULL);
        while (loop_is_set(&timer))
            turn();
    }
}

static void what_is_lost_is_sent_again_after_a_second(void **state)
{
    (void)state;
    use("da", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    turn_until_quiet();
    assert_string_equal(asked, "A");
    fake_clock_ahead_s += 1;
    assert_found(turn_until_done(0));
    assert_string_equal(asked, "AA");
    assert_int_equal(servers[0].ids[1], servers[0].ids[0]);
    assert_int_equal(servers[0].ports[1], servers[0].ports[0]);
}

static void and_then_after_twice_as_long(void **state)
{
    static const char *const ASKED[] = {"A", "AA", "AA", "AAA", "AAA"};

    (void)state;
    use("d", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    for (unsigned i = 0; i < ARRAY_SIZE(ASKED); i++) {
        turn_until_quiet();
        assert_string_equal(asked, ASKED[i]);
        fake_clock_ahead_s += 1;
    }
    assert_temporary(turn_until_done(0), "no answer from server A in 5 s");
    assert_string_equal(asked, "AAA");
}

static void each_server_is_given_its_time(void **state)
{
    (void)state;
    use("d", "a", NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    assert_found(turn_until_done(0));
    assert_string_equal(asked, "AB");
}

static void a_stream_is_not_sent_again(void **state)
{
    (void)state;
    use("td", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(2);
    fake_clock_ahead_s += 3;
    turn_until_quiet();
    dns_hurry(questions[0].query);
    turn_until_quiet();
    assert_string_equal(asked, "AA");
    assert_false(questions[0].done);
    fake_clock_ahead_s += 2;
    assert_temporary(turn_until_done(0), "no answer from server A in 5 s");
}

static void who_is_in_a_hurry_need_not_wait_for_it(void **state)
{
    (void)state;
    use("dda", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    dns_hurry(questions[0].query); /* it is not even sent yet */
    turn_until_asked(1);
    turn_until_quiet();
    assert_string_equal(asked, "A");
    dns_hurry(questions[0].query);
    turn_until_asked(2);
    dns_hurry(questions[0].query);
    assert_found(turn_until_done(0));
    assert_string_equal(asked, "AAA");
    assert_int_equal(servers[0].ids[2], servers[0].ids[0]);
}

static void it_is_known_whose_turn_it_is(void **state)
{
    const struct sockaddr *peer = (const struct sockaddr *)&servers[0].peer;

    (void)state;
    use("d", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    assert_true(dns_is_our_turn(questions[0].query)); /* to send it */
    turn_until_asked(1);
    assert_false(dns_is_our_turn(questions[0].query));
    assert_int_equal(
        sendto(servers[0].udp, "", 1, 0, peer, sizeof(servers[0].peer)), 1);
    assert_true(dns_is_our_turn(questions[0].query)); /* to read that */
    turn_until_quiet();
    assert_false(dns_is_our_turn(questions[0].query));
    dns_cancel(&questions[0].query);
}

static void a_server_that_went_away_is_noticed_then(void **state)
{
    (void)state;
    use("d", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    fake_dns_stop(&servers[0]);
    server_count = 0;
    dns_hurry(questions[0].query);
    assert_temporary(turn_until_done(0), "Connection refused from server A");
}

/* A server's socket, whose queue nobody reads but the test. */
static int open_queue(struct dns_servers *ret_servers)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_servers = (struct dns_servers){
        .count = 1, .timeout_ms = TIMEOUT_MS, .attempts = 1};
    memcpy(&ret_servers->list[0].address, &address, length);
    ret_servers->list[0].length = length;
    return fd;
}

/* How many lie in the queue, which is empty then. */
static unsigned count_queue(int queue)
{
    unsigned char octets[512];
    unsigned count = 0;

    while (recv(queue, octets, sizeof(octets), 0) > 0)
        count++;
    return count;
}

static void ask_many(struct question *many)
{
    memset(many, 0, MANY * sizeof(*many));
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(
            dns_ask(dns, "h.example", ns_t_a, done, &many[i], &many[i].query),
            STATUS_OK);
}

static void many_wait_until_there_is_room(void **state)
{
    AUTO(free) struct question *many = calloc(MANY, sizeof(*many));
    struct dns_servers list;
    AUTO(close_fd) int queue = open_queue(&list);
    unsigned rest = MANY - LIMIT_DNS_NEW;

    (void)state;
    /* As the manual says; those of one name never wait for each other. */
    assert_int_equal(LIMIT_DNS_NEW, 192);
    dns_use(dns, &list);
    fake_clock_stop();
    ask_many(many);
    turn_until_quiet();
    assert_int_equal(count_queue(queue), LIMIT_DNS_NEW);

    /* one that is over, one that waits */
    dns_cancel(&many[0].query);
    dns_cancel(&many[MANY - 2].query);
    turn_until_quiet();
    assert_int_equal(count_queue(queue), 1);

    /* what is old was read, or is lost */
    fake_clock_stopped_ms += LIMIT_DNS_NEW_MS;
    turn_until_quiet();
    assert_int_equal(count_queue(queue), rest - 2);
    for (unsigned i = 0; i < MANY; i++)
        dns_cancel(&many[i].query);
    fake_clock_stopped_ms = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DNS_TEST(what_is_lost_is_sent_again_after_a_second),
        DNS_TEST(and_then_after_twice_as_long),
        DNS_TEST(each_server_is_given_its_time),
        DNS_TEST(a_stream_is_not_sent_again),
        DNS_TEST(who_is_in_a_hurry_need_not_wait_for_it),
        DNS_TEST(it_is_known_whose_turn_it_is),
        DNS_TEST(a_server_that_went_away_is_noticed_then),
        DNS_TEST(many_wait_until_there_is_room),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("dns_lost", tests, NULL, NULL);
}
