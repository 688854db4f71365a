/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom dns asks: resolv.conf, its options, and the way over the servers. */
#include "dns_servers.h"

#include "dns_asking.h"

static void goes_to_the_next_server_when_one_fails(void **state)
{
    static const char *const FAILURES[] = {"s", "r", "f", "m"};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(FAILURES); i++) {
        asked[0] = '\0';
        use(FAILURES[i], "a", NULL, 2);
        ask(i, "h.example", ns_t_a);
        assert_found(turn_until_done(i));
        assert_string_equal(asked, "AB");
        fake_dns_stop(&servers[0]);
        fake_dns_stop(&servers[1]);
    }
    server_count = 0;
}

static void goes_to_the_next_server_when_a_stream_fails(void **state)
{
    (void)state;
    use("te", "a", NULL, 1);
    assert_found(find());
    assert_string_equal(asked, "AAB");
    assert_int_equal(servers[1].asked_tcp, 0); /* UDP again */
}

static void goes_to_the_next_server_at_once_when_nobody_listens(void **state)
{
    int64_t started = deadline_clock();

    (void)state;
    use("a", "a", NULL, 1);
    loop_unwatch(&servers[0].udp_watch);
    util_close_fd(&servers[0].udp);
    assert_found(find());
    assert_string_equal(asked, "B");
    assert_true(deadline_clock() - started < TIMEOUT_MS);
}

static void says_when_nobody_listens_anywhere(void **state)
{
    (void)state;
    use("a", NULL, NULL, 2);
    loop_unwatch(&servers[0].udp_watch);
    util_close_fd(&servers[0].udp);
    assert_temporary(find(), "Connection refused from server A");
}

static void tells_an_unreachable_server_from_the_loop(void **state)
{
    struct dns_servers list = {.count = 1, .timeout_ms = 1000, .attempts = 2};

    (void)state;
    /* a family that no socket has: fails before anything is sent */
    list.list[0] = (struct dns_server){.text = "nowhere", .length = 4};
    list.list[0].address.ss_family = 255;
    dns_use(dns, &list);
    assert_int_equal(find()->result, DNS_TEMPORARY);
    assert_non_null(strstr(questions[0].answer.detail, " from nowhere"));
}

static void asks_all_in_turn_and_then_all_again(void **state)
{
    (void)state;
    use("d", "d", "d", 2);
    ask(0, "h.example", ns_t_a);
    for (unsigned i = 1; i <= 2; i++) {
        turn_until_asked(i);
        fake_clock_ahead_s += TIMEOUT_MS / 1000;
    }
    /* 10 s are over: the third server's turn does not come */
    assert_temporary(turn_until_done(0),
                     "no answer from server A, server B in 10 s");
    assert_string_equal(asked, "AB");

    asked[0] = '\0';
    servers[0].script = servers[1].script = servers[2].script = "s";
    ask(1, "h.example", ns_t_a);
    assert_temporary(turn_until_done(1), "SERVFAIL from server C");
    assert_string_equal(asked, "ABCABC");
}

static void a_failure_says_more_than_silence(void **state)
{
    (void)state;
    use("r", "d", NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(2);
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    assert_temporary(turn_until_done(0), "REFUSED from server A");
}

static void never_waits_longer_than_a_discovery(void **state)
{
    struct dns_servers list = {
        .count = 1, .timeout_ms = 30 * 1000, .attempts = 5};

    (void)state;
    use("d", NULL, NULL, 1);
    list.list[0] = fake_dns_address(&servers[0]);
    dns_use(dns, &list);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    fake_clock_ahead_s += LIMIT_DISCOVERY_MS / 1000;
    assert_temporary(turn_until_done(0), "no answer from server A in 10 s");
    assert_string_equal(asked, "A");
}

static void a_late_answer_to_an_earlier_try_is_not_heard(void **state)
{
    (void)state;
    use("d", "d", NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    turn_until_asked(2);
    dns_writer_begin(&servers[0].answer, servers[0].ids[0], DNS_WRITER_REPLY,
                     "h.example", ns_t_a);
    /* to the second try's port, or to the first's, which is closed */
    for (unsigned i = 0; i < 2; i++)
        sendto(servers[0].udp, servers[0].answer.octets,
               servers[0].answer.length, 0, (struct sockaddr *)&servers[i].peer,
               sizeof(servers[i].peer));
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    assert_temporary(turn_until_done(0),
                     "no answer from server A, server B in 10 s");
}

static void use_vc_asks_over_tcp_alone(void **state)
{
    struct dns_servers list = {
        .count = 1, .timeout_ms = 1000, .attempts = 2, .tcp = true};

    (void)state;
    use("eb", NULL, NULL, 1);
    list.list[0] = fake_dns_address(&servers[0]);
    dns_use(dns, &list);
    assert_found(find());
    assert_int_equal(servers[0].asked, 2);
    assert_int_equal(servers[0].asked_tcp, 2);
}

static void rotate_begins_each_question_with_the_next_server(void **state)
{
    struct dns_servers list = {
        .count = 3, .timeout_ms = 1000, .attempts = 1, .rotate = true};

    (void)state;
    use("a", "a", "a", 1);
    for (unsigned i = 0; i < 3; i++)
        list.list[i] = fake_dns_address(&servers[i]);
    dns_use(dns, &list);
    for (unsigned i = 0; i < 4; i++) {
        ask(i, "h.example", ns_t_a);
        assert_found(turn_until_done(i));
    }
    assert_string_equal(asked, "ABCA");
}

static enum status read_override(const char *text, struct dns_servers *list)
{
    struct __res_state state = {.retrans = 3, .retry = 4};

    return dns_servers_read(&state, text, list);
}

static void reads_every_form_of_one_server(void **state)
{
    static const struct {
        const char *written, *text;
        int family;
        in_port_t port;
    } FORMS[] = {{"127.0.0.1", "127.0.0.1", AF_INET, 53},
                 {"192.0.2.1:5300", "192.0.2.1:5300", AF_INET, 5300},
                 {"2001:DB8::1", "2001:db8::1", AF_INET6, 53},
                 {"[2001:db8::1]", "2001:db8::1", AF_INET6, 53},
                 {"[2001:db8::1]:5300", "[2001:db8::1]:5300", AF_INET6, 5300}};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(FORMS); i++) {
        struct dns_servers list;

        assert_int_equal(read_override(FORMS[i].written, &list), STATUS_OK);
        const struct sockaddr_in *in = (void *)&list.list[0].address;
        assert_int_equal(list.count, 1);
        assert_string_equal(list.list[0].text, FORMS[i].text);
        assert_int_equal(in->sin_family, FORMS[i].family);
        assert_int_equal(ntohs(in->sin_port), FORMS[i].port);
        assert_int_equal(list.timeout_ms, 3000);
        assert_int_equal(list.attempts, 4);
    }
}

static void refuses_what_is_no_server(void **state)
{
    static const char *const TEXTS[] = {
        "",           "dns.example", "127.1",
        "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "[::1",       "[127.0.0.1]", "::1:x",
        "127.0.0.1 ", "[::1]:53x",   "127.0.0.1:53:53"};
    struct dns *unused = NULL;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(TEXTS); i++) {
        assert_int_equal(dns_new(loop, TEXTS[i], &unused), STATUS_INVALID);
        assert_null(unused);
    }
}

static void reads_resolv_conf_as_libresolv_left_it(void **state)
{
    struct __res_state resolver = {
        .retrans = 2, .retry = 3, .nscount = 2, .options = RES_ROTATE};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons(53),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct dns_servers list;

    (void)state;
    resolver._u._ext.nsaddrs[0] = &in6;
    resolver.nsaddr_list[1].sin_family = AF_INET;
    resolver.nsaddr_list[1].sin_port = htons(53);
    resolver.nsaddr_list[1].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(dns_servers_read(&resolver, NULL, &list), STATUS_OK);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.list[0].text, "::1");
    assert_string_equal(list.list[1].text, "127.0.0.1");
    assert_int_equal(list.timeout_ms, 2000);
    assert_int_equal(list.attempts, 3);
    assert_true(list.rotate);
    assert_false(list.tcp);
    resolver.options = RES_USEVC;
    assert_int_equal(dns_servers_read(&resolver, NULL, &list), STATUS_OK);
    assert_true(list.tcp);
    resolver.nscount = 0;
    assert_int_equal(dns_servers_read(&resolver, NULL, &list),
                     STATUS_UNAVAILABLE);
}

static void takes_a_server_and_options_from_the_system(void **state)
{
    struct dns *system = NULL;

    (void)state;
    assert_int_equal(dns_new(loop, NULL, &system), STATUS_OK);
    dns_free(system);
    dns_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DNS_TEST(goes_to_the_next_server_when_one_fails),
        DNS_TEST(goes_to_the_next_server_when_a_stream_fails),
        DNS_TEST(goes_to_the_next_server_at_once_when_nobody_listens),
        DNS_TEST(says_when_nobody_listens_anywhere),
        DNS_TEST(tells_an_unreachable_server_from_the_loop),
        DNS_TEST(asks_all_in_turn_and_then_all_again),
        DNS_TEST(a_failure_says_more_than_silence),
        DNS_TEST(never_waits_longer_than_a_discovery),
        DNS_TEST(a_late_answer_to_an_earlier_try_is_not_heard),
        DNS_TEST(use_vc_asks_over_tcp_alone),
        DNS_TEST(rotate_begins_each_question_with_the_next_server),
        DNS_TEST(reads_every_form_of_one_server),
        DNS_TEST(refuses_what_is_no_server),
        DNS_TEST(reads_resolv_conf_as_libresolv_left_it),
        DNS_TEST(takes_a_server_and_options_from_the_system),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("dns_servers", tests, NULL, NULL);
}
