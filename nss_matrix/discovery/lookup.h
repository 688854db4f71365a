/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One lookup with everything around it: the pieces that a cache holds, the
 * resolver for what they lack, record and pieces written back. What the
 * helper does for a request and matrix-resolve for a name.
 */
#ifndef NSS_MATRIX_LOOKUP_H
#define NSS_MATRIX_LOOKUP_H

#include "cache_write.h"
#include "discovery.h"
#include "resolver.h"
#include "server_name.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/* Where an answer came from. */
enum lookup_source {
    LOOKUP_NETWORK, /* no cache held all of it */
    LOOKUP_SYSTEM_CACHE,
    LOOKUP_USER_CACHE,
};

/* Takes record and pieces, which are borrowed, in place of the cache. */
typedef void lookup_keep(void *argument, const char *record, size_t length,
                         const char *pieces, size_t pieces_length);

/* What a lookup may do. Pointers are borrowed and must outlive it. */
struct lookup_plan {
    struct resolver *resolver;
    const struct settings *settings;
    int limit_ms; /* at most LIMIT_DISCOVERY_MS */
    bool read;    /* use what the caches hold */
    bool write;   /* write what was found */
    bool refresh; /* ahead: ask anew for what ends soon, and write nothing if
                     less was found than is known */
    lookup_keep *keep; /* NULL: the cache itself */
    void *keep_argument;
};

struct lookup {
    struct lookup_plan plan;
    struct server_name asked; /* in the asker's letters */
    struct server_name name;  /* its key: what is looked up and cached */
    enum lookup_source source;
    bool had_document; /* or the web server's word that there is none */
    struct resolution *resolution;
    bool done;
    resolver_done *tell;
    void *argument;
};

/*
 * Starts looking asked up; tell(argument), if not NULL, is called when it is
 * done, from resolver_turn, after the caches were written. *lookup is the
 * caller's and must not move until lookup_end. STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status lookup_start(struct lookup *lookup,
                                    const struct lookup_plan *plan,
                                    const struct server_name *asked,
                                    resolver_done *tell, void *argument);

/* What it came to, the lookup's own; only once it is done. */
const struct outcome *lookup_outcome(const struct lookup *lookup);

/* The steps it took, the lookup's own; only once it is done. */
const struct trace *lookup_trace(const struct lookup *lookup);

/* Cancels it if it is under way, and frees what it owns. */
void lookup_end(struct lookup *lookup);

#endif
