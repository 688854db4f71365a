/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache as helpers and commands see it: where this process may write,
 * records and pieces replaced by rename, the lock that merges lookups of one
 * name, and what expires swept out. Below a cache directory:
 *
 *     v1/NAME           the answer record (record.h), mode 0644
 *     v1/~pieces/NAME   what it rests on (pieces.h), mode 0644
 *     v1/~locks/NAME    held while a lookup of NAME is under way; 0700
 *     v1/~swept         when expired ones were last swept out; 0600
 *     v1/~tmp.*         being written
 *
 * `~` is in no server name. Directories of the system's cache are 0711: one
 * can ask for a name, but not list what others asked for.
 */
#ifndef NSS_MATRIX_CACHE_WRITE_H
#define NSS_MATRIX_CACHE_WRITE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "pieces.h"
#include "server_name.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/*
 * The cache directory this process writes to. In the system's, root acts as
 * its owner (cache_act.h); where it cannot, it leaves it alone.
 */
struct cache_place {
    bool system;
    char directory[PATH_MAX - LIMIT_SERVER_NAME - 32];
};

/*
 * The place of this process: that of uid 0, and of the user whose directory it
 * is, is the system's cache; everybody else's the user's own. STATUS_MISS if
 * there is none: uid 0 with overridden settings, no HOME, a directory that
 * others can write to, in one's own cache one that is another's.
 */
MUST_CHECK enum status cache_own_place(const struct settings *settings,
                                       struct cache_place *ret_place);

/* The system's cache, which everybody may read. */
void cache_system_place(struct cache_place *ret_place);

/*
 * Reads the pieces for name that were found under settings into an empty
 * table. STATUS_OK or STATUS_MISS.
 */
MUST_CHECK enum status cache_read_pieces(const struct cache_place *place,
                                         const struct server_name *name,
                                         const struct settings *settings,
                                         int64_t now,
                                         struct pieces *ret_pieces);

/*
 * Writes record and pieces for name, making directories as needed. STATUS_OK,
 * or STATUS_UNAVAILABLE: full, read-only, not ours, or a name that has no
 * record yet where less than 1 % of room or files is left. What was there
 * stays whole in any case.
 */
MUST_CHECK enum status cache_write(const struct cache_place *place,
                                   const struct server_name *name,
                                   const char *record, size_t length,
                                   const char *pieces, size_t pieces_length);

/*
 * Whether the record for name is in force under settings and past its refresh
 * time: STATUS_OK, else STATUS_MISS. Makes nothing, unlike a lock.
 */
MUST_CHECK enum status cache_refresh_due(const struct cache_place *place,
                                         const struct server_name *name,
                                         const struct settings *settings,
                                         int64_t now);

/*
 * If it is, moves the refresh time forward to the middle of what is left of its
 * life: one attempt to refresh it is then made on the whole machine, and the
 * next one, should it fail, later. STATUS_OK if the attempt is the caller's,
 * else STATUS_MISS.
 */
MUST_CHECK enum status cache_postpone_refresh(const struct cache_place *place,
                                              const struct server_name *name,
                                              const struct settings *settings,
                                              int64_t now);

/*
 * Waits up to wait_ms for the lock on name. STATUS_OK with a descriptor that
 * holds it until it is closed; STATUS_MISS without one: then go on unlocked.
 * Uses SIGALRM: for processes of our own only.
 */
MUST_CHECK enum status cache_lock(const struct cache_place *place,
                                  const struct server_name *name, int wait_ms,
                                  int *ret_fd);

/* Called for each record file, with its name. */
typedef void cache_visit(void *argument, const char *key);

/* Visits the records in a place. STATUS_MISS if it cannot be listed. */
MUST_CHECK enum status cache_list(const struct cache_place *place,
                                  cache_visit *visit, void *argument);

/*
 * Removes the record and the pieces for key. STATUS_OK, STATUS_MISS if there
 * were none, STATUS_UNAVAILABLE if they could not be removed.
 */
MUST_CHECK enum status cache_remove(const struct cache_place *place,
                                    const char *key);

/*
 * Removes records, pieces and locks that were written more than 48 h before
 * now (none lives longer) or after it, and temporary files left behind for an
 * hour; at most once an hour for the whole place, and quietly.
 */
void cache_prune(const struct cache_place *place, int64_t now);

#endif
