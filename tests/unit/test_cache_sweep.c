/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing a cache, removing from it, and sweeping out what has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "cache_sample.h"

enum {
    HOUR_S = 3600,
};

static struct cache_place user;
static struct server_name name;

static int begin(void **state)
{
    (void)state;
    cache_sample_home("home");
    cache_sample_name("example.org", &name);
    place_be_user();
    return cache_own_place(&CACHE_SAMPLE_SETTINGS, &user) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    place_be_self();
    return 0;
}

static void make_lock(void)
{
    int lock = -1;

    assert_int_equal(cache_lock(&user, &name, 0, &lock), STATUS_OK);
    close(lock);
}

static void write_name(const char *text)
{
    struct server_name other;

    cache_sample_name(text, &other);
    assert_int_equal(cache_write(&user, &other, "r", 1, "p", 1), STATUS_OK);
}

/* Counts, and knows one name from all others. */
static void note(void *argument, const char *key)
{
    assert_string_equal(key, "a.example");
    ++*(unsigned *)argument;
}

static void lists_names_and_nothing_else(void **state)
{
    unsigned listed = 0;

    (void)state;
    assert_int_equal(cache_list(&user, note, &listed), STATUS_MISS);
    write_name("a.example");
    make_lock();
    cache_prune(&user, time(NULL));
    assert_int_equal(cache_list(&user, note, &listed), STATUS_OK);
    assert_int_equal(listed, 1);
}

static void removes_all_of_a_name(void **state)
{
    (void)state;
    assert_int_equal(cache_remove(&user, "example.org"), STATUS_MISS);
    write_name("example.org");
    write_name("b.example");
    make_lock();
    assert_int_equal(cache_remove(&user, "example.org"), STATUS_OK);
    assert_false(cache_sample_is_there(&user, "/v1/example.org"));
    assert_false(cache_sample_is_there(&user, "/v1/~pieces/example.org"));
    assert_false(cache_sample_is_there(&user, "/v1/~locks/example.org"));
    assert_true(cache_sample_is_there(&user, "/v1/b.example"));
    assert_int_equal(cache_remove(&user, "example.org"), STATUS_MISS);
}

/* Makes a file, or what is there, that many seconds old. */
static void make_old(const char *below, int64_t age)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - age},
                                {.tv_sec = time(NULL) - age}};
    char path[PATH_MAX];
    int fd;

    cache_sample_path(&user, below, path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void sweeps_out_what_has_ended(void **state)
{
    static const struct {
        const char *below;
        int64_t age;
        bool stays;
    } FILES[] = {
        {"/v1/old.example", LIMIT_LIFE_S + 60, false},
        {"/v1/~pieces/old.example", LIMIT_LIFE_S + 60, false},
        {"/v1/~locks/old.example", LIMIT_LIFE_S + 60, false},
        {"/v1/~pieces/alone.example", LIMIT_LIFE_S + 60, false},
        {"/v1/~locks/alone.example", LIMIT_LIFE_S + 60, false},
        {"/v1/~tmp.0000000000000000", HOUR_S + 60, false},
        {"/v1/new.example", LIMIT_LIFE_S - 60, true},
        {"/v1/~pieces/new.example", LIMIT_LIFE_S - 60, true},
        {"/v1/~locks/new.example", 0, true},
        {"/v1/~tmp.1111111111111111", HOUR_S - 60, true},
        /* by a clock that was wrong */
        {"/v1/ahead.example", -60, true},
        {"/v1/later.example", 60 - LIMIT_LIFE_S, true},
        {"/v1/far.example", -LIMIT_LIFE_S - 60, false},
        {"/v1/~locks/far.example", -365 * 24 * HOUR_S, false},
        {"/v1/~tmp.2222222222222222", -LIMIT_LIFE_S - 60, false},
    };

    (void)state;
    write_name("example.org");
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++)
        make_old(FILES[i].below, FILES[i].age);
    cache_prune(&user, time(NULL));
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++)
        if (cache_sample_is_there(&user, FILES[i].below) != FILES[i].stays)
            fail_msg("%s", FILES[i].below);
    assert_true(cache_sample_is_there(&user, "/v1/example.org"));
    assert_true(cache_sample_is_there(&user, "/v1/~pieces"));
}

static void sweeps_once_an_hour(void **state)
{
    int64_t now = time(NULL);

    (void)state;
    write_name("example.org");
    cache_prune(&user, now);
    make_old("/v1/old.example", LIMIT_LIFE_S + 60);
    cache_prune(&user, now + 60);
    assert_true(cache_sample_is_there(&user, "/v1/old.example"));
    cache_prune(&user, now + HOUR_S + 60);
    assert_false(cache_sample_is_there(&user, "/v1/old.example"));
}

static void a_sweep_that_is_still_to_come_keeps_nobody_from_it(void **state)
{
    int64_t now = time(NULL);

    (void)state;
    write_name("example.org");
    cache_prune(&user, now);
    make_old("/v1/old.example", LIMIT_LIFE_S + 60);
    make_old("/v1/~swept", -365 * 24 * HOUR_S);
    cache_prune(&user, now + 60);
    assert_false(cache_sample_is_there(&user, "/v1/old.example"));
    /* and its time is now's */
    make_old("/v1/old.example", LIMIT_LIFE_S + 60);
    cache_prune(&user, now + 60);
    assert_true(cache_sample_is_there(&user, "/v1/old.example"));
}

static void there_may_be_nothing_to_sweep(void **state)
{
    (void)state;
    cache_prune(&user, time(NULL));
    assert_false(cache_sample_is_there(&user, "/v1"));
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(lists_names_and_nothing_else),
        CACHE_TEST(removes_all_of_a_name),
        CACHE_TEST(sweeps_out_what_has_ended),
        CACHE_TEST(sweeps_once_an_hour),
        CACHE_TEST(a_sweep_that_is_still_to_come_keeps_nobody_from_it),
        CACHE_TEST(there_may_be_nothing_to_sweep),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_sweep", tests, place_make,
                                       place_remove);
}
