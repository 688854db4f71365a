/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways in which a helper misbehaves, for a fake one and for a fake system
 * socket alike: each is a manner, and gets the connection when the request has
 * been read. None of them may cost its client more than the deadline.
 */
#ifndef NSS_MATRIX_TESTS_MISBEHAVE_H
#define NSS_MATRIX_TESTS_MISBEHAVE_H

#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"
#include "settings.h"
#include "util.h"

enum {
    MISBEHAVE_PATIENCE_MS = 20000, /* then it ends, host or no host */
    MISBEHAVE_DRIBBLE_MS = 20,
    MISBEHAVE_MEGABYTE = 1024 * 1024,
};

/* A connection, and a good record for what was asked over it. */
struct misbehave {
    int fd;
    struct sample sample;
    struct settings settings;
};

/* False once the host has gone. */
static inline bool misbehave_say(const struct misbehave *to, const char *octets,
                                 size_t length)
{
    while (length > 0) {
        ssize_t sent = send(to->fd, octets, length, MSG_NOSIGNAL);

        if (sent < 0)
            return false;
        octets += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Says the record, the first part of it in per cent. */
static inline void misbehave_say_record(const struct misbehave *to,
                                        unsigned part)
{
    char text[2 * LIMIT_RECORD];
    size_t length = sample_write(&to->sample, text, sizeof(text));

    misbehave_say(to, text, length * part / 100);
}

/* Until the host has gone. */
static inline void misbehave_silent(struct misbehave *to)
{
    struct pollfd host = {.fd = to->fd, .events = POLLRDHUP};

    poll(&host, 1, MISBEHAVE_PATIENCE_MS);
}

static inline void misbehave_answers(struct misbehave *to)
{
    misbehave_say_record(to, 100);
}

static inline void misbehave_hangs_up(struct misbehave *to)
{
    (void)to;
}

static inline void misbehave_half(struct misbehave *to)
{
    misbehave_say_record(to, 50);
}

static inline void misbehave_half_then_silent(struct misbehave *to)
{
    misbehave_say_record(to, 50);
    misbehave_silent(to);
}

/* An octet at a time, and never at the end before the deadline. */
static inline void misbehave_dribbles(struct misbehave *to)
{
    char text[2 * LIMIT_RECORD];
    size_t length = sample_write(&to->sample, text, sizeof(text));
    struct pollfd host = {.fd = to->fd, .events = POLLRDHUP};

    for (size_t at = 0; at < length; at++)
        if (poll(&host, 1, MISBEHAVE_DRIBBLE_MS) != 0 ||
            !misbehave_say(to, text + at, 1))
            return;
}

/* What is said first, and blanks up to a megabyte. */
static inline void misbehave_megabyte_after(struct misbehave *to,
                                            const char *first)
{
    char blanks[4096];

    memset(blanks, ' ', sizeof(blanks));
    misbehave_say(to, first, strlen(first));
    for (size_t said = 0; said < MISBEHAVE_MEGABYTE; said += sizeof(blanks))
        if (!misbehave_say(to, blanks, sizeof(blanks)))
            return;
}

static inline void misbehave_megabyte(struct misbehave *to)
{
    misbehave_megabyte_after(to, "");
}

static inline void misbehave_megabyte_of_record(struct misbehave *to)
{
    misbehave_megabyte_after(to, "nss-matrix-answer 1 5120\n");
}

static inline void misbehave_too_long(struct misbehave *to)
{
    misbehave_megabyte_after(to, "nss-matrix-answer 1 9999\n");
}

static inline void misbehave_wrong_version(struct misbehave *to)
{
    to->sample.version = "2";
    misbehave_answers(to);
}

static inline void misbehave_wrong_name(struct misbehave *to)
{
    to->sample.name = "example.com";
    misbehave_answers(to);
}

static inline void misbehave_other_settings(struct misbehave *to)
{
    to->sample.settings = "conf=1.2.3.4,overrides=none";
    misbehave_answers(to);
}

static inline void misbehave_lives_too_long(struct misbehave *to)
{
    to->sample.expires = to->sample.found + 2 * LIMIT_LIFE_S;
    misbehave_answers(to);
}

static inline void misbehave_bad_name(struct misbehave *to)
{
    to->sample.cert_name = "../etc/passwd";
    misbehave_answers(to);
}

static inline void misbehave_no_targets(struct misbehave *to)
{
    to->sample.targets = "";
    misbehave_answers(to);
}

static inline void misbehave_more_after_it(struct misbehave *to)
{
    char text[2 * LIMIT_RECORD];
    size_t length = sample_write(&to->sample, text, sizeof(text) - 1);

    text[length] = '\n';
    misbehave_say(to, text, length + 1);
}

/* Would move the deadline for ever if it were obeyed again and again. */
static inline void misbehave_waits(struct misbehave *to)
{
    struct pollfd host = {.fd = to->fd, .events = POLLRDHUP};

    while (misbehave_say(to, "wait 12000\n", 11) &&
           poll(&host, 1, MISBEHAVE_DRIBBLE_MS) == 0)
        ;
}

static inline void misbehave_waits_once(struct misbehave *to)
{
    misbehave_say(to, "wait 12000\n", 11);
    misbehave_silent(to);
}

static inline void misbehave_zeros(struct misbehave *to)
{
    static const char ZEROS[LIMIT_RECORD];

    misbehave_say(to, ZEROS, sizeof(ZEROS));
}

static const struct {
    const char *manner;
    void (*act)(struct misbehave *to);
} MISBEHAVE[] = {
    {"answers", misbehave_answers}, /* to compare with */
    {"hangs-up", misbehave_hangs_up},
    {"half", misbehave_half},
    {"half-then-silent", misbehave_half_then_silent},
    {"silent", misbehave_silent},
    {"dribbles", misbehave_dribbles},
    {"megabyte", misbehave_megabyte},
    {"megabyte-of-record", misbehave_megabyte_of_record},
    {"too-long", misbehave_too_long},
    {"wrong-version", misbehave_wrong_version},
    {"wrong-name", misbehave_wrong_name},
    {"other-settings", misbehave_other_settings},
    {"lives-too-long", misbehave_lives_too_long},
    {"bad-name", misbehave_bad_name},
    {"no-targets", misbehave_no_targets},
    {"more-after-it", misbehave_more_after_it},
    {"waits", misbehave_waits},
    {"waits-once", misbehave_waits_once},
    {"zeros", misbehave_zeros},
};

/* Does as the name's first label says; if that is no manner, answers. */
static inline void misbehave(int fd, const char *name)
{
    struct misbehave to = {.fd = fd, .sample = sample_answer(name, time(NULL))};
    size_t length = strcspn(name, ".");
    struct overrides overrides;
    size_t manner = 0;

    settings_overrides(&overrides);
    settings_now(&overrides, &to.settings);
    to.sample.settings = to.settings.token;
    for (size_t i = 0; i < ARRAY_SIZE(MISBEHAVE); i++)
        if (strncmp(MISBEHAVE[i].manner, name, length) == 0 &&
            MISBEHAVE[i].manner[length] == '\0')
            manner = i;
    MISBEHAVE[manner].act(&to);
}

#endif
