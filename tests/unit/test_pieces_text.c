/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text form of pieces, read back, cut short and changed. */
#include "piece_sample.h"

static const char SETTINGS[] = "conf=none,overrides=none";

/* One of each kind, found and not found. */
static void fill(struct pieces *pieces)
{
    struct piece *piece =
        piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FOUND);

    snprintf(piece->delegated, sizeof(piece->delegated), "FED.example.net");
    piece->flags = PIECE_INSECURE;
    piece_sample_put(pieces, piece);
    piece = piece_sample(PIECE_WELL_KNOWN, "broken.example", FINDING_FAILED);
    piece->flags = PIECE_TRANSPORT | PIECE_OURS;
    piece->failures = PIECE_FAILURES_MAX;
    piece_sample_put(pieces, piece);
    piece = piece_sample(PIECE_WELL_KNOWN, "bad.example", FINDING_INVALID);
    piece->detail[0] = '\0';
    piece_sample_put(pieces, piece);
    piece = piece_sample(PIECE_SRV_FED, "fed.example.net", FINDING_FOUND);
    piece_sample_srv(piece, 0, ".");
    piece_sample_srv(piece, 10, "");
    piece_sample_srv(piece, UINT16_MAX, "srv.example.net");
    piece_sample_put(pieces, piece);
    piece_sample_put(
        pieces, piece_sample(PIECE_SRV_OLD, "fed.example.net", FINDING_NONE));
    piece_sample_put(pieces, piece_sample(PIECE_ADDRESSES, "example.org",
                                          FINDING_TEMPORARY));
    piece = piece_sample(PIECE_ADDRESSES, "srv.example.net", FINDING_FOUND);
    piece->flags = PIECE_ALIAS | PIECE_HOSTS | PIECE_PARTIAL;
    piece_sample_address(piece, "2001:db8::1");
    piece_sample_address(piece, "192.0.2.1");
    piece_sample_put(pieces, piece);
}

static size_t write_text(const struct pieces *pieces, char **ret_text)
{
    size_t length = 0;

    assert_int_equal(pieces_write(pieces, SETTINGS, ret_text, &length),
                     STATUS_OK);
    assert_int_equal(strlen(*ret_text), length);
    return length;
}

/* Reads a copy with nothing but the one octet behind it. */
static enum status read_text(const char *text, size_t length,
                             const char *settings, struct pieces *pieces)
{
    char *copy = malloc(length + 1);
    enum status status;

    assert_non_null(copy);
    memcpy(copy, text, length);
    *pieces = (struct pieces){0};
    status = pieces_read(copy, length, settings, PIECE_SAMPLE_NOW, pieces);
    free(copy);
    return status;
}

static void assert_same_piece(const struct piece *a, const struct piece *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->finding, b->finding);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->found, b->found);
    assert_int_equal(a->expires, b->expires);
    assert_int_equal(a->failures, b->failures);
    assert_int_equal(a->ms, b->ms);
    assert_string_equal(a->detail, b->detail);
    assert_string_equal(a->delegated, b->delegated);
    assert_int_equal(a->srv_count, b->srv_count);
    for (unsigned i = 0; i < a->srv_count; i++) {
        assert_int_equal(a->srv[i].priority, b->srv[i].priority);
        assert_int_equal(a->srv[i].weight, b->srv[i].weight);
        assert_int_equal(a->srv[i].port, b->srv[i].port);
        assert_string_equal(a->srv[i].target, b->srv[i].target);
    }
    assert_int_equal(a->address_count, b->address_count);
    for (unsigned i = 0; i < a->address_count; i++)
        assert_true(address_equal(&a->addresses[i], &b->addresses[i]));
}

static void the_text_leads_there_and_back(void **state)
{
    struct pieces pieces = {0};
    struct pieces back;
    char *text;
    size_t length;

    (void)state;
    fill(&pieces);
    length = write_text(&pieces, &text);
    assert_int_equal(read_text(text, length, SETTINGS, &back), STATUS_OK);
    assert_int_equal(back.count, pieces.count);
    for (unsigned i = 0; i < pieces.count; i++) {
        assert_same_piece(pieces.list[i], back.list[i]);
        assert_true(back.list[i]->remembered);
    }
    pieces_done(&pieces);
    pieces_done(&back);
    free(text);
}

static void no_pieces_are_a_text_too(void **state)
{
    struct pieces pieces = {0};
    char *text;
    size_t length = write_text(&pieces, &text);

    (void)state;
    assert_int_equal(read_text(text, length, SETTINGS, &pieces), STATUS_OK);
    assert_int_equal(pieces.count, 0);
    free(text);
}

static void other_settings_are_a_miss(void **state)
{
    struct pieces pieces = {0};
    struct pieces back;
    char *text;
    size_t length;

    (void)state;
    fill(&pieces);
    length = write_text(&pieces, &text);
    assert_int_equal(read_text(text, length, "conf=none", &back), STATUS_MISS);
    assert_int_equal(back.count, 0);
    assert_int_equal(
        read_text(text, length, "conf=none,overrides=none2", &back),
        STATUS_MISS);
    pieces_done(&pieces);
    free(text);
}

static void a_text_cut_anywhere_is_a_miss(void **state)
{
    struct pieces pieces = {0};
    struct pieces back;
    char *text;
    size_t length;

    (void)state;
    fill(&pieces);
    length = write_text(&pieces, &text);
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(read_text(text, cut, SETTINGS, &back), STATUS_MISS);
        assert_int_equal(back.count, 0);
    }
    pieces_done(&pieces);
    free(text);
}

/* A changed digit is another number: that no reader can see. */
static void each_octet_changed_is_a_miss_or_still_sound(void **state)
{
    static const unsigned char FLIPS[] = {0x01, 0x10, 0x20, 0x40, 0x80, 0xff};
    struct pieces pieces = {0};
    struct pieces back;
    unsigned missed = 0;
    char *text;
    size_t length;

    (void)state;
    fill(&pieces);
    length = write_text(&pieces, &text);
    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < sizeof(FLIPS); i++) {
            text[at] = (char)(text[at] ^ FLIPS[i]);
            if (read_text(text, length, SETTINGS, &back) == STATUS_OK)
                for (unsigned j = 0; j < back.count; j++)
                    piece_sample_assert_sound(back.list[j]);
            else
                missed++;
            pieces_done(&back);
            text[at] = (char)(text[at] ^ FLIPS[i]);
        }
    }
    assert_true(missed > 2 * length); /* 0x80 and 0xff never pass */
    pieces_done(&pieces);
    free(text);
}

static enum status read_body(const char *body)
{
    char text[2048];
    struct pieces back;
    enum status status;
    int length =
        snprintf(text, sizeof(text),
                 "nss-matrix-pieces 1\nsettings %s\n%send\n", SETTINGS, body);

    assert_in_range(length, 1, sizeof(text) - 1);
    status = read_text(text, (size_t)length, SETTINGS, &back);
    pieces_done(&back);
    return status;
}

#define TIMES " @1699999900 @1700000300 0 42 0\ndetail x\n"

static void takes_what_is_in_the_header(void **state)
{
    (void)state;
    assert_int_equal(read_body("piece addresses a.example none" TIMES),
                     STATUS_OK);
    assert_int_equal(
        read_body("piece srv-fed a found" TIMES "srv 1 2 3 -\nsrv 1 2 0 .\n"),
        STATUS_OK);
    assert_int_equal(read_body("piece well-known a.example failed @1 @1 1000 0 "
                               "2\ndetail \n"),
                     STATUS_OK);
}

static void refuses_pieces_that_are_not_whole(void **state)
{
    static const char *const BODIES[] = {
        "piece well-known a.example found" TIMES,
        "piece srv-fed a.example found" TIMES,
        "piece addresses a.example found" TIMES,
        "piece addresses a.example none" TIMES "address 192.0.2.1\n",
        "piece addresses a.example found" TIMES "srv 1 2 3 b.example\n",
        "piece well-known a.example failed" TIMES "delegated b.example\n",
        "piece srv-old a.example none" TIMES "srv 1 2 3 b.example\n",
        "piece well-known a.example none" TIMES,
        "piece srv-fed a.example failed" TIMES,
        "piece addresses a.example invalid" TIMES,
        "piece addresses a..example none" TIMES,
        "piece addresses  none" TIMES,
        "piece addresses ../a none" TIMES,
        "piece addresses 192.0.2.1 none" TIMES,
        "piece aliases a.example none" TIMES,
        "piece addresses a.example lost" TIMES,
        "piece addresses a.example found" TIMES "address 192.0.2\n",
        "piece srv-fed a.example found" TIMES "srv 1 2 3 b_c\n",
        "piece srv-fed a.example found" TIMES "srv 1 2 3 192.0.2.1\n",
        "piece srv-fed a.example found" TIMES "srv 1 2 65536 b.example\n",
        "piece well-known a.example found" TIMES "delegated a:0\n",
        "piece addresses a.example none @1700000001 @1700000000 0 0 0\n"
        "detail x\n",
        "piece addresses a.example none @1 @1700172801 0 0 0\ndetail x\n",
        "piece addresses a.example none @1 @2 1001 0 0\ndetail x\n",
        "piece addresses a.example none @1 @2 0 0 256\ndetail x\n",
        "piece addresses a.example none @1 @2 0 0 0\ndetail \x1b[2J\n",
        "piece addresses a.example none @1 @2 0 0 0\n",
        "more\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BODIES); i++)
        if (read_body(BODIES[i]) != STATUS_MISS)
            fail_msg("took: %s", BODIES[i]);
}

static void reads_an_expired_piece_for_its_failures(void **state)
{
    struct pieces pieces = {0};
    struct pieces back;
    struct piece *piece =
        piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FAILED);
    char *text;
    size_t length;

    (void)state;
    piece->expires = PIECE_SAMPLE_NOW - 50;
    piece->failures = 3;
    piece_sample_put(&pieces, piece);
    length = write_text(&pieces, &text);
    assert_int_equal(read_text(text, length, SETTINGS, &back), STATUS_OK);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.list[0]->failures, 3);
    pieces_done(&pieces);
    pieces_done(&back);
    free(text);
}

static void octets_after_the_end_are_a_miss(void **state)
{
    struct pieces pieces = {0};
    struct pieces back;
    char *text;
    size_t length = write_text(&pieces, &text);
    char longer[256];

    (void)state;
    memcpy(longer, text, length);
    longer[length] = '\n';
    assert_int_equal(read_text(longer, length + 1, SETTINGS, &back),
                     STATUS_MISS);
    free(text);
}

/* All records, all with all addresses, under the longest names. */
static void a_table_that_is_too_big_is_not_written(void **state)
{
    struct pieces pieces = {0};
    char *text = NULL;
    size_t length;

    (void)state;
    for (unsigned i = 0; i < PIECES_MAX; i++) {
        char name[LIMIT_DNS_NAME + 1];
        struct piece *piece;

        snprintf(name, sizeof(name), "a%u.%060d.%060d.%060d.%050d.example", i,
                 0, 0, 0, 0);
        piece = piece_sample(PIECE_ADDRESSES, name, FINDING_FOUND);
        for (unsigned j = 0; j < LIMIT_ADDRESSES; j++)
            piece_sample_address(piece,
                                 "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
        piece_sample_put(&pieces, piece);
    }
    assert_int_equal(pieces_write(&pieces, SETTINGS, &text, &length),
                     STATUS_TOO_BIG);
    assert_null(text);
    while (pieces.count > PIECES_NEEDED)
        piece_free(pieces.list[--pieces.count]);
    length = write_text(&pieces, &text);
    assert_true(length < PIECES_TEXT_MAX);
    pieces_done(&pieces);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_leads_there_and_back),
        cmocka_unit_test(no_pieces_are_a_text_too),
        cmocka_unit_test(other_settings_are_a_miss),
        cmocka_unit_test(a_text_cut_anywhere_is_a_miss),
        cmocka_unit_test(each_octet_changed_is_a_miss_or_still_sound),
        cmocka_unit_test(takes_what_is_in_the_header),
        cmocka_unit_test(refuses_pieces_that_are_not_whole),
        cmocka_unit_test(reads_an_expired_piece_for_its_failures),
        cmocka_unit_test(octets_after_the_end_are_a_miss),
        cmocka_unit_test(a_table_that_is_too_big_is_not_written),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("pieces_text", tests, NULL, NULL);
}
