/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a helper that does not behave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/time.h>

#include "ask_pair.h"

static void sends_the_request_and_takes_the_record(void **state)
{
    struct pair pair = pair_open();
    char text[LIMIT_RECORD];
    char request[RECORD_REQUEST_MAX + 1] = "";
    struct record record;

    (void)state;
    say(&pair, text, good_reply(text, LIMIT_RECORD), false);
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
    size_t length = good_reply(text, LIMIT_RECORD);

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
    size_t length = good_reply(text, LIMIT_RECORD);

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
    say(&pair, text, good_reply(text, LIMIT_RECORD) / 2, false);
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
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
