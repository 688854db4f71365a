/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Root in the system's cache acts as the cache's owner: what it makes there is
 * the owner's, or the service could never write there again, and a link that
 * the owner puts in the way leads no further than the owner could go.
 * For the files of the cache itself; not for processes with threads at work.
 */
#ifndef NSS_MATRIX_CACHE_ACT_H
#define NSS_MATRIX_CACHE_ACT_H

#include <stdbool.h>
#include <sys/types.h>

#include "cache_write.h"
#include "status.h"
#include "util.h"

struct cache_acting {
    bool as_owner;
    gid_t *groups; /* root's own, to come back to */
    int count;
};

/*
 * To the end of the block that declares it:
 *     AUTO(cache_acting) struct cache_acting acting = {0};
 *     if (cache_act(place, &acting) != STATUS_OK) ...
 * STATUS_OK, also for who is not root or needs to be nobody else;
 * STATUS_UNAVAILABLE and errno if it cannot be done whole: then leave the cache
 * alone.
 */
MUST_CHECK enum status cache_act(const struct cache_place *place,
                                 struct cache_acting *ret_acting);
void util_cache_acting(struct cache_acting *acting);

#endif
