/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * getaddrinfo_a (wget2). glibc's worker calls its own getaddrinfo, past every
 * hook: so names of ours are answered before it returns, and the rest passed
 * on with NULL in their places, which the real one skips. Waiting, signals
 * and gai_cancel stay glibc's.
 *
 * Cookies in the answers for ordinary names are dropped where the tool asks
 * how it went, once: what comes later is the tool's, which may free it. Who is
 * notified and does not ask how it went sees them, and connect() refuses those
 * that this process was not given.
 */
#include <netdb.h>
#include <stdatomic.h>

#include "names.h"
#include "preload.h"
#include "real.h"
#include "resolve.h"

REAL_LIBC_DECLARE(gai_error);
REAL_LIBC_DECLARE(gai_suspend);
REAL_LIBC_DECLARE(getaddrinfo_a);

/* In glibc's reserve: the answer is still as glibc's worker left it. */
static const int UNSEEN = 0x6d747278;

static bool is_ours(const struct gaicb *item)
{
    return item != NULL && item->ar_name != NULL &&
           names_is_pseudo(item->ar_name, strlen(item->ar_name));
}

static bool has_ours(struct gaicb *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (is_ours(list[i]))
            return true;
    return false;
}

static void mark(struct gaicb *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] != NULL)
            __atomic_store_n(&list[i]->__glibc_reserved[0], UNSEEN,
                             __ATOMIC_RELEASE);
}

/* How it went, by now. Of several threads that ask one filters. */
static int settle(struct gaicb *item)
{
    int unseen = UNSEEN;
    int error = REAL_LIBC(gai_error)(item);

    if (error != 0 ||
        !__atomic_compare_exchange_n(&item->__glibc_reserved[0], &unseen, 0,
                                     false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return error;
    /* Where gai_error looks. */
    item->__return = resolve_filter(item->ar_name, &item->ar_result);
    return item->__return;
}

static void settle_all(const struct gaicb *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] != NULL)
            (void)settle((struct gaicb *)list[i]);
}

/* Answers those of ours; the rest is what the real one has to do. */
static void answer(struct gaicb *const *list, int count,
                   struct gaicb **ret_others)
{
    for (int i = 0; i < count; i++) {
        struct gaicb *item = list[i];

        ret_others[i] = is_ours(item) ? NULL : item;
        if (ret_others[i] != NULL || item == NULL)
            continue;
        item->ar_result = NULL;
        item->__glibc_reserved[0] = 0; /* it may have been another's before */
        item->__return = resolve_pseudo(item->ar_name, item->ar_service,
                                        item->ar_request, &item->ar_result);
    }
}

HOOK(int, getaddrinfo_a,
     (int mode, struct gaicb *list[], int count, struct sigevent *event))
{
    AUTO(free) struct gaicb **others = NULL;
    struct gaicb **rest = list;
    int result;

    if (mode != GAI_WAIT && mode != GAI_NOWAIT)
        return REAL_LIBC(getaddrinfo_a)(mode, list, count, event);
    if (has_ours(list, count)) {
        others = calloc((size_t)count, sizeof(struct gaicb *));
        if (others == NULL)
            return EAI_MEMORY;
        answer(list, count, others);
        rest = others;
    }
    mark(rest, count);
    result = REAL_LIBC(getaddrinfo_a)(mode, rest, count, event);
    if (mode == GAI_WAIT)
        settle_all((const struct gaicb *const *)rest, count);
    return result;
}

HOOK(int, gai_suspend,
     (const struct gaicb *const list[], int count,
      const struct timespec *timeout))
{
    int result = REAL_LIBC(gai_suspend)(list, count, timeout);

    settle_all(list, count);
    return result;
}

HOOK(int, gai_error, (struct gaicb * item))
{
    return settle(item);
}
