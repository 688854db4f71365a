/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chain of hops: for each its addresses, filtered, then one transfer,
 * then perhaps another hop. The end is always told by a timer, so that nobody
 * is called from within a call of his own.
 */
#include "fetch.h"

#include <stdarg.h>
#include <sys/socket.h>

#include "deadline.h"
#include "escape.h"
#include "fetch_url.h"
#include "fetcher.h"
#include "transfer.h"

struct fetch {
    struct fetcher *fetcher;
    struct address_book *book;
    fetch_done *done;
    void *argument;
    struct loop_timer total; /* set while it is under way */
    struct loop_timer end;   /* set while the end is to be told */
    bool told;
    int64_t started, hop_started;
    size_t head_octets;                    /* of all hops that are over */
    struct fetch_url urls[LIMIT_HOPS + 1]; /* one for each of answer.hops */
    struct transfer transfer;              /* of the last of them */
    int64_t connecting;     /* the last hop, since when; 0: not yet */
    int early;              /* the family it was begun with, AF_UNSPEC: both */
    struct loop_timer rest; /* set while both may be begun with instead */
    bool early_failed;      /* and the other's addresses are waited for */
    char early_detail[240];
    struct fetch_answer answer;
};

static const struct fetch_url *current_url(const struct fetch *fetch)
{
    return &fetch->urls[fetch->answer.hop_count - 1];
}

static void tell_end(void *argument)
{
    struct fetch *fetch = argument;

    fetch->told = true;
    fetch->done(fetch->argument);
}

/* What the hop has come to so far goes into the answer. */
static void close_hop(struct fetch *fetch)
{
    struct fetch_hop *hop = &fetch->answer.hops[fetch->answer.hop_count - 1];
    struct transfer *transfer = &fetch->transfer;

    hop->ms = (int)(deadline_clock() - fetch->hop_started);
    if (transfer->task.easy != NULL) {
        hop->status = transfer->status;
        transfer_peer(transfer, hop->ip);
        fetch->head_octets = transfer->head_octets;
        fetch->answer.status = transfer->status;
        fetch->answer.freshness = transfer->freshness;
        fetch->answer.insecure |= transfer->insecure;
    }
    transfer_done(transfer);
}

PRINTF_LIKE(3, 4)
static void finish(struct fetch *fetch, enum fetch_result result,
                   const char *format, ...)
{
    struct fetch_answer *answer = &fetch->answer;
    va_list values;

    va_start(values, format);
    vsnprintf(answer->detail, sizeof(answer->detail), format, values);
    va_end(values);
    close_hop(fetch);
    answer->result = fetcher_result(fetch->fetcher, result);
    answer->ms = (int)(deadline_clock() - fetch->started);
    loop_unset(&fetch->total);
    loop_unset(&fetch->rest);
    loop_set(fetch->fetcher->loop, &fetch->end, deadline_clock(), tell_end,
             fetch);
}

/* Hands the body over; an empty one is still one. */
static void finish_body(struct fetch *fetch)
{
    char *body = TAKE(fetch->transfer.body);

    if (body == NULL)
        body = calloc(1, 1);
    if (body == NULL) {
        finish(fetch, FETCH_INTERNAL, "out of memory");
        return;
    }
    fetch->answer.body = body;
    fetch->answer.length = fetch->transfer.length;
    finish(fetch, FETCH_OK, "%d", fetch->transfer.status);
}

static void begin_hop(struct fetch *fetch, struct fetch_url url)
{
    unsigned at = fetch->answer.hop_count++;
    char shown[LIMIT_URL + 1];

    escape_text(shown, sizeof(shown), url.text, strlen(url.text));
    fetch->urls[at] = url;
    fetch->hop_started = deadline_clock();
    fetch->connecting = 0;
    fetch->early = AF_UNSPEC;
    fetch->answer.status = 0;
    fetch->answer.freshness = (struct freshness){0};
    fetch->answer.hops[at].url = strdup(shown);
    if (fetch->answer.hops[at].url == NULL)
        finish(fetch, FETCH_INTERNAL, "out of memory");
    else
        fetch_advance(fetch);
}

static void redirect(struct fetch *fetch, const char *location)
{
    struct fetch_answer *answer = &fetch->answer;
    char reason[FETCH_URL_REASON_MAX] = "";
    struct fetch_url url;
    enum status status =
        fetch_url_parse(current_url(fetch)->text, location, &url, reason);

    if (status == STATUS_INVALID) {
        finish(fetch, FETCH_REDIRECT, "redirected to %s", reason);
        return;
    }
    if (status != STATUS_OK) {
        finish(fetch, FETCH_INTERNAL, "out of memory");
        return;
    }
    close_hop(fetch);
    unsigned same = 0;

    while (same < answer->hop_count &&
           strcmp(fetch->urls[same].text, url.text) != 0)
        same++;
    if (same == answer->hop_count && same <= LIMIT_HOPS) {
        begin_hop(fetch, url);
        return;
    }
    fetch_url_done(&url);
    if (same < answer->hop_count)
        finish(fetch, FETCH_REDIRECT, "redirected in a loop");
    else
        finish(fetch, FETCH_REDIRECT, "redirected more than %d times",
               LIMIT_HOPS);
}

/* Whose addresses are connected to. */
static const struct server_name *peer(const struct fetch *fetch)
{
    const struct server_name *proxy = &fetch->fetcher->proxy;

    return proxy->text[0] != '\0' ? proxy : &current_url(fetch)->name;
}

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
    if (transfer_start(&fetch->transfer, fetch->fetcher, current_url(fetch),
                       targets, fetch->head_octets) != STATUS_OK)
        finish(fetch, FETCH_INTERNAL, "libcurl: %s", fetch->transfer.error);
}

/* What became known after one family was begun with. */
static bool find_rest(const struct fetch *fetch,
                      struct transfer_targets *ret_targets)
{
    const struct addresses *all =
        address_book_get(fetch->book, peer(fetch)->host);

    return all != NULL && transfer_targets_rest(fetch->fetcher, all,
                                                fetch->early, ret_targets);
}

/* One family alone could not be connected to: the other may do better. */
static void fail_early(struct fetch *fetch)
{
    struct transfer_targets targets;

    if (address_book_get(fetch->book, peer(fetch)->host) == NULL)
        return;
    fetch->early_failed = false;
    if (find_rest(fetch, &targets)) {
        fetch->early = AF_UNSPEC;
        start(fetch, &targets);
    } else {
        finish(fetch, FETCH_TRANSPORT, "%s", fetch->early_detail);
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

static void transfer_over(void *argument, CURLcode code)
{
    struct fetch *fetch = argument;
    const struct transfer *transfer = &fetch->transfer;
    char detail[sizeof(fetch->answer.detail)];
    enum fetch_result result =
        transfer_judge(transfer, code, detail, sizeof(detail));
    const char *location;

    loop_unset(&fetch->rest);
    if (result == FETCH_OK) {
        finish_body(fetch);
    } else if (result == FETCH_HTTP && transfer_is_redirect(transfer)) {
        location = transfer_location(transfer);
        if (location != NULL)
            redirect(fetch, location);
        else
            finish(fetch, FETCH_HTTP, "%s without a Location", detail);
    } else if (result == FETCH_TRANSPORT && fetch->early != AF_UNSPEC &&
               !transfer->handshaking) {
        transfer_done(&fetch->transfer);
        fetch->early_failed = true;
        memcpy(fetch->early_detail, detail, sizeof(detail));
        fail_early(fetch);
    } else {
        finish(fetch, result, "%s", detail);
    }
}

/* Finishes if no address is left, unless the other family's may yet come. */
static void choose(struct fetch *fetch, struct transfer_targets *targets)
{
    enum fetch_result result = transfer_targets_filter(fetch->fetcher, targets);

    if (result == FETCH_OK)
        start(fetch, targets);
    else if (fetch->early == AF_UNSPEC)
        finish(fetch, result,
               result == FETCH_BLOCKED ? "`deny` forbids the addresses of %s"
                                       : "this machine has no route to %s",
               peer(fetch)->host);
}

/* Starts if addresses are there; else waits for them or finishes. */
static void find(struct fetch *fetch)
{
    const struct server_name *name = peer(fetch);
    struct transfer_targets targets = {.count = 1, .list = {name->address}};
    const struct addresses *addresses;

    fetch->early = AF_UNSPEC;
    if (name->kind == SERVER_NAME_IP) {
        choose(fetch, &targets);
        return;
    }
    if (address_book_want(fetch->book, name->host) != STATUS_OK) {
        finish(fetch, FETCH_INTERNAL, "out of memory");
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
        finish(fetch,
               addresses->result == DNS_NONE ? FETCH_NO_ADDRESS : FETCH_OURS,
               "%s: %s", name->host, addresses->detail);
    }
}

/* What a transfer that goes on makes of the book's news. */
static void take_news(struct fetch *fetch)
{
    if (fetch->early != AF_UNSPEC &&
        address_book_get(fetch->book, peer(fetch)->host) != NULL &&
        !loop_is_set(&fetch->rest))
        loop_set(fetch->fetcher->loop, &fetch->rest,
                 fetch->connecting + LIMIT_ATTEMPT_MS, rest_due, fetch);
}

void fetch_advance(struct fetch *fetch)
{
    const struct server_name *name = &current_url(fetch)->name;

    if (!loop_is_set(&fetch->total))
        return;
    if (fetch->transfer.task.easy != NULL)
        take_news(fetch);
    else if (fetch->early_failed)
        fail_early(fetch);
    else if (peer(fetch) != name && name->kind == SERVER_NAME_IP &&
             configuration_denies(fetch->fetcher->configuration,
                                  &name->address))
        finish(fetch, FETCH_BLOCKED, "`deny` forbids %s", name->host);
    else
        find(fetch);
}

static void total_due(void *argument)
{
    struct fetch *fetch = argument;
    int ms = fetch->fetcher->total_ms;
    char detail[sizeof(fetch->answer.detail)];

    if (fetch->transfer.task.easy == NULL) {
        finish(fetch, FETCH_OURS, "no addresses of %s within %g s",
               peer(fetch)->host, ms / 1000.0);
        return;
    }
    transfer_late(&fetch->transfer, ms, detail, sizeof(detail));
    finish(fetch, FETCH_TRANSPORT, "%s", detail);
}

enum status fetch_start_url(struct fetcher *fetcher, struct address_book *book,
                            const char *url, fetch_done *done, void *argument,
                            struct fetch **ret_fetch)
{
    char reason[FETCH_URL_REASON_MAX];
    struct fetch_url first;
    enum status status = fetch_url_parse(NULL, url, &first, reason);
    struct fetch *fetch;

    if (status != STATUS_OK)
        return status;
    fetch = calloc(1, sizeof(*fetch));
    if (fetch == NULL) {
        fetch_url_done(&first);
        return STATUS_NO_MEMORY;
    }
    fetch->fetcher = fetcher;
    fetch->book = book;
    fetch->done = done;
    fetch->argument = argument;
    fetch->started = deadline_clock();
    fetch->transfer.task.over = transfer_over;
    fetch->transfer.task.argument = fetch;
    loop_set(fetcher->loop, &fetch->total, fetch->started + fetcher->total_ms,
             total_due, fetch);
    *ret_fetch = fetch;
    begin_hop(fetch, first);
    return STATUS_OK;
}

enum status fetch_start(struct fetcher *fetcher, struct address_book *book,
                        const char *host, fetch_done *done, void *argument,
                        struct fetch **ret_fetch)
{
    char url[LIMIT_DNS_NAME + sizeof("https:///.well-known/matrix/server")];

    snprintf(url, sizeof(url), "https://%s/.well-known/matrix/server", host);
    return fetch_start_url(fetcher, book, url, done, argument, ret_fetch);
}

const struct fetch_answer *fetch_answer(const struct fetch *fetch)
{
    return fetch->told ? &fetch->answer : NULL;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    loop_unset(&fetch->total);
    loop_unset(&fetch->rest);
    loop_unset(&fetch->end);
    transfer_done(&fetch->transfer);
    for (unsigned i = 0; i < fetch->answer.hop_count; i++) {
        fetch_url_done(&fetch->urls[i]);
        free(fetch->answer.hops[i].url);
    }
    free(fetch->answer.body);
    free(fetch);
}
