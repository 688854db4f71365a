/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where no helper is started, and in hosts that lack something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "spawn_host.h"

static unsigned count_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            count++;
    return count;
}

/*
 * valgrind gives the children memory of their own: they cannot say that the
 * file could not be run, and the end of the conversation says so instead.
 */
static bool children_share_our_memory(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    if (preloaded == NULL || strstr(preloaded, "vgpreload") == NULL)
        return true;
    print_message("# not looked at: under valgrind\n");
    return false;
}

/* Refused: no process, no signal, no descriptor left. */
static void assert_refused(const char *file)
{
    unsigned before = count_descriptors();
    int fd = -1;

    with_sigchld(0);
    handled = 0;
    assert_int_equal(spawn_helper(file, &fd), STATUS_UNAVAILABLE);
    assert_int_equal(fd, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(handled, 0);
    assert_int_equal(count_descriptors(), before);
    with_sigchld(2);
}

static void a_file_that_cannot_be_run_is_refused(void **state)
{
    (void)state;
    assert_refused(place("none"));
    assert_refused(place_root);
    assert_refused("/dev/null");
    if (!children_share_our_memory())
        return;
    assert_int_equal(chmod(helper_file, 0644), 0);
    assert_refused(helper_file);
    assert_int_equal(chmod(helper_file, 0755), 0);
    place_file(place("garbage"), "garbage", 7, getuid());
    assert_int_equal(chmod(place("garbage"), 0755), 0);
    assert_refused(place("garbage"));
}

static void a_file_that_others_may_change_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(helper_file, 0775), 0);
    assert_refused(helper_file);
    assert_int_equal(chmod(helper_file, 0757), 0);
    assert_refused(helper_file);
    assert_int_equal(chmod(helper_file, 0755), 0);
    if (getuid() != 0) {
        print_message("# not looked at: only root can give files away\n");
        return;
    }
    assert_int_equal(chown(helper_file, PLACE_NOBODY, 0), 0);
    assert_refused(helper_file);
    assert_int_equal(chown(helper_file, 0, 0), 0);
}

static void nobody_spawns_below_a_helper(void **state)
{
    (void)state;
    setenv(SPAWN_MARKER, "", 1);
    assert_refused(helper_file);
    unsetenv(SPAWN_MARKER);
}

static void a_subreaper_does_not_spawn(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_refused(helper_file);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void without_descriptors_it_is_refused(void **state)
{
    struct rlimit before, none;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    for (rlim_t limit = 0; limit < 6; limit++) {
        int fd = -1;

        none.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        if (spawn_helper(helper_file, &fd) == STATUS_OK)
            close(fd);
        else
            assert_int_equal(fd, -1);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    }
}

/* Runs it in a child; true if it says so. */
static bool in_a_child(bool (*what)(unsigned), unsigned argument, int flags)
{
    pid_t child;
    int status;

    if (flags != 0 && unshare(flags) != 0)
        return false;
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(what(argument) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* closed: bit n says that descriptor n is closed in the host. */
static bool spawns_with_closed_stdio(unsigned closed)
{
    char report[REPORT_MAX] = "";
    size_t length = 0;
    ssize_t got;
    int fd = -1;

    for (int each = 0; each < 3; each++)
        if ((closed & (1U << each)) != 0)
            close(each);
    if (spawn_helper(helper_file, &fd) != STATUS_OK || fd <= 2)
        return false;
    for (int each = 0; each < 3; each++)
        if ((closed & (1U << each)) != 0 && fcntl(each, F_GETFD) >= 0)
            return false;
    if (send(fd, "report\n", 7, MSG_NOSIGNAL) != 7)
        return false;
    while ((got = read(fd, report + length, sizeof(report) - 1 - length)) > 0)
        length += (size_t)got;
    return count_lines(report, "fd ") == 3 &&
           count_lines(report, "fd 0 socket\n") == 1 &&
           count_lines(report, "fd 1 socket\n") == 1 &&
           count_lines(report, "fd 2 /dev/null\n") == 1;
}

static void a_host_with_closed_stdio_keeps_it_closed(void **state)
{
    (void)state;
    for (unsigned closed = 0; closed < 8; closed++)
        if (!in_a_child(spawns_with_closed_stdio, closed, 0))
            fail_msg("with %u closed", closed);
}

static bool is_refused_as_pid_1(unsigned argument)
{
    int fd = -1;

    (void)argument;
    return getpid() == 1 && spawn_helper(helper_file, &fd) != STATUS_OK &&
           kill(-1, 0) != 0 && errno == ESRCH; /* nobody else is there */
}

static bool in_a_pid_namespace(unsigned argument)
{
    return in_a_child(is_refused_as_pid_1, argument, CLONE_NEWPID);
}

static bool makes_a_pid_namespace(unsigned argument)
{
    (void)argument;
    return unshare(CLONE_NEWPID) == 0;
}

static void pid_1_does_not_spawn(void **state)
{
    (void)state;
    if (!in_a_child(makes_a_pid_namespace, 0, 0)) {
        print_message("# not looked at: no PID namespaces here\n");
        return;
    }
    assert_true(in_a_child(in_a_pid_namespace, 0, 0));
}

/* With ourselves, the middle process and the helper there are three. */
static bool is_refused_without_processes(unsigned most)
{
    struct rlimit limit = {most, most};
    uid_t alone = 100000 + (uid_t)getpid(); /* nobody else's processes count */
    AUTO(close_fd) int fd = -1;
    enum status status;

    if (setresuid(alone, alone, alone) != 0 ||
        setrlimit(RLIMIT_NPROC, &limit) != 0)
        return false;
    status = spawn_helper(helper_file, &fd);
    return waitpid(-1, NULL, WNOHANG | __WALL) == -1 &&
           (status == STATUS_OK) == (most >= 3);
}

static void without_processes_it_is_refused(void **state)
{
    (void)state;
    if (getuid() != 0) {
        print_message("# not looked at: only root becomes another user\n");
        return;
    }
    if (!children_share_our_memory())
        return;
    for (unsigned most = 1; most <= 3; most++)
        if (!in_a_child(is_refused_without_processes, most, 0))
            fail_msg("with %u processes", most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_be_run_is_refused),
        cmocka_unit_test(a_file_that_others_may_change_is_refused),
        cmocka_unit_test(nobody_spawns_below_a_helper),
        cmocka_unit_test(a_subreaper_does_not_spawn),
        cmocka_unit_test(without_descriptors_it_is_refused),
        cmocka_unit_test(a_host_with_closed_stdio_keeps_it_closed),
        cmocka_unit_test(pid_1_does_not_spawn),
        cmocka_unit_test(without_processes_it_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("spawn_refused", tests, setup,
                                       place_remove);
}
