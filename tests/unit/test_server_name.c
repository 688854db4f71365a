/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar of server names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "server_name.h"

#define LABEL63                                                                \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static enum status parse(const char *text, struct server_name *ret_name)
{
    enum status status = server_name_parse(text, strlen(text), ret_name);

    assert_int_equal(server_name_is_valid(text), status == STATUS_OK);
    assert_int_equal(server_name_is_host(text),
                     status == STATUS_OK && ret_name->port == 0 &&
                         ret_name->kind == SERVER_NAME_HOST);
    return status;
}

static void reads_names_with_and_without_port(void **state)
{
    static const struct {
        const char *text, *host, *key;
        unsigned port;
    } GOOD[] = {
        {"example.org", "example.org", "example.org", 0},
        {"example.org:8448", "example.org", "example.org:8448", 8448},
        {"example.org:08448", "example.org", "example.org:08448", 8448},
        {"example.org:1", "example.org", "example.org:1", 1},
        {"example.org:65535", "example.org", "example.org:65535", 65535},
        {"EXAMPLE.org", "example.org", "example.org", 0},
        {"example.org.", "example.org", "example.org", 0},
        {"Example.Org.:443", "example.org", "example.org:443", 443},
        {"localhost", "localhost", "localhost", 0},
        {"-x", "-x", "-x", 0},
        {"1a.2b", "1a.2b", "1a.2b", 0},
        {"matrix", "matrix", "matrix", 0},
        {"matrix.org", "matrix.org", "matrix.org", 0},
    };
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++) {
        assert_int_equal(parse(GOOD[i].text, &name), STATUS_OK);
        assert_int_equal(name.kind, SERVER_NAME_HOST);
        assert_string_equal(name.text, GOOD[i].text);
        assert_string_equal(name.host, GOOD[i].host);
        assert_string_equal(name.key, GOOD[i].key);
        assert_int_equal(name.port, GOOD[i].port);
        assert_true(name.resolvable);
        assert_int_equal(name.host_length, strcspn(GOOD[i].text, ":"));
    }
}

static void reads_ip_literals(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned port, host_length;
        int family;
    } GOOD[] = {
        {"192.0.2.10", "192.0.2.10", 0, 10, AF_INET},
        {"192.0.2.10:8448", "192.0.2.10", 8448, 10, AF_INET},
        {"[2001:DB8::55]", "2001:db8::55", 0, 14, AF_INET6},
        {"[2001:db8::55]:443", "2001:db8::55", 443, 14, AF_INET6},
        {"[::]", "::", 0, 4, AF_INET6},
        {"[::ffff:192.0.2.1]", "::ffff:192.0.2.1", 0, 18, AF_INET6},
    };
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++) {
        assert_int_equal(parse(GOOD[i].text, &name), STATUS_OK);
        assert_int_equal(name.kind, SERVER_NAME_IP);
        assert_string_equal(name.host, GOOD[i].host);
        assert_int_equal(name.port, GOOD[i].port);
        assert_int_equal(name.host_length, GOOD[i].host_length);
        assert_int_equal(name.address.family, GOOD[i].family);
    }
}

static const char *const BAD[] = {
    "",
    "example.org:",
    "example.org:0",
    "example.org:00000",
    "example.org:65536",
    "example.org:99999",
    "example.org:008448",
    "example.org:8448:1",
    "example.org:+1",
    "example.org:-1",
    "example.org: 1",
    "example.org:http",
    ":8448",
    ":",
    "my_server.example.org",
    "b\xc3\xbc"
    "cher.example",
    "example.org/",
    "../../etc/passwd",
    "a/b",
    "a b",
    "a\nb",
    "a\rb",
    "a\tb",
    "a%41",
    "user@example.org",
    "https://example.org",
    "*",
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "010.0.0.1",
    "1.2.3.4.",
    "1.2.3.4.5",
    "1.2.3.256",
    "example.0x",
    "example.0xAB",
    "example.1",
    "example.1.",
    "0",
    "2001:db8::1",
    "::1",
    "[::1",
    "[::1]8448",
    "[::1]:",
    "[::1]:0",
    "[::1%lo]",
    "[fe80::1%251]",
    "[192.0.2.1]",
    "[example.org]",
    "[]",
    "[",
    "]",
    "[[::1]]",
    "example.matrix",
    "example.MATRIX.",
    "example.matrix:8448",
    "a.b.matrix",
};

static void refuses_what_is_no_server_name(void **state)
{
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        if (parse(BAD[i], &name) != STATUS_INVALID)
            fail_msg("took %s", BAD[i]);
}

static void refuses_an_octet_of_any_value_outside_the_grammar(void **state)
{
    struct server_name name;

    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char text[] = {'a', (char)octet, 'b'};
        bool good = (octet >= '0' && octet <= '9') || octet == '-' ||
                    (octet >= 'a' && octet <= 'z') || octet == '.' ||
                    (octet >= 'A' && octet <= 'Z');

        assert_int_equal(server_name_parse(text, sizeof(text), &name),
                         good ? STATUS_OK : STATUS_INVALID);
    }
}

static void takes_255_octets_and_refuses_256(void **state)
{
    static const char HOST_255[] = LABEL63 "." LABEL63 "." LABEL63 "." LABEL63;
    static const char HOST_253[] = LABEL63 "." LABEL63 "." LABEL63 "."
                                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char HOST_256[] =
        LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "a";
    struct server_name name;

    (void)state;
    assert_int_equal(strlen(HOST_255), 255);
    assert_int_equal(strlen(HOST_253), 253);
    assert_int_equal(parse(HOST_253, &name), STATUS_OK);
    assert_true(name.resolvable);
    assert_int_equal(parse(HOST_255, &name), STATUS_OK);
    assert_false(name.resolvable); /* DNS stops at 253 */
    assert_int_equal(parse(HOST_256, &name), STATUS_INVALID);
}

static void knows_names_that_dns_cannot_hold(void **state)
{
    static const char *const NEVER[] = {
        "..", "a..b", ".a", "a..", LABEL63 "a.org", ".", "a...b",
    };
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NEVER); i++) {
        assert_int_equal(parse(NEVER[i], &name), STATUS_OK);
        assert_false(name.resolvable);
    }
    assert_int_equal(parse(LABEL63 ".org", &name), STATUS_OK);
    assert_true(name.resolvable);
    assert_false(server_name_resolvable(""));
    assert_true(server_name_resolvable("a"));
}

/* Two names must not have one key, nor a key another key. */
static void a_second_last_dot_makes_another_name(void **state)
{
    struct server_name name;

    (void)state;
    assert_int_equal(parse("Example.org..:80", &name), STATUS_OK);
    assert_string_equal(name.key, "example.org..:80");
    assert_string_equal(name.host, "example.org..");
}

static void an_octet_nul_ends_no_address(void **state)
{
    static const char TEXT[] = "192.0.2.10\0.example.org";
    static const char BRACKETS[] = "[::1\0]";
    struct server_name name;

    (void)state;
    assert_int_equal(server_name_parse(TEXT, sizeof(TEXT) - 1, &name),
                     STATUS_INVALID);
    assert_int_equal(server_name_parse(BRACKETS, sizeof(BRACKETS) - 1, &name),
                     STATUS_INVALID);
}

/* A digit more or less must not read over the caller's octets: ASan looks. */
static void reads_no_octet_that_is_not_given(void **state)
{
    static const char *const TEXTS[] = {
        "192.0.2.10.8448.matrix", "2001-db8--55.ipv6-literal.8448.matrix",
        "[2001:db8::55]:8448", "example.org.:443"};
    struct server_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++) {
        for (size_t length = 0; length <= strlen(TEXTS[i]); length++) {
            char *exact = malloc(length > 0 ? length : 1);

            assert_non_null(exact);
            memcpy(exact, TEXTS[i], length);
            (void)!server_name_parse(exact, length, &name);
            (void)!server_name_from_pseudo(exact, length, &name);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_with_and_without_port),
        cmocka_unit_test(reads_ip_literals),
        cmocka_unit_test(refuses_what_is_no_server_name),
        cmocka_unit_test(refuses_an_octet_of_any_value_outside_the_grammar),
        cmocka_unit_test(takes_255_octets_and_refuses_256),
        cmocka_unit_test(knows_names_that_dns_cannot_hold),
        cmocka_unit_test(a_second_last_dot_makes_another_name),
        cmocka_unit_test(an_octet_nul_ends_no_address),
        cmocka_unit_test(reads_no_octet_that_is_not_given),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("server_name", tests, NULL, NULL);
}
