/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file as such: lines, errors, overrides. */
#include "configuration_desk.h"

#include <sys/stat.h>

static void has_defaults_for_everything(void **state)
{
    struct configuration_desk *desk = *state;
    const struct configuration *got = &desk->configuration;

    assert_loads(desk, "# nothing\n\n \t\n   # at all");
    assert_int_equal(got->spec, SPEC_DRAFT);
    assert_int_equal(got->timeout_ms, 0);
    assert_true(got->cache && got->speculate);
    assert_null(got->ca_file);
    assert_null(got->ca_path);
    assert_null(got->proxy);
    assert_null(got->dns);
    assert_null(got->user_agent);
    assert_int_equal(got->insecure_count + got->deny_count, 0);
}

static void reads_every_key(void **state)
{
    struct configuration_desk *desk = *state;
    const struct configuration *got = &desk->configuration;
    char text[1000];

    snprintf(text, sizeof(text),
             "spec v1\n\ttimeout\t2.25 \nca-file %s # ours\nca-path %s\n"
             "proxy socks5h://me:pw@proxy.test:1080\ncache no\nspeculate no\n"
             "insecure Test.Example.\ninsecure *.onion\n"
             "insecure 192.0.2.0/24\ninsecure 2001:db8::1\n"
             "deny 10.0.0.0/8\ndeny ::/0",
             desk->ca, desk->directory);
    assert_loads(desk, text);
    assert_int_equal(got->spec, SPEC_V1);
    assert_int_equal(got->timeout_ms, 2250);
    assert_string_equal(got->ca_file, desk->ca);
    assert_string_equal(got->ca_path, desk->directory);
    assert_string_equal(got->proxy, "socks5h://me:pw@proxy.test:1080");
    assert_false(got->cache || got->speculate);
    assert_int_equal(got->insecure_count, 4);
    assert_string_equal(got->insecure[0].name, "test.example");
    assert_false(got->insecure[0].suffix);
    assert_string_equal(got->insecure[1].name, "onion");
    assert_true(got->insecure[1].suffix);
    assert_int_equal(got->insecure[2].network.bits, 24);
    assert_int_equal(got->insecure[3].network.bits, 128);
    assert_int_equal(got->deny_count, 2);
    assert_int_equal(got->deny[0].bits, 8);
    assert_int_equal(got->deny[1].bits, 0);
}

static void a_file_is_named_by_an_absolute_path_alone(void **state)
{
    static const char *const PATHS[] = {"", "conf", "./conf", "../tmp/conf"};
    struct configuration_desk *desk = *state;

    for (size_t i = 0; i < ARRAY_SIZE(PATHS); i++) {
        desk->overrides.conf = PATHS[i];
        assert_int_equal(load(desk), STATUS_UNAVAILABLE);
        assert_non_null(strstr(desk->error, "NSS_MATRIX_CONF: expected an "
                                            "absolute path, not `"));
    }
}

static void takes_an_absent_file_only_unasked(void **state)
{
    struct configuration_desk *desk = *state;

    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_non_null(strstr(desk->error, "/conf: No such file"));
    /* The default file, set at configure, is none of ours: it may exist. */
    desk->overrides.conf = "/dev/null";
    assert_int_equal(load(desk), STATUS_OK);
    desk->overrides.conf = desk->directory;
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_non_null(strstr(desk->error, ": is not a file"));
    assert_int_equal(mkfifo(desk->conf, 0600), 0);
    desk->overrides.conf = desk->conf;
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_non_null(strstr(desk->error, "/conf: is not a file"));
}

static void names_the_line_of_an_error(void **state)
{
    struct configuration_desk *desk = *state;

    assert_bad(desk, "# x\n\nspec v2\nbad\n",
               ":3: `spec`: expected draft or v1, not `v2`");
    assert_bad(desk, "spek v1", ":1: expected a key, not `spek`");
    assert_bad(desk, "Spec v1", ":1: expected a key, not `Spec`");
    assert_bad(desk, "spec=v1", ":1: expected a key, not `spec=v1`");
    assert_bad(desk, "b\x1b[2J", ":1: the line has a control character");
    assert_bad(desk, "b\xc3\xbc v1", ":1: expected a key, not `b\\xc3\\xbc`");
    assert_bad(desk, "spec", ":1: `spec` has no value");
    assert_bad(desk, "spec # v1", ":1: `spec` has no value");
    assert_bad(desk, "spec v1 draft",
               ":1: `spec`: expected draft or v1, not `v1 draft`");
    assert_bad(desk, "cache maybe",
               ":1: `cache`: expected yes or no, not `maybe`");
}

static void begins_a_comment_behind_a_blank_only(void **state)
{
    struct configuration_desk *desk = *state;

    assert_loads(desk, "spec v1 # not v2\n#spec draft\n\t# spec draft");
    assert_int_equal(desk->configuration.spec, SPEC_V1);
    assert_bad(desk, "spec v1#x",
               ":1: `spec`: expected draft or v1, not `v1#x`");
    assert_bad(desk, "spec v#1 # x",
               ":1: `spec`: expected draft or v1, not `v#1`");
}

static void refuses_a_single_key_set_twice(void **state)
{
    static const char *const LINES[] = {"spec v1", "timeout 5", "cache yes",
                                        "speculate yes",
                                        "proxy http://127.0.0.1:1"};
    struct configuration_desk *desk = *state;
    char text[200], expected[200];

    for (size_t i = 0; i < ARRAY_SIZE(LINES); i++) {
        snprintf(text, sizeof(text), "#\n%s\n#\n%s\n", LINES[i], LINES[i]);
        snprintf(expected, sizeof(expected),
                 ":4: `%.*s` is already set in line 2",
                 (int)strcspn(LINES[i], " "), LINES[i]);
        assert_bad(desk, text, expected);
    }
}

static void refuses_lines_that_are_no_plain_text(void **state)
{
    struct configuration_desk *desk = *state;
    char text[1100];

    assert_bad(desk, "spec v1\r\n",
               ":1: the line has a carriage return: use Unix line ends");
    assert_bad(desk, "#\r\n",
               ":1: the line has a carriage return: use Unix line ends");
    assert_bad_octets(desk, "#\nspec v1\0\n", 11,
                      ":2: the line has a control character");
    memset(text, '#', sizeof(text));
    text[1025] = '\0';
    assert_bad(desk, text, ":1: the line is over 1024 octets");
    text[1024] = '\0';
    assert_loads(desk, text);
}

static void takes_256_lines_of_a_list(void **state)
{
    struct configuration_desk *desk = *state;
    static char text[257 * 16 + 1];
    size_t at = 0;

    for (int i = 0; i < 257; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "deny 10.0.0.%d\n",
                               i % 256);
    assert_bad(desk, text, ":257: `deny`: more than 256 such lines");
    text[at - strlen("deny 10.0.0.0\n")] = '\0';
    assert_loads(desk, text);
    assert_int_equal(desk->configuration.deny_count, 256);
}

static void lets_overrides_win(void **state)
{
    struct configuration_desk *desk = *state;
    const struct configuration *got = &desk->configuration;
    char text[200];

    desk->overrides.spec = "draft";
    desk->overrides.ca_path = desk->directory;
    desk->overrides.dns = "[::1]:53";
    snprintf(text, sizeof(text), "spec v1\ntimeout 3\nca-file %s", desk->ca);
    assert_loads(desk, text);
    assert_int_equal(got->spec, SPEC_DRAFT);
    assert_int_equal(got->timeout_ms, 3000);
    assert_string_equal(got->ca_path, desk->directory);
    assert_string_equal(got->dns, "[::1]:53");
    /* Whom the file trusts, nobody asked for. */
    assert_null(got->ca_file);
}

static void names_the_variable_of_a_bad_override(void **state)
{
    struct configuration_desk *desk = *state;

    write_octets(desk->conf, "", 0);
    desk->overrides.spec = "v2";
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_string_equal(desk->error,
                        "NSS_MATRIX_SPEC: expected draft or v1, not `v2`");
    desk->overrides.spec = NULL;
    desk->overrides.ca_file = "ca\n.pem";
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_string_equal(desk->error, "NSS_MATRIX_CA_FILE: expected an absolute "
                                     "path, not `ca\\x0a.pem`");
    desk->overrides.ca_file = NULL;
    desk->overrides.ca_path = "";
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_string_equal(
        desk->error, "NSS_MATRIX_CA_PATH: expected an absolute path, not ``");
    desk->overrides.ca_path = NULL;
    desk->overrides.dns = "localhost";
    assert_int_equal(load(desk), STATUS_UNAVAILABLE);
    assert_string_equal(desk->error,
                        "NSS_MATRIX_DNS: expected ADDRESS[:PORT] or "
                        "[ADDRESS6]:PORT, not `localhost`");
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, configuration_desk_setup,            \
                                    configuration_desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(has_defaults_for_everything),
        TEST(reads_every_key),
        TEST(a_file_is_named_by_an_absolute_path_alone),
        TEST(takes_an_absent_file_only_unasked),
        TEST(names_the_line_of_an_error),
        TEST(begins_a_comment_behind_a_blank_only),
        TEST(refuses_a_single_key_set_twice),
        TEST(refuses_lines_that_are_no_plain_text),
        TEST(takes_256_lines_of_a_list),
        TEST(lets_overrides_win),
        TEST(names_the_variable_of_a_bad_override),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
