/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses a transfer may connect to: `deny`, and ways to them. */
#include "route.h"
#include "transfer.h"

enum fetch_result transfer_targets_filter(const struct fetcher *fetcher,
                                          struct transfer_targets *targets)
{
    unsigned allowed = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < targets->count; i++) {
        const struct address *address = &targets->list[i];

        if (fetcher->proxy.text[0] == '\0' &&
            configuration_denies(fetcher->configuration, address))
            continue;
        allowed++;
        if (route_exists(address))
            targets->list[kept++] = *address;
    }
    targets->count = kept;
    return kept > 0 ? FETCH_OK : allowed == 0 ? FETCH_BLOCKED : FETCH_OURS;
}

bool transfer_targets_rest(const struct fetcher *fetcher,
                           const struct addresses *all, int family,
                           struct transfer_targets *ret_targets)
{
    struct transfer_targets rest = {.count = 0};

    for (unsigned last = 0; last < 2; last++)
        for (unsigned i = 0; i < all->count; i++)
            if ((all->list[i].family == family) == (last == 1))
                rest.list[rest.count++] = all->list[i];
    *ret_targets = rest;
    return transfer_targets_filter(fetcher, ret_targets) == FETCH_OK &&
           ret_targets->list[0].family != family;
}
