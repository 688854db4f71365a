/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of root's helper that meets strangers, in a process of its own
 * without root's rights. It hands back an answer and what is to be kept of
 * it; root's part believes that no more than it would a stranger, and meets
 * nobody itself.
 */
#ifndef NSS_MATRIX_CONFINED_H
#define NSS_MATRIX_CONFINED_H

#include <stdbool.h>
#include <stddef.h>

#include "limit.h"
#include "pieces.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/* What comes back; a length of 0: nothing. */
struct confined_answer {
    size_t reply_length, record_length, pieces_length;
    char reply[LIMIT_RECORD + 1];  /* for who asked */
    char record[LIMIT_RECORD + 1]; /* for the cache, with its pieces */
    char pieces[PIECES_TEXT_MAX + 1];
};

/* Runs in the other process, which ends when it returns. */
typedef void confined_work(void *argument, struct confined_answer *answer);

/*
 * Runs work there and waits for its end. STATUS_OK with a copy of the answer
 * that is the caller's to free: every part of it is about key under settings
 * and in its form. Else STATUS_UNAVAILABLE and a reason.
 */
MUST_CHECK enum status confined_run(confined_work *work, void *argument,
                                    const char *key,
                                    const struct settings *settings,
                                    struct confined_answer **ret_answer,
                                    char ret_reason[static LIMIT_REASON]);

#endif
