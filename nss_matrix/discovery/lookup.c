/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup: caches, resolver, caches. */
#include "lookup.h"

#include <time.h>

#include "record_write.h"

/* True, and the source, if the place held pieces for the name. */
static bool take_pieces(struct lookup *lookup, const struct cache_place *place,
                        struct pieces *pieces)
{
    if (cache_read_pieces(place, &lookup->name, lookup->plan.settings,
                          time(NULL), pieces) != STATUS_OK)
        return false;
    lookup->source = place->system ? LOOKUP_SYSTEM_CACHE : LOOKUP_USER_CACHE;
    return true;
}

/* The system's cache first, then one's own, as the thin client reads them. */
static void read_caches(struct lookup *lookup, struct pieces *pieces)
{
    struct cache_place place;

    if (!lookup->plan.settings->overridden) {
        cache_system_place(&place);
        if (take_pieces(lookup, &place, pieces))
            return;
    }
    if (cache_own_place(lookup->plan.settings, &place) == STATUS_OK &&
        !place.system)
        (void)take_pieces(lookup, &place, pieces);
}

/* A cache that cannot be written costs the next one time, nobody an answer. */
static void write_caches(const struct lookup *lookup)
{
    const struct discovery *discovery = resolver_discovery(lookup->resolution);
    const char *settings = lookup->plan.settings->token;
    AUTO(free) char *pieces = NULL;
    char record[LIMIT_RECORD + 1];
    struct cache_place place;
    size_t pieces_length;
    size_t length;

    if (cache_own_place(lookup->plan.settings, &place) != STATUS_OK ||
        pieces_write(&discovery->pieces, settings, &pieces, &pieces_length) !=
            STATUS_OK)
        return;
    length =
        record_write(&discovery->outcome, lookup->name.key, settings, record);
    (void)!cache_write(&place, &lookup->name, record, length, pieces,
                       pieces_length);
}

static void resolved(void *argument)
{
    struct lookup *lookup = argument;
    const struct outcome *outcome = lookup_outcome(lookup);

    if (resolver_asked(lookup->resolution))
        lookup->source = LOOKUP_NETWORK;
    if (lookup->source == LOOKUP_NETWORK && lookup->plan.write &&
        outcome->error != ERROR_INTERNAL)
        write_caches(lookup);
    lookup->done = true;
    if (lookup->tell != NULL)
        lookup->tell(lookup->argument);
}

enum status lookup_start(struct lookup *lookup, const struct lookup_plan *plan,
                         const struct server_name *asked, resolver_done *tell,
                         void *argument)
{
    struct pieces pieces = {0};
    enum status status;

    memset(lookup, 0, sizeof(*lookup));
    lookup->plan = *plan;
    lookup->asked = *asked;
    lookup->tell = tell;
    lookup->argument = argument;
    status = server_name_parse(asked->key, strlen(asked->key), &lookup->name);
    if (status != STATUS_OK)
        return status;
    if (plan->read)
        read_caches(lookup, &pieces);
    status = resolver_start(plan->resolver, &lookup->name, &pieces,
                            plan->limit_ms, &lookup->resolution);
    pieces_done(&pieces);
    if (status == STATUS_OK)
        resolver_when_done(lookup->resolution, resolved, lookup);
    return status;
}

const struct outcome *lookup_outcome(const struct lookup *lookup)
{
    return &resolver_discovery(lookup->resolution)->outcome;
}

const struct trace *lookup_trace(const struct lookup *lookup)
{
    return &resolver_discovery(lookup->resolution)->trace;
}

void lookup_end(struct lookup *lookup)
{
    resolver_end(lookup->resolution);
    lookup->resolution = NULL;
}
