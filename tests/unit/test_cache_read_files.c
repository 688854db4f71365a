/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may lie in a record's place, and whose it may be: the rest is a miss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cache_world.h"

static void a_directory_in_the_way_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(unlink(place("cache/v1/" NAME)), 0);
    place_directory(place("cache/v1/" NAME), place_user());
    assert_miss();
}

/* Without anybody who writes to it, and without waiting for one. */
static void a_fifo_in_the_way_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(unlink(place("cache/v1/" NAME)), 0);
    assert_int_equal(mkfifo(place("cache/v1/" NAME), 0644), 0);
    if (getuid() == 0)
        assert_int_equal(lchown(place("cache/v1/" NAME), place_user(), 0), 0);
    assert_miss();
}

static void a_socket_in_the_way_is_a_miss(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const char *path = place("cache/v1/" NAME);

    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_true(util_copy(address.sun_path, sizeof(address.sun_path), path,
                          strlen(path)));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_miss();
}

static void a_symbolic_link_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(
        rename(place("cache/v1/" NAME), place("cache/v1/other.org")), 0);
    assert_int_equal(symlink("other.org", place("cache/v1/" NAME)), 0);
    assert_miss();
}

static void a_file_that_others_may_write_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    assert_int_equal(chmod(place("cache/v1/" NAME), 0664), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache/v1/" NAME), 0646), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache/v1/" NAME), 0600), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void an_unreadable_file_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(chmod(place("cache/v1/" NAME), 0000), 0);
    place_be_user();
    assert_miss();
}

static void a_directory_that_others_may_write_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    assert_int_equal(chmod(place("cache"), 0775), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache"), 0757), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache"), 0711), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void a_strangers_file_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    if (getuid() != 0) {
        print_message("# not looked at: only root can give files away\n");
        return;
    }
    assert_int_equal(chown(place("cache/v1/" NAME), 1234, 0), 0);
    assert_miss();
    assert_int_equal(chown(place("cache/v1/" NAME), 0, 0), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void no_cache_directory_is_a_miss(void **state)
{
    struct server_name name = name_of(NAME);
    struct record record;

    (void)state;
    assert_int_equal(
        cache_read_system(place("none"), &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
    assert_int_equal(
        cache_read_system("/dev/null", &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
}

static void a_path_too_long_is_a_miss(void **state)
{
    struct server_name name = name_of(NAME);
    static char longest[2 * LIMIT_RECORD];
    struct record record;

    (void)state;
    memset(longest, '/', sizeof(longest) - 1);
    assert_int_equal(
        cache_read_system(longest, &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
    setenv("XDG_CACHE_HOME", longest, 1);
    place_be_user();
    assert_int_equal(cache_read_user(&name, &SETTINGS, SAMPLE_NOW, &record),
                     STATUS_MISS);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, fill, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RECORD(a_directory_in_the_way_is_a_miss),
        WITH_RECORD(a_fifo_in_the_way_is_a_miss),
        WITH_RECORD(a_socket_in_the_way_is_a_miss),
        WITH_RECORD(a_symbolic_link_is_a_miss),
        WITH_RECORD(a_file_that_others_may_write_is_a_miss),
        WITH_RECORD(an_unreadable_file_is_a_miss),
        WITH_RECORD(a_directory_that_others_may_write_is_a_miss),
        WITH_RECORD(a_strangers_file_is_a_miss),
        WITH_RECORD(no_cache_directory_is_a_miss),
        WITH_RECORD(a_path_too_long_is_a_miss),
    };

    alarm(60); /* a FIFO must not hang us for ever */
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_read_files", tests, place_make,
                                       place_remove);
}
