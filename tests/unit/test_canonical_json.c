/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The octets that signatures cover, and what has no such form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "canonical_json.h"

static const char *const NOTHING[] = {NULL};

/* From length octets to the canonical form, "!reason", or "?" to be no JSON. */
static char *canonical_octets(const char *text, size_t length,
                              const char *const *omit)
{
    char reason[CANONICAL_JSON_REASON_MAX];
    char *heap = malloc(length + 1); /* exactly sized, for the sanitizer */
    struct json_tree tree;
    char *result = NULL;
    size_t got;

    assert_non_null(heap);
    memcpy(heap, text, length);
    char *tight = realloc(heap, length > 0 ? length : 1);
    if (json_tree_read(tight, length, &tree, reason) != STATUS_OK) {
        assert_true(asprintf(&result, "?%s", reason) > 0);
    } else if (canonical_json_write(&tree, omit, &result, &got, reason) !=
               STATUS_OK) {
        assert_true(asprintf(&result, "!%s", reason) > 0);
    } else {
        assert_int_equal(got, strlen(result));
    }
    json_tree_done(&tree);
    free(tight);
    return result;
}

static void assert_canonical(const char *text, const char *expected)
{
    char *got = canonical_octets(text, strlen(text), NOTHING);

    assert_string_equal(got, expected);
    free(got);
}

static void leaves_blanks_out(void **state)
{
    (void)state;
    assert_canonical(" { \"a\" : [ 1 ,\t2 ] ,\r\n\"b\" : { } } ",
                     "{\"a\":[1,2],\"b\":{}}");
    assert_canonical("[]", "[]");
    assert_canonical("[true,false,null]", "[true,false,null]");
}

static void sorts_members_by_code_point(void **state)
{
    (void)state;
    assert_canonical("{\"b\":1,\"a\":2,\"\":3,\"aa\":4,\"B\":5}",
                     "{\"\":3,\"B\":5,\"a\":2,\"aa\":4,\"b\":1}");
    /* UTF-16 would sort U+1F600 before U+FF5E. */
    assert_canonical("{\"\\ud83d\\ude00\":1,\"\xef\xbd\x9e\":2}",
                     "{\"\xef\xbd\x9e\":2,\"\xf0\x9f\x98\x80\":1}");
}

static void lets_the_last_of_equal_keys_count(void **state)
{
    (void)state;
    assert_canonical("{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"a\":3,\"b\":2}");
}

static void writes_the_shortest_escapes(void **state)
{
    (void)state;
    assert_canonical("\"\\u000a\\u0009\\u000d\\u0008\\u000c\\u0022\\u005c\"",
                     "\"\\n\\t\\r\\b\\f\\\"\\\\\"");
    assert_canonical("\"\\u001F\\u0000\\/\\u007f\"", "\"\\u001f\\u0000/\x7f\"");
    assert_canonical("\"\\u00e9\\u65e5\"", "\"\xc3\xa9\xe6\x97\xa5\"");
}

static void keeps_integers_up_to_53_bits(void **state)
{
    (void)state;
    assert_canonical("[9007199254740991,-9007199254740991,0,-0]",
                     "[9007199254740991,-9007199254740991,0,0]");
    assert_canonical("9007199254740992",
                     "!has an integer of more than 53 bits: 9007199254740992");
    assert_canonical("-9007199254740992",
                     "!has an integer of more than 53 bits: -9007199254740992");
}

static void has_no_form_for_fractions_and_exponents(void **state)
{
    (void)state;
    assert_canonical("1.5",
                     "!has a number that is not written as an integer: 1.5");
    assert_canonical("[1.0]",
                     "!has a number that is not written as an integer: 1.0");
    assert_canonical("1e3",
                     "!has a number that is not written as an integer: 1e3");
    assert_canonical("1E3",
                     "!has a number that is not written as an integer: 1E3");
}

static void omits_at_the_top_only(void **state)
{
    static const char *const OMIT[] = {"signatures", "unsigned", NULL};
    static const char TEXT[] = "{\"signatures\":1,\"a\":{\"signatures\":2},"
                               "\"unsigned\":{}}";
    char *got = canonical_octets(TEXT, strlen(TEXT), OMIT);

    (void)state;
    assert_string_equal(got, "{\"a\":{\"signatures\":2}}");
    free(got);
}

static void refuses_what_is_no_json(void **state)
{
    static const char *const NONE[] = {
        "",           " ",           "{",           "[1,]",
        "{\"a\"}",    "{\"a\":}",    "{a:1}",       "[1 2]",
        "01",         "-",           "+1",          ".5",
        "1.",         "1e",          "nul",         "truex",
        "\"",         "\"\\x\"",     "\"\\u12g4\"", "'a'",
        "1 2",        "{} x",        "\"a\nb\"",    "[}",
        "{\"a\":1,}", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\\",       "\"\\u00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(NONE) / sizeof(NONE[0]); i++) {
        char *got = canonical_octets(NONE[i], strlen(NONE[i]), NOTHING);

        if (got[0] != '?')
            fail_msg("%s is taken for %s", NONE[i], got);
        free(got);
    }
}

static void refuses_what_is_not_utf8(void **state)
{
    static const char *const NONE[] = {
        "\"\x80\"",
        "\"\xc0\x80\"",
        "\"\xc1\xbf\"",
        "\"\xe0\x9f\xbf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x8f\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xc3\"",
        "\"\xe6\x97",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(NONE) / sizeof(NONE[0]); i++)
        assert_canonical(NONE[i], "?is not UTF-8");
}

static void refuses_a_byte_order_mark(void **state)
{
    (void)state;
    assert_canonical("\xef\xbb\xbf{}", "?begins with a byte order mark");
}

static void refuses_deep_nesting(void **state)
{
    char text[200];

    (void)state;
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    text[64] = '\0';
    assert_canonical(text, text);
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    text[66] = '\0';
    assert_canonical(text, "?is nested too deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_blanks_out),
        cmocka_unit_test(sorts_members_by_code_point),
        cmocka_unit_test(lets_the_last_of_equal_keys_count),
        cmocka_unit_test(writes_the_shortest_escapes),
        cmocka_unit_test(keeps_integers_up_to_53_bits),
        cmocka_unit_test(has_no_form_for_fractions_and_exponents),
        cmocka_unit_test(omits_at_the_top_only),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(refuses_a_byte_order_mark),
        cmocka_unit_test(refuses_deep_nesting),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
