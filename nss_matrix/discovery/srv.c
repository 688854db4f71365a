/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of SRV records (RFC 2782, "Usage rules" and "Weight"). */
#include "srv.h"

#include <sys/random.h>

/* Moves the record at from to an earlier place; the others keep their order. */
static void move_up(struct dns_srv *records, unsigned from, unsigned to)
{
    struct dns_srv record = records[from];

    memmove(&records[to + 1], &records[to], (from - to) * sizeof(record));
    records[to] = record;
}

/* By priority, and within one those of weight 0 first. */
static bool comes_before(const struct dns_srv *a, const struct dns_srv *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->weight == 0 && b->weight != 0;
}

static void sort(struct dns_srv *records, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        unsigned place = i;

        while (place > 0 && comes_before(&records[i], &records[place - 1]))
            place--;
        move_up(records, i, place);
    }
}

/*
 * One drawing: a number from 0 to the sum of the weights, inclusive, and the
 * first record whose running sum reaches it.
 */
static unsigned draw(const struct dns_srv *records, unsigned count,
                     srv_random *random, void *argument)
{
    uint32_t sum = 0; /* LIMIT_SRV_RECORDS weights of 16 bits fit */
    uint32_t running = 0;
    unsigned chosen = 0;

    for (unsigned i = 0; i < count; i++)
        sum += records[i].weight;
    uint32_t number = random(argument, sum);
    for (chosen = 0; chosen + 1 < count; chosen++) {
        running += records[chosen].weight;
        if (running >= number)
            break;
    }
    return chosen;
}

void srv_order(struct dns_srv *records, unsigned count, srv_random *random,
               void *argument)
{
    sort(records, count);
    for (unsigned i = 0; i < count; i++) {
        unsigned rest = 1; /* records of this priority not yet drawn */

        while (i + rest < count &&
               records[i + rest].priority == records[i].priority)
            rest++;
        move_up(records, i + draw(&records[i], rest, random, argument), i);
    }
}

uint32_t srv_random_kernel(void *argument, uint32_t most)
{
    uint32_t kinds = most + 1; /* 0: all of uint32_t */
    uint32_t number = 0;

    (void)argument;
    do {
        /* So short a read fails only where there is no such call: no luck. */
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            return 0;
        if (kinds == 0)
            return number;
        /* The last, incomplete round would favour the small numbers. */
    } while (number >= UINT32_MAX - UINT32_MAX % kinds);
    return number % kinds;
}
