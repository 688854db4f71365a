/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addresses of a hop: waited for, filtered, handed to its transfer; one
 * family first where the other's are late.
 */
#include "fetch_find.h"

#include <sys/socket.h>

#include "deadline.h"

/* All connections of a hop share one limit. */
static void start(struct fetch *fetch, struct transfer_targets *targets)
{
    int64_t now = deadline_clock();

    if (fetch->connecting == 0)
        fetch->connecting = now;
    targets->connect_ms =
        fetch->fetcher->connect_ms - (int)(now - fetch->connecting);
    if (targets->connect_ms < 1)
        targets->connect_ms = 1; /* 0 would be curl's own limit */
    if (transfer_start(&fetch->transfer, fetch->fetcher, fetch_find_url(fetch),
                       targets, fetch->head_octets) != STATUS_OK)
        fetch_finish(fetch, FETCH_INTERNAL, "libcurl: %s",
                     fetch->transfer.error);
}

/* What became known after one family was begun with. */
static bool find_rest(const struct fetch *fetch,
                      struct transfer_targets *ret_targets)
{
    const struct addresses *all =
        address_book_get(fetch->book, fetch_find_peer(fetch)->host);

    return all != NULL && transfer_targets_rest(fetch->fetcher, all,
                                                fetch->early, ret_targets);
}

void fetch_find_rest(struct fetch *fetch)
{
    struct transfer_targets targets;

    if (address_book_get(fetch->book, fetch_find_peer(fetch)->host) == NULL)
        return;
    fetch->early_failed = false;
    if (find_rest(fetch, &targets)) {
        fetch->early = AF_UNSPEC;
        start(fetch, &targets);
    } else {
        fetch_finish(fetch, FETCH_TRANSPORT, "%s", fetch->early_detail);
    }
}

static void rest_due(void *argument)
{
    struct fetch *fetch = argument;
    struct transfer_targets targets;

    if (fetch->transfer.handshaking || !find_rest(fetch, &targets))
        return;
    fetch->early = AF_UNSPEC;
    transfer_done(&fetch->transfer);
    start(fetch, &targets);
}

/* Finishes if no address is left, unless the other family's may yet come. */
static void choose(struct fetch *fetch, struct transfer_targets *targets)
{
    enum fetch_result result = transfer_targets_filter(fetch->fetcher, targets);

    if (result == FETCH_OK)
        start(fetch, targets);
    else if (fetch->early == AF_UNSPEC)
        fetch_finish(fetch, result,
                     result == FETCH_BLOCKED
                         ? "`deny` forbids the addresses of %s"
                         : "this machine has no route to %s",
                     fetch_find_peer(fetch)->host);
}

/* Starts if addresses are there; else waits for them or finishes. */
static void find(struct fetch *fetch)
{
    const struct server_name *name = fetch_find_peer(fetch);
    struct transfer_targets targets = {.count = 1, .list = {name->address}};
    const struct addresses *addresses;

    fetch->early = AF_UNSPEC;
    if (name->kind == SERVER_NAME_IP) {
        choose(fetch, &targets);
        return;
    }
    if (address_book_want(fetch->book, name->host) != STATUS_OK) {
        fetch_finish(fetch, FETCH_INTERNAL, "out of memory");
        return;
    }
    addresses = address_book_get(fetch->book, name->host);
    if (addresses == NULL) {
        targets.count =
            address_book_early(fetch->book, name->host, targets.list);
        fetch->early = targets.list[0].family;
        if (targets.count > 0)
            choose(fetch, &targets);
    } else if (addresses->result == DNS_FOUND) {
        targets.count = addresses->count;
        memcpy(targets.list, addresses->list, sizeof(targets.list));
        choose(fetch, &targets);
    } else {
        fetch_finish(fetch,
                     addresses->internal             ? FETCH_INTERNAL
                     : addresses->result == DNS_NONE ? FETCH_NO_ADDRESS
                                                     : FETCH_OURS,
                     "%s: %s", name->host, addresses->detail);
    }
}

/* What a transfer that goes on makes of the book's news. */
static void take_news(struct fetch *fetch)
{
    if (fetch->early != AF_UNSPEC &&
        address_book_get(fetch->book, fetch_find_peer(fetch)->host) != NULL &&
        !loop_is_set(&fetch->rest))
        loop_set(fetch->fetcher->loop, &fetch->rest,
                 fetch->connecting + LIMIT_ATTEMPT_MS, rest_due, fetch);
}

void fetch_advance(struct fetch *fetch)
{
    const struct server_name *name = &fetch_find_url(fetch)->name;

    if (!loop_is_set(&fetch->total))
        return;
    if (fetch->transfer.task.easy != NULL)
        take_news(fetch);
    else if (fetch->early_failed)
        fetch_find_rest(fetch);
    else if (fetch_find_peer(fetch) != name && name->kind == SERVER_NAME_IP &&
             configuration_denies(fetch->fetcher->configuration,
                                  &name->address))
        fetch_finish(fetch, FETCH_BLOCKED, "`deny` forbids %s", name->host);
    else
        find(fetch);
}

bool fetch_find_is_whole(const struct fetch *fetch)
{
    const struct addresses *addresses =
        address_book_get(fetch->book, fetch_find_peer(fetch)->host);

    return addresses == NULL || !addresses->internal;
}
