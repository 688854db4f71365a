/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup: caches, resolver, caches. */
#include "lookup.h"

#include <time.h>

#include "record_write.h"

/* Whether any of them is in force; of an IP literal there are none. */
static bool any_in_force(const struct pieces *pieces, int64_t now)
{
    for (unsigned i = 0; i < pieces->count; i++)
        if (pieces->list[i]->expires > now)
            return true;
    return pieces->count == 0;
}

/*
 * Takes what the place holds for the name, and tells whether any of it is in
 * force: what has ended in one cache must not hide what the other holds.
 */
static bool take_pieces(struct lookup *lookup, const struct cache_place *place,
                        struct pieces *pieces)
{
    int64_t now = time(NULL);
    struct pieces held = {0};

    if (cache_read_pieces(place, &lookup->name, lookup->plan.settings, now,
                          &held) != STATUS_OK)
        return false;
    pieces_done(pieces);
    *pieces = held;
    lookup->source = place->system ? LOOKUP_SYSTEM_CACHE : LOOKUP_USER_CACHE;
    return any_in_force(pieces, now);
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
    struct discovery *discovery = resolver_discovery(lookup->resolution);
    const struct lookup_plan *plan = &lookup->plan;
    const char *settings = plan->settings->token;
    AUTO(free) char *pieces = NULL;
    char record[LIMIT_RECORD + 1];
    struct cache_place place;
    size_t pieces_length;
    size_t length;

    discovery_forget_unused(discovery);
    if ((plan->keep == NULL &&
         cache_own_place(plan->settings, &place) != STATUS_OK) ||
        pieces_write(&discovery->pieces, settings, &pieces, &pieces_length) !=
            STATUS_OK)
        return;
    length = record_write(&discovery->outcome, lookup->name.key, settings,
                          time(NULL), record);
    if (plan->keep != NULL)
        plan->keep(plan->keep_argument, record, length, pieces, pieces_length);
    else
        (void)!cache_write(&place, &lookup->name, record, length, pieces,
                           pieces_length);
}

static const unsigned NOT_HAD = PIECE_TRANSPORT | PIECE_OURS;

/* What was known ends now if it would soon; but what it was is noted. */
static void age(struct lookup *lookup, struct pieces *pieces)
{
    const struct piece *document =
        pieces_find(pieces, PIECE_WELL_KNOWN, lookup->name.host);

    lookup->had_document = document != NULL && (document->flags & NOT_HAD) == 0;
    pieces_end_old(pieces, time(NULL));
}

/*
 * Whether a question could not be answered this time, so that what is cached
 * is worth more until it ends.
 */
static bool found_less(const struct lookup *lookup)
{
    const struct trace *trace = lookup_trace(lookup);

    for (unsigned i = 0; i < trace->count; i++) {
        const struct piece *piece = trace->entries[i].piece;

        if (piece == NULL || piece->remembered)
            continue;
        if (piece->finding == FINDING_TEMPORARY ||
            (piece->flags & PIECE_PARTIAL) != 0 ||
            (lookup->had_document && (piece->flags & NOT_HAD) != 0))
            return true;
    }
    return false;
}

/*
 * Whether the next one should hear of it. A lookup that saw no cache, or was
 * given less time than others have, may have failed where the cache has a
 * good answer.
 */
static bool worth_keeping(const struct lookup *lookup)
{
    const struct lookup_plan *plan = &lookup->plan;
    enum error error = lookup_outcome(lookup)->error;

    if (error == ERROR_INTERNAL)
        return false;
    if (plan->refresh)
        return error_status(error) != STATUS_TRY_AGAIN && !found_less(lookup);
    return error_status(error) != STATUS_TRY_AGAIN ||
           (plan->read && plan->limit_ms >= LIMIT_DISCOVERY_MS);
}

static void resolved(void *argument)
{
    struct lookup *lookup = argument;

    if (resolver_asked(lookup->resolution))
        lookup->source = LOOKUP_NETWORK;
    if (lookup->source == LOOKUP_NETWORK && lookup->plan.write &&
        worth_keeping(lookup))
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
    if (plan->refresh)
        age(lookup, &pieces);
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
