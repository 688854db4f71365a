/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS questions to one server, which answers as its script says. */
#include "dns.h"

#include <sys/syscall.h>

#include "dns_asking.h"

static unsigned sockets_to_fail;
static int socket_error;

/* In front of libc's. */
int socket(int family, int type, int protocol)
{
    if (sockets_to_fail == 0)
        return (int)syscall(SYS_socket, family, type, protocol);
    sockets_to_fail--;
    errno = socket_error;
    return -1;
}

static void finds_an_address(void **state)
{
    (void)state;
    use("a", NULL, NULL, 2);
    assert_found(find());
    assert_string_equal(asked, "A");
    assert_int_equal(servers[0].asked_tcp, 0);
}

static void asks_for_the_name_as_it_is_and_no_search_list(void **state)
{
    (void)state;
    use("x", NULL, NULL, 2);
    ask(0, "intranet", ns_t_a);
    assert_int_equal(turn_until_done(0)->result, DNS_NONE);
    assert_string_equal(questions[0].answer.detail, "NXDOMAIN");
    assert_string_equal(servers[0].name, "intranet");
    assert_string_equal(asked, "A");
    /* RD and nothing else */
    assert_int_equal(ns_get16(servers[0].question.octets + 2), 0x0100);
}

static void waits_on_after_what_is_not_its_answer(void **state)
{
    static const char *const SCRIPTS[] = {"i", "q", "z"};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(SCRIPTS); i++) {
        use(SCRIPTS[i], NULL, NULL, 1);
        ask(i, "h.example", ns_t_a);
        assert_found(turn_until_done(i));
        assert_int_equal(servers[0].asked, 1);
        fake_dns_stop(&servers[0]);
    }
    server_count = 0;
}

static void hears_nobody_but_the_server(void **state)
{
    struct fake_dns stranger;

    (void)state;
    use("d", NULL, NULL, 1);
    fake_dns_start(&stranger, loop, "a");
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    /* the right answer, from a wrong port */
    dns_writer_begin(&stranger.answer, servers[0].ids[0], DNS_WRITER_REPLY,
                     "h.example", ns_t_a);
    dns_writer_address(&stranger.answer, "h.example", 9, "192.0.2.66");
    assert_true(sendto(stranger.udp, stranger.answer.octets,
                       stranger.answer.length, 0,
                       (struct sockaddr *)&servers[0].peer,
                       sizeof(servers[0].peer)) > 0);
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    assert_temporary(turn_until_done(0), "no answer from server A in 5 s");
    fake_dns_stop(&stranger);
}

static void each_try_has_a_port_and_an_id_of_its_own(void **state)
{
    unsigned ports = 0;
    unsigned ids = 0;

    (void)state;
    use("d", NULL, NULL, 6);
    dns_use(dns, &(struct dns_servers){.count = 1,
                                       .list = {fake_dns_address(&servers[0])},
                                       .timeout_ms = 1000,
                                       .attempts = 6});
    ask(0, "h.example", ns_t_a);
    for (unsigned i = 1; i <= 6; i++) {
        turn_until_asked(i);
        fake_clock_ahead_s += 1;
    }
    turn_until_done(0);
    for (unsigned i = 1; i < 6; i++) {
        ports += servers[0].ports[i] != servers[0].ports[0];
        ids += servers[0].ids[i] != servers[0].ids[0];
    }
    assert_true(ports > 0); /* chance may repeat one, not all */
    assert_true(ids > 0);
}

static void notimp_is_none(void **state)
{
    (void)state;
    use("n", NULL, NULL, 2);
    ask(0, "_matrix._tcp.h.onion", ns_t_srv);
    assert_int_equal(turn_until_done(0)->result, DNS_NONE);
    assert_string_equal(questions[0].answer.detail, "NOTIMP");
    assert_string_equal(asked, "A");
}

static void asks_again_over_tcp_when_truncated(void **state)
{
    (void)state;
    use("ta", NULL, NULL, 1);
    assert_found(find());
    assert_string_equal(asked, "AA");
    assert_int_equal(servers[0].asked_tcp, 1);
    assert_int_equal(ns_get16(servers[0].in), servers[0].got - 2);
}

static void puts_a_stream_together_from_single_octets(void **state)
{
    (void)state;
    use("tb", NULL, NULL, 1);
    assert_found(find());
}

static void a_stream_that_ends_early_has_failed(void **state)
{
    (void)state;
    use("te", NULL, NULL, 1);
    assert_temporary(find(), "connection closed early from server A");
}

static void a_stream_with_another_answer_has_failed(void **state)
{
    (void)state;
    use("to", NULL, NULL, 1);
    assert_temporary(find(), "answer to another question from server A");
}

static void a_truncated_stream_has_failed(void **state)
{
    (void)state;
    use("t", NULL, NULL, 1);
    assert_temporary(find(), "truncated stream from server A");
    assert_string_equal(asked, "AA");
}

static void a_stream_that_is_refused_has_failed(void **state)
{
    (void)state;
    use("t", NULL, NULL, 1);
    fake_dns_refuse_tcp(&servers[0]);
    assert_temporary(find(), "Connection refused from server A");
}

static void without_descriptors_nothing_can_be_said(void **state)
{
    static const int SHORTAGES[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS};

    (void)state;
    use("a", "a", NULL, 2);
    for (unsigned i = 0; i < ARRAY_SIZE(SHORTAGES); i++) {
        sockets_to_fail = 4;
        socket_error = SHORTAGES[i];
        questions[0].done = false;
        assert_int_equal(find()->result, DNS_TEMPORARY);
        assert_true(questions[0].answer.internal);
        assert_int_equal(sockets_to_fail, 0);
        assert_string_equal(asked, "");
    }
}

/* The stream to the first server cannot be opened, the second refuses. */
static void nor_if_others_refuse(void **state)
{
    (void)state;
    use("t", "s", NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(1);
    sockets_to_fail = 1;
    socket_error = EMFILE;
    assert_temporary(turn_until_done(0), "SERVFAIL from server B");
    assert_true(questions[0].answer.internal);
    assert_string_equal(asked, "AB");
}

static void who_answers_all_the_same_is_believed(void **state)
{
    (void)state;
    use("a", NULL, NULL, 2);
    sockets_to_fail = 1;
    socket_error = EMFILE;
    assert_found(find());
    assert_false(questions[0].answer.internal);
}

static void a_network_that_is_not_there_is_no_shortage(void **state)
{
    (void)state;
    use("a", NULL, NULL, 1);
    sockets_to_fail = 1;
    socket_error = ENETUNREACH;
    assert_temporary(find(), "Network is unreachable from server A");
    assert_false(questions[0].answer.internal);
}

static void what_servers_fail_in_is_not_ours(void **state)
{
    (void)state;
    use("s", NULL, NULL, 1);
    assert_false(find()->internal);
}

static void a_silent_stream_is_given_up(void **state)
{
    (void)state;
    use("td", NULL, NULL, 1);
    ask(0, "h.example", ns_t_a);
    turn_until_asked(2);
    assert_false(questions[0].done);
    fake_clock_ahead_s += TIMEOUT_MS / 1000;
    assert_temporary(turn_until_done(0), "no answer from server A in 5 s");
}

static void asks_for_the_end_of_a_chain_of_aliases(void **state)
{
    (void)state;
    use("cca", NULL, NULL, 1);
    const struct dns_answer *answer = find();
    assert_int_equal(answer->result, DNS_FOUND);
    assert_int_equal(answer->count, 1);
    assert_int_equal(answer->aliases, 2);
    assert_int_equal(answer->ttl, 200);
    assert_string_equal(servers[0].name, "x.x.h.example");
    assert_string_equal(asked, "AAA");
}

static void gives_up_on_an_endless_chain_of_aliases(void **state)
{
    (void)state;
    use("c", NULL, NULL, 2);
    assert_temporary(find(), "too long a chain of aliases");
    assert_int_equal(strlen(asked), LIMIT_ALIASES + 1);
}

static void fails_for_a_name_that_dns_cannot_hold(void **state)
{
    char name[300];

    (void)state;
    use("a", NULL, NULL, 1);
    memset(name, 'a', 64);
    name[64] = '\0';
    ask(0, name, ns_t_a);
    assert_temporary(turn_until_done(0), "DNS cannot hold the name");
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ask(1, name, ns_t_a);
    assert_temporary(turn_until_done(1), "DNS cannot hold the name");
    assert_string_equal(asked, "");
}

static void answers_many_questions_at_once(void **state)
{
    char name[32];

    (void)state;
    use("ibtaqz", NULL, NULL, 2);
    servers[0].script = "qziazqqiiaz";
    for (unsigned i = 0; i < QUESTIONS; i++) {
        snprintf(name, sizeof(name), "h%u.example", i);
        ask(i, name, ns_t_a);
    }
    for (unsigned i = 0; i < QUESTIONS; i++)
        assert_found(turn_until_done(i));
    assert_int_equal(servers[0].asked, QUESTIONS);
}

/* Cancels after so many turns; false once the question was done by then. */
static bool cancel_after(const char *script, unsigned turns)
{
    unsigned before;

    asked[0] = '\0';
    use(script, NULL, NULL, 1);
    before = count_descriptors();
    memset(questions, 0, sizeof(questions));
    ask(0, "h.example", ns_t_a);
    for (unsigned i = 0; i < turns && !questions[0].done; i++)
        turn();
    dns_cancel(&questions[0].query);
    assert_null(questions[0].query);
    dns_cancel(&questions[0].query);
    /* but for what the server has accepted */
    assert_int_equal(count_descriptors(), before + (servers[0].stream >= 0));
    fake_dns_stop(&servers[0]);
    server_count = 0;
    return !questions[0].done;
}

static void leaves_nothing_wherever_it_is_cancelled(void **state)
{
    static const char *const SCRIPTS[] = {"a", "iqza", "cca", "tb", "to", "s"};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(SCRIPTS); i++) {
        unsigned turns = 0;

        while (cancel_after(SCRIPTS[i], turns))
            turns++;
        assert_true(turns > 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DNS_TEST(finds_an_address),
        DNS_TEST(asks_for_the_name_as_it_is_and_no_search_list),
        DNS_TEST(waits_on_after_what_is_not_its_answer),
        DNS_TEST(hears_nobody_but_the_server),
        DNS_TEST(each_try_has_a_port_and_an_id_of_its_own),
        DNS_TEST(notimp_is_none),
        DNS_TEST(asks_again_over_tcp_when_truncated),
        DNS_TEST(puts_a_stream_together_from_single_octets),
        DNS_TEST(a_stream_that_ends_early_has_failed),
        DNS_TEST(a_stream_with_another_answer_has_failed),
        DNS_TEST(a_truncated_stream_has_failed),
        DNS_TEST(a_stream_that_is_refused_has_failed),
        DNS_TEST(a_silent_stream_is_given_up),
        DNS_TEST(without_descriptors_nothing_can_be_said),
        DNS_TEST(nor_if_others_refuse),
        DNS_TEST(who_answers_all_the_same_is_believed),
        DNS_TEST(a_network_that_is_not_there_is_no_shortage),
        DNS_TEST(what_servers_fail_in_is_not_ours),
        DNS_TEST(asks_for_the_end_of_a_chain_of_aliases),
        DNS_TEST(gives_up_on_an_endless_chain_of_aliases),
        DNS_TEST(fails_for_a_name_that_dns_cannot_hold),
        DNS_TEST(answers_many_questions_at_once),
        DNS_TEST(leaves_nothing_wherever_it_is_cancelled),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    setenv("LOCALDOMAIN", "corp.test", 1);
    return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
