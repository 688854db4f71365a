/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the built module behaves in a process that is not its own: threads,
 * forks, descriptors, jumps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/time.h>

#include "nss_host.h"

enum {
    LOADS = 1000,
    SPARE_PAGES = 64, /* libc may take some; a leak would take thousands */
};

static long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages;
}

static void a_helper_is_spawned_and_leaves_no_child(void **state)
{
    unsigned before = count_descriptors();

    (void)state;
    world_have_helper();
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(call("spawned.example.matrix"), NSS_STATUS_SUCCESS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(count_descriptors(), before);
}

static void a_helper_that_fails_is_to_be_tried_again(void **state)
{
    int64_t start = deadline_clock();

    (void)state;
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "0.1", 1);
    assert_int_equal(call("closes.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_int_equal(call("half.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_int_equal(call("silent.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_in_range(deadline_clock() - start, 100, 300 + TOLERANCE_MS);
}

static void below_a_helper_nothing_is_found(void **state)
{
    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    setenv("NSS_MATRIX_IN_HELPER", "1", 1);
    assert_int_equal(call(NAME), NSS_STATUS_NOTFOUND);
    unsetenv("NSS_MATRIX_IN_HELPER");
}

static int look_up_in_child(const void *argument)
{
    (void)argument;
    return call(NAME) == NSS_STATUS_SUCCESS ? 0 : 1;
}

static void *look_up_often(void *argument)
{
    unsigned *failures = argument;

    for (unsigned i = 0; i < 200; i++) {
        if (call(NAME) != NSS_STATUS_SUCCESS)
            ++*failures;
        if (call_v4("missing.example.matrix") != NSS_STATUS_TRYAGAIN)
            ++*failures;
    }
    return NULL;
}

static void threads_and_forks_do_not_disturb_it(void **state)
{
    unsigned before = count_descriptors();
    unsigned failures[16] = {0};
    pthread_t threads[16];

    (void)state;
    world_have_targets("example.org", TARGETS);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, look_up_often, &failures[i]), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(in_a_child(look_up_in_child, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
    assert_int_equal(count_descriptors(), before);
}

static void loading_it_often_keeps_nothing(void **state)
{
    unsigned before = count_descriptors();
    long pages = 0;

    (void)state;
    world_have_targets("example.org", TARGETS);
    for (unsigned i = 0; i < LOADS; i++) {
        void *module = dlopen(hooks_module(), RTLD_NOW | RTLD_LOCAL);

        assert_non_null(module);
        assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
        dlclose(module);
        if (i == 0)
            pages = resident_pages();
    }
    assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
    assert_int_equal(count_descriptors(), before);
    if (!SANITIZED)
        assert_in_range(resident_pages(), 1, pages + SPARE_PAGES);
}

static void copy_file(const char *from, const char *to)
{
    AUTO(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC);
    AUTO(close_fd)
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    struct stat size;

    assert_int_equal(fstat(in, &size), 0);
    assert_int_equal(sendfile(out, in, NULL, (size_t)size.st_size),
                     size.st_size);
}

/* Replaced by another, as an upgrade does it, and then removed. */
static int look_up_without_the_file(const void *argument)
{
    const char *path = argument;
    char upgrade[PLACE_MAX + 8];

    if (hooks_load(path, &hooks) != 0 || call(NAME) != NSS_STATUS_SUCCESS)
        return 1;
    snprintf(upgrade, sizeof(upgrade), "%s.new", path);
    place_file(upgrade, "garbage", 7, getuid());
    if (rename(upgrade, path) != 0 || call(NAME) != NSS_STATUS_SUCCESS ||
        call("spawned.example.matrix") != NSS_STATUS_SUCCESS)
        return 2;
    return unlink(path) == 0 && call(NAME) == NSS_STATUS_SUCCESS &&
                   call("spawned.example.matrix") == NSS_STATUS_SUCCESS
               ? 0
               : 3;
}

static void a_module_whose_file_has_gone_goes_on(void **state)
{
    char path[PLACE_MAX];

    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    snprintf(path, sizeof(path), "%s", place("module.so.2"));
    copy_file(hooks_module(), path);
    assert_int_equal(in_a_child(look_up_without_the_file, path), 0);
    assert_int_equal(access(path, F_OK), -1);
}

static void without_descriptors_it_is_to_be_tried_again(void **state)
{
    struct rlimit before, none;
    enum nss_status status;

    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = call(NAME);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, NSS_STATUS_TRYAGAIN);
}

static sigjmp_buf way_out;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(way_out, 1);
}

/* As programs do that time getaddrinfo out with alarm(). */
static int jump_out_of_a_lookup(const void *argument)
{
    struct sigaction action = {.sa_handler = jump_out};
    struct itimerval soon = {.it_value = {0, 30000}};
    sigset_t before, after;

    (void)argument;
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_SETMASK, NULL, &before);
    if (sigsetjmp(way_out, 1) == 0) {
        setitimer(ITIMER_REAL, &soon, NULL);
        call("silent.example.matrix");
        return 1;
    }
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&before, number) != sigismember(&after, number))
            return 2;
    return call(NAME) == NSS_STATUS_SUCCESS ? 0 : 3;
}

static void a_jump_out_of_a_lookup_spoils_no_later_one(void **state)
{
    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    assert_int_equal(in_a_child(jump_out_of_a_lookup, NULL), 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_helper_is_spawned_and_leaves_no_child),
        IN_WORLD(a_helper_that_fails_is_to_be_tried_again),
        IN_WORLD(below_a_helper_nothing_is_found),
        IN_WORLD(threads_and_forks_do_not_disturb_it),
        IN_WORLD(loading_it_often_keeps_nothing),
        IN_WORLD(a_module_whose_file_has_gone_goes_on),
        IN_WORLD(without_descriptors_it_is_to_be_tried_again),
        IN_WORLD(a_jump_out_of_a_lookup_spoils_no_later_one),
    };

    if (under_valgrind()) {
        print_message("1..0 # SKIP what it looks at is not valgrind's\n");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss conduct", tests, world_make,
                                       world_remove);
}
