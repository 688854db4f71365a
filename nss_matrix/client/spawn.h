/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting a helper out of a stranger's process without a trace in it: no
 * SIGCHLD, no stolen wait(), no handler run, no inherited descriptor. Used
 * where there is no system helper to ask.
 */
#ifndef NSS_MATRIX_SPAWN_H
#define NSS_MATRIX_SPAWN_H

#include "status.h"
#include "util.h"

/* In the environment of every helper: lookups made below it end at once. */
#define SPAWN_MARKER "NSS_MATRIX_IN_HELPER"

/*
 * Starts the helper file with a socket as its standard input and output,
 * ours in *ret_fd (above 2, the caller's). The helper runs in its own session
 * with `/` as its directory, /dev/null as standard error, an environment made
 * from HOME, XDG_CACHE_HOME and NSS_MATRIX_* alone, and all signals blocked:
 * it unblocks them itself. In a host whose real, effective and saved ids
 * differ, its ids are the effective ones, and its groups none besides as far
 * as the host may leave them.
 *
 * STATUS_UNAVAILABLE, and no process, in secure mode, as PID 1 or a
 * subreaper (which would inherit the helper), in a helper, and when the file
 * is not root's or the caller's own or is writable by others. The same when
 * the system refuses. errno is not kept.
 */
MUST_CHECK enum status spawn_helper(const char *file, int *ret_fd);

#endif
