/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people type for a server, and what is wrong with it. */
#ifndef NSS_MATRIX_RESOLVE_NAME_H
#define NSS_MATRIX_RESOLVE_NAME_H

#include "limit.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

/*
 * Reads a server name out of `example.org`, `@user:example.org`,
 * `#room:example.org`, `https://example.org:8448/path` or
 * `example.org.matrix`. STATUS_OK, or STATUS_INVALID with a sentence,
 * escaped, that says what is wrong and what would be right.
 */
MUST_CHECK enum status resolve_name_read(const char *typed,
                                         struct server_name *ret_name,
                                         char ret_reason[static LIMIT_REASON]);

#endif
