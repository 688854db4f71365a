/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of pseudo-hostnames, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server_name.h"

static enum status from_pseudo(const char *text, struct server_name *ret_name)
{
    return server_name_from_pseudo(text, strlen(text), ret_name);
}

static const struct {
    const char *pseudo, *text;
} PSEUDO[] = {
    {"192.0.2.10.matrix", "192.0.2.10"},
    {"192.0.2.10.8448.matrix", "192.0.2.10:8448"},
    {"2001-db8--55.ipv6-literal.matrix", "[2001:db8::55]"},
    {"2001-db8--55.ipv6-literal.8448.matrix", "[2001:db8::55]:8448"},
    {"--1.ipv6-literal.matrix", "[::1]"},
    {"--ffff-192.0.2.1.ipv6-literal.matrix", "[::ffff:192.0.2.1]"},
    {"example.org.8443.matrix", "example.org:8443"},
    {"example.org.matrix", "example.org"},
    {"localhost.matrix", "localhost"},
    {"localhost.8008.matrix", "localhost:8008"},
    {"-x.matrix", "-x"},
    {"ipv6-literal.matrix", "ipv6-literal"},
    {"a..matrix", "a."},
};

static void reads_the_table_of_pseudo_hostnames(void **state)
{
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(PSEUDO); i++) {
        if (from_pseudo(PSEUDO[i].pseudo, &name) != STATUS_OK)
            fail_msg("refused %s", PSEUDO[i].pseudo);
        assert_string_equal(name.text, PSEUDO[i].text);
        assert_true(
            server_name_is_pseudo(PSEUDO[i].pseudo, strlen(PSEUDO[i].pseudo)));
    }
}

static void the_suffix_has_no_case_and_may_end_in_a_dot(void **state)
{
    struct server_name name;

    (void)state;
    assert_int_equal(from_pseudo("A.Matrix.", &name), STATUS_OK);
    assert_string_equal(name.text, "A");
    assert_string_equal(name.key, "a");
    assert_int_equal(from_pseudo("Example.ORG.MATRIX", &name), STATUS_OK);
    assert_string_equal(name.text, "Example.ORG");
    assert_int_equal(from_pseudo("2001-DB8--55.IPv6-Literal.MATRIX", &name),
                     STATUS_OK);
    assert_string_equal(name.key, "[2001:db8::55]");
}

static void leaves_other_names_to_others(void **state)
{
    static const char *const FOREIGN[] = {
        "",           ".",         "matrix",       ".matrix",   "..",
        "matrix.org", "amatrix",   "a.matrix.org", "matrix.",   ".matrix.",
        "a.matrix..", "a.matrix ", "a.matri",      "a.matrixx", "example.org",
    };
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(FOREIGN); i++) {
        assert_int_equal(from_pseudo(FOREIGN[i], &name), STATUS_NOT_OURS);
        assert_false(server_name_is_pseudo(FOREIGN[i], strlen(FOREIGN[i])));
    }
}

static void refuses_bad_names_of_our_own(void **state)
{
    static const char *const BAD[] = {
        "../../etc/passwd.matrix",
        "a/b.matrix",
        "a\nb.matrix",
        "a b.matrix",
        "a%41.matrix",
        "b\xc3\xbc"
        "cher.matrix",
        "my_server.matrix",
        "[::1].matrix",
        "[::1]:8448.matrix",
        "h:8448.matrix",
        "h:1.8448.matrix",
        "127.1.matrix",
        "0x7f.1.matrix",
        "2130706433.matrix",
        "1.2.3.4.5.6.matrix",
        "192.0.2.10.0.matrix",
        "192.0.2.10.65536.matrix",
        "010.0.0.1.matrix",
        "192.0.2.256.matrix",
        "192.0.2.10..matrix",
        "example.org.0.matrix",
        "example.org.65536.matrix",
        "example.org.123456.matrix",
        "example.org.1.2.matrix",
        "a.matrix.matrix",
        "a.matrix.8448.matrix",
        "a.matrix..matrix",
        "example.org.ipv6-literal.matrix",
        "192.0.2.1.ipv6-literal.matrix",
        "2001:db8--55.ipv6-literal.matrix",
        "1-2-3.ipv6-literal.matrix",
        "--1.ipv6-literal.0.matrix",
        "--1.ipv6-literal..matrix.matrix",
        "---.ipv6-literal.matrix",
    };
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        if (from_pseudo(BAD[i], &name) != STATUS_INVALID)
            fail_msg("took %s", BAD[i]);
}

static void an_octet_nul_ends_nothing(void **state)
{
    static const char INSIDE[] = "exa\0mple.org.matrix";
    struct server_name name;

    (void)state;
    assert_int_equal(server_name_from_pseudo(INSIDE, sizeof(INSIDE) - 1, &name),
                     STATUS_INVALID);
    assert_int_equal(server_name_parse("a.org\0", 6, &name), STATUS_INVALID);
}

static void the_suffix_does_not_count_in_the_255_octets(void **state)
{
    char text[256 + sizeof(".matrix.")];
    struct server_name name;

    (void)state;
    memset(text, 'a', 256);
    memcpy(text + 255, ".matrix.", sizeof(".matrix."));
    assert_int_equal(from_pseudo(text, &name), STATUS_OK);
    assert_int_equal(strlen(name.key), 255);
    memcpy(text + 255, "a.matrix.", sizeof("a.matrix."));
    assert_int_equal(from_pseudo(text, &name), STATUS_INVALID);
}

static void a_name_of_any_length_is_survived(void **state)
{
    static char text[100000];
    struct server_name name;

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 7, ".matrix", 7);
    for (size_t length = sizeof(text); length > 7; length /= 2)
        assert_int_equal(server_name_from_pseudo(text + sizeof(text) - length,
                                                 length, &name),
                         length - 7 <= 255 ? STATUS_OK : STATUS_INVALID);
    assert_int_equal(server_name_parse(text, sizeof(text), &name),
                     STATUS_INVALID);
}

static void pseudo_hostnames_lead_there_and_back(void **state)
{
    static const char *const NAMES[][2] = {
        {"example.org", "example.org.matrix"},
        {"Example.org.:443", "Example.org.443.matrix"},
        {"192.0.2.10:8448", "192.0.2.10.8448.matrix"},
        {"[2001:db8::55]", "2001-db8--55.ipv6-literal.matrix"},
        {"[::1]:8448", "--1.ipv6-literal.8448.matrix"},
        {"[::ffff:192.0.2.1]", "--ffff-192.0.2.1.ipv6-literal.matrix"},
    };
    struct server_name name, back;
    char text[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        assert_int_equal(
            server_name_parse(NAMES[i][0], strlen(NAMES[i][0]), &name),
            STATUS_OK);
        assert_int_equal(server_name_to_pseudo(&name, text, sizeof(text)),
                         STATUS_OK);
        assert_string_equal(text, NAMES[i][1]);
        assert_int_equal(from_pseudo(text, &back), STATUS_OK);
        assert_string_equal(back.key, name.key);
    }
    assert_int_equal(server_name_to_pseudo(&name, text, strlen(NAMES[5][1])),
                     STATUS_TOO_BIG);
    assert_int_equal(
        server_name_to_pseudo(&name, text, strlen(NAMES[5][1]) + 1), STATUS_OK);
}

/* It would be read as an address that is none. */
static void a_host_name_under_the_mark_has_no_pseudo_hostname(void **state)
{
    struct server_name name;
    char text[300];

    (void)state;
    assert_int_equal(server_name_parse("a.IPv6-literal.:80", 18, &name),
                     STATUS_OK);
    assert_int_equal(server_name_to_pseudo(&name, text, sizeof(text)),
                     STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_table_of_pseudo_hostnames),
        cmocka_unit_test(the_suffix_has_no_case_and_may_end_in_a_dot),
        cmocka_unit_test(leaves_other_names_to_others),
        cmocka_unit_test(refuses_bad_names_of_our_own),
        cmocka_unit_test(an_octet_nul_ends_nothing),
        cmocka_unit_test(the_suffix_does_not_count_in_the_255_octets),
        cmocka_unit_test(a_name_of_any_length_is_survived),
        cmocka_unit_test(pseudo_hostnames_lead_there_and_back),
        cmocka_unit_test(a_host_name_under_the_mark_has_no_pseudo_hostname),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("server_name_pseudo", tests, NULL, NULL);
}
