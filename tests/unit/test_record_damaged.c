/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records that were damaged on their way: refused, or still sane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"

#define STAR "nss-matrix-answer 1 "

/* The good record's body with size octets, at `at`, repeated or left out. */
static enum status parse_changed(const char *body, size_t length,
                                 const char *at, size_t size, bool again)
{
    char changed[2 * LIMIT_RECORD];
    size_t before = (size_t)(at - body) + (again ? size : 0);
    size_t after = (size_t)(at - body) + (again ? 0 : size);
    struct record record;

    memcpy(changed, body, before);
    memcpy(changed + before, body + after, length - after);
    record.length = sample_frame(record.text, sizeof(record.text), "1", changed,
                                 before + length - after);
    return record_parse(&record, SAMPLE_NOW);
}

/* Lines are in one order, each there once, and nothing follows the last. */
static void refuses_lines_left_out_or_repeated(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    char good[LIMIT_RECORD + 1];
    const char *body = good + SAMPLE_HEAD;
    size_t length = sample_write(&sample, good, sizeof(good)) - SAMPLE_HEAD;
    unsigned lines = 0;

    (void)state;
    for (const char *line = body; line < body + length; lines++) {
        size_t size = (size_t)(strchr(line, '\n') + 1 - line);
        bool many = strncmp(line, "target ", 7) == 0;

        assert_int_equal(parse_changed(body, length, line, size, false),
                         many ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(parse_changed(body, length, line, size, true),
                         many ? STATUS_OK : STATUS_INVALID);
        line += size;
    }
    assert_int_equal(lines, 15);
}

static void refuses_a_record_cut_at_any_octet(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;
    size_t length;

    (void)state;
    sample_into(&sample, &record);
    length = record.length;
    for (size_t cut = 0; cut < length; cut++) {
        sample_into(&sample, &record);
        memset(record.text + cut, 'x', sizeof(record.text) - cut);
        record.length = cut;
        assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
    }
}

/* Cut, and with a head that does not show it. */
static void refuses_a_record_that_ends_early(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    char good[LIMIT_RECORD + 1];
    size_t length = sample_write(&sample, good, sizeof(good));
    struct record record;

    (void)state;
    for (size_t cut = 0; cut < length - SAMPLE_HEAD; cut++) {
        record.length = sample_frame(record.text, sizeof(record.text), "1",
                                     good + SAMPLE_HEAD, cut);
        assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
    }
}

static void refuses_octets_after_the_end(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample_into(&sample, &record);
    memcpy(record.text + record.length, "\n", 2);
    record.length++;
    assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
}

/* What is taken in spite of a changed octet must still keep the rules. */
static void assert_sane(const struct record *record)
{
    assert_in_range(record->expires, record->refresh,
                    SAMPLE_NOW + LIMIT_LIFE_S);
    assert_in_range(record->target_count, 1, LIMIT_TARGETS);
    assert_true(server_name_is_valid(record->host));
    assert_true(record->tls_name == NULL ||
                server_name_is_host(record->tls_name));
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        assert_int_not_equal(target.port, 0);
        assert_true(target.address.family == AF_INET ||
                    target.address.family == AF_INET6);
        assert_true(target.name == NULL || server_name_is_host(target.name));
    }
    assert_null(memchr(record->host, '\n', strlen(record->host)));
}

static void survives_each_octet_changed_to_each_other(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record good, record;
    unsigned taken = 0;

    (void)state;
    sample_into(&sample, &good);
    for (size_t at = 0; at < good.length; at++) {
        for (int octet = 0; octet < 256; octet++) {
            if (octet == (unsigned char)good.text[at])
                continue;
            record = good;
            record.text[at] = (char)octet;
            if (record_parse(&record, SAMPLE_NOW) != STATUS_OK)
                continue;
            assert_true(octet >= ' ' && octet <= '~');
            assert_true(at >= SAMPLE_HEAD);
            assert_sane(&record);
            taken++;
        }
    }
    /* Another digit or letter is another good record; nothing else is. */
    assert_in_range(taken, 1, good.length * 70);
}

static void the_head_promises_a_length(void **state)
{
    size_t length = 7;

    (void)state;
    assert_int_equal(record_promised_length(STAR "0026\n", &length), STATUS_OK);
    assert_int_equal(length, 26);
    assert_int_equal(record_promised_length(STAR "5120\n", &length), STATUS_OK);
    assert_int_equal(length, 5120);
    assert_int_equal(record_promised_length(STAR "5121\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "0025\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "  26\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "-026\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "0026 ", &length),
                     STATUS_INVALID);
    assert_int_equal(
        record_promised_length("nss-matrix-answer 2 0026\n", &length),
        STATUS_INVALID);
    assert_int_equal(length, 5120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_lines_left_out_or_repeated),
        cmocka_unit_test(refuses_a_record_cut_at_any_octet),
        cmocka_unit_test(refuses_a_record_that_ends_early),
        cmocka_unit_test(refuses_octets_after_the_end),
        cmocka_unit_test(survives_each_octet_changed_to_each_other),
        cmocka_unit_test(the_head_promises_a_length),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record_damaged", tests, NULL, NULL);
}
