/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a helper, and leaving no trace of it in the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/time.h>

#include "counts.h"
#include "spawn_host.h"

static void the_helper_is_alone_and_clean(void **state)
{
    char report[REPORT_MAX];
    int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    int far_away = fcntl(leaked, F_DUPFD, 200);

    (void)state;
    assert_int_equal(chdir(place_root), 0);
    spawn_and_report(report);
    assert_int_equal(chdir("/"), 0);
    close(leaked);
    close(far_away);
    assert_int_equal(count_lines(report, "argv "), 1);
    assert_line(report, "argv nss-matrix-helper\n");
    assert_int_equal(count_lines(report, "fd "), 3);
    assert_line(report, "fd 0 socket\n");
    assert_line(report, "fd 1 socket\n");
    assert_line(report, "fd 2 /dev/null\n");
    assert_line(report, "session own\n");
    assert_line(report, "directory /\n");
    assert_line(report, "blocked all\n");
    /* Two that pthread_sigmask leaves out; valgrind gives them to no child. */
    if (!counts_under_valgrind())
        assert_line(report, "blocked libc's own\n");
}

static void the_environment_is_made_from_nothing(void **state)
{
    static char *const ENVIRONMENT[] = {
        (char *)"LD_PRELOAD=/nonexistent-on-purpose.so",
        (char *)"PATH=/bin",
        (char *)"HOME=/home/me",
        (char *)"HOMEPAGE=x",
        (char *)"HOME=/home/second",
        (char *)"XDG_CACHE_HOME=/cache",
        (char *)"XDG_RUNTIME_DIR=/run/me",
        (char *)"NSS_MATRIX_CONF=/conf",
        (char *)"NSS_MATRIX_SPEC=v1",
        (char *)"NSS_MATRIX_CA_FILE=/a",
        (char *)"NSS_MATRIX_CA_PATH=/b",
        (char *)"NSS_MATRIX_DNS=192.0.2.1",
        (char *)"NSS_MATRIX_HELPER=/other",
        (char *)"https_proxy=http://proxy",
        NULL,
    };
    char **before = environ;
    char report[REPORT_MAX];

    (void)state;
    environ = (char **)ENVIRONMENT;
    spawn_and_report(report);
    environ = before;
    assert_int_equal(count_lines(report, "env "), 8);
    assert_line(report, "env NSS_MATRIX_IN_HELPER=1\n");
    assert_line(report, "env HOME=/home/me\n");
    assert_line(report, "env XDG_CACHE_HOME=/cache\n");
    assert_line(report, "env NSS_MATRIX_CONF=/conf\n");
    assert_line(report, "env NSS_MATRIX_SPEC=v1\n");
    assert_line(report, "env NSS_MATRIX_CA_FILE=/a\n");
    assert_line(report, "env NSS_MATRIX_CA_PATH=/b\n");
    assert_line(report, "env NSS_MATRIX_DNS=192.0.2.1\n");
}

static void values_that_are_too_long_or_unprintable_stay_behind(void **state)
{
    static char longest[6000] = "XDG_CACHE_HOME=";
    static char *const ENVIRONMENT[] = {longest, (char *)"HOME=/home/a\nb",
                                        (char *)"NSS_MATRIX_SPEC=v1", NULL};
    char **before = environ;
    char report[REPORT_MAX];

    (void)state;
    memset(longest + 15, 'x', sizeof(longest) - 16);
    environ = (char **)ENVIRONMENT;
    spawn_and_report(report);
    environ = NULL; /* as after clearenv() */
    assert_int_equal(count_lines(report, "env "), 2);
    assert_line(report, "env NSS_MATRIX_SPEC=v1\n");
    spawn_and_report(report);
    environ = before;
    assert_int_equal(count_lines(report, "env "), 1);
}

static void there_is_neither_a_sigchld_nor_a_child(void **state)
{
    char report[REPORT_MAX];

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        with_sigchld(kind);
        handled = 0;
        for (unsigned i = 0; i < counts_of(100); i++) {
            spawn_and_report(report);
            assert_line(report, "session own\n");
            assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
            assert_int_equal(errno, ECHILD);
            assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
            assert_int_equal(errno, ECHILD);
        }
        assert_int_equal(handled, 0);
    }
    with_sigchld(2);
}

static void the_hosts_own_children_are_its_own(void **state)
{
    char report[REPORT_MAX];
    int status;

    (void)state;
    for (unsigned i = 0; i < counts_of(200); i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            _exit(42);
        spawn_and_report(report);
        assert_int_equal(wait(&status), child);
        assert_int_equal(WEXITSTATUS(status), 42);
    }
}

static volatile sig_atomic_t reaped;

static void reap_all(int number)
{
    int saved = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
    errno = saved;
}

/* As hosts do that have children end at any time. */
static void who_reaps_whatever_ends_reaps_nothing_of_ours(void **state)
{
    struct sigaction action = {.sa_handler = reap_all, .sa_flags = SA_RESTART};
    unsigned children = counts_of(200);
    char report[REPORT_MAX];

    (void)state;
    reaped = 0;
    sigaction(SIGCHLD, &action, NULL);
    for (unsigned i = 0; i < children; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            _exit(0);
        spawn_and_report(report);
    }
    while (waitpid(-1, NULL, 0) > 0)
        reaped++;
    with_sigchld(2);
    assert_int_equal(reaped, children);
    counts_figure("children of a host that reaps all, and none of ours",
                  children);
}

static void with_sigusr2(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigaction(SIGUSR2, &action, NULL);
}

/* The exit status of a process that does it. */
static int in_process(int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(act());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void no_handler_runs_outside_the_host(void **state)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {0};
    char report[REPORT_MAX];

    (void)state;
    handled = handled_elsewhere = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (unsigned i = 0; i < counts_of(500); i++)
        spawn_and_report(report);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(handled > 0);
    assert_int_equal(handled_elsewhere, 0);
    counts_figure("helpers spawned in a storm of signals", counts_of(500));
}

/* Sends signals to all of its group until it is killed. */
static pid_t storm_the_group(void)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    with_sigusr2(SIG_IGN);
    while (kill(0, SIGUSR2) == 0)
        ;
    _exit(1);
}

/* As a terminal sends them: to whatever there is by then. */
static int spawn_in_a_stormy_group(void)
{
    char report[REPORT_MAX];
    pid_t sender;

    if (setpgid(0, 0) != 0)
        return 1;
    host = getpid();
    handled = handled_elsewhere = 0;
    with_sigusr2(handle);
    sender = storm_the_group();
    for (unsigned i = 0; i < counts_of(500); i++) {
        int fd = -1;

        if (spawn_helper(helper_file, &fd) != STATUS_OK ||
            send(fd, "report\n", 7, MSG_NOSIGNAL) != 7)
            return 2;
        listen_to(fd, report);
        close(fd);
    }
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
    return handled > 0 && handled_elsewhere == 0 ? 0 : 3;
}

static void no_handler_runs_in_what_a_signal_to_the_group_meets(void **state)
{
    (void)state;
    assert_int_equal(in_process(spawn_in_a_stormy_group), 0);
}

static void the_signal_mask_is_as_before(void **state)
{
    sigset_t mask, before, after;
    char report[REPORT_MAX];
    int fd = -1;

    (void)state;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_SETMASK, &mask, &before);
    spawn_and_report(report);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&after, number) == 1, number == SIGUSR2);
    /* also where the helper cannot be run */
    assert_int_equal(chmod(helper_file, 0644), 0);
    (void)!spawn_helper(helper_file, &fd);
    util_close_fd(&fd);
    assert_int_equal(chmod(helper_file, 0755), 0);
    sigprocmask(SIG_SETMASK, &before, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&after, number) == 1, number == SIGUSR2);
}

/* What the helper says of a host that works as another user for a while. */
static int report_as_another(bool with_user)
{
    static const gid_t MANY[] = {0, 4, 27};
    static const char ASK[] = "report\n";
    char report[REPORT_MAX];
    int fd = -1;

    if (setgroups(ARRAY_SIZE(MANY), MANY) != 0 || setegid(PLACE_NOBODY) != 0 ||
        (with_user && seteuid(PLACE_NOBODY) != 0))
        return 1;
    if (spawn_helper(helper_file, &fd) != STATUS_OK ||
        send(fd, ASK, sizeof(ASK) - 1, MSG_NOSIGNAL) < 0)
        return 2;
    listen_to(fd, report);
    if (count_lines(report, "Gid:\t65534\t65534\t65534\t65534\n") != 1)
        return 3;
    if (count_lines(report, "Groups:\t \n") != 1)
        return 4;
    if (!with_user) /* root's helper, which gives up its rights itself */
        return count_lines(report, "Uid:\t0\t0\t0\t0\n") == 1 ? 0 : 5;
    if (count_lines(report, "Uid:\t65534\t65534\t65534\t65534\n") != 1)
        return 6;
    if (count_lines(report, "CapPrm:\t0000000000000000\n") != 1)
        return 7;
    /* And the host is what it was. */
    return getuid() == 0 && geteuid() == PLACE_NOBODY && getgroups(0, NULL) == 3
               ? 0
               : 8;
}

static int report_as_another_user(void)
{
    return report_as_another(true);
}

static int report_as_another_group(void)
{
    return report_as_another(false);
}

static void
a_host_that_works_as_another_user_has_that_users_helper(void **state)
{
    (void)state;
    if (getuid() != 0) {
        print_message("# not looked at: only root becomes another user\n");
        return;
    }
    assert_int_equal(in_process(report_as_another_user), 0);
    assert_int_equal(in_process(report_as_another_group), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_helper_is_alone_and_clean),
        cmocka_unit_test(the_environment_is_made_from_nothing),
        cmocka_unit_test(values_that_are_too_long_or_unprintable_stay_behind),
        cmocka_unit_test(there_is_neither_a_sigchld_nor_a_child),
        cmocka_unit_test(the_hosts_own_children_are_its_own),
        cmocka_unit_test(who_reaps_whatever_ends_reaps_nothing_of_ours),
        cmocka_unit_test(no_handler_runs_outside_the_host),
        cmocka_unit_test(no_handler_runs_in_what_a_signal_to_the_group_meets),
        cmocka_unit_test(the_signal_mask_is_as_before),
        cmocka_unit_test(
            a_host_that_works_as_another_user_has_that_users_helper),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("spawn", tests, setup, place_remove);
}
