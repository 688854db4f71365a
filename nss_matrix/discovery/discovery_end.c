/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After the last step: how long an outcome lives, which pieces are kept for
 * the next time, what is waited for no longer, and what there is to say when
 * time has run out.
 */
#include "discovery.h"

#include "discovery_targets.h"

void discovery_use_lives(struct discovery *discovery, int64_t now)
{
    struct outcome *outcome = &discovery->outcome;

    outcome->found = now;
    outcome->expires = now + LIMIT_LIFE_S;
    for (unsigned i = 0; i < discovery->trace.count; i++) {
        const struct piece *piece = discovery->trace.entries[i].piece;

        if (piece == NULL)
            continue;
        if (piece->found < outcome->found)
            outcome->found = piece->found;
        if (piece->expires < outcome->expires)
            outcome->expires = piece->expires;
    }
    if (outcome->expires < now)
        outcome->expires = now;
}

static bool rests_on(const struct discovery *discovery,
                     const struct piece *piece)
{
    for (unsigned i = 0; i < discovery->trace.count; i++)
        if (discovery->trace.entries[i].piece == piece)
            return true;
    return false;
}

void discovery_forget_unused(struct discovery *discovery)
{
    struct pieces *pieces = &discovery->pieces;
    unsigned kept = 0;

    for (unsigned i = 0; i < pieces->count; i++) {
        if (rests_on(discovery, pieces->list[i]))
            pieces->list[kept++] = pieces->list[i];
        else
            piece_free(pieces->list[i]);
    }
    pieces->count = kept;
}

bool discovery_has_target(const struct discovery *discovery)
{
    return discovery->outcome.target_count > 0;
}

enum status discovery_forgo_targets(struct discovery *discovery, int64_t now)
{
    for (unsigned i = 0; i < discovery->wish_count; i++) {
        struct piece *piece;

        if (discovery->wishes[i].kind != PIECE_ADDRESSES)
            continue;
        piece = piece_new(PIECE_ADDRESSES, discovery->wishes[i].name);
        if (piece == NULL)
            return STATUS_NO_MEMORY;
        piece->finding = FINDING_TEMPORARY;
        piece->found = now;
        piece->expires = now + LIMIT_OUR_FAILURE_S;
        snprintf(piece->detail, sizeof(piece->detail),
                 "no answer long after another target's");
        if (pieces_put(&discovery->pieces, piece) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

void discovery_give_up(struct discovery *discovery, int64_t now,
                       enum error error, const char *reason)
{
    for (unsigned i = 0; i < discovery->wish_count; i++) {
        const struct discovery_wish *wish = &discovery->wishes[i];
        struct trace_entry entry = {.stage = discovery_stage(wish->kind),
                                    .step = discovery->outcome.step,
                                    .outcome = TRACE_TEMPORARY,
                                    .detail = "no answer in time"};

        trace_target(wish->kind, wish->name, entry.target,
                     sizeof(entry.target));
        trace_add(&discovery->trace, &entry);
    }
    discovery_fail(discovery, error, "%s", reason);
    discovery_use_lives(discovery, now);
    discovery->outcome.found = now;
    if (discovery->outcome.expires > now + LIMIT_OUR_FAILURE_S)
        discovery->outcome.expires = now + LIMIT_OUR_FAILURE_S;
}
