/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>

#include "address.h"
#include "util.h"

static void reads_and_writes_canonical_text(void **state)
{
    static const char *const PAIRS[][2] = {
        {"192.0.2.10", "192.0.2.10"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:DB8:0:0:0:0:0:55", "2001:db8::55"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"fe80:0000::0001", "fe80::1"},
    };
    char text[ADDRESS_TEXT];
    struct address address;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(PAIRS); i++) {
        assert_true(address_parse(PAIRS[i][0], &address));
        assert_string_equal(address_text(&address, text), PAIRS[i][1]);
    }
}

static void refuses_whatever_else_c_libraries_take(void **state)
{
    static const char *const BAD[] = {
        "",          "127.1",         "0x7f.1",      "2130706433", "010.0.0.1",
        "1.2.3.256", "1.2.3.4.5",     "1.2.3.4 ",    " 1.2.3.4",   "1.2.3.4.",
        "[::1]",     "::1%lo",        "fe80::1%1",   ":::",        "1::2::3",
        "12345::",   "1:2:3:4:5:6:7", "example.org", "1.2.3.-4",   "+1.2.3.4",
    };
    struct address address = {.family = 77};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        assert_false(address_parse(BAD[i], &address));
    assert_int_equal(address.family, 77);
}

static void knows_sizes_and_equals(void **state)
{
    struct address v4, v4_too, v6, zero4, zero6;

    (void)state;
    assert_true(address_parse("192.0.2.1", &v4));
    memset(&v4_too, 0xff, sizeof(v4_too));
    v4_too.family = AF_INET;
    v4_too.v4 = v4.v4;
    assert_true(address_parse("2001:db8::1", &v6));
    assert_true(address_parse("0.0.0.0", &zero4));
    assert_true(address_parse("::", &zero6));

    assert_int_equal(address_size(&v4), 4);
    assert_int_equal(address_size(&v6), 16);
    assert_true(address_equal(&v4, &v4_too));
    assert_false(address_equal(&v4, &v6));
    assert_false(address_equal(&zero4, &zero6));
}

static void becomes_what_connect_wants(void **state)
{
    struct sockaddr_storage storage;
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    struct address address;

    (void)state;
    assert_true(address_parse("192.0.2.1", &address));
    assert_int_equal(address_to_socket(&address, 8448, &storage), sizeof(*in));
    assert_int_equal(in->sin_family, AF_INET);
    assert_int_equal(ntohs(in->sin_port), 8448);
    assert_memory_equal(&in->sin_addr, &address.v4, 4);

    assert_true(address_parse("2001:db8::1", &address));
    assert_int_equal(address_to_socket(&address, 443, &storage), sizeof(*in6));
    assert_int_equal(in6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(in6->sin6_port), 443);
    assert_int_equal(in6->sin6_scope_id, 0);
    assert_int_equal(in6->sin6_flowinfo, 0);
    assert_memory_equal(&in6->sin6_addr, &address.v6, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_canonical_text),
        cmocka_unit_test(refuses_whatever_else_c_libraries_take),
        cmocka_unit_test(knows_sizes_and_equals),
        cmocka_unit_test(becomes_what_connect_wants),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
