/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The document at /.well-known/matrix/server: `{"m.server": "NAME[:PORT]"}`.
 * cJSON parses; what it would let pass is refused here. Pure.
 */
#ifndef NSS_MATRIX_WELL_KNOWN_H
#define NSS_MATRIX_WELL_KNOWN_H

#include <stddef.h>

#include "server_name.h"
#include "status.h"
#include "util.h"

enum {
    WELL_KNOWN_REASON_MAX = 200,
};

/*
 * Reads length octets of body (at most LIMIT_BODY). STATUS_OK with the
 * delegated name; STATUS_INVALID with the reason, one line of printable
 * ASCII that fits into "the document ...": "is HTML, not JSON", "has no
 * m.server", "has an m.server that is no server name: https://..." .
 * Content type does not matter; the last of several m.server wins.
 * STATUS_NO_MEMORY too.
 */
MUST_CHECK enum status
well_known_parse(const char *body, size_t length, struct server_name *ret_name,
                 char ret_reason[static WELL_KNOWN_REASON_MAX]);

#endif
