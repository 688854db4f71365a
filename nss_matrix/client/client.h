/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lookup in the thin layer: name, cache file, socket, spawned helper, in
 * that order, by one deadline. This is all that the NSS module and the
 * preload shim know of discovery.
 */
#ifndef NSS_MATRIX_CLIENT_H
#define NSS_MATRIX_CLIENT_H

#include <stdbool.h>

#include "record.h"
#include "server_name.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/* Where a client looks, and how long it waits. Strings are borrowed. */
struct client {
    struct overrides overrides;
    bool secure;        /* AT_SECURE: system cache and socket alone */
    bool in_helper;     /* SPAWN_MARKER: nobody is asked */
    const char *cache;  /* the system's cache directory */
    const char *socket; /* the system helper's */
    const char *helper; /* the file to spawn */
    int wait_ms;        /* for an answer that is not in the cache */
    bool obey_wait;     /* the configuration's `timeout` takes its place */
};

/*
 * The places fixed at configure, as the environment amends them outside
 * secure mode: NSS_MATRIX_HELPER names the helper file, NSS_MATRIX_TIMEOUT
 * the seconds to wait (0.1 to 12, decimals allowed), and those of settings.h.
 * wait_ms is what to wait where neither it nor the configuration says more.
 */
void client_init(struct client *client, int wait_ms, bool obey_wait);

/*
 * Finds the record for name. STATUS_OK: *ret_record is whole and in force,
 * and may itself say that there is no such server (ret_record->error).
 * STATUS_NOT_FOUND: the name cannot exist, nobody was asked. STATUS_TRY_AGAIN
 * or STATUS_UNAVAILABLE: nobody answered, or badly. A hit makes at most 8
 * system calls and no allocation; one past the record's refresh time also asks
 * the system helper to look it up anew, without waiting. errno is kept;
 * cancellation is held off.
 */
MUST_CHECK enum status client_lookup(const struct client *client,
                                     const struct server_name *name,
                                     struct record *ret_record);

#endif
