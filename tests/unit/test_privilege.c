/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What root's helper gives up, looked at from inside processes that did; and
 * what its other half believes of what such a process hands back. Who is not
 * root sees the second half alone.
 */
#include "privilege.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "confined.h"
#include "pieces.h"
#include "place.h"

#define NAME "example.org"

static const struct privilege_user NOBODY = {
    .name = "nobody", .uid = PLACE_NOBODY, .gid = PLACE_NOBODY};
static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};

/* The value of a field of /proc/self/status; "" if there is none. */
static const char *own_status(const char *field)
{
    static char line[512];
    size_t length = strlen(field);
    FILE *file = fopen("/proc/self/status", "re");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, field, length) == 0) {
            fclose(file);
            line[strcspn(line, "\n")] = '\0';
            return line + length + strspn(line + length, "\t ");
        }
    if (file != NULL)
        fclose(file);
    return "";
}

/* The first thing that is not as it must be; 0: all is. */
static int look_around(void)
{
    static const char *const SETS[] = {
        "CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};

    for (size_t i = 0; i < ARRAY_SIZE(SETS); i++)
        if (strspn(own_status(SETS[i]), "0") != 16)
            return 10 + (int)i;
    if (strcmp(own_status("Uid:"), "65534\t65534\t65534\t65534") != 0)
        return 20;
    if (strcmp(own_status("Gid:"), "65534\t65534\t65534\t65534") != 0)
        return 21;
    if (own_status("Groups:")[0] != '\0')
        return 22;
    if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
        return 23;
    return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 24;
}

static int drop_and_look(void)
{
    static const gid_t MANY[] = {0, 1, 4, 27};

    return setgroups(ARRAY_SIZE(MANY), MANY) == 0 &&
                   privilege_drop(&NOBODY) == STATUS_OK
               ? look_around()
               : 1;
}

/* As a program that keeps capabilities over a change of uid starts us. */
static int drop_under_securebits(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return 2;
    data[0].inheritable = data[0].permitted;
    data[1].inheritable = data[1].permitted;
    if (syscall(SYS_capset, &header, data) != 0 ||
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
        return 3;
    return privilege_drop(&NOBODY) == STATUS_OK ? look_around() : 1;
}

static int drop_without(unsigned capability)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return 2;
    data[0].effective &= ~(1U << capability);
    data[0].permitted &= ~(1U << capability);
    if (syscall(SYS_capset, &header, data) != 0)
        return 3;
    return privilege_drop(&NOBODY) == STATUS_UNAVAILABLE ? 0 : 1;
}

static int drop_without_setuid(void)
{
    return drop_without(CAP_SETUID);
}

static int drop_without_setgid(void)
{
    return drop_without(CAP_SETGID);
}

static bool write_map(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* A user namespace in which uid 0 is all there is. */
static int drop_alone(void)
{
    char uids[40], gids[40];

    snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
    snprintf(gids, sizeof(gids), "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER) != 0)
        return 77;
    if (!write_map("/proc/self/setgroups", "deny") ||
        !write_map("/proc/self/uid_map", uids) ||
        !write_map("/proc/self/gid_map", gids))
        return 77;
    if (privilege_drop(&NOBODY) != STATUS_MISS || geteuid() != 0)
        return 1;
    return strspn(own_status("CapEff:"), "0") == 16 &&
                   strspn(own_status("CapPrm:"), "0") == 16
               ? 0
               : 4;
}

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

static bool is_root(void)
{
    if (getuid() != 0)
        print_message("# not looked at: who is not root has nothing to drop\n");
    return getuid() == 0;
}

static void nothing_of_root_is_left_and_none_comes_back(void **state)
{
    (void)state;
    if (is_root())
        assert_int_equal(in_process(drop_and_look), 0);
}

static void securebits_of_who_started_us_keep_nothing(void **state)
{
    (void)state;
    if (is_root())
        assert_int_equal(in_process(drop_under_securebits), 0);
}

static void half_a_drop_is_none(void **state)
{
    (void)state;
    if (!is_root())
        return;
    assert_int_equal(in_process(drop_without_setuid), 0);
    assert_int_equal(in_process(drop_without_setgid), 0);
}

static void alone_in_a_user_namespace_capabilities_go(void **state)
{
    int status = in_process(drop_alone);

    (void)state;
    if (status == 77)
        print_message("# not looked at: no user namespaces here\n");
    else
        assert_int_equal(status, 0);
}

static void find(const char *text, struct privilege_user *ret_user)
{
    place_file(place("passwd"), text, strlen(text), getuid());
    privilege_find_user(place("passwd"), ret_user);
}

static void the_services_user_comes_before_nobody(void **state)
{
    struct privilege_user user;

    (void)state;
    find("root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\n"
         "nss-matrix:x:501:601::/:/bin/false\n"
         "_nss-matrix:x:500:600::/:/bin/false\n",
         &user);
    assert_string_equal(user.name, "_nss-matrix");
    assert_int_equal(user.uid, 500);
    assert_int_equal(user.gid, 600);
    find("nss-matrix:x:501:601::/:/bin/false\nnobody:x:99:98::/:\n", &user);
    assert_int_equal(user.uid, 501);
    find("nobody:x:99:98::/:/bin/false\n", &user);
    assert_int_equal(user.uid, 99);
    assert_int_equal(user.gid, 98);
}

static void nobody_is_never_root(void **state)
{
    struct privilege_user user;

    (void)state;
    find("_nss-matrix:x:0:600::/:\nnss-matrix:x:500:0::/:\n", &user);
    assert_int_equal(user.uid, 65534);
    assert_int_equal(user.gid, 65534);
    privilege_find_user(place("none"), &user);
    assert_int_equal(user.uid, 65534);
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
    setenv("HOME", "/root", 1);
    setenv("XDG_CACHE_HOME", "/root/.cache", 1);
    assert_int_equal(confined_run(nobodys_memory_is_not_ours, &touched, NAME,
                                  &SETTINGS, &answer, reason),
                     STATUS_OK);
    assert_int_equal(touched, 0);
    assert_int_equal(answer->reply_length, 0);
}

int main(void)
{
    const struct CMUnitTest root[] = {
        cmocka_unit_test(nothing_of_root_is_left_and_none_comes_back),
        cmocka_unit_test(securebits_of_who_started_us_keep_nothing),
        cmocka_unit_test(half_a_drop_is_none),
        cmocka_unit_test(alone_in_a_user_namespace_capabilities_go),
        cmocka_unit_test(the_services_user_comes_before_nobody),
        cmocka_unit_test(nobody_is_never_root),
        cmocka_unit_test(a_sane_answer_is_taken_whole),
        cmocka_unit_test(whatever_is_no_answer_to_the_question_is_not),
        cmocka_unit_test(the_other_process_has_neither_our_memory_nor_a_home),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("privilege", root, place_make,
                                       place_remove);
}
