/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The discovery process as a machine without I/O. It decides from pieces
 * (what is known) and says what it still needs to know; whoever drives it
 * finds that out in any order and asks it again. Since every decision is
 * made anew from all pieces, the outcome cannot depend on what came first,
 * nor on what was asked ahead.
 *
 * Both texts (doc/ARCHITECTURE.md, "Two texts"): the draft of 31 January 2019
 * with later additions that do not contradict it, and v1.19. Steps carry
 * v1.19's numbers.
 */
#ifndef NSS_MATRIX_DISCOVERY_H
#define NSS_MATRIX_DISCOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "configuration.h"
#include "outcome.h"
#include "pieces.h"
#include "server_name.h"
#include "trace.h"

/* A question that the discovery wants answered. */
struct discovery_wish {
    enum piece_kind kind;
    char name[LIMIT_DNS_NAME + 1];
};

struct discovery {
    const struct server_name *asked;           /* borrowed */
    const struct configuration *configuration; /* borrowed: spec, deny */
    int family;             /* AF_UNSPEC, or the only one that counts */
    struct pieces pieces;   /* what is known; owned */
    struct outcome outcome; /* once it is done */
    struct trace trace;     /* as far as it came */
    unsigned wish_count;
    struct discovery_wish wishes[PIECES_NEEDED];
};

enum discovery_state {
    DISCOVERY_WAITING, /* wishes lists what to find out */
    DISCOVERY_DONE,    /* outcome holds what it came to */
};

/*
 * A discovery of asked, knowing nothing; NULL if there is no memory. Pieces
 * are put into ->pieces by its driver.
 */
struct discovery *discovery_new(const struct server_name *asked,
                                const struct configuration *configuration);

/* Frees it with its pieces. NULL is accepted. */
void discovery_free(struct discovery *discovery);

/*
 * Goes through the steps as far as the pieces carry; now (seconds since 1970)
 * is when an outcome that rests on no piece was found. Expired pieces must
 * have been dropped.
 */
enum discovery_state discovery_advance(struct discovery *discovery,
                                       int64_t now);

/*
 * While it waits: whether it does so for nothing but the addresses of further
 * SRV targets, since a target is known already.
 */
bool discovery_has_target(const struct discovery *discovery);

/*
 * Then: waits no longer. Those addresses become pieces that DNS could not say,
 * found at now (seconds since 1970), for as long as a failure of our own DNS
 * lives; advance it next. STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status discovery_forgo_targets(struct discovery *discovery,
                                               int64_t now);

/*
 * Drops the pieces that the outcome does not rest on: what was asked ahead in
 * vain, what an earlier route had left. What is kept for the next time is so
 * never more than one discovery needs. Only once it is done.
 */
void discovery_forget_unused(struct discovery *discovery);

/*
 * Ends a discovery that is still waiting: error is ERROR_TIMEOUT,
 * ERROR_DNS_TEMPORARY or ERROR_INTERNAL, reason a sentence.
 */
void discovery_give_up(struct discovery *discovery, int64_t now,
                       enum error error, const char *reason);

#endif
