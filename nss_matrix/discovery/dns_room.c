/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in, and who waits, in the order they came. */
#include "dns_room.h"

#include "deadline.h"
#include "limit.h"

static void grown_old(void *argument)
{
    dns_room_leave(argument);
}

static void begin(void *argument)
{
    struct dns_place *place = argument;

    loop_set(place->room->loop, &place->timer, deadline_after(LIMIT_DNS_NEW_MS),
             grown_old, place);
    place->begin(place->argument);
}

static void enter(struct dns_place *place)
{
    place->taken = true;
    place->room->taken++;
    loop_set(place->room->loop, &place->timer, deadline_clock(), begin, place);
}

static void queue(struct dns_place *place)
{
    struct dns_room *room = place->room;

    place->previous = room->last;
    if (room->last != NULL)
        room->last->next = place;
    else
        room->first = place;
    room->last = place;
}

static void unqueue(struct dns_room *room, struct dns_place *place)
{
    if (place->previous != NULL)
        place->previous->next = place->next;
    else
        room->first = place->next;
    if (place->next != NULL)
        place->next->previous = place->previous;
    else
        room->last = place->previous;
    place->previous = place->next = NULL;
}

void dns_room_want(struct dns_room *room, struct dns_place *place,
                   loop_due *begin_it, void *argument)
{
    *place = (struct dns_place){
        .room = room, .begin = begin_it, .argument = argument};
    if (room->taken < LIMIT_DNS_NEW)
        enter(place);
    else
        queue(place);
}

void dns_room_leave(struct dns_place *place)
{
    struct dns_room *room = place->room;

    if (room == NULL)
        return;
    loop_unset(&place->timer);
    place->room = NULL;
    if (!place->taken) {
        unqueue(room, place);
        return;
    }
    room->taken--;
    if (room->first != NULL) {
        struct dns_place *next = room->first;

        unqueue(room, next);
        enter(next);
    }
}
