/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strangers' text as printable ASCII. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "escape.h"

static void leaves_printable_ascii_alone(void **state)
{
    char text[95], out[128];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(' ' + i);
    text['\\' - ' '] = '/';
    escape_text(out, sizeof(out), text, sizeof(text));
    assert_memory_equal(out, text, sizeof(text));
    assert_int_equal(strlen(out), sizeof(text));
}

static void escapes_everything_else(void **state)
{
    static const char TEXT[] = "\0\x1b[2J\r\n\t\\\x7f\xc3\xa4\xff";
    char out[64];

    (void)state;
    escape_text(out, sizeof(out), TEXT, sizeof(TEXT) - 1);
    assert_string_equal(out,
                        "\\x00\\x1b[2J\\x0d\\x0a\\x09\\\\\\x7f\\xc3\\xa4\\xff");
}

static void writes_nothing_for_nothing(void **state)
{
    char out[8] = "xxxxxxx";

    (void)state;
    escape_text(out, sizeof(out), "", 0);
    assert_string_equal(out, "");
}

static void fills_the_room_exactly(void **state)
{
    char out[8];

    (void)state;
    escape_text(out, sizeof(out), "1234567", 7);
    assert_string_equal(out, "1234567");
    escape_text(out, sizeof(out), "123\n", 4);
    assert_string_equal(out, "123\\x0a");
}

/* Behind the room lies poison; an escape is never cut in two. */
static void cuts_with_dots_within_the_room(void **state)
{
    static const char *const PAIRS[][2] = {
        {"12345678", "1234..."}, {"1234\n", "1234..."},
        {"\n\n", "\\x0a..."},    {"123\n5", "123..."},
        {"12\n\n", "12..."},     {"\\\\\\\\", "\\\\\\\\..."},
    };
    char out[9];

    (void)state;
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
        memset(out, '!', sizeof(out));
        escape_text(out, 8, PAIRS[i][0], strlen(PAIRS[i][0]));
        assert_string_equal(out, PAIRS[i][1]);
        assert_int_equal(out[8], '!');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_printable_ascii_alone),
        cmocka_unit_test(escapes_everything_else),
        cmocka_unit_test(writes_nothing_for_nothing),
        cmocka_unit_test(fills_the_room_exactly),
        cmocka_unit_test(cuts_with_dots_within_the_room),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
