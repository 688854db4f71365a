/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a discovery as a person wants them explained: each question
 * with its target, outcome, time and life, also those that were not asked,
 * and why. Strings are escaped and one line each.
 */
#ifndef NSS_MATRIX_TRACE_H
#define NSS_MATRIX_TRACE_H

#include <stdint.h>

#include "pieces.h"

enum trace_outcome {
    TRACE_OK,
    TRACE_NONE,
    TRACE_FAILED,
    TRACE_INVALID,
    TRACE_TEMPORARY,
    TRACE_SKIPPED, /* not asked; detail says because of what */
};

struct trace_entry {
    const char *stage; /* "well-known", "srv" or "address"; static */
    const char *step;  /* as in outcome.h; static */
    char target[LIMIT_DNS_NAME + 48]; /* URL or `TYPE NAME` */
    enum trace_outcome outcome;
    char detail[400];
    const struct piece *piece; /* what it tells of; NULL: nothing was asked */
};

enum {
    TRACE_MAX = PIECES_NEEDED + 16,
};

struct trace {
    unsigned count;
    struct trace_entry *entries; /* TRACE_MAX of them */
};

/* "ok", "none", "failed", "invalid", "temporary", "skipped". */
const char *trace_outcome_name(enum trace_outcome outcome);

/* Adds an entry; beyond TRACE_MAX it is dropped. target and detail may be "".
 */
void trace_add(struct trace *trace, const struct trace_entry *entry);

/* Writes what such a piece asks for: a URL or `SRV _matrix._tcp.NAME`. */
void trace_target(enum piece_kind kind, const char *name, char *ret_target,
                  size_t room);

#endif
