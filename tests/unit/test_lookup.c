/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lookup between the caches and the resolver. Both are the test's own: it
 * says what each cache holds, ends the discovery, and looks at what is kept.
 */
#include "lookup_world.h"

static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};
static const struct settings OVERRIDDEN = {.overridden = true,
                                           .token = "conf=none,overrides=7"};

static struct lookup lookup;
static unsigned told;

static void tell(void *argument)
{
    assert_ptr_equal(argument, &told);
    assert_true(lookup.done);
    told++;
}

static const struct lookup_plan PLAN = {.settings = &SETTINGS,
                                        .limit_ms = LIMIT_DISCOVERY_MS,
                                        .read = true,
                                        .write = true};

static void start(const char *name, const struct lookup_plan *plan)
{
    struct server_name asked;

    assert_int_equal(server_name_parse(name, strlen(name), &asked), STATUS_OK);
    assert_int_equal(lookup_start(&lookup, plan, &asked, tell, &told),
                     STATUS_OK);
}

/* A piece found just now, or before; lives are seconds from now. */
static struct piece *piece_for(enum piece_kind kind, enum finding finding,
                               int64_t life)
{
    struct piece *piece = piece_sample(kind, "example.org", finding);

    piece->found = time(NULL) - 1000;
    piece->expires = time(NULL) + life;
    if (kind == PIECE_ADDRESSES && finding == FINDING_FOUND)
        piece_sample_address(piece, "192.0.2.1");
    return piece;
}

/* The network answers. */
static void learn(struct piece *piece)
{
    lookup.resolution->asked = true;
    piece_sample_put(&lookup.resolution->discovery->pieces, piece);
}

static void finish(void)
{
    assert_int_equal(
        discovery_advance(lookup.resolution->discovery, time(NULL)),
        DISCOVERY_DONE);
    lookup.resolution->done(lookup.resolution->argument);
}

static void give_up(enum error error)
{
    assert_int_equal(
        discovery_advance(lookup.resolution->discovery, time(NULL)),
        DISCOVERY_WAITING);
    discovery_give_up(lookup.resolution->discovery, time(NULL), error, "so");
    lookup.resolution->done(lookup.resolution->argument);
}

static int begin(void **state)
{
    (void)state;
    memset(&cache, 0, sizeof(cache));
    told = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    lookup_end(&lookup);
    piece_free(cache.holds[SYSTEM]);
    piece_free(cache.holds[USER]);
    pieces_done(&handed_over);
    return 0;
}

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

/* A refresh of what the cache holds, of which so much is left of 1000 s. */
static void start_refresh(const char *name, enum piece_kind kind,
                          enum finding finding, int64_t left)
{
    struct lookup_plan plan = PLAN;

    plan.refresh = true;
    cache.holds[USER] = piece_for(kind, finding, left);
    cache.holds[USER]->found = cache.holds[USER]->expires - 1000;
    start(name, &plan);
}

static void a_refresh_asks_for_what_ends_soon(void **state)
{
    (void)state;
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 200);
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 3000));
    finish();
    assert_int_equal(cache.writes, 1);
    assert_int_equal(record_parse(&cache.record, time(NULL)), STATUS_OK);
    assert_true(cache.record.expires > time(NULL) + 2000);
}

static void a_refresh_leaves_what_lives_long(void **state)
{
    (void)state;
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 400);
    finish();
    assert_int_equal(lookup.source, LOOKUP_USER_CACHE);
    assert_int_equal(cache.writes, 0);
}

static void a_refresh_that_finds_none_is_kept(void **state)
{
    (void)state;
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 200);
    learn(piece_for(PIECE_ADDRESSES, FINDING_NONE, 3000));
    finish();
    assert_int_equal(cache.writes, 1);
}

static void a_refresh_that_fails_writes_nothing(void **state)
{
    struct piece *partial = piece_for(PIECE_ADDRESSES, FINDING_FOUND, 10);

    (void)state;
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 200);
    learn(piece_for(PIECE_ADDRESSES, FINDING_TEMPORARY, 10));
    finish();
    assert_int_equal(cache.writes, 0);
    lookup_end(&lookup);

    piece_free(cache.holds[USER]);
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 200);
    partial->flags = PIECE_PARTIAL;
    learn(partial);
    finish();
    assert_int_equal(cache.writes, 0);
    lookup_end(&lookup);

    piece_free(cache.holds[USER]);
    start_refresh("example.org:8448", PIECE_ADDRESSES, FINDING_FOUND, 200);
    lookup.resolution->asked = true;
    give_up(ERROR_TIMEOUT);
    assert_int_equal(cache.writes, 0);
}

/* The web server's part: what is known of it before, and then. */
static unsigned refresh_document(unsigned flags_before, unsigned flags)
{
    struct piece *document = piece_for(PIECE_WELL_KNOWN, FINDING_FAILED, 60);
    struct lookup_plan plan = PLAN;
    unsigned before = cache.writes;

    plan.refresh = true;
    cache.holds[USER] = piece_for(PIECE_WELL_KNOWN, FINDING_FAILED, 10);
    cache.holds[USER]->flags = flags_before;
    start("example.org", &plan);
    document->flags = flags;
    learn(document);
    learn(piece_for(PIECE_SRV_FED, FINDING_NONE, 300));
    learn(piece_for(PIECE_SRV_OLD, FINDING_NONE, 300));
    learn(piece_for(PIECE_ADDRESSES, FINDING_FOUND, 300));
    finish();
    lookup_end(&lookup);
    piece_free(cache.holds[USER]);
    cache.holds[USER] = NULL;
    return cache.writes - before;
}

static void a_document_that_cannot_be_had_now_is_no_news(void **state)
{
    (void)state;
    assert_int_equal(refresh_document(0, PIECE_TRANSPORT), 0);
    assert_int_equal(refresh_document(0, PIECE_OURS), 0);
    assert_int_equal(refresh_document(0, 0), 1);
    assert_int_equal(refresh_document(PIECE_TRANSPORT, PIECE_TRANSPORT), 1);
}

#define LOOKUP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

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
        LOOKUP_TEST(a_refresh_asks_for_what_ends_soon),
        LOOKUP_TEST(a_refresh_leaves_what_lives_long),
        LOOKUP_TEST(a_refresh_that_finds_none_is_kept),
        LOOKUP_TEST(a_refresh_that_fails_writes_nothing),
        LOOKUP_TEST(a_document_that_cannot_be_had_now_is_no_news),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
