/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcurl's multi interface on the loop: sockets become watches, its timeout
 * a timer, and a transfer that is over a call. Inside the fetch alone; what
 * others need of it is in fetch.h.
 */
#ifndef NSS_MATRIX_FETCHER_H
#define NSS_MATRIX_FETCHER_H

#include <curl/curl.h>

#include "fetch.h"
#include "server_name.h"

/* One socket that curl wants watched. */
struct fetcher_socket;

struct fetcher {
    struct loop *loop;
    const struct configuration *configuration;
    CURLM *multi;
    struct loop_timer timer;
    struct fetcher_socket *sockets;
    const char *ca_path;      /* the system's, if it is hashed; else NULL */
    struct server_name proxy; /* host and port; text "" if there is none */
    int connect_ms, total_ms; /* LIMIT_CONNECT_MS, LIMIT_FETCH_MS */
    bool broken; /* a socket could not be watched: curl cannot go on */
};

/* Called from loop_turn, never within a call of ours. */
typedef void fetcher_over(void *argument, CURLcode code);

/* A transfer that was given to the loop. Owned by the caller; not to move. */
struct fetcher_task {
    CURL *easy;
    fetcher_over *over;
    void *argument;
};

/*
 * Starts the transfer; over will be called, unless it is removed before.
 * STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status fetcher_add(struct fetcher *fetcher,
                                   struct fetcher_task *task);

/* What a result is worth: nothing once curl cannot go on. */
enum fetch_result fetcher_result(const struct fetcher *fetcher,
                                 enum fetch_result result);

/* Ends the transfer without a call; harmless if it is over. */
void fetcher_remove(struct fetcher *fetcher, struct fetcher_task *task);

#endif
