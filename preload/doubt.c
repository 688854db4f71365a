/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each belongs to its session's thread. Those that stand are listed as well,
 * for the end of the process, which may come without an end of the session:
 * Node's usual one is an error that nobody handles.
 */
#include "doubt.h"

#include <stdatomic.h>

enum {
    PLACES = 16, /* more at once than that are not seen at the end */
};

struct doubt {
    _Atomic(struct doubt *) *place; /* in the list, or NULL */
    const struct names_answer *answer;
    pid_t owner; /* a child that ends does not end its parent's sessions */
    atomic_bool looked;
    char names[MISMATCH_TEXT];
};

static atomic_bool any;
static _Atomic(struct doubt *) places[PLACES];

static void list(struct doubt *doubt)
{
    for (unsigned i = 0; i < PLACES && doubt->place == NULL; i++) {
        struct doubt *nobody = NULL;

        if (atomic_compare_exchange_strong(&places[i], &nobody, doubt))
            doubt->place = &places[i];
    }
}

static void say(const struct doubt *doubt)
{
    if (atomic_load(&doubt->looked) && doubt->owner == getpid())
        mismatch_say(doubt->answer, doubt->names);
}

void doubt_keep(struct doubt **doubt, const struct names_answer *answer,
                const char names[static MISMATCH_TEXT], bool looked)
{
    struct doubt *made = calloc(1, sizeof(*made));

    doubt_settle(doubt);
    if (made == NULL)
        return;
    made->answer = answer;
    made->owner = getpid();
    atomic_init(&made->looked, looked);
    memcpy(made->names, names, MISMATCH_TEXT);
    *doubt = made;
    list(made);
    atomic_store(&any, true);
}

void doubt_look(struct doubt *doubt)
{
    atomic_store(&doubt->looked, true);
}

bool doubt_looked(const struct doubt *doubt)
{
    return doubt != NULL && atomic_load(&doubt->looked);
}

/* What the end of the process has taken is its. */
void doubt_settle(struct doubt **doubt)
{
    struct doubt *gone = TAKE(*doubt);
    struct doubt *expected = gone;

    if (gone != NULL &&
        (gone->place == NULL ||
         atomic_compare_exchange_strong(gone->place, &expected, NULL)))
        free(gone);
}

void doubt_end(struct doubt **doubt)
{
    if (*doubt != NULL)
        say(*doubt);
    doubt_settle(doubt);
}

bool doubt_any(void)
{
    return atomic_load_explicit(&any, memory_order_relaxed);
}

__attribute__((destructor)) static void end_all(void)
{
    for (unsigned i = 0; i < PLACES; i++) {
        struct doubt *doubt = atomic_exchange(&places[i], NULL);

        if (doubt != NULL)
            say(doubt);
    }
}
