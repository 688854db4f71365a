/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of pieces. */
#include "piece_sample.h"

static void one_question_has_one_piece(void **state)
{
    struct pieces pieces = {0};
    struct piece *second = piece_sample(PIECE_SRV_FED, "a", FINDING_NONE);

    (void)state;
    piece_sample_put(&pieces,
                     piece_sample(PIECE_SRV_FED, "a", FINDING_TEMPORARY));
    piece_sample_put(&pieces, piece_sample(PIECE_SRV_OLD, "a", FINDING_NONE));
    piece_sample_put(&pieces, second);
    assert_int_equal(pieces.count, 2);
    assert_ptr_equal(pieces_find(&pieces, PIECE_SRV_FED, "a"), second);
    assert_null(pieces_find(&pieces, PIECE_SRV_FED, "b"));
    assert_null(pieces_find(&pieces, PIECE_ADDRESSES, "a"));
    pieces_done(&pieces);
    assert_int_equal(pieces.count, 0);
}

static void a_full_table_refuses_more(void **state)
{
    struct pieces pieces = {0};
    char name[16];

    (void)state;
    for (unsigned i = 0; i < PIECES_MAX; i++) {
        snprintf(name, sizeof(name), "a%u", i);
        piece_sample_put(&pieces,
                         piece_sample(PIECE_ADDRESSES, name, FINDING_NONE));
    }
    assert_int_equal(
        pieces_put(&pieces, piece_sample(PIECE_ADDRESSES, "b", FINDING_NONE)),
        STATUS_TOO_BIG);
    piece_sample_put(&pieces,
                     piece_sample(PIECE_ADDRESSES, "a0", FINDING_NONE));
    assert_int_equal(pieces.count, PIECES_MAX);
    pieces_done(&pieces);
}

static void drops_what_has_ended(void **state)
{
    struct pieces pieces = {0};

    (void)state;
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "a", FINDING_NONE));
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "b", FINDING_NONE));
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "c", FINDING_NONE));
    pieces.list[0]->expires = PIECE_SAMPLE_NOW;
    pieces.list[1]->expires = PIECE_SAMPLE_NOW + 1;
    pieces.list[2]->expires = PIECE_SAMPLE_NOW - 1;
    pieces_drop_expired(&pieces, PIECE_SAMPLE_NOW);
    assert_int_equal(pieces.count, 1);
    assert_non_null(pieces_find(&pieces, PIECE_ADDRESSES, "b"));
    pieces_done(&pieces);
}

static void ends_what_is_in_the_last_quarter_of_its_life(void **state)
{
    struct pieces pieces = {0};

    (void)state;
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "a", FINDING_NONE));
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "b", FINDING_NONE));
    piece_sample_put(&pieces, piece_sample(PIECE_ADDRESSES, "c", FINDING_NONE));
    pieces.list[0]->found = PIECE_SAMPLE_NOW - 899;
    pieces.list[1]->found = PIECE_SAMPLE_NOW - 900;
    pieces.list[2]->expires = PIECE_SAMPLE_NOW - 1;
    pieces_end_old(&pieces, PIECE_SAMPLE_NOW);
    assert_int_equal(pieces.list[0]->expires, PIECE_SAMPLE_NOW + 300);
    assert_int_equal(pieces.list[1]->expires, PIECE_SAMPLE_NOW);
    assert_int_equal(pieces.list[2]->expires, PIECE_SAMPLE_NOW - 1);
    pieces_done(&pieces);
}

static void a_name_that_does_not_fit_is_no_piece(void **state)
{
    char name[LIMIT_DNS_NAME + 2];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_null(piece_new(PIECE_ADDRESSES, name));
    name[sizeof(name) - 2] = '\0';
    piece_free(piece_new(PIECE_ADDRESSES, name));
    piece_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_question_has_one_piece),
        cmocka_unit_test(a_full_table_refuses_more),
        cmocka_unit_test(drops_what_has_ended),
        cmocka_unit_test(ends_what_is_in_the_last_quarter_of_its_life),
        cmocka_unit_test(a_name_that_does_not_fit_is_no_piece),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
