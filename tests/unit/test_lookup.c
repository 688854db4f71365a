/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lookup between the caches and the resolver. Both are the test's own: it
 * says what each cache holds, ends the discovery, and looks at what is kept.
 */
#include "lookup_world.h"

static void what_the_network_said_is_kept(void **state)
{
    struct pieces kept = {0};

    (void)state;
    start("example.org:8448", &PLAN);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    assert_int_equal(told, 1);
    assert_int_equal(lookup.source, LOOKUP_NETWORK);
    assert_int_equal(cache.reads[SYSTEM], 1);
    assert_int_equal(cache.reads[USER], 1);
    assert_int_equal(cache.writes, 1);
    assert_false(cache.wrote_to_system);
    assert_int_equal(record_parse(&cache.record, time(NULL)), STATUS_OK);
    assert_string_equal(cache.record.name, "example.org:8448");
    assert_string_equal(cache.record.settings, SETTINGS.token);
    assert_int_equal(cache.record.target_count, 1);
    assert_int_equal(pieces_read(cache.pieces, strlen(cache.pieces),
                                 SETTINGS.token, time(NULL), &kept),
                     STATUS_OK);
    assert_int_equal(kept.count, 1);
    pieces_done(&kept);
}

static void what_a_cache_holds_is_not_written_again(void **state)
{
    (void)state;
    cache.holds[USER] = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300);
    start("example.org:8448", &PLAN);
    finish();
    assert_int_equal(lookup.source, LOOKUP_USER_CACHE);
    assert_int_equal(lookup_outcome(&lookup)->target_count, 1);
    assert_int_equal(lookup_trace(&lookup)->count, 2);
    assert_int_equal(cache.writes, 0);
    assert_int_equal(told, 1);
}

static void the_systems_cache_comes_first(void **state)
{
    (void)state;
    cache.holds[SYSTEM] = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300);
    cache.holds[USER] = piece_for(PIECE_ADDRESSES, FINDING_NONE, 300);
    start("example.org:8448", &PLAN);
    finish();
    assert_int_equal(lookup.source, LOOKUP_SYSTEM_CACHE);
    assert_int_equal(lookup_outcome(&lookup)->error, ERROR_NONE);
    assert_int_equal(cache.reads[USER], 0);
}

static void what_has_ended_there_does_not_hide_ones_own(void **state)
{
    (void)state;
    cache.holds[SYSTEM] = piece_for(PIECE_ADDRESSES, FINDING_NONE, -10);
    cache.holds[USER] = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300);
    start("example.org:8448", &PLAN);
    finish();
    assert_int_equal(lookup.source, LOOKUP_USER_CACHE);
    assert_int_equal(lookup_outcome(&lookup)->error, ERROR_NONE);
}

static void overridden_settings_read_no_cache_of_the_system(void **state)
{
    struct lookup_plan plan = PLAN;

    (void)state;
    plan.settings = &OVERRIDDEN;
    cache.holds[SYSTEM] = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300);
    start("example.org:8448", &plan);
    learn(piece_for(PIECE_ADDRESSES, FINDING_NONE, 300));
    finish();
    assert_int_equal(cache.reads[SYSTEM], 0);
    assert_int_equal(cache.reads[USER], 1);
    assert_int_equal(lookup.source, LOOKUP_NETWORK);
}

static void root_reads_one_cache_once(void **state)
{
    (void)state;
    cache.root = true;
    start("example.org:8448", &PLAN);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    assert_int_equal(cache.reads[SYSTEM], 1);
    assert_int_equal(cache.reads[USER], 0);
    assert_true(cache.wrote_to_system);
}

static void a_plan_without_reading_reads_nothing(void **state)
{
    struct lookup_plan plan = PLAN;

    (void)state;
    plan.read = false;
    cache.holds[USER] = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300);
    start("example.org:8448", &plan);
    learn(piece_for(PIECE_ADDRESSES, FINDING_NONE, 300));
    finish();
    assert_int_equal(cache.reads[SYSTEM] + cache.reads[USER], 0);
    assert_int_equal(handed_over.count, 0);
    assert_int_equal(cache.writes, 1);
}

static void a_plan_without_writing_writes_nothing(void **state)
{
    struct lookup_plan plan = PLAN;

    (void)state;
    plan.write = false;
    start("example.org:8448", &plan);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    assert_int_equal(cache.writes, 0);
    assert_int_equal(told, 1);
}

static void without_a_place_there_is_an_answer_all_the_same(void **state)
{
    (void)state;
    cache.no_place = true;
    start("example.org:8448", &PLAN);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    assert_int_equal(lookup_outcome(&lookup)->target_count, 1);
    assert_int_equal(cache.writes, 0);
}

static void what_has_ended_is_handed_over_for_its_failures(void **state)
{
    (void)state;
    cache.holds[USER] = piece_for(PIECE_WELL_KNOWN, FINDING_FAILED, -10);
    cache.holds[USER]->failures = 4;
    start("example.org", &PLAN);
    assert_int_equal(handed_over.count, 1);
    assert_int_equal(handed_over.list[0]->failures, 4);
}

static void the_key_is_looked_up_and_the_letters_are_kept(void **state)
{
    (void)state;
    start("EXAMPLE.org.:8448", &PLAN);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    assert_string_equal(lookup.asked.text, "EXAMPLE.org.:8448");
    assert_string_equal(lookup.name.text, "example.org:8448");
    assert_string_equal(cache.name, "example.org:8448");
}

static void what_was_asked_in_vain_is_not_kept(void **state)
{
    (void)state;
    start("example.org:8448", &PLAN);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    learn(piece_for(PIECE_SRV_FED, FINDING_NONE, 300));
    finish();
    assert_non_null(strstr(cache.pieces, "piece addresses "));
    assert_null(strstr(cache.pieces, "piece srv-fed "));
}

static void our_own_faults_are_not_kept(void **state)
{
    (void)state;
    start("example.org:8448", &PLAN);
    lookup.resolution->asked = true;
    give_up(ERROR_INTERNAL);
    assert_int_equal(cache.writes, 0);
    assert_int_equal(told, 1);
}

static unsigned writes_after_timeout(bool read, int limit_ms)
{
    struct lookup_plan plan = PLAN;
    unsigned before = cache.writes;

    plan.read = read;
    plan.limit_ms = limit_ms;
    start("example.org:8448", &plan);
    lookup.resolution->asked = true;
    give_up(ERROR_TIMEOUT);
    lookup_end(&lookup);
    return cache.writes - before;
}

static void a_failure_is_kept_only_of_who_tried_in_earnest(void **state)
{
    (void)state;
    assert_int_equal(writes_after_timeout(true, LIMIT_DISCOVERY_MS), 1);
    assert_int_equal(writes_after_timeout(true, 100), 0);
    assert_int_equal(writes_after_timeout(false, LIMIT_DISCOVERY_MS), 0);
}

static void a_literal_needs_no_pieces(void **state)
{
    (void)state;
    start("192.0.2.1", &PLAN);
    finish();
    assert_int_equal(lookup_outcome(&lookup)->target_count, 1);
    assert_int_equal(cache.writes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP_TEST(what_the_network_said_is_kept),
        LOOKUP_TEST(what_a_cache_holds_is_not_written_again),
        LOOKUP_TEST(the_systems_cache_comes_first),
        LOOKUP_TEST(what_has_ended_there_does_not_hide_ones_own),
        LOOKUP_TEST(overridden_settings_read_no_cache_of_the_system),
        LOOKUP_TEST(root_reads_one_cache_once),
        LOOKUP_TEST(a_plan_without_reading_reads_nothing),
        LOOKUP_TEST(a_plan_without_writing_writes_nothing),
        LOOKUP_TEST(without_a_place_there_is_an_answer_all_the_same),
        LOOKUP_TEST(what_has_ended_is_handed_over_for_its_failures),
        LOOKUP_TEST(the_key_is_looked_up_and_the_letters_are_kept),
        LOOKUP_TEST(what_was_asked_in_vain_is_not_kept),
        LOOKUP_TEST(our_own_faults_are_not_kept),
        LOOKUP_TEST(a_failure_is_kept_only_of_who_tried_in_earnest),
        LOOKUP_TEST(a_literal_needs_no_pieces),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
