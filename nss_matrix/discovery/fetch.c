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
    struct fetch_answer answer;
};

static struct fetch_url *current_url(struct fetch *fetch)
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
    answer->result = result;
    answer->ms = (int)(deadline_clock() - fetch->started);
    loop_unset(&fetch->total);
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
        finish(fetch, FETCH_OURS, "out of memory");
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
    fetch->answer.status = 0;
    fetch->answer.freshness = (struct freshness){0};
    fetch->answer.hops[at].url = strdup(shown);
    if (fetch->answer.hops[at].url == NULL)
        finish(fetch, FETCH_OURS, "out of memory");
    else
        fetch_advance(fetch);
}

static void redirect(struct fetch *fetch, const char *location)
{
    struct fetch_answer *answer = &fetch->answer;
    char reason[FETCH_URL_REASON_MAX] = "";
    struct fetch_url url;
    enum status status;

    status = fetch_url_parse(current_url(fetch)->text, location, &url, reason);
    if (status == STATUS_INVALID) {
        finish(fetch, FETCH_REDIRECT, "redirected to %s", reason);
        return;
    }
    if (status != STATUS_OK) {
        finish(fetch, FETCH_OURS, "out of memory");
        return;
    }
    close_hop(fetch);
    for (unsigned i = 0; i < answer->hop_count; i++) {
        if (strcmp(fetch->urls[i].text, url.text) == 0) {
            fetch_url_done(&url);
            finish(fetch, FETCH_REDIRECT, "redirected in a loop");
            return;
        }
    }
    if (answer->hop_count > LIMIT_HOPS) {
        fetch_url_done(&url);
        finish(fetch, FETCH_REDIRECT, "redirected more than %d times",
               LIMIT_HOPS);
        return;
    }
    begin_hop(fetch, url);
}

static void transfer_over(void *argument, CURLcode code)
{
    struct fetch *fetch = argument;
    const struct transfer *transfer = &fetch->transfer;
    char detail[sizeof(fetch->answer.detail)];
    enum fetch_result result =
        transfer_judge(transfer, code, detail, sizeof(detail));
    const char *location;

    if (result == FETCH_OK) {
        finish_body(fetch);
    } else if (result == FETCH_HTTP && transfer_is_redirect(transfer)) {
        location = transfer_location(transfer);
        if (location != NULL)
            redirect(fetch, location);
        else
            finish(fetch, FETCH_HTTP, "%s without a Location", detail);
    } else {
        finish(fetch, result, "%s", detail);
    }
}

/*
 * Whether this machine has a way to the address: an unsent UDP connect. What
 * we cannot reach at all says nothing about the server.
 */
static bool has_route(const struct address *address)
{
    struct sockaddr_storage to;
    socklen_t length = address_to_socket(address, 443, &to);
    AUTO(close_fd)
    int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno != EAFNOSUPPORT;
    return connect(fd, (struct sockaddr *)&to, length) == 0 ||
           (errno != ENETUNREACH && errno != EADDRNOTAVAIL &&
            errno != EHOSTUNREACH);
}

/*
 * Finishes if no address is left. The proxy's addresses are not judged by
 * `deny`: the administrator chose it.
 */
static bool choose(struct fetch *fetch, const char *host,
                   struct transfer_targets *targets)
{
    const struct fetcher *fetcher = fetch->fetcher;
    unsigned allowed = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < targets->count; i++) {
        const struct address *address = &targets->list[i];

        if (fetcher->proxy.text[0] == '\0' &&
            configuration_denies(fetcher->configuration, address))
            continue;
        allowed++;
        if (has_route(address))
            targets->list[kept++] = *address;
    }
    targets->count = kept;
    if (allowed == 0)
        finish(fetch, FETCH_BLOCKED, "`deny` forbids the addresses of %s",
               host);
    else if (kept == 0)
        finish(fetch, FETCH_OURS, "this machine has no route to %s", host);
    return kept > 0;
}

/* True if the addresses of name are there; else waits for them or finishes. */
static bool find(struct fetch *fetch, const struct server_name *name,
                 struct transfer_targets *ret_targets)
{
    const struct addresses *addresses;

    if (name->kind == SERVER_NAME_IP) {
        ret_targets->count = 1;
        ret_targets->list[0] = name->address;
        return true;
    }
    if (address_book_want(fetch->book, name->host) != STATUS_OK) {
        finish(fetch, FETCH_OURS, "out of memory");
        return false;
    }
    addresses = address_book_get(fetch->book, name->host);
    if (addresses == NULL)
        return false;
    if (addresses->result != DNS_FOUND) {
        finish(fetch,
               addresses->result == DNS_NONE ? FETCH_NO_ADDRESS : FETCH_OURS,
               "%s: %s", name->host, addresses->detail);
        return false;
    }
    ret_targets->count = addresses->count;
    memcpy(ret_targets->list, addresses->list, sizeof(ret_targets->list));
    return true;
}

void fetch_advance(struct fetch *fetch)
{
    const struct server_name *proxy = &fetch->fetcher->proxy;
    const struct fetch_url *url = current_url(fetch);
    const struct server_name *name =
        proxy->text[0] != '\0' ? proxy : &url->name;
    struct transfer_targets targets;

    if (!loop_is_set(&fetch->total) || fetch->transfer.task.easy != NULL)
        return;
    if (proxy->text[0] != '\0' && url->name.kind == SERVER_NAME_IP &&
        configuration_denies(fetch->fetcher->configuration,
                             &url->name.address)) {
        finish(fetch, FETCH_BLOCKED, "`deny` forbids %s", url->name.host);
        return;
    }
    if (!find(fetch, name, &targets) || !choose(fetch, name->host, &targets))
        return;
    if (transfer_start(&fetch->transfer, fetch->fetcher, url, &targets,
                       fetch->head_octets) != STATUS_OK)
        finish(fetch, FETCH_OURS, "libcurl: out of memory");
}

static void total_due(void *argument)
{
    struct fetch *fetch = argument;
    int ms = fetch->fetcher->total_ms;
    char detail[sizeof(fetch->answer.detail)];

    if (fetch->transfer.task.easy == NULL) {
        finish(fetch, FETCH_OURS, "no addresses of %s within %g s",
               current_url(fetch)->name.host, ms / 1000.0);
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
    loop_unset(&fetch->end);
    transfer_done(&fetch->transfer);
    for (unsigned i = 0; i < fetch->answer.hop_count; i++) {
        fetch_url_done(&fetch->urls[i]);
        free(fetch->answer.hops[i].url);
    }
    free(fetch->answer.body);
    free(fetch);
}
