/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address book: both families, the hosts file, lives and time. */
#include "addresses.h"

#include <sys/resource.h>

#include "book_asking.h"
#include "deadline.h"

static void lists_ipv6_first_whichever_comes_first(void **state)
{
    (void)state;
    want("a.example");
    assert_int_equal(asked, 2);
    assert_null(address_book_get(book, "a.example"));
    answer_found("a.example", ns_t_a, "192.0.2.2 192.0.2.1", 300);
    assert_int_equal(changes, 0);
    assert_null(address_book_get(book, "a.example"));
    answer_found("a.example", ns_t_aaaa, "2001:db8::2 2001:db8::1", 200);
    assert_int_equal(changes, 1);
    assert_list(get("a.example"),
                "2001:db8::2 2001:db8::1 192.0.2.2 192.0.2.1");
    assert_false(get("a.example")->partial);
    assert_false(get("a.example")->hosts_file);
    assert_int_equal(get("a.example")->life, 200);
    assert_string_equal(get("a.example")->detail, "4 addresses");
}

static void asks_for_a_name_once(void **state)
{
    (void)state;
    want("a.example");
    want("a.example");
    assert_int_equal(asked, 2);
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    want("a.example");
    assert_int_equal(asked, 2);
    want("b.example");
    assert_int_equal(asked, 4);
    assert_null(address_book_get(book, "b.example"));
    assert_null(address_book_get(book, "c.example"));
}

static void the_hosts_file_wins_entirely(void **state)
{
    (void)state;
    want("hosts.example");
    assert_int_equal(asked, 0);
    assert_int_equal(changes, 0);
    assert_list(get("hosts.example"), "2001:db8::80 192.0.2.80");
    assert_true(get("hosts.example")->hosts_file);
    assert_false(get("hosts.example")->partial);
    assert_int_equal(get("hosts.example")->life, LIMIT_HOSTS_FILE_S);
    assert_string_equal(get("hosts.example")->detail, "2 addresses");
}

static void never_asks_for_what_looks_like_an_address(void **state)
{
    static const char *const NAMES[] = {"192.0.2.1", "127.1", "2130706433",
                                        "a.7",       "0x7f",  "a.0x1",
                                        "::1",       "",      "a..b"};

    (void)state;
    write_hosts("192.0.2.80 192.0.2.1 127.1 a.7\n");
    for (unsigned i = 0; i < ARRAY_SIZE(NAMES); i++) {
        want(NAMES[i]);
        assert_int_equal(get(NAMES[i])->result, DNS_NONE);
        assert_int_equal(get(NAMES[i])->count, 0);
    }
    assert_int_equal(asked, 0);
}

static void none_needs_the_word_of_both_families(void **state)
{
    (void)state;
    want("a.example");
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "NXDOMAIN");
    fake_clock_ahead_s += 9;
    assert_no_timer(); /* no grace: DNS itself gives up */
    assert_int_equal(changes, 0);
    assert_int_equal(under_way(), 1);
    answer_not("a.example", ns_t_a, DNS_NONE, "NXDOMAIN");
    assert_int_equal(changes, 1);
    assert_int_equal(get("a.example")->result, DNS_NONE);
    assert_int_equal(get("a.example")->life, 60);
    assert_int_equal(get("a.example")->count, 0);
    assert_string_equal(get("a.example")->detail, "NXDOMAIN");
    assert_in_range(get("a.example")->ms, 9000, 19000);
}

static void a_failed_family_makes_none_temporary(void **state)
{
    static const ns_type FAILED[] = {ns_t_a, ns_t_aaaa};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const char *name = i == 0 ? "a.example" : "b.example";

        want(name);
        answer_not(name, FAILED[i], DNS_TEMPORARY, "SERVFAIL from 127.0.0.1");
        answer_not(name, FAILED[!i], DNS_NONE, "no data");
        assert_int_equal(get(name)->result, DNS_TEMPORARY);
        assert_int_equal(get(name)->count, 0);
        assert_false(get(name)->partial);
        assert_int_equal(get(name)->life, LIMIT_OUR_FAILURE_S);
    }
    assert_string_equal(get("a.example")->detail,
                        "AAAA: no data; A: SERVFAIL from 127.0.0.1");
}

static void answer_internal(const char *name, ns_type type)
{
    struct dns_answer given = not_found(DNS_TEMPORARY, "no sockets", 10);

    given.internal = true;
    answer(name, type, &given);
}

static void a_family_that_we_could_not_ask_for_is_told_of(void **state)
{
    (void)state;
    want("a.example");
    answer_internal("a.example", ns_t_a);
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    assert_int_equal(get("a.example")->result, DNS_TEMPORARY);
    assert_true(get("a.example")->internal);
    want("b.example");
    answer_internal("b.example", ns_t_aaaa);
    answer_found("b.example", ns_t_a, "192.0.2.1", 300);
    assert_int_equal(get("b.example")->result, DNS_FOUND);
    assert_true(get("b.example")->partial && get("b.example")->internal);
    want("c.example");
    answer_not("c.example", ns_t_aaaa, DNS_TEMPORARY, "SERVFAIL");
    answer_not("c.example", ns_t_a, DNS_TEMPORARY, "SERVFAIL");
    assert_false(get("c.example")->internal);
}

/* It may say that all is elsewhere. */
static void a_hosts_file_that_cannot_be_opened_is_not_an_empty_one(void **state)
{
    struct rlimit limit;
    rlim_t soft;
    int lowest = dup(0);

    (void)state;
    assert_true(lowest >= 0 && close(lowest) == 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    soft = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)lowest;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    want("hosts.example");
    limit.rlim_cur = soft;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(asked, 0);
    assert_int_equal(get("hosts.example")->result, DNS_TEMPORARY);
    assert_true(get("hosts.example")->internal);
    assert_string_equal(get("hosts.example")->detail,
                        "the hosts file cannot be read: Too many open files");
}

static void what_one_family_has_is_partial_when_the_other_failed(void **state)
{
    (void)state;
    want("a.example");
    answer_not("a.example", ns_t_aaaa, DNS_TEMPORARY,
               "SERVFAIL from 127.0.0.1");
    assert_int_equal(changes, 0);
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    assert_list(get("a.example"), "192.0.2.1");
    assert_true(get("a.example")->partial);
    assert_int_equal(get("a.example")->life, LIMIT_OUR_FAILURE_S);
    assert_string_equal(get("a.example")->detail,
                        "1 address; AAAA: SERVFAIL from 127.0.0.1");
}

static void a_short_ttl_stays_short_when_partial(void **state)
{
    (void)state;
    want("a.example");
    answer_not("a.example", ns_t_a, DNS_TEMPORARY, "REFUSED from ::1");
    answer_found("a.example", ns_t_aaaa, "2001:db8::1", 3);
    assert_int_equal(get("a.example")->life, 3);
}

static void lives_as_long_as_the_shorter_family_and_the_limit(void **state)
{
    (void)state;
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    assert_int_equal(get("a.example")->life, 60);
    assert_string_equal(get("a.example")->detail, "1 address");
    want("b.example");
    answer_found("b.example", ns_t_a, "192.0.2.1", UINT32_MAX);
    answer_found("b.example", ns_t_aaaa, "2001:db8::1", UINT32_MAX);
    assert_int_equal(get("b.example")->life, LIMIT_LIFE_S);
}

static void counts_the_longer_chain_of_aliases(void **state)
{
    static const ns_type TYPES[] = {ns_t_a, ns_t_aaaa};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const char *name = i == 0 ? "a.example" : "b.example";
        struct dns_answer given = found("192.0.2.1", 300);

        want(name);
        given.aliases = 2;
        answer(name, TYPES[i], &given);
        given = not_found(DNS_NONE, "no data", 300);
        given.aliases = 1;
        answer(name, TYPES[!i], &given);
        assert_int_equal(get(name)->aliases, 2);
    }
}

static void lists_an_address_once(void **state)
{
    (void)state;
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1 192.0.2.2 192.0.2.1", 300);
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    assert_list(get("a.example"), "192.0.2.1 192.0.2.2");
}

static void fill(struct dns_answer *given, int family)
{
    *given = (struct dns_answer){.ttl = 300, .count = LIMIT_ADDRESSES};
    for (unsigned i = 0; i < LIMIT_ADDRESSES; i++) {
        given->addresses[i].family = family;
        given->addresses[i].bytes[3] = (unsigned char)i;
    }
}

static void neither_family_crowds_the_other_out(void **state)
{
    struct dns_answer given;

    (void)state;
    want("a.example");
    fill(&given, AF_INET6);
    answer("a.example", ns_t_aaaa, &given);
    fill(&given, AF_INET);
    answer("a.example", ns_t_a, &given);
    assert_int_equal(get("a.example")->count, LIMIT_ADDRESSES);
    assert_int_equal(get("a.example")->list[LIMIT_ADDRESSES / 2 - 1].family,
                     AF_INET6);
    assert_int_equal(get("a.example")->list[LIMIT_ADDRESSES / 2].family,
                     AF_INET);
    want("b.example");
    fill(&given, AF_INET6);
    answer("b.example", ns_t_aaaa, &given);
    answer_found("b.example", ns_t_a, "192.0.2.1", 300);
    assert_int_equal(get("b.example")->count, LIMIT_ADDRESSES);
    assert_int_equal(get("b.example")->list[LIMIT_ADDRESSES - 1].family,
                     AF_INET);
    assert_int_equal(get("b.example")->list[LIMIT_ADDRESSES - 2].family,
                     AF_INET6);
}

static void may_be_freed_when_told_or_under_way(void **state)
{
    (void)state;
    want("a.example");
    want("b.example");
    answer_found("b.example", ns_t_a, "192.0.2.1", 300);
    free_when_changed = true;
    answer_not("a.example", ns_t_a, DNS_NONE, "no data");
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    assert_null(book);
    assert_int_equal(under_way(), 0);
    assert_no_timer();
    address_book_free(NULL);
}

static void forgets_a_name_that_there_was_no_memory_for(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        ask_failures = i;
        assert_int_equal(address_book_want(book, "a.example"),
                         STATUS_NO_MEMORY);
        assert_int_equal(under_way(), 0);
        assert_null(address_book_get(book, "a.example"));
    }
    want("a.example");
    assert_int_equal(under_way(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOK_TEST(lists_ipv6_first_whichever_comes_first),
        BOOK_TEST(asks_for_a_name_once),
        BOOK_TEST(the_hosts_file_wins_entirely),
        BOOK_TEST(never_asks_for_what_looks_like_an_address),
        BOOK_TEST(none_needs_the_word_of_both_families),
        BOOK_TEST(a_failed_family_makes_none_temporary),
        BOOK_TEST(a_family_that_we_could_not_ask_for_is_told_of),
        BOOK_TEST(a_hosts_file_that_cannot_be_opened_is_not_an_empty_one),
        BOOK_TEST(what_one_family_has_is_partial_when_the_other_failed),
        BOOK_TEST(a_short_ttl_stays_short_when_partial),
        BOOK_TEST(lives_as_long_as_the_shorter_family_and_the_limit),
        BOOK_TEST(counts_the_longer_chain_of_aliases),
        BOOK_TEST(lists_an_address_once),
        BOOK_TEST(neither_family_crowds_the_other_out),
        BOOK_TEST(may_be_freed_when_told_or_under_way),
        BOOK_TEST(forgets_a_name_that_there_was_no_memory_for),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("addresses", tests, make_file,
                                       remove_file);
}
