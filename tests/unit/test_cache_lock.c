/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What several processes have to do with one cache: the lock that merges
 * lookups of one name, and whose turn it is to refresh a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "cache_read.h"
#include "cache_sample.h"
#include "deadline.h"

enum {
    LONG_MS = 20000, /* the test would have failed by then */
    SHORT_MS = 20,
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

static int lock_now(void)
{
    int lock = -1;

    assert_int_equal(cache_lock(&user, &name, 0, &lock), STATUS_OK);
    assert_true(lock >= 0);
    return lock;
}

static void locks_and_unlocks(void **state)
{
    int lock;

    (void)state;
    lock = lock_now();
    assert_int_equal(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(lock);
    close(lock_now());
}

static void other_names_have_other_locks(void **state)
{
    int lock = lock_now();
    int other;

    (void)state;
    cache_sample_name("example.org:8448", &name);
    other = lock_now();
    close(other);
    close(lock);
}

static void waiting_for_the_lock_is_bounded(void **state)
{
    int lock = lock_now();
    int64_t start = deadline_clock();
    int second = -2;

    (void)state;
    assert_int_equal(cache_lock(&user, &name, SHORT_MS, &second), STATUS_MISS);
    assert_int_equal(second, -2);
    assert_in_range(deadline_clock() - start, SHORT_MS - 1, LONG_MS);
    close(lock);
}

static void waiting_leaves_no_alarm_behind(void **state)
{
    const struct sigaction before = {.sa_handler = SIG_IGN};
    struct sigaction after;
    struct itimerval timer;
    int lock = lock_now();
    int second;

    (void)state;
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(cache_lock(&user, &name, SHORT_MS, &second), STATUS_MISS);
    sigaction(SIGALRM, NULL, &after);
    assert_true(after.sa_handler == SIG_IGN);
    assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
    assert_int_equal(timer.it_value.tv_sec + timer.it_value.tv_usec, 0);
    assert_int_equal(timer.it_interval.tv_sec + timer.it_interval.tv_usec, 0);
    close(lock);
}

/* Says how each attempt went: m for a miss, k for the lock. */
static _Noreturn void second_process(int out)
{
    int lock = -1;

    if (cache_lock(&user, &name, 0, &lock) == STATUS_MISS)
        (void)!write(out, "m", 1);
    if (cache_lock(&user, &name, LONG_MS, &lock) == STATUS_OK)
        (void)!write(out, "k", 1);
    _exit(0);
}

static void the_second_process_waits_for_the_first(void **state)
{
    struct pollfd answer = {.events = POLLIN};
    int lock = lock_now();
    int ends[2];
    char said;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(lock); /* or it would hold what it waits for */
        close(ends[0]);
        second_process(ends[1]);
    }
    close(ends[1]);
    answer.fd = ends[0];
    assert_int_equal(read(ends[0], &said, 1), 1);
    assert_int_equal(said, 'm');
    assert_int_equal(poll(&answer, 1, 0), 0);
    close(lock);
    assert_int_equal(read(ends[0], &said, 1), 1);
    assert_int_equal(said, 'k');
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
}

static void the_lock_of_a_process_that_died_is_free(void **state)
{
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        int lock;

        (void)!cache_lock(&user, &name, 0, &lock);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(lock_now());
}

static void a_link_is_no_lock(void **state)
{
    char path[PATH_MAX];
    int lock = lock_now();

    (void)state;
    close(lock);
    cache_sample_path(&user, "/v1/~locks/example.org", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("../elsewhere", path), 0);
    assert_int_equal(cache_lock(&user, &name, 0, &lock), STATUS_MISS);
    assert_false(cache_sample_is_there(&user, "/v1/elsewhere"));
}

/* A record that was found 900 s ago; from now it has these times. */
static void have_record(int64_t refresh, int64_t expires, const char *settings)
{
    struct sample sample = sample_answer("example.org", time(NULL));
    char text[LIMIT_RECORD + 1];
    size_t length;

    sample.settings = settings;
    sample.found = time(NULL) - 900;
    sample.refresh = time(NULL) + refresh;
    sample.expires = time(NULL) + expires;
    length = sample_write(&sample, text, sizeof(text));
    assert_int_equal(cache_write(&user, &name, text, length, "pieces", 6),
                     STATUS_OK);
}

static enum status postpone(void)
{
    return cache_postpone_refresh(&user, &name, &CACHE_SAMPLE_SETTINGS,
                                  time(NULL));
}

/* The refresh time of the record, in seconds from now. */
static int64_t refresh_left(void)
{
    struct record record;

    assert_int_equal(
        cache_read_user(&name, &CACHE_SAMPLE_SETTINGS, time(NULL), &record),
        STATUS_OK);
    return record.refresh - time(NULL);
}

static void one_refreshes_and_the_next_when_half_the_rest_is_over(void **state)
{
    (void)state;
    have_record(-10, 1000, CACHE_SAMPLE_SETTINGS.token);
    assert_int_equal(postpone(), STATUS_OK);
    assert_in_range(refresh_left(), 490, 500);
    assert_int_equal(postpone(), STATUS_MISS);
    have_record(0, 70, CACHE_SAMPLE_SETTINGS.token);
    assert_int_equal(postpone(), STATUS_OK);
    assert_in_range(refresh_left(), 50, 60);
    have_record(0, 40, CACHE_SAMPLE_SETTINGS.token);
    assert_int_equal(postpone(), STATUS_OK);
    assert_in_range(refresh_left(), 30, 40);
    assert_true(cache_sample_is_there(&user, "/v1/~pieces/example.org"));
}

static void nobody_refreshes_what_is_not_due_or_not_in_force(void **state)
{
    (void)state;
    assert_int_equal(postpone(), STATUS_MISS);
    have_record(100, 1000, CACHE_SAMPLE_SETTINGS.token);
    assert_int_equal(postpone(), STATUS_MISS);
    have_record(-10, 0, CACHE_SAMPLE_SETTINGS.token);
    assert_int_equal(postpone(), STATUS_MISS);
    have_record(-10, 1000, "conf=1.2.3.4,overrides=none");
    assert_int_equal(postpone(), STATUS_MISS);
    assert_int_equal(cache_write(&user, &name, "x", 1, "pieces", 6), STATUS_OK);
    assert_int_equal(postpone(), STATUS_MISS);
}

static void without_a_way_to_say_so_nobody_refreshes(void **state)
{
    char path[PATH_MAX];

    (void)state;
    have_record(-10, 1000, CACHE_SAMPLE_SETTINGS.token);
    cache_sample_path(&user, "/v1", path);
    assert_int_equal(chmod(path, 0500), 0);
    assert_int_equal(postpone(), STATUS_MISS);
    assert_int_equal(chmod(path, 0700), 0);
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(locks_and_unlocks),
        CACHE_TEST(other_names_have_other_locks),
        CACHE_TEST(waiting_for_the_lock_is_bounded),
        CACHE_TEST(waiting_leaves_no_alarm_behind),
        CACHE_TEST(the_second_process_waits_for_the_first),
        CACHE_TEST(the_lock_of_a_process_that_died_is_free),
        CACHE_TEST(a_link_is_no_lock),
        CACHE_TEST(one_refreshes_and_the_next_when_half_the_rest_is_over),
        CACHE_TEST(nobody_refreshes_what_is_not_due_or_not_in_force),
        CACHE_TEST(without_a_way_to_say_so_nobody_refreshes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_lock", tests, place_make,
                                       place_remove);
}
