/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two processes of root's helper: what the one believes of what the other
 * hands back, and what the other does not have of the one.
 */
#include "confined.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "pieces.h"
#include "place.h"

#define NAME "example.org"

static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};

/* The exit status of a process that does it. */
static int in_process(int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(act());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Nobody else's helper has two processes. */
static bool is_root(void)
{
    if (getuid() != 0)
        print_message("# not looked at: only root's rights are given up\n");
    return getuid() == 0;
}

/* What the other process hands back; NULL: nothing. */
struct handed {
    const char *reply_name, *record_name, *settings, *pieces;
    int64_t life;
    size_t reply_length, pieces_length; /* claimed; 0: as it is */
    bool dies;
};

static const char GOOD_PIECES[] = "";

static void hand_back(void *argument, struct confined_answer *answer)
{
    const struct handed *handed = argument;
    struct sample sample = sample_answer(NAME, time(NULL));
    AUTO(free) char *text = NULL;
    struct pieces none = {0};

    if (handed->settings != NULL)
        sample.settings = handed->settings;
    if (handed->life != 0)
        sample.expires = sample.found + handed->life;
    if (handed->reply_name != NULL) {
        sample.name = handed->reply_name;
        answer->reply_length =
            sample_write(&sample, answer->reply, sizeof(answer->reply));
    }
    if (handed->record_name != NULL) {
        sample.name = handed->record_name;
        answer->record_length =
            sample_write(&sample, answer->record, sizeof(answer->record));
    }
    if (handed->pieces == GOOD_PIECES &&
        pieces_write(&none, SETTINGS.token, &text, &answer->pieces_length) ==
            STATUS_OK)
        memcpy(answer->pieces, text, answer->pieces_length);
    else if (handed->pieces != NULL)
        answer->pieces_length =
            (size_t)snprintf(answer->pieces, 100, "%s", handed->pieces);
    if (handed->reply_length != 0)
        answer->reply_length = handed->reply_length;
    if (handed->pieces_length != 0)
        answer->pieces_length = handed->pieces_length;
    if (handed->dies)
        abort();
}

static enum status take(const struct handed *handed,
                        struct confined_answer **ret_answer)
{
    struct handed copy = *handed;
    char reason[LIMIT_REASON] = "";
    enum status status =
        confined_run(hand_back, &copy, NAME, &SETTINGS, ret_answer, reason);

    assert_int_equal(reason[0] == '\0', status == STATUS_OK);
    return status;
}

static void a_sane_answer_is_taken_whole(void **state)
{
    const struct handed good = {
        .reply_name = NAME, .record_name = NAME, .pieces = GOOD_PIECES};
    AUTO(free) struct confined_answer *answer = NULL;

    (void)state;
    if (!is_root())
        return;
    assert_int_equal(take(&good, &answer), STATUS_OK);
    assert_memory_equal(answer->reply, "nss-matrix-answer 1 ", 20);
    assert_true(answer->record_length > 100);
    assert_true(answer->pieces_length > 10);
}

static void whatever_is_no_answer_to_the_question_is_not(void **state)
{
    static const struct handed BAD[] = {
        {.reply_name = "other.example"},
        {.reply_name = NAME, .settings = "conf=1.2.3.4,overrides=none"},
        {.reply_name = NAME, .life = LIMIT_LIFE_S + 60},
        {.reply_name = NAME, .reply_length = LIMIT_RECORD + 1},
        {.reply_name = NAME, .reply_length = SIZE_MAX},
        {.reply_name = NAME, .reply_length = 30},
        {.reply_name = NAME,
         .record_name = "other.example",
         .pieces = GOOD_PIECES},
        {.reply_name = NAME, .record_name = NAME},
        {.reply_name = NAME, .record_name = NAME, .pieces = "no pieces"},
        {.reply_name = NAME,
         .record_name = NAME,
         .pieces = GOOD_PIECES,
         .pieces_length = PIECES_TEXT_MAX + 1},
        {.reply_name = NAME, .dies = true},
    };
    struct confined_answer *answer = NULL;

    (void)state;
    if (!is_root())
        return;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        print_message("# bad answer %zu\n", i);
        assert_int_equal(take(&BAD[i], &answer), STATUS_UNAVAILABLE);
    }
}

static void nobodys_memory_is_not_ours(void *argument,
                                       struct confined_answer *answer)
{
    (void)answer;
    *(int *)argument = 1;
    if (getenv("HOME") != NULL || getenv("XDG_CACHE_HOME") != NULL)
        abort();
}

static void the_other_process_has_neither_our_memory_nor_a_home(void **state)
{
    AUTO(free) struct confined_answer *answer = NULL;
    char reason[LIMIT_REASON];
    int touched = 0;

    (void)state;
    if (!is_root())
        return;
    setenv("HOME", "/root", 1);
    setenv("XDG_CACHE_HOME", "/root/.cache", 1);
    assert_int_equal(confined_run(nobodys_memory_is_not_ours, &touched, NAME,
                                  &SETTINGS, &answer, reason),
                     STATUS_OK);
    assert_int_equal(touched, 0);
    assert_int_equal(answer->reply_length, 0);
}

/* The key, by the keyring of the session that we are in; -1 if there is none.
 */
static long find_key(void)
{
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
                   "nss-matrix-test", 0);
}

static void look_for_the_key(void *argument, struct confined_answer *answer)
{
    (void)argument, (void)answer;
    if (find_key() >= 0)
        abort();
}

/* In a process whose session is left with it. */
static int confine_with_a_key(void)
{
    AUTO(free) struct confined_answer *answer = NULL;
    char reason[LIMIT_REASON];

    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
        syscall(SYS_add_key, "user", "nss-matrix-test", "secret", 6,
                KEY_SPEC_SESSION_KEYRING) < 0)
        return errno == ENOSYS || errno == EPERM ? 77 : 2;
    if (find_key() < 0)
        return 3;
    if (confined_run(look_for_the_key, NULL, NAME, &SETTINGS, &answer,
                     reason) != STATUS_OK)
        return 4;
    return find_key() >= 0 ? 0 : 5;
}

static void the_other_process_has_none_of_our_keys(void **state)
{
    int status;

    (void)state;
    if (!is_root())
        return;
    status = in_process(confine_with_a_key);
    if (status == 77)
        print_message("# not looked at: no keys here\n");
    else
        assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sane_answer_is_taken_whole),
        cmocka_unit_test(whatever_is_no_answer_to_the_question_is_not),
        cmocka_unit_test(the_other_process_has_neither_our_memory_nor_a_home),
        cmocka_unit_test(the_other_process_has_none_of_our_keys),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("confined", tests, NULL, NULL);
}
