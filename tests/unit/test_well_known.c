/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The well-known document, and all that only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "well_known.h"

/* From a block that ends with the body, so that reading on is noticed. */
static enum status parse(const char *body, size_t length,
                         struct server_name *name, char *reason)
{
    char *block = malloc(length + (length == 0));
    enum status status;

    assert_non_null(block);
    memcpy(block, body, length);
    status = well_known_parse(block, length, name, reason);
    free(block);
    return status;
}

static void assert_server(const char *body, const char *expected)
{
    struct server_name name;
    char reason[WELL_KNOWN_REASON_MAX] = "";

    if (parse(body, strlen(body), &name, reason) != STATUS_OK)
        fail_msg("%s: %s", body, reason);
    assert_string_equal(name.text, expected);
}

static void assert_bad_octets(const char *body, size_t length,
                              const char *expected)
{
    struct server_name name = {.port = 77};
    char reason[WELL_KNOWN_REASON_MAX] = "";

    if (parse(body, length, &name, reason) != STATUS_INVALID)
        fail_msg("taken: %s", body);
    assert_string_equal(reason, expected);
    assert_int_equal(name.port, 77);
}

static void assert_bad(const char *body, const char *expected)
{
    assert_bad_octets(body, strlen(body), expected);
}

static void reads_a_name_with_and_without_port(void **state)
{
    (void)state;
    assert_server("{\"m.server\":\"fed.example.net\"}", "fed.example.net");
    assert_server(" \t\r\n{ \"m.server\" : \"Fed.example.net:8443\" } \r\n\t ",
                  "Fed.example.net:8443");
    assert_server("{\"m.server\":\"[2001:db8::55]:1\"}", "[2001:db8::55]:1");
    assert_server("{\"m.server\":\"192.0.2.1\"}", "192.0.2.1");
    assert_server("{\"m\\u002eserver\":\"\\u0065xample.org\"}", "example.org");
}

static void passes_over_what_else_there_is(void **state)
{
    (void)state;
    assert_server("{\"a\":[1,-0.5e+7,0,{\"m.server\":\"x\"},null,true],"
                  "\"m.server\":\"good\",\"\xc3\xa4\":\"\xf0\x9f\x98\x80\","
                  "\"b\":\"\\ud83d\\ude00\\\\u0000 \\\" {[\"}",
                  "good");
}

static void takes_the_last_of_several(void **state)
{
    (void)state;
    assert_server("{\"m.server\":\"one\",\"m.server\":\"two\"}", "two");
    assert_server("{\"m.server\":1,\"m.server\":\"two\"}", "two");
    assert_bad("{\"m.server\":\"one\",\"m.server\":2}",
               "has an m.server that is no string");
}

static void wants_the_key_in_lower_case(void **state)
{
    (void)state;
    assert_bad("{\"M.Server\":\"one\"}",
               "has no m.server (letter case matters)");
    assert_server("{\"m.server\":\"one\",\"M.SERVER\":\"two\"}", "one");
    assert_bad("{}", "has no m.server");
    assert_bad("{\"m.server \":\"one\"}", "has no m.server");
    assert_bad("{\"m.homeserver\":{\"m.server\":\"one\"}}", "has no m.server");
}

static void wants_an_object_and_a_string(void **state)
{
    static const char *const BODIES[] = {
        "{\"m.server\":8448}",
        "{\"m.server\":null}",
        "{\"m.server\":true}",
        "{\"m.server\":[\"fed.example.net\"]}",
        "{\"m.server\":{\"m.server\":\"one\"}}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BODIES); i++)
        assert_bad(BODIES[i], "has an m.server that is no string");
    assert_bad("[{\"m.server\":\"one\"}]", "is JSON, but no object");
    assert_bad("\"one\"", "is JSON, but no object");
    assert_bad("null", "is JSON, but no object");
    assert_bad("1", "is JSON, but no object");
}

static void wants_a_server_name(void **state)
{
    (void)state;
    assert_bad("{\"m.server\":\"\"}", "has an m.server that is empty");
    assert_bad("{\"m.server\":\"https://fed.example.net:8443\"}",
               "has an m.server that is no server name: "
               "https://fed.example.net:8443");
    assert_bad("{\"m.server\":\"fed.example.net:8443 \"}",
               "has an m.server that is no server name: fed.example.net:8443 ");
    assert_bad("{\"m.server\":\"fed.example.net:0\"}",
               "has an m.server that is no server name: fed.example.net:0");
    assert_bad("{\"m.server\":\"b\xc3\xbc.example\\n\\u001b[2J\\\\\"}",
               "has an m.server that is no server name: "
               "b\\xc3\\xbc.example\\x0a\\x1b[2J\\\\");
}

static void cuts_a_long_value_in_the_reason(void **state)
{
    char body[2000];
    char reason[WELL_KNOWN_REASON_MAX];
    struct server_name name;

    (void)state;
    snprintf(body, sizeof(body), "{\"m.server\":\"%01500d\"}", 0);
    assert_int_equal(parse(body, strlen(body), &name, reason), STATUS_INVALID);
    assert_int_equal(strlen(reason), WELL_KNOWN_REASON_MAX - 1);
    assert_string_equal(reason + strlen(reason) - 5, "00...");
}

static void knows_what_is_not_json(void **state)
{
    (void)state;
    assert_bad("", "is empty");
    assert_bad(" \r\n", "is empty");
    assert_bad("<!doctype html><title>x</title>", "is HTML, not JSON");
    assert_bad("\xef\xbb\xbf\r\n<html>\xe4</html>", "is HTML, not JSON");
    assert_bad("<?XML version=\"1.0\"?>", "is XML, not JSON");
    assert_bad("m.server: one", "is not JSON");
    assert_bad("{\"m.server\":\"one\"", "is not JSON");
    assert_bad("{\"m.server\":\"one\",}", "is not JSON");
    assert_bad("{'m.server':'one'}", "is not JSON");
    assert_bad("{\"m.server\":\"one", "ends within a string");
    assert_bad("{\"m.server\":\"one\\", "ends within a string");
    assert_bad("{\"m.server\":\"one\\u00", "ends within a string");
    assert_bad("{\"m.server\":\"one\\x\"}", "is not JSON");
}

static void allows_nothing_behind_the_object(void **state)
{
    (void)state;
    assert_bad("{\"m.server\":\"one\"} <!-- nginx -->",
               "has something after its JSON");
    assert_bad("{\"m.server\":\"one\"}{}", "has something after its JSON");
    assert_bad("{\"m.server\":\"one\"},", "has something after its JSON");
}

static void refuses_octets_that_are_not_utf_8(void **state)
{
    static const char *const BAD[] = {
        "\x80",
        "\xc3",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\xaf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "\xe2\x82",
        "\xc3\xc3",
        "\xfc\x80\x80",
    };
    static const char *const GOOD[] = {
        "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",
        "\xed\x9f\xbf", "\xee\x80\x80",     "\xef\xbf\xbf",
        "\x7f",         "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
    };
    char body[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(body, sizeof(body), "{\"x\":\"%s\",\"m.server\":\"one\"}",
                 BAD[i]);
        assert_bad(body, "is not UTF-8");
        snprintf(body, sizeof(body), "{\"m.server\":\"one\"}%s", BAD[i]);
        assert_bad(body, "is not UTF-8");
    }
    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++) {
        snprintf(body, sizeof(body), "{\"x\":\"%s\",\"m.server\":\"one\"}",
                 GOOD[i]);
        assert_server(body, "one");
    }
    assert_bad("\xef\xbb\xbf{\"m.server\":\"one\"}",
               "begins with a byte-order mark");
}

static void refuses_nul_in_every_form(void **state)
{
    static const char RAW[] = "{\"m.server\":\"one\0two\"}";
    static const char BEHIND[] = "{\"m.server\":\"one\"}\0";

    (void)state;
    assert_bad_octets(RAW, sizeof(RAW) - 1, "contains a NUL octet");
    assert_bad_octets(BEHIND, sizeof(BEHIND) - 1, "contains a NUL octet");
    assert_bad("{\"m.server\":\"one\\u0000.evil\"}", "contains an escaped NUL");
    assert_bad("{\"m.server\\u0000x\":\"one\"}", "contains an escaped NUL");
    assert_bad("{\"m.server\":\"one\",\"x\":\"\\\\\\u0000\"}",
               "contains an escaped NUL");
    assert_server("{\"m.server\":\"one\",\"x\":\"\\\\u0000\"}", "one");
    /* cJSON reads these as NUL too. */
    assert_bad("{\"m.server\":\"one\\u00g0.evil\"}",
               "has a \\u without four hexadecimal digits");
    assert_bad("{\"m.server\":\"one\\u\"}      ",
               "has a \\u without four hexadecimal digits");
}

static void refuses_lone_surrogates(void **state)
{
    (void)state;
    assert_bad("{\"m.server\":\"one\",\"x\":\"\\ud800\"}", "is not JSON");
    assert_bad("{\"m.server\":\"one\",\"x\":\"\\udc00\"}", "is not JSON");
    assert_bad("{\"m.server\":\"one\",\"x\":\"\\ud800\\u0041\"}",
               "is not JSON");
}

static void refuses_control_characters(void **state)
{
    (void)state;
    assert_bad("{\"m.server\":\"one\",\"x\":\"\t\"}",
               "has a control character in a string");
    assert_bad("{\"m.server\":\"one\",\"x\":\"\n\"}",
               "has a control character in a string");
    assert_bad("{\"m.server\":\"one\"\x01}", "has a control character");
    assert_bad("\x0b{\"m.server\":\"one\"}", "has a control character");
    assert_bad("{\"m.server\":\"one\"}\x0b", "has something after its JSON");
}

static void refuses_numbers_that_json_has_not(void **state)
{
    static const char *const BAD[] = {"01", "-",   "1.", "1.e5", "-01",
                                      "1e", "1e+", "00", "0123"};
    char body[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(body, sizeof(body), "{\"m.server\":\"one\",\"x\":%s}", BAD[i]);
        assert_bad(body, "has a number that is none");
    }
    assert_bad("{\"m.server\":\"one\",\"x\":1-2}", "is not JSON");
    assert_bad("{\"m.server\":\"one\",\"x\":+1}", "is not JSON");
}

/* An object that holds depth - 1 arrays, one in another. */
static void make_nested(char body[static 200], int depth)
{
    char open[101], close[101];

    memset(open, '[', sizeof(open));
    memset(close, ']', sizeof(close));
    snprintf(body, 200, "{\"m.server\":\"one\",\"x\":%.*s%.*s}", depth - 1,
             open, depth - 1, close);
}

static void allows_32_levels(void **state)
{
    char body[200];

    (void)state;
    make_nested(body, LIMIT_JSON_DEPTH);
    assert_server(body, "one");
    make_nested(body, LIMIT_JSON_DEPTH + 1);
    assert_bad(body, "is nested too deeply");
    assert_server("{\"m.server\":\"one\",\"x\":"
                  "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}",
                  "one");
    assert_server("{\"m.server\":\"one\",\"x\":[[],[],[],[],[],[],[],[],[],[],"
                  "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}",
                  "one");
}

static void takes_64_kib_and_not_one_octet_more(void **state)
{
    static char body[LIMIT_BODY + 2];

    (void)state;
    memset(body, ' ', LIMIT_BODY + 1);
    memcpy(body, "{\"m.server\":\"one\"}", 18);
    body[LIMIT_BODY] = '\0';
    assert_server(body, "one");
    body[LIMIT_BODY] = ' ';
    assert_bad(body, "is too large");
}

/* Every document cut short is refused, whatever cJSON makes of it. */
static void refuses_every_prefix(void **state)
{
    static const char BODY[] = "{\"a\":[1,\"\\u00e4\xc3\xa4\",{\"b\":null}],"
                               "\"m.server\":\"example.org:8448\"}";
    struct server_name name;
    char reason[WELL_KNOWN_REASON_MAX];

    (void)state;
    for (size_t length = 0; length < sizeof(BODY) - 1; length++)
        assert_int_equal(parse(BODY, length, &name, reason), STATUS_INVALID);
    assert_int_equal(parse(BODY, sizeof(BODY) - 1, &name, reason), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_name_with_and_without_port),
        cmocka_unit_test(passes_over_what_else_there_is),
        cmocka_unit_test(takes_the_last_of_several),
        cmocka_unit_test(wants_the_key_in_lower_case),
        cmocka_unit_test(wants_an_object_and_a_string),
        cmocka_unit_test(wants_a_server_name),
        cmocka_unit_test(cuts_a_long_value_in_the_reason),
        cmocka_unit_test(knows_what_is_not_json),
        cmocka_unit_test(allows_nothing_behind_the_object),
        cmocka_unit_test(refuses_octets_that_are_not_utf_8),
        cmocka_unit_test(refuses_nul_in_every_form),
        cmocka_unit_test(refuses_lone_surrogates),
        cmocka_unit_test(refuses_control_characters),
        cmocka_unit_test(refuses_numbers_that_json_has_not),
        cmocka_unit_test(allows_32_levels),
        cmocka_unit_test(takes_64_kib_and_not_one_octet_more),
        cmocka_unit_test(refuses_every_prefix),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
