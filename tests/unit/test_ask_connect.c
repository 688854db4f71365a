/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaching the system's helper, or finding that there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ask.h"
#include "deadline.h"
#include "place.h"

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_true(util_copy(address.sun_path, sizeof(address.sun_path), path,
                          strlen(path)));
    return address;
}

static int listen_at(const char *path, int backlog)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void connects_to_a_listener(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 4);
    AUTO(close_fd) int fd = -1;

    (void)state;
    assert_int_equal(ask_connect(place("socket"), &fd), STATUS_OK);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void where_nobody_listens_is_a_miss(void **state)
{
    AUTO(close_fd) int deaf = listen_at(place("deaf"), -1);
    char too_long[200];
    int fd = -1;

    (void)state;
    memset(too_long, 'a', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    place_file(place("file"), "", 0, getuid());
    assert_int_equal(ask_connect(place("deaf"), &fd), STATUS_MISS);
    assert_int_equal(ask_connect(place("none"), &fd), STATUS_MISS);
    assert_int_equal(ask_connect(place("file"), &fd), STATUS_MISS);
    assert_int_equal(ask_connect(place("file/none"), &fd), STATUS_MISS);
    assert_int_equal(ask_connect(too_long, &fd), STATUS_MISS);
    assert_int_equal(ask_connect("", &fd), STATUS_MISS);
    assert_int_equal(fd, -1);
}

static void a_socket_that_is_not_for_us_is_a_miss(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("private"), 4);
    int fd = -1;

    (void)state;
    assert_int_equal(chmod(place("private"), 0), 0);
    place_be_user();
    assert_int_equal(ask_connect(place("private"), &fd), STATUS_MISS);
    place_be_self();
}

static void a_full_backlog_is_a_miss_at_once(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("full"), 0);
    int64_t start = deadline_clock();
    int fds[8];
    size_t count = 0;

    (void)state;
    while (count < ARRAY_SIZE(fds) &&
           ask_connect(place("full"), &fds[count]) == STATUS_OK)
        count++;
    assert_in_range(count, 1, ARRAY_SIZE(fds) - 1);
    assert_in_range(deadline_clock() - start, 0, 1000);
    while (count > 0)
        util_close_fd(&fds[--count]);
}

static void without_a_descriptor_left_is_a_miss(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 4);
    struct rlimit before, none;
    int fd = -1;
    enum status status;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = ask_connect(place("socket"), &fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, STATUS_MISS);
    assert_int_equal(fd, -1);
}

/* In a host that closed its stdio. */
static void nothing_of_ours_becomes_the_hosts_stdio(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 4);
    AUTO(close_fd) int fd = -1;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

    (void)state;
    close(STDIN_FILENO);
    assert_int_equal(ask_connect(place("socket"), &fd), STATUS_OK);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_to_a_listener),
        cmocka_unit_test(where_nobody_listens_is_a_miss),
        cmocka_unit_test(a_socket_that_is_not_for_us_is_a_miss),
        cmocka_unit_test(a_full_backlog_is_a_miss_at_once),
        cmocka_unit_test(without_a_descriptor_left_is_a_miss),
        cmocka_unit_test(nothing_of_ours_becomes_the_hosts_stdio),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ask_connect", tests, place_make,
                                       place_remove);
}
