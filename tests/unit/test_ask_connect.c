/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaching the system's helper, or finding that there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

/* Whoever accepts there hangs up before a word was said to it; or -1. */
static int hangs_up = -1;

int connect(int fd, const struct sockaddr *address, socklen_t length);

/* Ours comes before libc's. */
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int result = (int)syscall(SYS_connect, fd, address, length);

    if (hangs_up >= 0)
        close(accept4(hangs_up, NULL, NULL, SOCK_CLOEXEC));
    return result;
}

/* A program that has not thought of SIGPIPE would be killed by it. */
static void who_hangs_up_at_once_kills_nobody(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 4);
    struct sigaction usual = {.sa_handler = SIG_DFL}, before;
    struct server_name name;
    struct record record;
    AUTO(close_fd) int fd = -1;

    (void)state;
    assert_int_equal(server_name_parse("example.org", 11, &name), STATUS_OK);
    assert_int_equal(sigaction(SIGPIPE, &usual, &before), 0);
    hangs_up = listener;
    ask_refresh(place("socket"), &name, 1695426385);
    assert_int_equal(ask_connect(place("socket"), &fd), STATUS_OK);
    hangs_up = -1;
    assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(ask_exchange(fd, &name, SAMPLE_NOW, deadline_after(20000),
                                  true, &record),
                     STATUS_MISS);
    sigaction(SIGPIPE, &before, NULL);
}

/* How many of so many requests to refresh in that second are heard. */
static unsigned heard(int listener, int64_t now, unsigned count)
{
    struct server_name name;
    unsigned heard = 0;
    int fd;

    assert_int_equal(server_name_parse("example.org", 11, &name), STATUS_OK);
    for (unsigned i = 0; i < count; i++) {
        ask_refresh(place("socket"), &name, now);
        while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
            char request[64] = "";

            assert_true(recv(fd, request, sizeof(request) - 1, 0) > 0);
            assert_string_equal(request,
                                "nss-matrix-request 1 refresh example.org\n");
            close(fd);
            heard++;
        }
    }
    return heard;
}

static void asks_to_refresh_a_few_times_a_second(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 4);
    int64_t now = 1795426385;

    (void)state;
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(heard(listener, now, 1), 1);
    assert_int_equal(heard(listener, now, 1000), LIMIT_REFRESHES_S - 1);
    assert_int_equal(heard(listener, now + 1, 1000), LIMIT_REFRESHES_S);
    assert_int_equal(heard(listener, now, 1000), LIMIT_REFRESHES_S);
    assert_int_equal(heard(listener, now + 256, 1), 1);
}

static void *refresh_often(void *argument)
{
    struct server_name name;

    (void)argument;
    assert_int_equal(server_name_parse("example.org", 11, &name), STATUS_OK);
    for (unsigned i = 0; i < 2000; i++)
        ask_refresh(place("socket"), &name, 5);
    return NULL;
}

static void all_threads_together_ask_no_more_often(void **state)
{
    AUTO(close_fd) int listener = listen_at(place("socket"), 64);
    pthread_t threads[8];
    unsigned count = 0;
    int fd;

    (void)state;
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, refresh_often, NULL),
                         0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        close(fd);
        count++;
    }
    assert_int_equal(count, LIMIT_REFRESHES_S);
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
        cmocka_unit_test(who_hangs_up_at_once_kills_nobody),
        cmocka_unit_test(asks_to_refresh_a_few_times_a_second),
        cmocka_unit_test(all_threads_together_ask_no_more_often),
        cmocka_unit_test(nothing_of_ours_becomes_the_hosts_stdio),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a connect that waits for room is a failure */
    return cmocka_run_group_tests_name("ask_connect", tests, place_make,
                                       place_remove);
}
