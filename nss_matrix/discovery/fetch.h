/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One HTTPS GET with libcurl's multi interface on our loop: redirects
 * followed by us (so that every hop's host is resolved by our address book,
 * judged by `deny`, and https), a size cap while streaming, limit.h's
 * deadlines, both families side by side. No cookies, no netrc, no proxy but
 * the configured one. The certificate is verified against the system's store
 * or the configured one. The program must ignore SIGPIPE: OpenSSL writes to
 * sockets that the peer may have closed.
 */
#ifndef NSS_MATRIX_FETCH_H
#define NSS_MATRIX_FETCH_H

#include <stdint.h>

#include "addresses.h"
#include "configuration.h"
#include "freshness.h"
#include "limit.h"
#include "loop.h"
#include "status.h"
#include "util.h"

/* How a fetch ends. All but the first are "the fetch failed". */
enum fetch_result {
    FETCH_OK,         /* 200, body whole */
    FETCH_HTTP,       /* another final status */
    FETCH_REDIRECT,   /* loop, too many hops, not https, no server name */
    FETCH_TRANSPORT,  /* refused, timed out, cut short */
    FETCH_TLS,        /* handshake or certificate */
    FETCH_BODY,       /* too large, cut short, unknown coding */
    FETCH_NO_ADDRESS, /* a host without addresses */
    FETCH_BLOCKED,    /* `deny` left no address */
    FETCH_OURS,       /* our own DNS or network: nothing of theirs */
    FETCH_INTERNAL,   /* this process has no memory, no descriptor, no
                         authorities: nothing can be said, "none" neither */
};

struct fetch_hop {
    char *url;             /* escaped for people */
    int status;            /* 0: no answer */
    char ip[ADDRESS_TEXT]; /* who answered; "" if nobody */
    int ms;
};

struct fetch_answer {
    enum fetch_result result;
    int status; /* of the last hop, 0 if there was none */
    char *body; /* octets as they came, length of them; NULL unless FETCH_OK */
    size_t length;
    struct freshness freshness; /* of the last hop */
    bool insecure;              /* the configuration's `insecure` applied */
    int ms;
    unsigned hop_count;
    struct fetch_hop hops[LIMIT_HOPS + 1];
    char detail[240]; /* for people: "404", "certificate has expired" ... */
};

struct fetcher; /* one per process: curl's multi handle on the loop */
struct fetch;

/* Called from loop_turn when the answer is there. */
typedef void fetch_done(void *argument);

/*
 * configuration and loop are borrowed and must outlive it. STATUS_OK,
 * STATUS_NO_MEMORY or STATUS_UNAVAILABLE.
 */
MUST_CHECK enum status fetcher_new(struct loop *loop,
                                   const struct configuration *configuration,
                                   struct fetcher **ret_fetcher);

/* No fetch may be under way. NULL is accepted. */
void fetcher_free(struct fetcher *fetcher);

/*
 * Starts GET https://HOST/.well-known/matrix/server; host is lower case and
 * resolvable. The book must outlive the fetch. When the book changes, call
 * fetch_advance. STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status fetch_start(struct fetcher *fetcher,
                                   struct address_book *book, const char *host,
                                   fetch_done *done, void *argument,
                                   struct fetch **ret_fetch);

/* The same for any https URL; STATUS_INVALID if it is no good one. */
MUST_CHECK enum status fetch_start_url(struct fetcher *fetcher,
                                       struct address_book *book,
                                       const char *url, fetch_done *done,
                                       void *argument,
                                       struct fetch **ret_fetch);

/* Looks again whether the addresses it waits for are known. */
void fetch_advance(struct fetch *fetch);

/* The answer once done was called, the fetch's own; NULL before. */
const struct fetch_answer *fetch_answer(const struct fetch *fetch);

/* Cancels it if it is under way, and frees it. NULL is accepted. */
void fetch_free(struct fetch *fetch);

#endif
