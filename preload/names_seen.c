/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of hashes that never grows and never forgets. */
#include "names_seen.h"

#include <stdatomic.h>

#include "cookies.h"

enum {
    PLACES = 128 * 1024, /* untouched pages of them cost nothing */
    PROBES = 64,
};

static _Atomic uint64_t places[PLACES]; /* 0 is free */

static void add(uint64_t hash)
{
    for (unsigned i = 0; i < PROBES; i++) {
        uint64_t found = 0;

        if (atomic_compare_exchange_strong(&places[(hash + i) % PLACES], &found,
                                           hash) ||
            found == hash)
            return;
    }
    /* Crowded: who connects to that one asks the cache file again. */
}

void names_seen_add(const struct record *record)
{
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        add(cookies_hash(record->name, &target.address, target.port));
    }
}

bool names_seen_has(uint64_t hash)
{
    for (unsigned i = 0; i < PROBES; i++) {
        uint64_t found = atomic_load(&places[(hash + i) % PLACES]);

        if (found == hash)
            return true;
        if (found == 0)
            return false;
    }
    return false;
}
