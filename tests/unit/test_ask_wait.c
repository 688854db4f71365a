/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a helper that takes its time, and may say how much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "ask_pair.h"

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
    struct talker talker = {.first = "",
                            .octets = text,
                            .length = good_reply(text, LIMIT_RECORD),
                            .step = 1};

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
    (void)good_reply(text, LIMIT_RECORD);
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
    size_t length = good_reply(text, LIMIT_RECORD);
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
    int64_t start = deadline_clock();
    char text[LIMIT_RECORD];
    struct record record;

    (void)state;
    say(&pair, "wait 12000\n", 11, false);
    assert_int_equal(exchange_by(&pair, start + SOON_MS, false, &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
    pair_close(&pair);

    pair = pair_open();
    say(&pair, "wait 0\n", 7, false);
    say(&pair, text, good_reply(text, LIMIT_RECORD), false);
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

/* Who repeats it would move the deadline for ever. */
static void a_second_wait_line_is_to_be_tried_again(void **state)
{
    char text[LIMIT_RECORD] = "wait 12000\n";
    size_t length = 11 + good_reply(text + 11, sizeof(text) - 11);
    struct talker talker = {.first = "wait 12000\n",
                            .octets = text,
                            .length = length,
                            .step = length};

    (void)state;
    assert_int_equal(after_talk(talker, deadline_after(LATE_MS), true),
                     STATUS_TRY_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_octet_by_octet_is_taken),
        cmocka_unit_test(a_reply_of_1_mb_is_to_be_tried_again),
        cmocka_unit_test(the_wait_line_moves_the_deadline),
        cmocka_unit_test(who_knows_better_does_not_obey_the_wait_line),
        cmocka_unit_test(a_senseless_wait_line_moves_nothing),
        cmocka_unit_test(a_second_wait_line_is_to_be_tried_again),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ask_wait", tests, NULL, NULL);
}
