/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fetch of which one family's addresses are there before the other's. The
 * address book is the test's own; ::1 refuses or swallows, 127.0.0.1 serves.
 */
#include "fetch_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "deadline.h"
#include "fake_clock.h"

enum {
    ALARM_S = 60,
};

static struct {
    unsigned early_count;
    struct address early[2];
    bool known;
    struct addresses addresses;
} said;

enum status address_book_new(struct loop *loop, struct dns *dns,
                             const char *hosts_file,
                             address_book_changed *changed, void *argument,
                             struct address_book **ret_book)
{
    (void)loop;
    (void)dns;
    (void)hosts_file;
    (void)changed;
    (void)argument;
    *ret_book = NULL;
    return STATUS_OK;
}

void address_book_free(struct address_book *book)
{
    (void)book;
}

enum status address_book_want(struct address_book *book, const char *name)
{
    (void)book;
    assert_string_equal(name, "six.test");
    return STATUS_OK;
}

const struct addresses *address_book_get(const struct address_book *book,
                                         const char *name)
{
    (void)book;
    (void)name;
    return said.known ? &said.addresses : NULL;
}

unsigned address_book_early(const struct address_book *book, const char *name,
                            struct address ret_list[static LIMIT_ADDRESSES])
{
    (void)book;
    (void)name;
    memcpy(ret_list, said.early, sizeof(said.early));
    return said.known ? 0 : said.early_count;
}

static void say_early(const char *ip)
{
    assert_true(address_parse(ip, &said.early[said.early_count++]));
}

/* All is known, this among it. */
static void say(const char *ip)
{
    said.known = true;
    said.addresses.result = DNS_FOUND;
    assert_true(
        address_parse(ip, &said.addresses.list[said.addresses.count++]));
}

static int begin(void **state)
{
    memset(&said, 0, sizeof(said));
    fake_clock_stopped_ms = 0;
    if (fetch_world_setup(state) != 0)
        return -1;
    fetch_world_reply(*state, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    return 0;
}

static void start(struct fetch_world *world)
{
    fetch_world_start(world, "six.test", "/x");
}

static void turn_until(struct fetch_world *world, int64_t when)
{
    struct loop_timer timer = {0};

    loop_set(world->loop, &timer, when, fetch_world_done,
             &(struct fetch_world){0});
    while (loop_is_set(&timer))
        assert_int_equal(loop_turn(world->loop), STATUS_OK);
}

/* With a clock that stands: until a timer of ours comes before all others. */
static void turn_until_quiet(struct fetch_world *world)
{
    for (unsigned i = 0; i < 50; i++)
        turn_until(world, deadline_clock());
}

static void assert_result(struct fetch_world *world, enum fetch_result result,
                          const char *detail)
{
    const struct fetch_answer *answer = fetch_world_wait(world);

    if (strncmp(answer->detail, detail, strlen(detail)) != 0)
        assert_string_equal(answer->detail, detail);
    assert_int_equal(answer->result, result);
}

/*
 * A listener on the address at the server's port whose queue is full. False,
 * said in the output, where the port cannot be had there; nothing is then open.
 */
static bool swallow(const struct fetch_world *world, const char *ip,
                    int fds[static 8])
{
    struct sockaddr_storage here;
    const struct sockaddr *to = (const struct sockaddr *)&here;
    struct address address;
    socklen_t length;

    assert_true(address_parse(ip, &address));
    length = address_to_socket(&address, tls_server_port(world->server), &here);
    for (unsigned i = 0; i < 8; i++) {
        fds[i] = socket(address.family,
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fds[i] >= 0);
        if (i > 0)
            (void)!connect(fds[i], to, length);
        else if (bind(fds[0], to, length) != 0 || listen(fds[0], 0) != 0) {
            close(fds[0]);
            print_message("# not looked at: no listener on %s here\n", ip);
            return false;
        }
    }
    return true;
}

static void close_all(const int fds[static 8])
{
    for (unsigned i = 0; i < 8; i++)
        close(fds[i]);
}

static void begins_with_one_family(void **state)
{
    say_early("127.0.0.1");
    start(*state);
    assert_result(*state, FETCH_OK, "200");
}

static void a_refusal_waits_for_the_other_family(void **state)
{
    struct fetch_world *world = *state;

    say_early("::1");
    start(world);
    turn_until(world, deadline_after(20));
    assert_false(world->done);
    say("::1");
    say("127.0.0.1");
    fetch_advance(world->fetch);
    assert_result(world, FETCH_OK, "200");
}

static void a_refusal_counts_when_there_is_no_other_family(void **state)
{
    struct fetch_world *world = *state;

    say_early("::1");
    start(world);
    turn_until(world, deadline_after(20));
    assert_false(world->done);
    say("::1");
    fetch_advance(world->fetch);
    assert_result(world, FETCH_TRANSPORT, "::1 port ");
}

static void the_other_family_is_tried_beside_a_silent_one(void **state)
{
    struct fetch_world *world = *state;
    int64_t began = deadline_clock();
    int fds[8];

    if (!swallow(world, "::1", fds))
        return;
    /* Who waits for the silent one's limit is ended by the alarm. */
    world->fetcher->connect_ms = 2 * ALARM_S * 1000;
    world->fetcher->total_ms = 3 * ALARM_S * 1000;
    say_early("::1");
    start(world);
    say("::1");
    say("127.0.0.1");
    fetch_advance(world->fetch);
    fetch_advance(world->fetch);
    assert_result(world, FETCH_OK, "200");
    assert_true(deadline_clock() - began >= LIMIT_ATTEMPT_MS);
    close_all(fds);
}

static void a_silent_family_that_is_tried_first_costs_an_attempt(void **state)
{
    struct fetch_world *world = *state;
    int64_t began = deadline_clock();
    int fds[8];

    if (!swallow(world, "::1", fds))
        return;
    world->fetcher->connect_ms = 2 * ALARM_S * 1000;
    world->fetcher->total_ms = 3 * ALARM_S * 1000;
    say("::1");
    say("127.0.0.1");
    start(world);
    assert_result(world, FETCH_OK, "200");
    assert_true(deadline_clock() - began >= LIMIT_ATTEMPT_MS);
    close_all(fds);
}

/*
 * Nothing of the other family before its time, and nothing but it then: the
 * clock stands while its answer is waited for.
 */
static void assert_attempt_takes_its_time(struct fetch_world *world)
{
    fake_clock_stopped_ms += LIMIT_ATTEMPT_MS - 1;
    turn_until_quiet(world);
    assert_false(world->done);
    assert_int_equal(tls_server_connections(world->server), 0);
    fake_clock_stopped_ms += 2;
    assert_result(world, FETCH_OK, "200");
}

static void the_other_family_is_tried_after_250_ms(void **state)
{
    struct fetch_world *world = *state;
    int fds[8];

    assert_int_equal(LIMIT_ATTEMPT_MS, 250); /* RFC 8305 section 8 */
    if (!swallow(world, "::1", fds))
        return;
    fake_clock_stop();
    say("::1");
    say("127.0.0.1");
    start(world);
    turn_until_quiet(world);
    assert_attempt_takes_its_time(world);
    close_all(fds);
}

static void the_same_if_its_addresses_come_later(void **state)
{
    struct fetch_world *world = *state;
    int fds[8];

    if (!swallow(world, "::1", fds))
        return;
    fake_clock_stop();
    say_early("::1");
    start(world);
    turn_until_quiet(world);
    say("::1");
    say("127.0.0.1");
    fetch_advance(world->fetch);
    assert_attempt_takes_its_time(world);
    close_all(fds);
}

static void a_refusal_lets_the_other_family_begin_at_once(void **state)
{
    struct fetch_world *world = *state;

    fake_clock_stop();
    say("::1");
    say("127.0.0.1");
    start(world);
    assert_result(world, FETCH_OK, "200");
}

static void and_so_it_does_if_its_addresses_came_later(void **state)
{
    struct fetch_world *world = *state;

    fake_clock_stop();
    say_early("::1");
    start(world);
    say("::1");
    say("127.0.0.1");
    fetch_advance(world->fetch);
    assert_result(world, FETCH_OK, "200");
}

static void a_silent_family_alone_has_the_limit(void **state)
{
    struct fetch_world *world = *state;
    int fds[8];

    if (!swallow(world, "::1", fds))
        return;
    world->fetcher->connect_ms = 400;
    say_early("::1");
    start(world);
    say("::1");
    fetch_advance(world->fetch);
    assert_result(world, FETCH_TRANSPORT, "no answer from ::1");
    close_all(fds);
}

static void both_families_together_have_the_limit(void **state)
{
    struct fetch_world *world = *state;
    int fds[2][8];

    if (!swallow(world, "::1", fds[0]))
        return;
    if (swallow(world, "127.0.0.9", fds[1])) {
        fake_clock_stop();
        say_early("::1");
        start(world);
        turn_until_quiet(world);
        say("::1");
        say("127.0.0.9");
        fetch_advance(world->fetch);
        fake_clock_stopped_ms += LIMIT_ATTEMPT_MS + 1;
        turn_until_quiet(world); /* the other begins */
        fake_clock_stopped_ms += LIMIT_CONNECT_MS - LIMIT_ATTEMPT_MS - 2;
        turn_until_quiet(world);
        assert_false(world->done);
        fake_clock_stopped_ms += 2;
        assert_result(world, FETCH_TRANSPORT, "no answer from 2 addresses");
        close_all(fds[1]);
    }
    close_all(fds[0]);
}

static void what_is_denied_is_not_begun_with(void **state)
{
    struct fetch_world *world = *state;
    struct cidr no_loopback = {.address = {.family = AF_INET6}, .bits = 0};

    world->configuration.deny = &no_loopback;
    world->configuration.deny_count = 1;
    say_early("::1");
    start(world);
    assert_false(world->done);
    say("::1");
    say("127.0.0.1");
    fetch_advance(world->fetch);
    assert_result(world, FETCH_OK, "200");
    world->configuration.deny_count = 0;
    world->configuration.deny = NULL;
}

#define EARLY_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, begin, fetch_world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EARLY_TEST(begins_with_one_family),
        EARLY_TEST(a_refusal_waits_for_the_other_family),
        EARLY_TEST(a_refusal_counts_when_there_is_no_other_family),
        EARLY_TEST(the_other_family_is_tried_beside_a_silent_one),
        EARLY_TEST(a_silent_family_that_is_tried_first_costs_an_attempt),
        EARLY_TEST(the_other_family_is_tried_after_250_ms),
        EARLY_TEST(the_same_if_its_addresses_come_later),
        EARLY_TEST(a_refusal_lets_the_other_family_begin_at_once),
        EARLY_TEST(and_so_it_does_if_its_addresses_came_later),
        EARLY_TEST(a_silent_family_alone_has_the_limit),
        EARLY_TEST(both_families_together_have_the_limit),
        EARLY_TEST(what_is_denied_is_not_begun_with),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    cmocka_set_message_output(CM_OUTPUT_TAP);
    sigaction(SIGPIPE, &ignore, NULL);
    alarm(ALARM_S);
    return cmocka_run_group_tests_name("fetch_early", tests, NULL, NULL);
}
