/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process's own answers: what is asked, kept, found again and said. */
#include "names.h"

#include "names_world.h"

static void knows_a_pseudo_hostname_by_its_suffix(void **state)
{
    (void)state;
    assert_true(names_is_pseudo("a.matrix", 8));
    assert_true(names_is_pseudo("a.MATRIX.", 9));
    assert_true(names_is_pseudo("a.matrix", 9)); /* the NUL is counted */
    assert_true(names_is_pseudo("!.matrix", 8));
    assert_false(names_is_pseudo("a.xmatrix", 9));
    assert_false(names_is_pseudo("amatrix", 7));
    assert_false(names_is_pseudo("matrix", 6));
    assert_false(names_is_pseudo(".matrix", 7));
    assert_false(names_is_pseudo("a.matrix.example", 16));
    assert_false(names_is_pseudo("a.matrix..", 10));
    assert_false(names_is_pseudo("", 0));
    assert_false(names_is_pseudo("", 1));
}

static void tells_the_four_facts(void **state)
{
    const struct names_answer *answer = find("facts.test.8443.matrix");

    (void)state;
    assert_non_null(answer);
    assert_string_equal(answer->key, "facts.test:8443");
    assert_string_equal(answer->pseudo, "facts.test.8443.matrix");
    assert_string_equal(answer->cert_name, "fed.example.net");
    assert_false(answer->cert_is_ip);
    assert_string_equal(answer->host, "fed.example.net");
    assert_string_equal(answer->step, "3.4");
    assert_string_equal(world.asked, "facts.test:8443");
}

static void a_certificate_for_an_address_is_told_as_such(void **state)
{
    (void)state;
    world.sample.cert_name = "192.0.2.1";
    world.sample.tls_name = "-";
    assert_true(find("ip4.test.matrix")->cert_is_ip);
    world.sample.cert_name = "2001:db8::1";
    assert_true(find("ip6.test.matrix")->cert_is_ip);
}

static void does_not_ask_while_an_answer_is_in_force(void **state)
{
    const struct names_answer *answer = find("once.test.matrix");

    (void)state;
    assert_ptr_equal(find("once.test.matrix"), answer);
    assert_ptr_equal(find("ONCE.test.matrix."), find("ONCE.test.matrix."));
    assert_int_equal(world.lookups, 1);
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    assert_ptr_equal(find("once.test.matrix"), answer);
    assert_int_equal(world.lookups, 2);
}

static void a_record_is_always_asked_for(void **state)
{
    const struct names_answer *answer;
    struct record record;
    const struct names_answer *known = find("record.test.matrix");

    (void)state;
    assert_int_equal(
        names_find_record("record.test.matrix", 18, &record, &answer),
        STATUS_OK);
    assert_ptr_equal(answer, known);
    assert_int_equal(record.target_count, 2);
    assert_int_equal(world.lookups, 2);
}

static void a_changed_answer_is_another_snapshot(void **state)
{
    const struct names_answer *first = find("moved.test.matrix");

    (void)state;
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    world.sample.cert_name = "other.example.net";
    const struct names_answer *second = find("moved.test.matrix");
    assert_ptr_not_equal(second, first);
    assert_string_equal(second->cert_name, "other.example.net");
    assert_string_equal(first->cert_name, "fed.example.net");
    assert_ptr_equal(known("moved.test"), second);
}

static void an_undelegated_host_is_in_the_askers_letters(void **state)
{
    (void)state;
    world.sample.step = "6";
    world.sample.host = "letters.test";
    const struct names_answer *large = find("Letters.TEST.matrix");
    const struct names_answer *small = find("letters.test.matrix");
    assert_string_equal(large->host, "Letters.TEST");
    assert_string_equal(large->pseudo, "letters.test.matrix");
    assert_string_equal(small->host, "letters.test");
    assert_int_equal(world.lookups, 1);
    assert_ptr_equal(find("Letters.TEST.matrix"), large);
}

/* In the letters that number has bits for. */
static const char *spelled(unsigned number)
{
    static char name[] = "abcdefghi.test.matrix";

    for (unsigned i = 0; i < 9; i++)
        name[i] = (char)((number >> i & 1 ? 'A' : 'a') + (int)i);
    return name;
}

/* A redirect may have any letters, and there may be many. */
static void more_spellings_than_are_kept_are_the_keys(void **state)
{
    const struct names_answer *answer;

    (void)state;
    world.sample.step = "6";
    world.sample.host = "abcdefghi.test";
    for (unsigned i = 511; i > 0; i--) {
        answer = find(spelled(i));
        assert_non_null(answer);
        if (511 - i < NAMES_SPELLINGS_MAX)
            assert_memory_equal(answer->host, spelled(i), 14);
        else
            assert_string_equal(answer->host, "abcdefghi.test");
    }
    assert_memory_equal(find(spelled(510))->host, spelled(510), 14);
    assert_int_equal(world.lookups, 1);
    for (unsigned i = 1; i < 5; i++) {
        char other[] = "other0.example.net";

        other[5] = (char)('0' + i);
        fake_clock_ahead_s += SAMPLE_LIFE + 1;
        world.sample = sample_answer("", time(NULL));
        world.sample.cert_name = other;
        for (unsigned j = 0; j < 70; j++) {
            answer = find(spelled(j));
            assert_non_null(answer);
            assert_string_equal(answer->cert_name, other);
        }
    }
    assert_int_equal(world.refusals, 0);
}

static void hands_the_failure_on_and_says_why(void **state)
{
    (void)state;
    world.sample = sample_failure("", time(NULL), "no-address");
    assert_int_equal(status_of("none.test.matrix"), STATUS_NOT_FOUND);
    assert_string_equal(world.refusal,
                        "none.test.matrix: it is so (no-address)");
    world.sample = sample_failure("", time(NULL), "timeout");
    assert_int_equal(status_of("none.test.matrix"), STATUS_TRY_AGAIN);
    world.status = STATUS_UNAVAILABLE;
    assert_int_equal(status_of("none.test.matrix"), STATUS_UNAVAILABLE);
    world.status = STATUS_NOT_FOUND;
    assert_int_equal(status_of("none.test.matrix"), STATUS_NOT_FOUND);
    assert_int_equal(world.refusals, 4);
    assert_null(known("none.test"));
}

static void refuses_what_is_no_server_name_without_asking(void **state)
{
    (void)state;
    assert_int_equal(status_of("under_score.matrix"), STATUS_INVALID);
    assert_int_equal(status_of("127.1.matrix"), STATUS_INVALID);
    assert_int_equal(status_of("a.matrix.matrix"), STATUS_INVALID);
    assert_int_equal(world.refusals, 3);
    assert_int_equal(status_of("a.example"), STATUS_NOT_OURS);
    assert_int_equal(world.refusals, 3);
    assert_int_equal(world.lookups, 0);
}

static void a_failure_does_not_take_what_is_known_away(void **state)
{
    const struct names_answer *answer = find("stays.test.matrix");

    (void)state;
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.status = STATUS_TRY_AGAIN;
    assert_null(find("stays.test.matrix"));
    assert_ptr_equal(known("stays.test"), answer);
}

static void says_each_name_once_to_who_wants_to_know(void **state)
{
    (void)state;
    find("verbose.test.matrix");
    assert_string_equal(world.verbose,
                        "verbose.test.matrix: step 3.4, 198.51.100.20 port "
                        "8443 and 1 more, SNI fed.example.net, Host "
                        "fed.example.net");
    find("verbose.test.matrix");
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    find("verbose.test.matrix");
    assert_int_equal(world.verboses, 1);
}

struct walk {
    unsigned count;
    const char *first;
    const char *until;
};

static bool visit(void *argument, const struct names_answer *answer)
{
    struct walk *walk = argument;

    if (walk->count++ == 0)
        walk->first = answer->key;
    return walk->until != NULL && strcmp(answer->key, walk->until) == 0;
}

static void visits_every_name_the_newest_first(void **state)
{
    struct walk all = {0};
    struct walk some = {.until = "second.test"};

    (void)state;
    find("first.test.matrix");
    find("second.test.matrix");
    find("third.test.matrix");
    assert_false(names_each(visit, &all));
    assert_true(all.count >= 3);
    assert_string_equal(all.first, "third.test");
    assert_true(names_each(visit, &some));
    assert_int_equal(some.count, 2);
}

static void errno_is_kept(void **state)
{
    (void)state;
    errno = EPROTO;
    find("errno.test.matrix");
    assert_int_equal(errno, EPROTO);
    check("errno2.test", "198.51.100.20", 8443);
    assert_int_equal(errno, EPROTO);
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, new_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(knows_a_pseudo_hostname_by_its_suffix),
        IN_WORLD(tells_the_four_facts),
        IN_WORLD(a_certificate_for_an_address_is_told_as_such),
        IN_WORLD(does_not_ask_while_an_answer_is_in_force),
        IN_WORLD(a_record_is_always_asked_for),
        IN_WORLD(a_changed_answer_is_another_snapshot),
        IN_WORLD(an_undelegated_host_is_in_the_askers_letters),
        IN_WORLD(more_spellings_than_are_kept_are_the_keys),
        IN_WORLD(hands_the_failure_on_and_says_why),
        IN_WORLD(refuses_what_is_no_server_name_without_asking),
        IN_WORLD(a_failure_does_not_take_what_is_known_away),
        IN_WORLD(says_each_name_once_to_who_wants_to_know),
        IN_WORLD(visits_every_name_the_newest_first),
        IN_WORLD(errno_is_kept),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
