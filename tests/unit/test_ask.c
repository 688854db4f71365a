/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking a helper that does not behave. SIGPIPE is at its default here, and
 * would end the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "ask.h"
#include "deadline.h"
#include "place.h"

#define NAME "example.org"
#define TWICE "wait 12000\nwait 12000\n"
#define REQUEST "nss-matrix-request 1 " NAME "\n"

enum {
    SOON_MS = 30,      /* a deadline that is waited for */
    LATE_MS = 20000,   /* one that is not */
    TOLERANCE_MS = 500 /* for a busy machine; the rule says 100 */
};

/* Both ends of a conversation; theirs is -1 when it was closed. */
struct pair {
    int ours, theirs;
};

static struct pair pair_open(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    return (struct pair){ends[0], ends[1]};
}

static void pair_close(struct pair *pair)
{
    util_close_fd(&pair->ours);
    util_close_fd(&pair->theirs);
}

static enum status exchange_by(const struct pair *pair, int64_t deadline,
                               bool obey_wait, struct record *record)
{
    struct server_name name;

    assert_int_equal(server_name_parse(NAME, strlen(NAME), &name), STATUS_OK);
    return ask_exchange(pair->ours, &name, SAMPLE_NOW, deadline, obey_wait,
                        record);
}

static enum status exchange(const struct pair *pair, struct record *record)
{
    return exchange_by(pair, deadline_after(LATE_MS), true, record);
}

/* What the other side says; if it hangs up, nothing comes after it. */
static void say(struct pair *pair, const char *octets, size_t length,
                bool hang_up)
{
    assert_int_equal(send(pair->theirs, octets, length, MSG_NOSIGNAL),
                     (ssize_t)length);
    if (hang_up)
        assert_int_equal(shutdown(pair->theirs, SHUT_WR), 0);
}

static size_t good_reply(char text[static LIMIT_RECORD])
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    return sample_write(&sample, text, LIMIT_RECORD);
}

/* The outcome of a reply that was said beforehand, and how long it took. */
static enum status after_reply(const char *octets, size_t length, bool hang_up)
{
    struct pair pair = pair_open();
    int64_t start = deadline_clock();
    struct record record;
    enum status status;

    say(&pair, octets, length, hang_up);
    status = exchange(&pair, &record);
    assert_in_range(deadline_clock() - start, 0, LATE_MS / 2);
    pair_close(&pair);
    return status;
}

static void sends_the_request_and_takes_the_record(void **state)
{
    struct pair pair = pair_open();
    char text[LIMIT_RECORD];
    char request[RECORD_REQUEST_MAX + 1] = "";
    struct record record;

    (void)state;
    say(&pair, text, good_reply(text), false);
    assert_int_equal(exchange(&pair, &record), STATUS_OK);
    assert_string_equal(record.host, "fed.example.net");
    assert_int_equal(recv(pair.theirs, request, sizeof(request) - 1, 0),
                     strlen(REQUEST));
    assert_string_equal(request, REQUEST);
    pair_close(&pair);
}

static void whoever_hung_up_before_is_a_miss(void **state)
{
    struct pair pair = pair_open();
    struct record record;

    (void)state;
    util_close_fd(&pair.theirs);
    assert_int_equal(exchange(&pair, &record), STATUS_MISS);
    pair_close(&pair);
}

/* As systemd does it when all its places are taken. */
static void whoever_hangs_up_without_a_word_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(after_reply("", 0, true), STATUS_MISS);
}

static void a_reply_cut_anywhere_is_to_be_tried_again(void **state)
{
    char text[LIMIT_RECORD];
    size_t length = good_reply(text);

    (void)state;
    for (size_t cut = 1; cut < length; cut++)
        assert_int_equal(after_reply(text, cut, true), STATUS_TRY_AGAIN);
    assert_int_equal(after_reply(text, length, true), STATUS_OK);
}

/* At once, though nobody hung up: waiting for more would be in vain. */
static void another_versions_reply_is_to_be_tried_again(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    char text[LIMIT_RECORD];

    (void)state;
    sample.version = "2";
    assert_int_equal(
        after_reply(text, sample_write(&sample, text, sizeof(text)), false),
        STATUS_TRY_AGAIN);
}

static void octets_after_the_reply_are_to_be_tried_again(void **state)
{
    char text[LIMIT_RECORD];
    size_t length = good_reply(text);

    (void)state;
    text[length] = 'x';
    assert_int_equal(after_reply(text, length + 1, false), STATUS_TRY_AGAIN);
}

static void a_reply_about_another_name_is_to_be_tried_again(void **state)
{
    struct sample sample = sample_answer("example.com", SAMPLE_NOW);
    char text[LIMIT_RECORD];

    (void)state;
    assert_int_equal(
        after_reply(text, sample_write(&sample, text, sizeof(text)), false),
        STATUS_TRY_AGAIN);
}

static void a_bad_reply_is_to_be_tried_again(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    char text[LIMIT_RECORD];

    (void)state;
    sample.expires = SAMPLE_NOW + LIMIT_LIFE_S + 1;
    assert_int_equal(
        after_reply(text, sample_write(&sample, text, sizeof(text)), false),
        STATUS_TRY_AGAIN);
    assert_int_equal(after_reply("HTTP/1.1 400 Bad Request\r\n\r\n", 28, false),
                     STATUS_TRY_AGAIN);
}

static void silence_is_to_be_tried_again_at_the_deadline(void **state)
{
    struct pair pair = pair_open();
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    assert_int_equal(exchange_by(&pair, start + SOON_MS, true, &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
    pair_close(&pair);
}

static void half_a_reply_and_silence_is_the_same(void **state)
{
    struct pair pair = pair_open();
    int64_t start = deadline_clock();
    char text[LIMIT_RECORD];
    struct record record;

    (void)state;
    say(&pair, text, good_reply(text) / 2, false);
    assert_int_equal(exchange_by(&pair, start + SOON_MS, true, &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
    pair_close(&pair);
}

static void whoever_does_not_read_is_given_up_at_the_deadline(void **state)
{
    struct pair pair = pair_open();
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    while (send(pair.ours, REQUEST, sizeof(REQUEST), MSG_DONTWAIT) > 0)
        ;
    assert_int_equal(exchange_by(&pair, start + SOON_MS, true, &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
    pair_close(&pair);
}

static void ignore_alarm(int signal_number)
{
    (void)signal_number;
}

/* Every millisecond, without restart: nothing changes. */
static void a_storm_of_signals_does_not_move_the_deadline(void **state)
{
    struct sigaction action = {.sa_handler = ignore_alarm}, before;
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {0};
    struct pair pair = pair_open();
    int64_t start = deadline_clock();
    struct record record;
    enum status status;

    (void)state;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    status = exchange_by(&pair, start + SOON_MS, true, &record);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(status, STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
    pair_close(&pair);
}

/* A helper in a thread of its own. */
struct talker {
    int fd;
    const char *first;
    const char *octets;
    size_t length;
    size_t step; /* octets at a time */
};

/* Waits until the first words were heard, then says the rest. */
static void *talk(void *argument)
{
    const struct talker *talker = argument;
    int unheard = 1;

    while (unheard > 0 && ioctl(talker->fd, SIOCOUTQ, &unheard) == 0)
        sched_yield();
    for (size_t at = 0; at < talker->length; at += talker->step)
        if (send(talker->fd, talker->octets + at, talker->step, MSG_NOSIGNAL) <
            0)
            break;
    return NULL;
}

static enum status after_talk(struct talker talker, int64_t deadline,
                              bool obey_wait)
{
    struct pair pair = pair_open();
    struct record record;
    enum status status;
    pthread_t thread;

    talker.fd = pair.theirs;
    say(&pair, talker.first, strlen(talker.first), false);
    assert_int_equal(pthread_create(&thread, NULL, talk, &talker), 0);
    status = exchange_by(&pair, deadline, obey_wait, &record);
    util_close_fd(&pair.ours); /* so that the talker ends */
    assert_int_equal(pthread_join(thread, NULL), 0);
    pair_close(&pair);
    return status;
}

static void a_reply_octet_by_octet_is_taken(void **state)
{
    char text[LIMIT_RECORD];
    struct talker talker = {
        .first = "", .octets = text, .length = good_reply(text), .step = 1};

    (void)state;
    assert_int_equal(after_talk(talker, deadline_after(LATE_MS), true),
                     STATUS_OK);
}

static void a_reply_of_1_mb_is_to_be_tried_again(void **state)
{
    size_t size = 1024 * 1024;
    char *text = malloc(size);
    struct talker talker = {
        .first = "", .octets = text, .length = size, .step = 4096};

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);
    assert_int_equal(after_talk(talker, deadline_after(LATE_MS), true),
                     STATUS_TRY_AGAIN);
    (void)good_reply(text);
    assert_int_equal(after_talk(talker, deadline_after(LATE_MS), true),
                     STATUS_TRY_AGAIN);
    memcpy(text, "wait 1", 6);
    assert_int_equal(after_talk(talker, deadline_after(LATE_MS), true),
                     STATUS_TRY_AGAIN);
    free(text);
}

static void the_wait_line_moves_the_deadline(void **state)
{
    char text[LIMIT_RECORD];
    size_t length = good_reply(text);
    struct talker talker = {.first = "wait 12000\n",
                            .octets = text,
                            .length = length,
                            .step = length};
    int64_t past = deadline_clock() - 1;

    (void)state;
    assert_int_equal(after_talk(talker, past, true), STATUS_OK);
    /* also to an earlier time */
    assert_int_equal(after_reply("wait 0\n", 7, false), STATUS_TRY_AGAIN);
}

static void who_knows_better_does_not_obey_the_wait_line(void **state)
{
    struct pair pair = pair_open();
    char text[LIMIT_RECORD];
    struct record record;

    (void)state;
    say(&pair, "wait 12000\n", 11, false);
    assert_int_equal(
        exchange_by(&pair, deadline_after(SOON_MS), false, &record),
        STATUS_TRY_AGAIN);
    pair_close(&pair);

    pair = pair_open();
    say(&pair, "wait 0\n", 7, false);
    say(&pair, text, good_reply(text), false);
    assert_int_equal(
        exchange_by(&pair, deadline_after(LATE_MS), false, &record), STATUS_OK);
    pair_close(&pair);
}

static void a_senseless_wait_line_moves_nothing(void **state)
{
    static const char *const LINES[] = {"wait 12001\n", "wait -1\n", "wait \n",
                                        "wait 1 2\n",
                                        "wait 99999999999999999999\n"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(LINES); i++) {
        struct pair pair = pair_open();
        int64_t start = deadline_clock();
        struct record record;

        say(&pair, LINES[i], strlen(LINES[i]), false);
        assert_int_equal(exchange_by(&pair, start + SOON_MS, true, &record),
                         STATUS_TRY_AGAIN);
        assert_in_range(deadline_clock() - start, SOON_MS,
                        SOON_MS + TOLERANCE_MS);
        pair_close(&pair);
    }
}

static void a_second_wait_line_is_to_be_tried_again(void **state)
{
    (void)state;
    assert_int_equal(after_reply(TWICE TWICE, 2 * strlen(TWICE), false),
                     STATUS_TRY_AGAIN);
}

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
    assert_in_range(deadline_clock() - start, 0, TOLERANCE_MS);
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
        cmocka_unit_test(sends_the_request_and_takes_the_record),
        cmocka_unit_test(whoever_hung_up_before_is_a_miss),
        cmocka_unit_test(whoever_hangs_up_without_a_word_is_a_miss),
        cmocka_unit_test(a_reply_cut_anywhere_is_to_be_tried_again),
        cmocka_unit_test(another_versions_reply_is_to_be_tried_again),
        cmocka_unit_test(octets_after_the_reply_are_to_be_tried_again),
        cmocka_unit_test(a_reply_about_another_name_is_to_be_tried_again),
        cmocka_unit_test(a_bad_reply_is_to_be_tried_again),
        cmocka_unit_test(silence_is_to_be_tried_again_at_the_deadline),
        cmocka_unit_test(half_a_reply_and_silence_is_the_same),
        cmocka_unit_test(whoever_does_not_read_is_given_up_at_the_deadline),
        cmocka_unit_test(a_storm_of_signals_does_not_move_the_deadline),
        cmocka_unit_test(a_reply_octet_by_octet_is_taken),
        cmocka_unit_test(a_reply_of_1_mb_is_to_be_tried_again),
        cmocka_unit_test(the_wait_line_moves_the_deadline),
        cmocka_unit_test(who_knows_better_does_not_obey_the_wait_line),
        cmocka_unit_test(a_senseless_wait_line_moves_nothing),
        cmocka_unit_test(a_second_wait_line_is_to_be_tried_again),
        cmocka_unit_test(connects_to_a_listener),
        cmocka_unit_test(where_nobody_listens_is_a_miss),
        cmocka_unit_test(a_socket_that_is_not_for_us_is_a_miss),
        cmocka_unit_test(a_full_backlog_is_a_miss_at_once),
        cmocka_unit_test(without_a_descriptor_left_is_a_miss),
        cmocka_unit_test(nothing_of_ours_becomes_the_hosts_stdio),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ask", tests, place_make, place_remove);
}
