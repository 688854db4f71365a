/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup that refreshes ahead: what it asks for, and what it keeps. */
#include "lookup_world.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP_TEST(a_refresh_asks_for_what_ends_soon),
        LOOKUP_TEST(a_refresh_leaves_what_lives_long),
        LOOKUP_TEST(a_refresh_that_finds_none_is_kept),
        LOOKUP_TEST(a_refresh_that_fails_writes_nothing),
        LOOKUP_TEST(a_document_that_cannot_be_had_now_is_no_news),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("lookup_refresh", tests, NULL, NULL);
}
