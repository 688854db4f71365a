/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of the configuration, and what its lists match. */
#include "configuration_desk.h"

static void reads_seconds_from_a_tenth_to_twelve(void **state)
{
    static const struct {
        const char *text;
        int ms;
    } GOOD[] = {{"0.1", 100},  {"12", 12000},   {"12.000", 12000}, {"5", 5000},
                {"0.25", 250}, {"1.001", 1001}, {"03", 3000}};
    static const char *const BAD[] = {
        "0",  "0.099", "12.001", "13",  "-1",     "+1",          "5s",  "1.",
        ".5", "1,5",   "1e1",    "0x5", "1.0001", "99999999999", "inf", "1 2"};
    struct configuration_desk *desk = *state;
    char text[100], expected[200];

    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++) {
        snprintf(text, sizeof(text), "timeout %s", GOOD[i].text);
        assert_loads(desk, text);
        assert_int_equal(desk->configuration.timeout_ms, GOOD[i].ms);
    }
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(text, sizeof(text), "timeout %s", BAD[i]);
        snprintf(expected, sizeof(expected),
                 ":1: `timeout`: expected seconds from 0.1 to 12, not `%s`",
                 BAD[i]);
        assert_bad(desk, text, expected);
    }
}

static void refuses_networks_that_are_none(void **state)
{
    static const char *const BAD[] = {
        "10.0.0.0/33", "10.0.0.0/",   "10/8",        "::/129", "10.0.0.0/-1",
        "/8",          "example.org", "10.0.0.0/8x", "[::1]",  "10.0.0.0/8 x"};
    struct configuration_desk *desk = *state;
    char text[100], expected[200];

    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(text, sizeof(text), "deny %s", BAD[i]);
        snprintf(expected, sizeof(expected),
                 ":1: `deny`: expected a network, ADDRESS/BITS, not `%s`",
                 BAD[i]);
        assert_bad(desk, text, expected);
    }
}

static void names_the_network_that_was_meant(void **state)
{
    struct configuration_desk *desk = *state;

    assert_bad(desk, "deny 10.1.2.3/8",
               ":1: `deny`: `10.1.2.3/8` is an address in the network "
               "`10.0.0.0/8`: write that");
    assert_bad(desk, "deny 10.255.255.255/9",
               ":1: `deny`: `10.255.255.255/9` is an address in the network "
               "`10.128.0.0/9`: write that");
    assert_bad(desk, "insecure 2001:db8::1/127",
               ":1: `insecure`: `2001:db8::1/127` is an address in the network "
               "`2001:db8::/127`: write that");
    assert_bad(desk, "deny 1.2.3.4/0",
               ":1: `deny`: `1.2.3.4/0` is an address in the network "
               "`0.0.0.0/0`: write that");
}

static void refuses_insecure_names_that_are_none(void **state)
{
    static const char *const BAD[] = {"*",        "*.",          "a.*.b",
                                      "a_b",      "a.test:8448", "*.192.0.2.1",
                                      "a.matrix", "a..b",        "*.*.test"};
    struct configuration_desk *desk = *state;
    char text[100], expected[200];

    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(text, sizeof(text), "insecure %s", BAD[i]);
        snprintf(expected, sizeof(expected),
                 ":1: `insecure`: expected a host name, *.SUFFIX or a network, "
                 "not `%s`",
                 BAD[i]);
        assert_bad(desk, text, expected);
    }
}

static void refuses_proxies_that_are_none(void **state)
{
    static const char *const GOOD[] = {
        "http://proxy.test:3128", "HTTPS://proxy.test:443",
        "socks5h://127.0.0.1:9050", "http://[::1]:1"};
    static const char *const BAD[] = {
        "proxy.test:3128", "http://proxy.test", "socks5://proxy.test:1",
        "socks4://p:1",    "ftp://p:1",         "http://a_b:1",
        "http://:1",       "http://p:0x1",      "http://user:secret@p"};
    struct configuration_desk *desk = *state;
    char text[100];

    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++) {
        snprintf(text, sizeof(text), "proxy %s", GOOD[i]);
        assert_loads(desk, text);
    }
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(text, sizeof(text), "proxy %s", BAD[i]);
        assert_bad(desk, text,
                   ":1: `proxy`: expected http://HOST:PORT, https://... or "
                   "socks5h://...");
    }
}

static void wants_certificates_that_can_be_read(void **state)
{
    struct configuration_desk *desk = *state;
    char text[200], expected[200];

    assert_bad(desk, "ca-file ca.pem",
               ":1: `ca-file`: expected an absolute path, not `ca.pem`");
    assert_bad(desk, "ca-file /nonexistent/x",
               ":1: `ca-file`: the file of certificates cannot be read: "
               "No such file or directory");
    snprintf(text, sizeof(text), "ca-file %s", desk->directory);
    snprintf(expected, sizeof(expected),
             ":1: `ca-file`: expected a regular file, not `%s`",
             desk->directory);
    assert_bad(desk, text, expected);
    snprintf(text, sizeof(text), "ca-path %s", desk->ca);
    snprintf(expected, sizeof(expected),
             ":1: `ca-path`: expected a directory, not `%s`", desk->ca);
    assert_bad(desk, text, expected);
}

static void knows_insecure_names_and_networks(void **state)
{
    static const char *const YES[] = {"a.test", "x.onion", "y.x.onion",
                                      "192.0.2.1", "2001:db8::1"};
    static const char *const NO[] = {
        "b.test",    "x.a.test",   "onion",   "xonion", ".onion",
        "192.0.3.1", "2001:db9::", "a.test.", "",       "::ffff:192.0.2.1"};
    struct configuration_desk *desk = *state;

    assert_loads(desk, "insecure a.test\ninsecure *.onion\n"
                       "insecure 192.0.2.0/24\ninsecure 2001:db8::/32\n");
    for (size_t i = 0; i < ARRAY_SIZE(YES); i++)
        assert_true(configuration_is_insecure(&desk->configuration, YES[i]));
    for (size_t i = 0; i < ARRAY_SIZE(NO); i++)
        if (configuration_is_insecure(&desk->configuration, NO[i]))
            fail_msg("insecure: %s", NO[i]);
}

static void denies_ipv4_in_whatever_ipv6_holds_it(void **state)
{
    static const char *const YES[] = {
        "10.0.0.0",        "10.255.255.255",    "::ffff:10.1.2.3", "::10.1.2.3",
        "2002:a01:203::1", "64:ff9b::10.1.2.3", "192.0.2.128",     "fe80::1",
        "febf::1",         "64:ff9b::c000:2ff"};
    static const char *const NO[] = {
        "11.0.0.0",           "9.255.255.255", "192.0.2.127",
        "::ffff:11.1.2.3",    "2002:b01::1",   "64:ff9b:1::10.1.2.3",
        "2001:db8::10.1.2.3", "fec0::1",       "a01:203::"};
    struct configuration_desk *desk = *state;
    struct address address;

    assert_loads(desk, "deny 10.0.0.0/8\ndeny 192.0.2.128/25\ndeny fe80::/10");
    for (size_t i = 0; i < ARRAY_SIZE(YES); i++) {
        assert_true(address_parse(YES[i], &address));
        if (!configuration_denies(&desk->configuration, &address))
            fail_msg("allowed: %s", YES[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(NO); i++) {
        assert_true(address_parse(NO[i], &address));
        if (configuration_denies(&desk->configuration, &address))
            fail_msg("denied: %s", NO[i]);
    }
}

/* Linux connects to itself for them. */
static void denies_nobody_in_particular_as_loopback(void **state)
{
    static const struct {
        const char *deny, *yes, *no;
    } CASES[] = {
        {"deny 127.0.0.0/8", "0.0.0.0", "0.0.0.1"},
        {"deny 127.0.0.1/32", "::ffff:0.0.0.0", "::ffff:0.0.0.2"},
        {"deny 127.0.0.0/8", "64:ff9b::", "64:ff9b::1"},
        {"deny 127.0.0.0/8", "::", "::1"},
        {"deny ::1/128", "::", "0.0.0.0"},
        {"deny ::1/128", "::1", "::2"},
        {"deny 0.0.0.0/8", "::ffff:0.0.0.0", "127.0.0.1"},
    };
    struct configuration_desk *desk = *state;
    struct address address;

    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        assert_loads(desk, CASES[i].deny);
        assert_true(address_parse(CASES[i].yes, &address));
        if (!configuration_denies(&desk->configuration, &address))
            fail_msg("%s allows %s", CASES[i].deny, CASES[i].yes);
        assert_true(address_parse(CASES[i].no, &address));
        if (configuration_denies(&desk->configuration, &address))
            fail_msg("%s: no %s", CASES[i].deny, CASES[i].no);
    }
}

static void names_the_specs(void **state)
{
    enum spec spec = SPEC_DRAFT;

    (void)state;
    assert_true(spec_from_name("v1", &spec));
    assert_int_equal(spec, SPEC_V1);
    assert_true(spec_from_name("draft", &spec));
    assert_int_equal(spec, SPEC_DRAFT);
    assert_false(spec_from_name("V1", &spec));
    assert_false(spec_from_name("", &spec));
    assert_string_equal(spec_name(SPEC_V1), "v1");
    assert_string_equal(spec_name(SPEC_DRAFT), "draft");
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, configuration_desk_setup,            \
                                    configuration_desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_seconds_from_a_tenth_to_twelve),
        TEST(refuses_networks_that_are_none),
        TEST(names_the_network_that_was_meant),
        TEST(refuses_insecure_names_that_are_none),
        TEST(refuses_proxies_that_are_none),
        TEST(wants_certificates_that_can_be_read),
        TEST(knows_insecure_names_and_networks),
        TEST(denies_ipv4_in_whatever_ipv6_holds_it),
        TEST(denies_nobody_in_particular_as_loopback),
        TEST(names_the_specs),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
