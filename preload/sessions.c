/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chains that only grow, at their heads and by compare and swap. A place
 * whose session is NULL is free for the next one that falls into its chain.
 */
#include "sessions.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
    BUCKETS = 1024,
};

struct place {
    _Atomic(const void *) session; /* written last */
    void *value;
    struct place *next;
};

static _Atomic(struct place *) buckets[BUCKETS];
static atomic_uint count;
static const char taken; /* whose address is no session's */

static _Atomic(struct place *) *bucket_of(const void *session)
{
    /* Addresses from malloc() differ in their middle. */
    uint64_t hash = (uintptr_t)session * UINT64_C(0x9e3779b97f4a7c15);

    return &buckets[(hash >> 32) % BUCKETS];
}

static struct place *find_place(const void *session)
{
    struct place *place;

    if (atomic_load_explicit(&count, memory_order_relaxed) == 0 ||
        session == NULL)
        return NULL;
    place = atomic_load(bucket_of(session));
    while (place != NULL && atomic_load(&place->session) != session)
        place = place->next;
    return place;
}

/* A free place of a chain, taken; NULL if there is none. */
static struct place *take_place(struct place *place)
{
    for (; place != NULL; place = place->next) {
        const void *nobody = NULL;

        if (atomic_compare_exchange_strong(&place->session, &nobody, &taken))
            break;
    }
    return place;
}

void *sessions_find(const void *session)
{
    struct place *place = find_place(session);

    return place != NULL ? place->value : NULL;
}

bool sessions_add(const void *session, void *value)
{
    _Atomic(struct place *) *bucket = bucket_of(session);
    struct place *head = atomic_load(bucket);
    struct place *place = take_place(head);

    if (place == NULL) {
        place = calloc(1, sizeof(*place));
        if (place == NULL)
            return false;
        atomic_init(&place->session, &taken);
        do {
            place->next = head;
        } while (!atomic_compare_exchange_weak(bucket, &head, place));
    }
    place->value = value;
    atomic_store(&place->session, session);
    atomic_fetch_add(&count, 1);
    return true;
}

void *sessions_remove(const void *session)
{
    struct place *place = find_place(session);
    void *value;

    if (place == NULL)
        return NULL;
    value = place->value;
    place->value = NULL;
    atomic_store(&place->session, NULL);
    atomic_fetch_sub(&count, 1);
    return value;
}
