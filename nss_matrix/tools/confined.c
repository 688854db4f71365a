/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two processes and a piece of memory that both see. The one that meets
 * strangers has root's rights never; what it leaves there is copied before it
 * is judged, since what has taken it over may still be writing.
 */
#include "confined.h"

#include <linux/keyctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "privilege.h"
#include "record.h"

enum {
    CANNOT_DROP = 3, /* the exit status that says so */
};

/* As the other process. Does not return. */
static void be_confined(confined_work *work, void *argument, pid_t parent,
                        struct confined_answer *answer)
{
    struct privilege_user user;

    /* An empty one instead of root's, whose keys go with it and not with the
     * uid. Where keys are not to be had at all it fails, and none is lost. */
    (void)!syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    privilege_find_user("/etc/passwd", &user);
    if (privilege_drop(&user) == STATUS_UNAVAILABLE)
        _exit(CANNOT_DROP);
    /* Root has one cache alone, and a user's is no business of it. */
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    /* After the change of uid, which clears it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        work(argument, answer);
    _exit(0);
}

/* The record alone, read in a copy, which reading takes apart. */
static bool record_is_good(const char *text, size_t length, const char *key,
                           const struct settings *settings)
{
    struct record record = {.length = length};

    if (length > LIMIT_RECORD)
        return false;
    memcpy(record.text, text, length);
    return record_parse(&record, time(NULL)) == STATUS_OK &&
           strcmp(record.name, key) == 0 &&
           strcmp(record.settings, settings->token) == 0;
}

static bool pieces_are_good(const struct confined_answer *answer,
                            const struct settings *settings)
{
    AUTO(free) char *text = malloc(PIECES_TEXT_MAX + 1);
    struct pieces pieces = {0};

    if (text == NULL || answer->pieces_length > PIECES_TEXT_MAX)
        return false;
    memcpy(text, answer->pieces, answer->pieces_length);
    text[answer->pieces_length] = '\0';
    if (pieces_read(text, answer->pieces_length, settings->token, time(NULL),
                    &pieces) != STATUS_OK)
        return false;
    pieces_done(&pieces);
    return true;
}

static bool answer_is_good(const struct confined_answer *answer,
                           const char *key, const struct settings *settings)
{
    return (answer->reply_length == 0 ||
            record_is_good(answer->reply, answer->reply_length, key,
                           settings)) &&
           (answer->record_length == 0 ||
            (record_is_good(answer->record, answer->record_length, key,
                            settings) &&
             pieces_are_good(answer, settings)));
}

/* Waits for it. NULL, or what is wrong with how it ended. */
static const char *wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return "our own part without root's rights was not ours to wait "
                   "for";
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_DROP)
        return "root's rights cannot be given up here, and strangers are not "
               "met with them: run the lookup as another user, or have "
               "nss-matrix.socket answer it";
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? NULL
               : "our own part without root's rights has ended early";
}

static const char *run(confined_work *work, void *argument,
                       struct confined_answer *answer)
{
    pid_t self = getpid();
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        be_confined(work, argument, self, answer);
    return pid < 0 ? "no process without root's rights can be made"
                   : wait_for(pid);
}

enum status confined_run(confined_work *work, void *argument, const char *key,
                         const struct settings *settings,
                         struct confined_answer **ret_answer,
                         char ret_reason[static LIMIT_REASON])
{
    AUTO(free) struct confined_answer *copy = NULL;
    struct confined_answer *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *fault = "out of memory";

    if (shared != MAP_FAILED) {
        fault = run(work, argument, shared);
        /* What is there before the fork the other process would leak. */
        copy = malloc(sizeof(*copy));
        if (copy != NULL)
            memcpy(copy, shared, sizeof(*copy));
        else
            fault = "out of memory";
        munmap(shared, sizeof(*shared));
    }
    if (fault == NULL && !answer_is_good(copy, key, settings))
        fault = "our own part without root's rights has no sane answer";
    if (fault != NULL) {
        snprintf(ret_reason, LIMIT_REASON, "%s", fault);
        return STATUS_UNAVAILABLE;
    }
    *ret_answer = TAKE(copy);
    return STATUS_OK;
}
