/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a helper, and leaving no trace of it in the host: us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "place.h"
#include "spawn.h"

enum {
    REPORT_MAX = 8192,
    PATIENCE_MS = 20000,
};

static char helper_file[PLACE_MAX];
static volatile sig_atomic_t handled; /* signals, by whomever */
static volatile sig_atomic_t handled_elsewhere;
static pid_t host;

static void handle(int number)
{
    (void)number;
    handled++;
    if (getpid() != host)
        handled_elsewhere++;
}

static int setup(void **state)
{
    if (place_make(state) != 0 || place_fake_helper() == NULL)
        return -1;
    snprintf(helper_file, sizeof(helper_file), "%s", place("fake_helper"));
    if (chown(helper_file, getuid(), (gid_t)-1) != 0)
        return -1;
    host = getpid();
    return 0;
}

/* All that comes until the end. */
static void listen_to(int fd, char text[static REPORT_MAX])
{
    size_t length = 0;

    for (;;) {
        struct pollfd waited = {.fd = fd, .events = POLLIN};

        int ready = poll(&waited, 1, PATIENCE_MS);

        if (ready < 0 && errno == EINTR)
            continue;
        assert_int_equal(ready, 1);
        ssize_t got = read(fd, text + length, REPORT_MAX - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    text[length] = '\0';
}

/* Spawns a helper and takes down what it says of itself. */
static void spawn_and_report(char report[static REPORT_MAX])
{
    AUTO(close_fd) int fd = -1;

    report[0] = '\0';
    assert_int_equal(spawn_helper(helper_file, &fd), STATUS_OK);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(send(fd, "report\n", 7, MSG_NOSIGNAL), 7);
    listen_to(fd, report);
}

static unsigned count_lines(const char *report, const char *key)
{
    unsigned count = 0;
    size_t length = strlen(key);

    for (; report != NULL && *report != '\0'; report++) {
        if (strncmp(report, key, length) == 0)
            count++;
        report = strchr(report, '\n');
        if (report == NULL)
            break;
    }
    return count;
}

static void assert_line(const char *report, const char *line)
{
    if (count_lines(report, line) == 0)
        fail_msg("no line '%s' in:\n%s", line, report);
}

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

/* How SIGCHLD may be set in a host; the last is SA_NOCLDWAIT. */
static void with_sigchld(unsigned kind)
{
    struct sigaction action = {.sa_handler = handle};

    if (kind == 1)
        action.sa_handler = SIG_IGN;
    if (kind == 2)
        action.sa_handler = SIG_DFL;
    if (kind == 3)
        action.sa_flags = SA_NOCLDWAIT;
    assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
}

static void there_is_neither_a_sigchld_nor_a_child(void **state)
{
    char report[REPORT_MAX];

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        with_sigchld(kind);
        handled = 0;
        for (unsigned i = 0; i < 10; i++) {
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
    for (unsigned i = 0; i < 20; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            _exit(42);
        spawn_and_report(report);
        assert_int_equal(wait(&status), child);
        assert_int_equal(WEXITSTATUS(status), 42);
    }
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
    for (unsigned i = 0; i < 50; i++)
        spawn_and_report(report);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(handled > 0);
    assert_int_equal(handled_elsewhere, 0);
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
    return getpid() == 1 && spawn_helper(helper_file, &fd) != STATUS_OK;
}

static bool in_a_pid_namespace(unsigned argument)
{
    return in_a_child(is_refused_as_pid_1, argument, CLONE_NEWPID);
}

static void pid_1_does_not_spawn(void **state)
{
    (void)state;
    if (getuid() != 0) {
        print_message("# not looked at: only root makes PID namespaces\n");
        return;
    }
    assert_true(in_a_child(in_a_pid_namespace, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_helper_is_alone_and_clean),
        cmocka_unit_test(the_environment_is_made_from_nothing),
        cmocka_unit_test(values_that_are_too_long_or_unprintable_stay_behind),
        cmocka_unit_test(there_is_neither_a_sigchld_nor_a_child),
        cmocka_unit_test(the_hosts_own_children_are_its_own),
        cmocka_unit_test(no_handler_runs_outside_the_host),
        cmocka_unit_test(the_signal_mask_is_as_before),
        cmocka_unit_test(a_file_that_cannot_be_run_is_refused),
        cmocka_unit_test(a_file_that_others_may_change_is_refused),
        cmocka_unit_test(nobody_spawns_below_a_helper),
        cmocka_unit_test(a_subreaper_does_not_spawn),
        cmocka_unit_test(without_descriptors_it_is_refused),
        cmocka_unit_test(a_host_with_closed_stdio_keeps_it_closed),
        cmocka_unit_test(pid_1_does_not_spawn),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("spawn", tests, setup, place_remove);
}
