/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bounded cursors: what they take, and that failure stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util.h"
#include "wire.h"

/* Reads a number from the octets of text; true if it was taken whole. */
static bool take(const char *text, size_t length, uint64_t max,
                 uint64_t *ret_number)
{
    char octets[64];
    struct wire_reader reader;

    memcpy(octets, text, length);
    reader = wire_reader(octets, length);
    *ret_number = wire_take_number(&reader, ' ', max);
    return !reader.failed && reader.next == reader.end && reader.next[-1] == 0;
}

static void takes_decimal_numbers_up_to_the_maximum(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
    } NUMBERS[] = {{"0 ", 0},
                   {"7 ", 7},
                   {"0009 ", 9},
                   {"1795426385 ", 1795426385},
                   {"9223372036854775807 ", INT64_MAX}};
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NUMBERS); i++) {
        assert_true(
            take(NUMBERS[i].text, strlen(NUMBERS[i].text), INT64_MAX, &number));
        assert_true(number == NUMBERS[i].number);
    }
    assert_true(take("65535 ", 6, UINT16_MAX, &number));
    assert_false(take("65536 ", 6, UINT16_MAX, &number));
}

static void takes_nothing_else_for_a_number(void **state)
{
    static const char *const BAD[] = {
        "",
        " ",
        "5",   /* not ended */
        "5\n", /* by another octet */
        "5x ",
        "-5 ",
        "+5 ",
        " 5 ",
        "0x5 ",
        "9223372036854775808 ", /* above the maximum */
        "9999999999999999999 ",
        "18446744073709551617 ", /* 1, were it cut to 64 bits */
        "000000000000000000001 ",
    };
    uint64_t number = 1;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        assert_false(take(BAD[i], strlen(BAD[i]), INT64_MAX, &number));
        assert_true(number == 0);
    }
    assert_false(take("5\0 ", 3, INT64_MAX, &number));
}

static void a_number_that_may_end_in_nul_ends_within_the_text(void **state)
{
    char octets[] = "123";
    struct wire_reader reader = wire_reader(octets, 3);

    (void)state;
    assert_true(wire_take_number(&reader, '\0', INT64_MAX) == 0);
    assert_true(reader.failed);
}

static void a_word_is_passed_over_only_whole(void **state)
{
    char octets[] = "target 192";
    struct wire_reader reader = wire_reader(octets, 10);

    (void)state;
    assert_false(wire_skip(&reader, "targets "));
    assert_false(wire_skip(&reader, "target 192.0.2.1"));
    assert_true(wire_skip(&reader, "target "));
    assert_false(reader.failed);
    wire_expect(&reader, "193");
    assert_true(reader.failed);
    assert_false(wire_skip(&reader, "192"));
    assert_string_equal(wire_take(&reader, '2'), "");
}

static void a_field_holds_no_nul(void **state)
{
    char octets[] = "a\0b c ";
    struct wire_reader reader = wire_reader(octets, 6);

    (void)state;
    assert_string_equal(wire_take(&reader, ' '), "");
    assert_true(reader.failed);
}

static void what_does_not_fit_is_not_written(void **state)
{
    char room[8];
    struct wire_writer writer = wire_writer(room, sizeof(room));

    (void)state;
    wire_put(&writer, "1234");
    wire_put_number(&writer, 56, 3);
    assert_false(writer.failed);
    assert_string_equal(room, "1234056");
    wire_put(&writer, "8");
    assert_true(writer.failed);
    wire_put(&writer, "");
    assert_true(writer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_decimal_numbers_up_to_the_maximum),
        cmocka_unit_test(takes_nothing_else_for_a_number),
        cmocka_unit_test(a_number_that_may_end_in_nul_ends_within_the_text),
        cmocka_unit_test(a_word_is_passed_over_only_whole),
        cmocka_unit_test(a_field_holds_no_nul),
        cmocka_unit_test(what_does_not_fit_is_not_written),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
