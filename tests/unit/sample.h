/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answer records as tests need them: a good one to begin with, in which a
 * test replaces what it is about. The text is written here by hand, so that
 * the format has a second witness beside the helper's encoder.
 */
#ifndef NSS_MATRIX_TESTS_SAMPLE_H
#define NSS_MATRIX_TESTS_SAMPLE_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record.h"

enum {
    SAMPLE_NOW = 1700000000, /* for who can choose the time */
    SAMPLE_LIFE = 600,
    SAMPLE_HEAD = 25,
};

struct sample {
    const char *version, *settings;
    int64_t found, refresh, expires;
    const char *name, *spec, *step, *error, *host, *tls_name, *cert_name;
    const char *targets;  /* whole lines */
    const char *warnings; /* whole lines */
    const char *reason;
};

/* A good answer for name, found at now: two targets of one priority. */
static inline struct sample sample_answer(const char *name, int64_t now)
{
    return (struct sample){
        .version = "1",
        .settings = "conf=none,overrides=none",
        .found = now,
        .refresh = now + SAMPLE_LIFE / 2,
        .expires = now + SAMPLE_LIFE,
        .name = name,
        .spec = "draft",
        .step = "3.4",
        .error = "none",
        .host = "fed.example.net",
        .tls_name = "fed.example.net",
        .cert_name = "fed.example.net",
        .targets = "target 198.51.100.20 8443 10 5 srv.example.net\n"
                   "target 2001:db8::20 8443 10 0 srv.example.net\n",
        .warnings = "",
        .reason = "-",
    };
}

/* A good record that says that there is none. */
static inline struct sample sample_failure(const char *name, int64_t now,
                                           const char *error)
{
    struct sample sample = sample_answer(name, now);

    sample.step = "-";
    sample.error = error;
    sample.host = sample.tls_name = sample.cert_name = "-";
    sample.targets = "";
    sample.reason = "it is so";
    return sample;
}

/* Puts a head before the length octets of body; gives the whole length. */
static inline size_t sample_frame(char *text, size_t room, const char *version,
                                  const char *body, size_t length)
{
    char head[64];
    size_t size =
        (size_t)snprintf(head, sizeof(head), "nss-matrix-answer %s %04u\n",
                         version, (unsigned)length + SAMPLE_HEAD);

    if (size + length >= room)
        length = room - size - 1; /* the tests see to it that it fits */
    memmove(text + size, body, length);
    memcpy(text, head, size);
    text[size + length] = '\0';
    return size + length;
}

/* Writes it with its length in its head; gives the length. */
static inline size_t sample_write(const struct sample *sample, char *text,
                                  size_t room)
{
    char body[2 * LIMIT_RECORD];
    int length = snprintf(
        body, sizeof(body),
        "settings %s\nfound @%" PRId64 "\nrefresh @%" PRId64
        "\nexpires @%" PRId64 "\nname %s\nspec %s\nstep %s\nerror %s\n"
        "host %s\ntls-name %s\ncert-name %s\n%s%sreason %s\nend\n",
        sample->settings, sample->found, sample->refresh, sample->expires,
        sample->name, sample->spec, sample->step, sample->error, sample->host,
        sample->tls_name, sample->cert_name, sample->targets, sample->warnings,
        sample->reason);

    return sample_frame(text, room, sample->version, body, (size_t)length);
}

/* Writes it into a record, as if it had been read from somewhere. */
static inline void sample_into(const struct sample *sample,
                               struct record *record)
{
    record->length = sample_write(sample, record->text, sizeof(record->text));
}

#endif
