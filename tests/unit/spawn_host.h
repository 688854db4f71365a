/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host of a spawned helper: us. What the helper says of itself, and what of
 * it shows here.
 */
#ifndef NSS_MATRIX_TESTS_SPAWN_HOST_H
#define NSS_MATRIX_TESTS_SPAWN_HOST_H

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
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

static inline void handle(int number)
{
    (void)number;
    handled++;
    if (getpid() != host)
        handled_elsewhere++;
}

static inline int setup(void **state)
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
static inline void listen_to(int fd, char text[static REPORT_MAX])
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
static inline void spawn_and_report(char report[static REPORT_MAX])
{
    AUTO(close_fd) int fd = -1;

    report[0] = '\0';
    assert_int_equal(spawn_helper(helper_file, &fd), STATUS_OK);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(send(fd, "report\n", 7, MSG_NOSIGNAL), 7);
    listen_to(fd, report);
}

static inline unsigned count_lines(const char *report, const char *key)
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

static inline void assert_line(const char *report, const char *line)
{
    if (count_lines(report, line) == 0)
        fail_msg("no line '%s' in:\n%s", line, report);
}

/* How SIGCHLD may be set in a host; the last is SA_NOCLDWAIT. */
static inline void with_sigchld(unsigned kind)
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

#endif
