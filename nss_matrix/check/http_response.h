/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HTTP/1.1 response as it arrives (RFC 9112), bounded: the final status,
 * the few headers that matter, the body by Content-Length, chunks or the end
 * of the connection. Pure; fed octets in any portions.
 */
#ifndef NSS_MATRIX_HTTP_RESPONSE_H
#define NSS_MATRIX_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "freshness.h"
#include "limit.h"

enum http_state {
    HTTP_MORE, /* not whole yet */
    HTTP_WHOLE,
    HTTP_BROKEN, /* fault says why */
    HTTP_NO_MEMORY,
};

enum {
    HTTP_RESPONSE_MAX = LIMIT_HEADERS + 2 * LIMIT_BODY,
};

/* All zero: nothing has come. Clear with http_response_done. */
struct http_response {
    enum http_state state;
    const char *fault; /* static; fits into "the answer ..." */
    bool head_whole;
    int status;
    char type[80];      /* Content-Type, escaped; "" if there was none */
    char location[200]; /* escaped */
    char server[80];    /* who says it is: Server, escaped */
    struct freshness freshness;
    bool chunked, has_length;
    size_t content_length;
    char *raw; /* all that came; the head and, cut out in place, the body */
    size_t raw_length, room;
    size_t next;       /* what was not read of raw yet */
    size_t chunk_left; /* of the chunk under way */
    bool in_chunk;
    size_t body_start, body_length;
};

/* Takes octets that came. */
enum http_state http_response_feed(struct http_response *response,
                                   const char *octets, size_t length);

/* The connection has ended: that may be the end of the body. */
enum http_state http_response_end(struct http_response *response);

/* The body as far as it came, body_length of it; "" before. */
const char *http_response_body(const struct http_response *response);

/*
 * Gives back the memory of what came but for the body; with it, if nobody will
 * read it. The rest stays. Nothing more may be fed.
 */
void http_response_keep_body(struct http_response *response);
void http_response_drop_body(struct http_response *response);

/* Frees what it owns. */
void http_response_done(struct http_response *response);

#endif
