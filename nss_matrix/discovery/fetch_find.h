/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fetch from the inside: what the chain of hops (fetch.c) and the finding of
 * a hop's addresses (fetch_find.c) share.
 */
#ifndef NSS_MATRIX_FETCH_FIND_H
#define NSS_MATRIX_FETCH_FIND_H

#include "fetch.h"
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

/* Of the last hop. */
static inline const struct fetch_url *fetch_find_url(const struct fetch *fetch)
{
    return &fetch->urls[fetch->answer.hop_count - 1];
}

/* Whose addresses are connected to. */
static inline const struct server_name *
fetch_find_peer(const struct fetch *fetch)
{
    const struct server_name *proxy = &fetch->fetcher->proxy;

    return proxy->text[0] != '\0' ? proxy : &fetch_find_url(fetch)->name;
}

/* One family alone could not be connected to: the other may do better. */
void fetch_find_rest(struct fetch *fetch);

/*
 * Whether the peer was asked at what addresses there are, for all we know:
 * false if we were too short of something to find them all.
 */
bool fetch_find_is_whole(const struct fetch *fetch);

/* Ends the fetch; in fetch.c. */
PRINTF_LIKE(3, 4)
void fetch_finish(struct fetch *fetch, enum fetch_result result,
                  const char *format, ...);

#endif
