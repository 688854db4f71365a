/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pseudo-hostname's targets as the tool is to see them: cookies, in the
 * order to try. All ways to look a name up begin here.
 */
#ifndef NSS_MATRIX_TARGETS_H
#define NSS_MATRIX_TARGETS_H

#include "address.h"
#include "limit.h"
#include "status.h"
#include "util.h"

struct targets {
    unsigned count; /* at least one */
    struct address cookies[LIMIT_TARGETS];
};

/*
 * Finds them, both families: in discovery's order, within a priority those
 * first whose real address this machine has a route to. STATUS_OK; else the
 * status of the failure, which has been said on stderr: names_find's, or
 * STATUS_UNAVAILABLE if the table of cookies is full. errno is kept.
 */
MUST_CHECK enum status targets_find(const char *pseudo,
                                    struct targets *ret_targets);

/* Where the n-th of a family is; ret_targets->count if there is none. */
unsigned targets_next(const struct targets *targets, int family, unsigned from);

/* What the status is to getaddrinfo and to h_errno. */
int targets_eai(enum status status);
int targets_h_errno(enum status status);

#endif
