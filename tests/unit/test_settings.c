/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The identity of what an answer was found under. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "place.h"
#include "settings.h"

static struct settings now(const struct overrides *overrides)
{
    struct settings settings;

    errno = 4711;
    settings_now(overrides, &settings);
    assert_int_equal(errno, 4711);
    return settings;
}

static void no_configuration_and_no_override_says_none(void **state)
{
    struct overrides none = {0};

    (void)state;
    if (access(NSS_MATRIX_CONF_FILE, F_OK) == 0) {
        print_message("# not looked at: there is a configuration here\n");
        return;
    }
    assert_string_equal(now(&none).token, "conf=none,overrides=none");
    assert_false(now(&none).overridden);
    assert_string_equal(settings_conf_path(&none), NSS_MATRIX_CONF_FILE);
}

static void the_token_names_the_files_identity(void **state)
{
    char path[PLACE_MAX];
    char wanted[LIMIT_SETTINGS];
    struct overrides overrides = {.conf = path};
    struct stat file;

    (void)state;
    snprintf(path, sizeof(path), "%s", place("conf"));
    place_file(path, "spec v1\n", 8, getuid());
    assert_int_equal(stat(path, &file), 0);
    snprintf(wanted, sizeof(wanted),
             "conf=%ju.8.%jd.%ld,overrides=", (uintmax_t)file.st_ino,
             (intmax_t)file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
    assert_memory_equal(now(&overrides).token, wanted, strlen(wanted));
    assert_string_equal(settings_conf_path(&overrides), path);
}

static void any_change_of_the_file_changes_the_token(void **state)
{
    struct timespec times[2] = {{1, 0}, {1000, 5}};
    char path[PLACE_MAX];
    struct overrides overrides = {.conf = path};
    struct settings first, second, third, fourth;

    (void)state;
    snprintf(path, sizeof(path), "%s", place("conf"));
    place_file(path, "a", 1, getuid());
    first = now(&overrides);
    assert_string_equal(now(&overrides).token, first.token);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    second = now(&overrides);
    assert_string_not_equal(second.token, first.token);
    times[1].tv_nsec = 6;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    third = now(&overrides);
    assert_string_not_equal(third.token, second.token);
    place_file(place("conf2"), "b", 1, getuid());
    assert_int_equal(utimensat(AT_FDCWD, place("conf2"), times, 0), 0);
    assert_int_equal(rename(place("conf2"), path), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    fourth = now(&overrides);
    assert_string_not_equal(fourth.token, third.token); /* its inode */
    assert_int_equal(unlink(path), 0);
    assert_memory_equal(now(&overrides).token, "conf=none,", 10);
}

static void a_file_that_cannot_be_looked_at_is_not_an_absent_one(void **state)
{
    struct overrides overrides = {.conf = "/dev/null/conf"};

    (void)state;
    assert_memory_equal(now(&overrides).token, "conf=unreadable,", 16);
}

static void each_override_shows(void **state)
{
    const struct overrides each[] = {
        {.conf = "/none"},
        {.spec = "v1"},
        {.ca_file = "v1"},
        {.ca_path = "v1"},
        {.dns = "192.0.2.1"},
        {.spec = "draft"},
        {.ca_file = "/a"},
        {.ca_path = "/a"},
        {.dns = "/a"},
        {.spec = "", .ca_file = "v1"},
        {.spec = "v", .ca_file = "1"},
    };
    struct settings all[ARRAY_SIZE(each)];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
        all[i] = now(&each[i]);
        assert_true(all[i].overridden);
        assert_null(strstr(all[i].token, "overrides=none"));
        assert_null(strpbrk(all[i].token, " \n"));
        for (size_t j = 0; j < i; j++)
            assert_true(strcmp(all[i].token, all[j].token) != 0 ||
                        (i == 9 && j == 2)); /* "" is as good as unset */
    }
}

static void the_longest_token_fits(void **state)
{
    char longest[LIMIT_SETTINGS];
    int length = snprintf(longest, sizeof(longest),
                          "conf=%ju.%ju.%ju.%ju,overrides=%ju", UINTMAX_MAX,
                          UINTMAX_MAX, UINTMAX_MAX, UINTMAX_MAX, UINTMAX_MAX);

    (void)state;
    assert_in_range(length, 1, LIMIT_SETTINGS - 1);
}

static void the_environment_overrides(void **state)
{
    struct overrides overrides;

    (void)state;
    settings_overrides(&overrides);
    assert_null(overrides.conf);
    assert_null(overrides.spec);
    assert_null(overrides.ca_file);
    assert_null(overrides.ca_path);
    assert_null(overrides.dns);
    setenv("NSS_MATRIX_CONF", "/a", 1);
    setenv("NSS_MATRIX_SPEC", "v1", 1);
    setenv("NSS_MATRIX_CA_FILE", "/b", 1);
    setenv("NSS_MATRIX_CA_PATH", "/c", 1);
    setenv("NSS_MATRIX_DNS", "192.0.2.1", 1);
    settings_overrides(&overrides);
    assert_string_equal(overrides.conf, "/a");
    assert_string_equal(overrides.spec, "v1");
    assert_string_equal(overrides.ca_file, "/b");
    assert_string_equal(overrides.ca_path, "/c");
    assert_string_equal(overrides.dns, "192.0.2.1");
}

static int without_environment(void **state)
{
    unsetenv("NSS_MATRIX_CONF");
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_CA_FILE");
    unsetenv("NSS_MATRIX_CA_PATH");
    unsetenv("NSS_MATRIX_DNS");
    return place_make(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_configuration_and_no_override_says_none),
        cmocka_unit_test(the_token_names_the_files_identity),
        cmocka_unit_test(any_change_of_the_file_changes_the_token),
        cmocka_unit_test(a_file_that_cannot_be_looked_at_is_not_an_absent_one),
        cmocka_unit_test(each_override_shows),
        cmocka_unit_test(the_longest_token_fits),
        cmocka_unit_test(the_environment_overrides),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("settings", tests, without_environment,
                                       place_remove);
}
