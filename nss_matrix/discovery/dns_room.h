/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room for new questions. A name server reads what comes in a burst from a
 * queue that holds a few hundred questions; the rest is lost without a word.
 * So no more than LIMIT_DNS_NEW are under way that are neither answered nor so
 * old that they have been read; the others wait for their turn.
 */
#ifndef NSS_MATRIX_DNS_ROOM_H
#define NSS_MATRIX_DNS_ROOM_H

#include <stdbool.h>

#include "loop.h"

/* All zero but for loop: empty. */
struct dns_room {
    struct loop *loop;
    unsigned taken;
    struct dns_place *first, *last; /* who wait for one */
};

/* A question's place. All zero: none. Its owner's, and must not move. */
struct dns_place {
    struct dns_room *room;
    bool taken;
    struct loop_timer timer; /* until begin is called; then, while it is new */
    struct dns_place *previous, *next; /* of those that wait */
    loop_due *begin;
    void *argument;
};

/* Wants a place; begin is called from the loop when there is one. */
void dns_room_want(struct dns_room *room, struct dns_place *place,
                   loop_due *begin, void *argument);

/* Leaves the place, or no longer waits for one. Harmless without. */
void dns_room_leave(struct dns_place *place);

#endif
