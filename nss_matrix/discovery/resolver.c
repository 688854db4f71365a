/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver. A resolution has no states of its own: whenever something has
 * become known it asks the discovery again, and pursues what that wishes.
 */
#include "resolver.h"

#include <sys/socket.h>

#include "addresses.h"
#include "deadline.h"
#include "dns.h"
#include "fetch.h"
#include "hosts.h"
#include "loop.h"
#include "piece_make.h"
#include "srv.h"

enum {
    SRV_QUERIES_MAX = 4, /* two names, before and after a delegation */
};

struct resolver {
    const struct configuration *configuration;
    int family;
    struct loop *loop;
    struct dns *dns;
    struct fetcher *fetcher; /* made when the first fetch wants it */
};

/* One SRV question under way. */
struct srv_query {
    struct resolution *resolution;
    enum piece_kind kind;
    char name[LIMIT_DNS_NAME + 1];
    struct dns_query *query; /* NULL once it is answered */
    int64_t start;
};

struct resolution {
    struct resolver *resolver;
    struct discovery *discovery;
    struct address_book *book;
    struct fetch *fetch;
    char fetched_host[LIMIT_DNS_NAME + 1];
    unsigned failures; /* of the well-known, before this lookup */
    unsigned srv_count;
    struct srv_query srv[SRV_QUERIES_MAX];
    struct loop_timer kick;     /* advances it from the loop */
    struct loop_timer deadline; /* LIMIT_DISCOVERY_MS */
    struct loop_timer grace;    /* set while a target is known, others not */
    int limit_ms;
    bool asked;
    bool finished;
    resolver_done *done;
    void *argument;
};

enum status resolver_new(const struct configuration *configuration, int family,
                         struct resolver **ret_resolver)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    enum status status = STATUS_NO_MEMORY;

    if (resolver == NULL)
        return status;
    resolver->configuration = configuration;
    resolver->family = family;
    status = loop_new(&resolver->loop);
    if (status == STATUS_OK)
        status = dns_new(resolver->loop, configuration->dns, &resolver->dns);
    if (status != STATUS_OK) {
        resolver_free(resolver);
        return status;
    }
    *ret_resolver = resolver;
    return STATUS_OK;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    fetcher_free(resolver->fetcher);
    dns_free(resolver->dns);
    loop_free(resolver->loop);
    free(resolver);
}

struct loop *resolver_loop(struct resolver *resolver)
{
    return resolver->loop;
}

enum status resolver_turn(struct resolver *resolver)
{
    return loop_turn(resolver->loop);
}

static void finish(struct resolution *resolution)
{
    resolution->finished = true;
    loop_unset(&resolution->kick);
    loop_unset(&resolution->deadline);
    loop_unset(&resolution->grace);
    if (resolution->done != NULL)
        resolution->done(resolution->argument);
}

static void give_up(struct resolution *resolution, enum error error,
                    const char *reason)
{
    discovery_give_up(resolution->discovery, time(NULL), error, reason);
    finish(resolution);
}

/* Puts a new piece into the discovery. False, and the end, without memory. */
static bool learn(struct resolution *resolution, struct piece *piece)
{
    if (piece != NULL &&
        pieces_put(&resolution->discovery->pieces, piece) == STATUS_OK)
        return true;
    give_up(resolution, ERROR_INTERNAL, "out of memory");
    return false;
}

static void advance(void *argument);

static void srv_answered(void *argument, const struct dns_answer *answer)
{
    struct srv_query *srv = argument;
    struct resolution *resolution = srv->resolution;
    struct piece *piece;

    srv->query = NULL;
    if (resolution->finished)
        return;
    piece = piece_from_srv(srv->kind, srv->name, answer, time(NULL),
                           srv_random_kernel, NULL);
    if (piece != NULL)
        piece->ms = (int)(deadline_clock() - srv->start);
    if (learn(resolution, piece))
        advance(resolution);
}

static void pursue_srv(struct resolution *resolution,
                       const struct discovery_wish *wish)
{
    struct srv_query *srv;

    for (unsigned i = 0; i < resolution->srv_count; i++)
        if (resolution->srv[i].kind == wish->kind &&
            strcmp(resolution->srv[i].name, wish->name) == 0)
            return;
    if (resolution->srv_count == SRV_QUERIES_MAX) {
        give_up(resolution, ERROR_INTERNAL, "too many SRV questions");
        return;
    }
    srv = &resolution->srv[resolution->srv_count];
    srv->resolution = resolution;
    srv->kind = wish->kind;
    srv->start = deadline_clock();
    memcpy(srv->name, wish->name, sizeof(srv->name));

    char name[sizeof("_matrix-fed._tcp.") + LIMIT_DNS_NAME];

    snprintf(name, sizeof(name), "%s%s",
             wish->kind == PIECE_SRV_FED ? "_matrix-fed._tcp."
                                         : "_matrix._tcp.",
             wish->name);
    if (dns_ask(resolution->resolver->dns, name, ns_t_srv, srv_answered, srv,
                &srv->query) != STATUS_OK) {
        give_up(resolution, ERROR_INTERNAL, "out of memory");
        return;
    }
    resolution->srv_count++;
}

static void fetched(void *argument)
{
    struct resolution *resolution = argument;
    const struct fetch_answer *answer = fetch_answer(resolution->fetch);
    char reason[LIMIT_REASON];
    struct piece *piece;

    /* What comes too late in the turn is not to end it a second time. */
    if (resolution->finished)
        return;
    /* To go on as if there were no document could lead to another server. */
    if (answer->result == FETCH_INTERNAL) {
        snprintf(reason, sizeof(reason),
                 "the well-known cannot be asked for: %s", answer->detail);
        give_up(resolution, ERROR_INTERNAL, reason);
        return;
    }
    piece = piece_from_fetch(resolution->fetched_host, answer, time(NULL),
                             resolution->failures);
    if (learn(resolution, piece))
        advance(resolution);
}

static void pursue_well_known(struct resolution *resolution, const char *host)
{
    struct resolver *resolver = resolution->resolver;
    enum status status = STATUS_OK;

    if (resolution->fetch != NULL)
        return;
    if (resolver->fetcher == NULL)
        status = fetcher_new(resolver->loop, resolver->configuration,
                             &resolver->fetcher);
    memcpy(resolution->fetched_host, host, strlen(host) + 1);
    if (status == STATUS_OK)
        status = fetch_start(resolver->fetcher, resolution->book, host, fetched,
                             resolution, &resolution->fetch);
    if (status != STATUS_OK)
        give_up(resolution, ERROR_INTERNAL, "libcurl cannot be started");
}

/* True if the addresses are known already: then discovery gets on at once. */
static bool pursue_addresses(struct resolution *resolution, const char *name)
{
    const struct addresses *addresses;

    if (address_book_want(resolution->book, name) != STATUS_OK) {
        give_up(resolution, ERROR_INTERNAL, "out of memory");
        return false;
    }
    addresses = address_book_get(resolution->book, name);
    return addresses != NULL &&
           learn(resolution, piece_from_addresses(name, addresses, time(NULL)));
}

/* True if something has become known by it. */
static bool pursue(struct resolution *resolution,
                   const struct discovery_wish *wish)
{
    resolution->asked = true;
    switch (wish->kind) {
    case PIECE_WELL_KNOWN:
        pursue_well_known(resolution, wish->name);
        return false;
    case PIECE_ADDRESSES:
        return pursue_addresses(resolution, wish->name);
    default:
        pursue_srv(resolution, wish);
        return false;
    }
}

/* Who serves at one address is not to be lost for a name server of another. */
static void forgo_targets(void *argument)
{
    struct resolution *resolution = argument;

    if (discovery_forgo_targets(resolution->discovery, time(NULL)) == STATUS_OK)
        advance(resolution);
    else
        give_up(resolution, ERROR_INTERNAL, "out of memory");
}

static void advance(void *argument)
{
    struct resolution *resolution = argument;
    struct discovery *discovery = resolution->discovery;
    bool learnt = true;

    while (learnt && !resolution->finished) {
        learnt = false;
        if (discovery_advance(discovery, time(NULL)) == DISCOVERY_DONE) {
            finish(resolution);
            return;
        }
        for (unsigned i = 0; i < discovery->wish_count; i++) {
            learnt |= pursue(resolution, &discovery->wishes[i]);
            if (resolution->finished)
                return;
        }
    }
    if (discovery_has_target(discovery) && !loop_is_set(&resolution->grace))
        loop_set(resolution->resolver->loop, &resolution->grace,
                 deadline_after(LIMIT_TARGET_GRACE_MS), forgo_targets,
                 resolution);
}

static void book_changed(void *argument)
{
    struct resolution *resolution = argument;

    if (resolution->finished)
        return;
    if (resolution->fetch != NULL)
        fetch_advance(resolution->fetch);
    advance(resolution);
}

/* If DNS alone is waited for, the fault is not the web's. */
static enum error late_error(const struct discovery *discovery)
{
    for (unsigned i = 0; i < discovery->wish_count; i++)
        if (discovery->wishes[i].kind == PIECE_WELL_KNOWN)
            return ERROR_TIMEOUT;
    return ERROR_DNS_TEMPORARY;
}

static void timed_out(void *argument)
{
    struct resolution *resolution = argument;
    const struct discovery *discovery = resolution->discovery;
    char reason[LIMIT_REASON];
    char target[LIMIT_DNS_NAME + 48] = "";

    if (discovery_has_target(discovery)) {
        forgo_targets(resolution);
        return;
    }
    if (discovery->wish_count > 0)
        trace_target(discovery->wishes[0].kind, discovery->wishes[0].name,
                     target, sizeof(target));
    snprintf(reason, sizeof(reason), "no answer for %s within %d.%d s", target,
             resolution->limit_ms / 1000, resolution->limit_ms % 1000 / 100);
    give_up(resolution, late_error(discovery), reason);
}

/* The failures in a row of a well-known that has to be fetched anew. */
static unsigned expired_failures(const struct pieces *pieces, int64_t now,
                                 const char *host)
{
    const struct piece *piece = pieces_find(pieces, PIECE_WELL_KNOWN, host);

    return piece != NULL && piece->expires <= now ? piece->failures : 0;
}

enum status resolver_start(struct resolver *resolver,
                           const struct server_name *name, struct pieces *known,
                           int limit_ms, struct resolution **ret_resolution)
{
    struct resolution *resolution = calloc(1, sizeof(*resolution));
    int64_t now = time(NULL);

    if (resolution == NULL)
        return STATUS_NO_MEMORY;
    resolution->resolver = resolver;
    resolution->discovery = discovery_new(name, resolver->configuration);
    resolution->limit_ms =
        limit_ms < LIMIT_DISCOVERY_MS ? limit_ms : LIMIT_DISCOVERY_MS;
    if (resolution->discovery == NULL ||
        address_book_new(resolver->loop, resolver->dns, HOSTS_FILE,
                         book_changed, resolution,
                         &resolution->book) != STATUS_OK) {
        resolver_end(resolution);
        return STATUS_NO_MEMORY;
    }
    address_book_limit(resolution->book, resolver->family);
    resolution->discovery->family = resolver->family;
    resolution->failures = expired_failures(known, now, name->host);
    resolution->discovery->pieces = *known;
    *known = (struct pieces){0};
    pieces_drop_expired(&resolution->discovery->pieces, now);
    loop_set(resolver->loop, &resolution->kick, deadline_clock(), advance,
             resolution);
    loop_set(resolver->loop, &resolution->deadline,
             deadline_after(resolution->limit_ms), timed_out, resolution);
    *ret_resolution = resolution;
    return STATUS_OK;
}

void resolver_when_done(struct resolution *resolution, resolver_done *done,
                        void *argument)
{
    resolution->done = done;
    resolution->argument = argument;
}

struct discovery *resolver_discovery(struct resolution *resolution)
{
    return resolution->discovery;
}

bool resolver_asked(const struct resolution *resolution)
{
    return resolution->asked;
}

void resolver_end(struct resolution *resolution)
{
    if (resolution == NULL)
        return;
    loop_unset(&resolution->kick);
    loop_unset(&resolution->deadline);
    loop_unset(&resolution->grace);
    fetch_free(resolution->fetch);
    for (unsigned i = 0; i < resolution->srv_count; i++)
        dns_cancel(&resolution->srv[i].query);
    address_book_free(resolution->book);
    discovery_free(resolution->discovery);
    free(resolution);
}
