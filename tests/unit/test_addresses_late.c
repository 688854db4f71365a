/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address book: what a family that answers late, or never, costs. */
#include "addresses.h"

#include "book_asking.h"
#include "deadline.h"

static void a_silent_family_costs_the_other_only_the_grace(void **state)
{
    (void)state;
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    fake_clock_ahead_s += 1;
    turn();
    assert_null(address_book_get(book, "a.example"));
    fake_clock_ahead_s += 1;
    turn();
    assert_int_equal(changes, 2);
    assert_int_equal(under_way(), 0); /* cancelled */
    assert_list(get("a.example"), "192.0.2.1");
    assert_true(get("a.example")->partial);
    assert_int_equal(get("a.example")->life, LIMIT_OUR_FAILURE_S);
    assert_string_equal(
        get("a.example")->detail,
        "1 address; AAAA: no answer long after the other family's");
}

static void the_grace_does_not_end_early(void **state)
{
    int64_t started = deadline_clock();

    (void)state;
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    turn();
    assert_int_equal(changes, 1);
    assert_true(deadline_clock() - started >= LIMIT_FAMILY_EARLY_MS);
    assert_null(address_book_get(book, "a.example"));
    turn(); /* until it is over */
    assert_int_equal(changes, 2);
    assert_true(deadline_clock() - started >= LIMIT_FAMILY_GRACE_MS);
    assert_non_null(address_book_get(book, "a.example"));
}

/* The question for a family, which may have been asked for once more. */
static unsigned hurried(ns_type type)
{
    for (unsigned i = 0; i < asked; i++)
        if (queries[i].type == type)
            return queries[i].hurried;
    return 0;
}

static void a_late_family_is_asked_for_once_more(void **state)
{
    (void)state;
    fake_clock_stop();
    want("a.example");
    fake_clock_stopped_ms += 20;
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    fake_clock_stopped_ms += LIMIT_FAMILY_EARLY_MS - 1;
    assert_int_equal(hurried(ns_t_aaaa), 0);
    fake_clock_stopped_ms += 1;
    turn();
    assert_int_equal(hurried(ns_t_aaaa), 1);
    answer_found("a.example", ns_t_aaaa, "2001:db8::1", 300);
    assert_false(get("a.example")->partial);
    assert_int_equal(hurried(ns_t_aaaa), 1);
    assert_int_equal(hurried(ns_t_a), 0);
    fake_clock_stopped_ms = 0;
}

/* What a family has of time when the other took so long, in all. */
static void assert_grace(int took, int grace)
{
    fake_clock_stop();
    want("a.example");
    fake_clock_stopped_ms += took;
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    fake_clock_stopped_ms += LIMIT_FAMILY_EARLY_MS;
    turn();
    fake_clock_stopped_ms += grace - LIMIT_FAMILY_EARLY_MS - 1;
    assert_quiet();
    assert_null(address_book_get(book, "a.example"));
    fake_clock_stopped_ms += 1;
    turn();
    assert_true(get("a.example")->partial);
    fake_clock_stopped_ms = 0;
}

static void the_grace_is_as_long_as_the_first_family_took(void **state)
{
    (void)state;
    assert_int_equal(LIMIT_FAMILY_GRACE_MS, 250); /* as a dead address costs */
    assert_grace(5, LIMIT_FAMILY_GRACE_MS);
    assert_int_equal(end(state), 0);
    assert_int_equal(begin(state), 0);
    assert_grace(150, LIMIT_FAMILY_GRACE_MS);
    assert_int_equal(end(state), 0);
    assert_int_equal(begin(state), 0);
    assert_grace(800, 900); /* once more from when it was asked again */
}

static void an_answer_that_was_not_read_yet_is_not_late(void **state)
{
    (void)state;
    fake_clock_stop();
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    fake_clock_stopped_ms += LIMIT_FAMILY_EARLY_MS;
    turn();
    our_turn = true;
    for (unsigned i = 0; i < 3; i++) {
        fake_clock_stopped_ms += LIMIT_FAMILY_GRACE_MS;
        turn();
        assert_null(address_book_get(book, "a.example"));
    }
    our_turn = false;
    fake_clock_stopped_ms += LIMIT_FAMILY_EARLY_MS;
    turn();
    assert_true(get("a.example")->partial);
    fake_clock_stopped_ms = 0;
}

static void one_family_may_be_used_early(void **state)
{
    struct address list[LIMIT_ADDRESSES];

    (void)state;
    want("a.example");
    assert_int_equal(address_book_early(book, "a.example", list), 0);
    answer_found("a.example", ns_t_aaaa, "2001:db8::2 2001:db8::1", 300);
    assert_int_equal(address_book_early(book, "a.example", list), 0);
    fake_clock_ahead_s += 1;
    turn();
    assert_int_equal(changes, 1);
    assert_int_equal(address_book_early(book, "a.example", list), 2);
    assert_int_equal(list[0].family, AF_INET6);
    assert_null(address_book_get(book, "a.example"));
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    assert_int_equal(changes, 2);
    assert_int_equal(address_book_early(book, "a.example", list), 0);
    assert_list(get("a.example"), "2001:db8::2 2001:db8::1 192.0.2.1");
    assert_int_equal(address_book_early(book, "b.example", list), 0);
}

static void no_address_is_not_one_to_use_early(void **state)
{
    struct address list[LIMIT_ADDRESSES];

    (void)state;
    want("a.example");
    answer_not("a.example", ns_t_aaaa, DNS_NONE, "no data");
    fake_clock_ahead_s += 1;
    assert_no_timer();
    assert_int_equal(changes, 0);
    assert_int_equal(address_book_early(book, "a.example", list), 0);
}

static void an_answer_within_the_grace_is_whole(void **state)
{
    (void)state;
    want("a.example");
    answer_found("a.example", ns_t_a, "192.0.2.1", 300);
    answer_found("a.example", ns_t_aaaa, "2001:db8::1", 300);
    assert_false(get("a.example")->partial);
    assert_int_equal(changes, 1);
    assert_no_timer();
    assert_int_equal(changes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOK_TEST(a_silent_family_costs_the_other_only_the_grace),
        BOOK_TEST(the_grace_does_not_end_early),
        BOOK_TEST(a_late_family_is_asked_for_once_more),
        BOOK_TEST(the_grace_is_as_long_as_the_first_family_took),
        BOOK_TEST(an_answer_that_was_not_read_yet_is_not_late),
        BOOK_TEST(one_family_may_be_used_early),
        BOOK_TEST(no_address_is_not_one_to_use_early),
        BOOK_TEST(an_answer_within_the_grace_is_whole),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("addresses_late", tests, make_file,
                                       remove_file);
}
