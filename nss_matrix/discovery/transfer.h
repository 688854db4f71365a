/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One hop of a fetch: one GET of one URL at addresses that are known, with
 * the caps while streaming. What curl says in the end is put into our terms
 * by transfer_judge (transfer_judge.c).
 */
#ifndef NSS_MATRIX_TRANSFER_H
#define NSS_MATRIX_TRANSFER_H

#include "fetch_url.h"
#include "fetcher.h"

struct transfer {
    struct fetcher *fetcher;
    struct fetcher_task task; /* task.easy is NULL when nothing is under way */
    const struct fetch_url *url;
    struct curl_slist *resolve;
    CURLSH *pinned; /* curl's memory of host names, with what resolve says */
    bool insecure;
    bool handshaking; /* or past that: somebody took the connection */
    bool head_whole;  /* the head of the final response (not 1xx) is there */
    int status;       /* of the response that came last; 0: none yet */
    size_t head_octets;
    struct freshness freshness; /* of that response */
    char *body;                 /* of a 200; ends in a NUL */
    size_t length;
    bool head_too_large, body_too_large, no_memory;
    unsigned memory_failures; /* of OpenSSL's, before it began */
    bool denied;              /* an address was refused at the last moment */
    unsigned tried;           /* addresses connected to */
    struct address last;      /* of them */
    uint16_t last_port;
    char error[CURL_ERROR_SIZE];
};

/* Where a transfer may connect to, the family to begin with first. */
struct transfer_targets {
    unsigned count;
    struct address list[LIMIT_ADDRESSES];
    int connect_ms; /* for all of them together, TLS included */
};

/*
 * Drops the targets that `deny` forbids and those that this machine has no
 * way to. FETCH_OK; FETCH_BLOCKED if `deny` leaves none, FETCH_OURS if there
 * is a way to none. The proxy's are not judged by `deny`: the administrator
 * chose it.
 */
enum fetch_result transfer_targets_filter(const struct fetcher *fetcher,
                                          struct transfer_targets *targets);

/*
 * All targets that the filter leaves, those of family last. False if there
 * are none but those.
 */
bool transfer_targets_rest(const struct fetcher *fetcher,
                           const struct addresses *all, int family,
                           struct transfer_targets *ret_targets);

/*
 * Starts the GET of url (borrowed) at targets, which are the proxy's if there
 * is one. head_octets is what earlier hops' heads have used of LIMIT_HEADERS.
 * over is called when it has ended. STATUS_OK; or STATUS_NO_MEMORY or
 * STATUS_UNAVAILABLE, with the reason in error. Clear with transfer_done in any
 * case.
 */
MUST_CHECK enum status transfer_start(struct transfer *transfer,
                                      struct fetcher *fetcher,
                                      const struct fetch_url *url,
                                      const struct transfer_targets *targets,
                                      size_t head_octets);

/* Ends it if it is under way, and frees what it owns. */
void transfer_done(struct transfer *transfer);

/* Whether the response is a redirect that a GET follows. */
bool transfer_is_redirect(const struct transfer *transfer);

/* The Location of the response, or NULL. Before transfer_done. */
const char *transfer_location(const struct transfer *transfer);

/* Who answered, "" if nobody was reached. */
void transfer_peer(const struct transfer *transfer,
                   char text[static ADDRESS_TEXT]);

/*
 * What the end with code means, with a sentence in detail. A response that is
 * no 200 is FETCH_HTTP whatever happened to its body.
 */
enum fetch_result transfer_judge(const struct transfer *transfer, CURLcode code,
                                 char *detail, size_t room);

/*
 * What it means that a transfer is given up after ms, with a sentence in
 * detail: FETCH_TRANSPORT, or FETCH_INTERNAL for want of memory.
 */
enum fetch_result transfer_late(const struct transfer *transfer, int ms,
                                char *detail, size_t room);

#endif
