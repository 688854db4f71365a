/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chain of hops: for each its addresses, filtered, then one transfer,
 * then perhaps another hop. The end is always told by a timer, so that nobody
 * is called from within a call of his own.
 */
#include "fetch_find.h"

#include <stdarg.h>

#include "deadline.h"
#include "escape.h"

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

/* Everything but a server's answer: others of its addresses may give one. */
static bool is_not_had(enum fetch_result result)
{
    return result != FETCH_OK && result != FETCH_HTTP &&
           result != FETCH_REDIRECT;
}

void fetch_finish(struct fetch *fetch, enum fetch_result result,
                  const char *format, ...)
{
    struct fetch_answer *answer = &fetch->answer;
    va_list values;

    va_start(values, format);
    vsnprintf(answer->detail, sizeof(answer->detail), format, values);
    va_end(values);
    close_hop(fetch);
    if (is_not_had(result) && !fetch_find_is_whole(fetch))
        result = FETCH_INTERNAL;
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
        fetch_finish(fetch, FETCH_INTERNAL, "out of memory");
        return;
    }
    fetch->answer.body = body;
    fetch->answer.length = fetch->transfer.length;
    fetch_finish(fetch, FETCH_OK, "%d", fetch->transfer.status);
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
        fetch_finish(fetch, FETCH_INTERNAL, "out of memory");
    else
        fetch_advance(fetch);
}

static void redirect(struct fetch *fetch, const char *location)
{
    struct fetch_answer *answer = &fetch->answer;
    char reason[FETCH_URL_REASON_MAX] = "";
    struct fetch_url url;
    enum status status =
        fetch_url_parse(fetch_find_url(fetch)->text, location, &url, reason);

    if (status == STATUS_INVALID) {
        fetch_finish(fetch, FETCH_REDIRECT, "redirected to %s", reason);
        return;
    }
    if (status != STATUS_OK) {
        fetch_finish(fetch, FETCH_INTERNAL, "out of memory");
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
        fetch_finish(fetch, FETCH_REDIRECT, "redirected in a loop");
    else
        fetch_finish(fetch, FETCH_REDIRECT, "redirected more than %d times",
                     LIMIT_HOPS);
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
            fetch_finish(fetch, FETCH_HTTP, "%s without a Location", detail);
    } else if (result == FETCH_TRANSPORT && fetch->early != AF_UNSPEC &&
               !transfer->handshaking) {
        transfer_done(&fetch->transfer);
        fetch->early_failed = true;
        memcpy(fetch->early_detail, detail, sizeof(detail));
        fetch_find_rest(fetch);
    } else {
        fetch_finish(fetch, result, "%s", detail);
    }
}

static void total_due(void *argument)
{
    struct fetch *fetch = argument;
    int ms = fetch->fetcher->total_ms;
    char detail[sizeof(fetch->answer.detail)];
    enum fetch_result result;

    if (fetch->transfer.task.easy == NULL) {
        fetch_finish(fetch, FETCH_OURS, "no addresses of %s within %g s",
                     fetch_find_peer(fetch)->host, ms / 1000.0);
        return;
    }
    result = transfer_late(&fetch->transfer, ms, detail, sizeof(detail));
    fetch_finish(fetch, result, "%s", detail);
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
