/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The URLs of a fetch: https only, a host that is a server name's host, no
 * user. Pure.
 */
#ifndef NSS_MATRIX_FETCH_URL_H
#define NSS_MATRIX_FETCH_URL_H

#include <stdint.h>

#include "server_name.h"
#include "status.h"
#include "util.h"

struct fetch_url {
    char *text; /* normal form, without a fragment: what loops are found by */
    uint16_t port;
    struct server_name name; /* its host, without port */
};

enum {
    FETCH_URL_REASON_MAX = 200,
};

/*
 * Reads text, which may be relative to base (NULL: it is not). STATUS_OK;
 * STATUS_INVALID with a reason that fits into "redirected to ..."; or
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status
fetch_url_parse(const char *base, const char *text, struct fetch_url *ret_url,
                char ret_reason[static FETCH_URL_REASON_MAX]);

/* Frees what it owns. */
void fetch_url_done(struct fetch_url *url);

#endif
