/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people type for a server. */
#include "resolve_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_read(const char *typed, const char *text)
{
    char reason[LIMIT_REASON] = "";
    struct server_name name;

    if (resolve_name_read(typed, &name, reason) != STATUS_OK)
        fail_msg("%s: %s", typed, reason);
    assert_string_equal(name.text, text);
}

/* Refused, for a reason with that in it, which is fit for a terminal. */
static void assert_refused(const char *typed, const char *why)
{
    char reason[LIMIT_REASON] = "";
    struct server_name name;

    if (resolve_name_read(typed, &name, reason) != STATUS_INVALID)
        fail_msg("%s was taken", typed);
    if (strstr(reason, why) == NULL)
        fail_msg("%s: %s", typed, reason);
    assert_non_null(strstr(reason, "is not a Matrix server name"));
    for (const char *c = reason; *c != '\0'; c++)
        assert_true(*c >= ' ' && *c <= '~');
}

static void reads_server_names_as_they_are(void **state)
{
    (void)state;
    assert_read("example.org", "example.org");
    assert_read("EXAMPLE.org.", "EXAMPLE.org.");
    assert_read("example.org:8448", "example.org:8448");
    assert_read("192.0.2.1", "192.0.2.1");
    assert_read("[2001:db8::1]", "[2001:db8::1]");
    assert_read("[2001:db8::1]:8448", "[2001:db8::1]:8448");
    assert_read("localhost", "localhost");
}

static void reads_users_and_rooms(void **state)
{
    (void)state;
    assert_read("@user:example.org", "example.org");
    assert_read("#room:example.org:8448", "example.org:8448");
    assert_read("!room:[2001:db8::1]:8448", "[2001:db8::1]:8448");
    assert_read("@:example.org", "example.org");
}

static void reads_urls(void **state)
{
    (void)state;
    assert_read("https://example.org", "example.org");
    assert_read("https://example.org/", "example.org");
    assert_read("https://example.org:8448/_matrix/key", "example.org:8448");
    assert_read("matrix-federation://example.org?x=y", "example.org");
    assert_read("https://example.org#a", "example.org");
    assert_read("https://[2001:db8::1]:8448/", "[2001:db8::1]:8448");
    assert_read("https://example.org.matrix/", "example.org");
    assert_read("https://user:secret@example.org/", "example.org");
    assert_read("https://example.org/@user:example.net", "example.org");
}

static void reads_pseudo_hostnames(void **state)
{
    (void)state;
    assert_read("example.org.matrix", "example.org");
    assert_read("example.org.8448.MATRIX.", "example.org:8448");
    assert_read("192.0.2.1.matrix", "192.0.2.1");
    assert_read("2001-db8--1.ipv6-literal.matrix", "[2001:db8::1]");
    assert_read("@user:example.org.matrix", "example.org");
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("", "it is empty");
    assert_refused("@user:", "it is empty");
    assert_refused("https://", "it is empty");
    assert_refused("2001:db8::1", "in brackets");
    assert_refused("my_server.example.org", "underscore");
    assert_refused("b\xc3\xbc"
                   "cher.example",
                   "xn--");
    assert_refused("example.org ", "a blank");
    assert_refused("example.org\n", "a blank");
    assert_refused("example.org.matrix:443", "the port before it");
    assert_refused("a.matrix.matrix", "below .matrix");
    assert_refused("example.org:0", "from 1 to 65535");
    assert_refused("example.org:65536", "from 1 to 65535");
    assert_refused("example.org:", "from 1 to 65535");
    assert_refused("127.1", "four decimals");
    assert_refused("@user", "a host name of letters");
    assert_refused("example.org/", "a host name of letters");
}

static void too_long_a_name_is_said_to_be(void **state)
{
    char name[LIMIT_SERVER_NAME + 2];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[LIMIT_SERVER_NAME + 1] = '\0';
    assert_refused(name, "255");
}

static void a_password_is_not_shown(void **state)
{
    char reason[LIMIT_REASON];
    struct server_name name;

    (void)state;
    assert_int_equal(
        resolve_name_read("https://user:secret@a_b/", &name, reason),
        STATUS_INVALID);
    assert_null(strstr(reason, "secret"));
    assert_non_null(strstr(reason, "a_b"));
}

static void what_was_typed_is_escaped(void **state)
{
    (void)state;
    assert_refused("a\x1b[2Jb", "a\\x1b[2Jb");
    assert_refused("a\nb", "a\\x0ab");
}

/* The words of a stream that holds text, each followed by `|`. */
static void assert_words(const char *text, size_t length, const char *wanted)
{
    struct resolve_name_source source;
    char words[256] = "";
    const char *typed;
    enum resolve_name_next next;
    int pipes[2];

    assert_int_equal(pipe(pipes), 0);
    resolve_name_source(&source, NULL, 0, pipes[0]);
    assert_int_equal(resolve_name_next(&source, &typed), RESOLVE_NAME_LATER);
    for (size_t at = 0; at < length || pipes[1] >= 0;) {
        size_t part = length - at < 1000 ? length - at : 1000;

        if (part > 0)
            assert_int_equal(write(pipes[1], text + at, part), part);
        else
            util_close_fd(&pipes[1]);
        at += part;
        while ((next = resolve_name_next(&source, &typed)) ==
               RESOLVE_NAME_TAKEN) {
            assert_true(strlen(words) + 40 < sizeof(words));
            snprintf(words + strlen(words), 40, "%.30s|", typed);
        }
        assert_int_equal(next,
                         pipes[1] >= 0 ? RESOLVE_NAME_LATER : RESOLVE_NAME_END);
    }
    assert_string_equal(words, wanted);
    assert_int_equal(source.taken, length);
    close(pipes[0]);
}

#define ASSERT_WORDS(text, wanted) assert_words(text, sizeof(text) - 1, wanted)

static void takes_the_first_word_of_each_line(void **state)
{
    (void)state;
    ASSERT_WORDS("", "");
    ASSERT_WORDS("a", "a|");
    ASSERT_WORDS("a\n\n# c\n \t b c\r\nd\r\n#\n", "a|b|d|");
    ASSERT_WORDS("a#b # c", "a#b|");
}

static void a_nul_ends_no_name(void **state)
{
    (void)state;
    ASSERT_WORDS("a\0b\nc", "a\1b|c|");
}

static void what_is_too_long_is_one_name(void **state)
{
    char *text = malloc(3 * RESOLVE_NAME_LINE);

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 3 * RESOLVE_NAME_LINE);
    memcpy(text + 3 * RESOLVE_NAME_LINE - 7, " y z\na\n", 7);
    assert_words(text, 3 * RESOLVE_NAME_LINE,
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|a|");
    text[0] = '#';
    assert_words(text, 3 * RESOLVE_NAME_LINE, "a|");
    free(text);
}

static void takes_arguments_as_they_are(void **state)
{
    char first[] = "#a:b", second[] = "", third[] = "c";
    char *names[] = {first, second, third};
    struct resolve_name_source source;
    const char *typed;

    (void)state;
    resolve_name_source(&source, names, 3, -1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(resolve_name_next(&source, &typed),
                         RESOLVE_NAME_TAKEN);
        assert_ptr_equal(typed, names[i]);
    }
    assert_int_equal(resolve_name_next(&source, &typed), RESOLVE_NAME_END);
    assert_int_equal(source.total, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_server_names_as_they_are),
        cmocka_unit_test(reads_users_and_rooms),
        cmocka_unit_test(reads_urls),
        cmocka_unit_test(reads_pseudo_hostnames),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(too_long_a_name_is_said_to_be),
        cmocka_unit_test(a_password_is_not_shown),
        cmocka_unit_test(what_was_typed_is_escaped),
        cmocka_unit_test(takes_the_first_word_of_each_line),
        cmocka_unit_test(a_nul_ends_no_name),
        cmocka_unit_test(what_is_too_long_is_one_name),
        cmocka_unit_test(takes_arguments_as_they_are),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("resolve_name", tests, NULL, NULL);
}
