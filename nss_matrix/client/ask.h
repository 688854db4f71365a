/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking a helper: one request, one record, over a stream socket, by one
 * deadline. The same exchange serves the system helper's socket and a
 * spawned helper. Never a signal: no SIGPIPE, EINTR is waited out.
 */
#ifndef NSS_MATRIX_ASK_H
#define NSS_MATRIX_ASK_H

#include <stdint.h>

#include "record.h"
#include "status.h"
#include "util.h"

/*
 * Connects to the system helper's socket without waiting. STATUS_OK with a
 * descriptor above 2 that is the caller's, or STATUS_MISS: there is none, it
 * is full, or it is not for us; somebody else may be asked.
 */
MUST_CHECK enum status ask_connect(const char *path, int *ret_fd);

/*
 * Sends the request for name and reads one record for it, complete and sane
 * at now (seconds since 1970), until deadline (deadline.h); if obey_wait, the
 * helper's `wait` line moves it, to at most LIMIT_SHIM_WAIT_MS from here.
 * STATUS_OK; STATUS_MISS if the helper hung up without a word, as systemd does
 * when all its places are taken; STATUS_TRY_AGAIN for silence, half a reply or
 * a bad one.
 */
MUST_CHECK enum status ask_exchange(int fd, const struct server_name *name,
                                    int64_t now, int64_t deadline,
                                    bool obey_wait, struct record *ret_record);

/*
 * Asks the system helper's socket to look name up anew: one attempt, without
 * waiting for anything. Only for a record that is past its refresh time. At
 * most LIMIT_REFRESHES_S times in the second now (of any clock) in the whole
 * process: where the helper cannot write to the cache, every hit would come
 * here, and every one would start a helper.
 */
void ask_refresh(const char *path, const struct server_name *name, int64_t now);

/*
 * Moves *fd above 2: in a host that closed its stdio, what we open would
 * become its standard output. -1 if no descriptor is left.
 */
void ask_lift_fd(int *fd);

#endif
