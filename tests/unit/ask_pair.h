/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both ends of a conversation with a helper. SIGPIPE is at its default in these
 * tests, and would end them.
 */
#ifndef NSS_MATRIX_TESTS_ASK_PAIR_H
#define NSS_MATRIX_TESTS_ASK_PAIR_H

#include <pthread.h>
#include <sys/socket.h>

#include "ask.h"
#include "deadline.h"
#include "sample.h"

#define NAME "example.org"
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

static inline struct pair pair_open(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    return (struct pair){ends[0], ends[1]};
}

static inline void pair_close(struct pair *pair)
{
    util_close_fd(&pair->ours);
    util_close_fd(&pair->theirs);
}

static inline enum status exchange_by(const struct pair *pair, int64_t deadline,
                                      bool obey_wait, struct record *record)
{
    struct server_name name;

    assert_int_equal(server_name_parse(NAME, strlen(NAME), &name), STATUS_OK);
    return ask_exchange(pair->ours, &name, SAMPLE_NOW, deadline, obey_wait,
                        record);
}

static inline enum status exchange(const struct pair *pair,
                                   struct record *record)
{
    return exchange_by(pair, deadline_after(LATE_MS), true, record);
}

/* What the other side says; if it hangs up, nothing comes after it. */
static inline void say(struct pair *pair, const char *octets, size_t length,
                       bool hang_up)
{
    assert_int_equal(send(pair->theirs, octets, length, MSG_NOSIGNAL),
                     (ssize_t)length);
    if (hang_up)
        assert_int_equal(shutdown(pair->theirs, SHUT_WR), 0);
}

static inline size_t good_reply(char *text, size_t room)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    return sample_write(&sample, text, room);
}

/* The outcome of a reply that was said beforehand, and how long it took. */
static inline enum status after_reply(const char *octets, size_t length,
                                      bool hang_up)
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

#endif
