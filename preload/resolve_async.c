/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * getaddrinfo_a (wget2). glibc's worker calls its own getaddrinfo, past every
 * hook: so names of ours are answered before it returns, and the rest passed
 * on with NULL in their places, which the real one skips. Waiting, signals
 * and gai_suspend, gai_cancel stay glibc's.
 */
#include <netdb.h>

#include "names.h"
#include "preload.h"
#include "real.h"
#include "resolve.h"

REAL_LIBC_DECLARE(getaddrinfo_a);

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

HOOK(int, getaddrinfo_a,
     (int mode, struct gaicb *list[], int count, struct sigevent *event))
{
    AUTO(free) struct gaicb **others = NULL;

    if (!has_ours(list, count) || (mode != GAI_WAIT && mode != GAI_NOWAIT))
        return REAL_LIBC(getaddrinfo_a)(mode, list, count, event);
    others = calloc((size_t)count, sizeof(struct gaicb *));
    if (others == NULL)
        return EAI_MEMORY;
    for (int i = 0; i < count; i++) {
        struct gaicb *item = list[i];

        if (!is_ours(item)) {
            others[i] = item;
            continue;
        }
        item->ar_result = NULL;
        /* Where gai_error looks. */
        item->__return = resolve_pseudo(item->ar_name, item->ar_service,
                                        item->ar_request, &item->ar_result);
    }
    return REAL_LIBC(getaddrinfo_a)(mode, others, count, event);
}
