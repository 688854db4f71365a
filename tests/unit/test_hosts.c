/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hosts file. */
#include "hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "util.h"

static char path[] = "/tmp/test_hosts.XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Looks name up in text, and writes what is found as "ADDRESS ADDRESS ". */
static unsigned count_of(const char *file, const char *name,
                         struct address list[static LIMIT_ADDRESSES])
{
    unsigned count;

    assert_int_equal(hosts_find(file, name, list, &count), STATUS_OK);
    return count;
}

static const char *look_up(const char *text, const char *name)
{
    static char found[LIMIT_ADDRESSES * (ADDRESS_TEXT + 1)];
    struct address list[LIMIT_ADDRESSES];
    size_t length = 0;

    write_file(text, strlen(text));
    found[0] = '\0';
    unsigned count = count_of(path, name, list);

    for (unsigned i = 0; i < count; i++) {
        char address[ADDRESS_TEXT];

        length += (size_t)snprintf(found + length, sizeof(found) - length,
                                   "%s ", address_text(&list[i], address));
    }
    return found;
}

static void finds_the_canonical_name_and_aliases(void **state)
{
    const char *text = "192.0.2.1 a.example b.example\tc.example\n";

    (void)state;
    assert_string_equal(look_up(text, "a.example"), "192.0.2.1 ");
    assert_string_equal(look_up(text, "b.example"), "192.0.2.1 ");
    assert_string_equal(look_up(text, "c.example"), "192.0.2.1 ");
    assert_string_equal(look_up(text, "d.example"), "");
}

static void takes_whole_names_only(void **state)
{
    (void)state;
    assert_string_equal(look_up("192.0.2.1 a.example\n", "a.exampl"), "");
    assert_string_equal(look_up("192.0.2.1 a.example\n", "a.example.org"), "");
    assert_string_equal(look_up("192.0.2.1 a.example\n", "192.0.2.1"), "");
}

static void compares_names_in_any_letter_case(void **state)
{
    (void)state;
    assert_string_equal(look_up("::1 A.Example\n", "a.eXAMPLE"), "::1 ");
}

static void collects_all_lines_in_their_order(void **state)
{
    (void)state;
    assert_string_equal(
        look_up("192.0.2.2 h\n2001:db8::1 h\n192.0.2.1 x h\n", "h"),
        "192.0.2.2 2001:db8::1 192.0.2.1 ");
}

static void gives_an_address_once(void **state)
{
    (void)state;
    assert_string_equal(
        look_up("192.0.2.2 h h\n192.0.2.1 h\n192.0.2.2 h\n", "h"),
        "192.0.2.2 192.0.2.1 ");
}

static void ends_a_line_at_a_comment(void **state)
{
    (void)state;
    assert_string_equal(look_up("#192.0.2.1 h\n192.0.2.2 x # h\n"
                                "192.0.2.3 x#h\n192.0.2.4 h#x\n",
                                "h"),
                        "192.0.2.4 ");
}

static void passes_over_malformed_lines(void **state)
{
    (void)state;
    assert_string_equal(look_up("127.1 h\n0x7f000001 h\nh\n\n   \n#\n"
                                "fe80::1%lo h\n192.0.2.1\nh 192.0.2.9\n"
                                "192.0.2.1.2 h\n [::1] h\n192.0.2.2 h\n",
                                "h"),
                        "192.0.2.2 ");
}

static void takes_blanks_of_every_kind_and_no_last_newline(void **state)
{
    (void)state;
    assert_string_equal(look_up(" \t192.0.2.1 \t\f\vh\r\n192.0.2.2\th", "h"),
                        "192.0.2.1 192.0.2.2 ");
}

static void reads_on_after_a_line_or_field_of_any_length(void **state)
{
    static char text[300 * 1000];
    size_t length = sizeof(text) - 64;

    (void)state;
    memset(text, 'h', sizeof(text));
    memcpy(text, "192.0.2.1 ", 10);
    for (size_t i = 1000; i < length; i += 7)
        text[i] = ' ';
    snprintf(text + length, 64, " last.example\n192.0.2.2 last.example\n");
    assert_string_equal(look_up(text, "last.example"), "192.0.2.1 192.0.2.2 ");
}

static void does_not_take_a_name_with_a_nul_for_its_beginning(void **state)
{
    static const char TEXT[] = "192.0.2.1 h\0x y\n192.0.2.2 y\n";
    struct address list[LIMIT_ADDRESSES];

    (void)state;
    write_file(TEXT, sizeof(TEXT) - 1);
    assert_int_equal(count_of(path, "h", list), 0);
    assert_int_equal(count_of(path, "y", list), 2);
}

static void gives_no_more_than_the_limit(void **state)
{
    static char text[LIMIT_ADDRESSES * 2 * 16];
    struct address list[LIMIT_ADDRESSES];
    size_t length = 0;

    (void)state;
    for (unsigned i = 0; i < LIMIT_ADDRESSES + 5; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
                                   "192.0.2.%u h\n", i);
    write_file(text, length);
    assert_int_equal(count_of(path, "h", list), LIMIT_ADDRESSES);
    assert_int_equal(list[LIMIT_ADDRESSES - 1].bytes[3], LIMIT_ADDRESSES - 1);
}

static void finds_nothing_without_a_file(void **state)
{
    struct address list[LIMIT_ADDRESSES];

    (void)state;
    assert_int_equal(count_of("/nonexistent/hosts", "h", list), 0);
    assert_int_equal(count_of("/", "h", list), 0);
    assert_string_equal(look_up("", "h"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_canonical_name_and_aliases),
        cmocka_unit_test(takes_whole_names_only),
        cmocka_unit_test(compares_names_in_any_letter_case),
        cmocka_unit_test(collects_all_lines_in_their_order),
        cmocka_unit_test(gives_an_address_once),
        cmocka_unit_test(ends_a_line_at_a_comment),
        cmocka_unit_test(passes_over_malformed_lines),
        cmocka_unit_test(takes_blanks_of_every_kind_and_no_last_newline),
        cmocka_unit_test(reads_on_after_a_line_or_field_of_any_length),
        cmocka_unit_test(does_not_take_a_name_with_a_nul_for_its_beginning),
        cmocka_unit_test(gives_no_more_than_the_limit),
        cmocka_unit_test(finds_nothing_without_a_file),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("hosts", tests, make_file, remove_file);
}
