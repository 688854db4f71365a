/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing the answer record; its format is record.h's head comment. Pure. */
#ifndef NSS_MATRIX_RECORD_WRITE_H
#define NSS_MATRIX_RECORD_WRITE_H

#include <stddef.h>

#include "limit.h"
#include "outcome.h"
#include "server_name.h"

/*
 * Writes the record of an outcome for the name with this key, found under
 * settings; gives its length, at most LIMIT_RECORD. What has no room is left
 * out from the end: the names that targets have, then warnings, then targets
 * beyond those that fit. refresh is the last fifth of the life.
 */
size_t record_write(const struct outcome *outcome, const char *key,
                    const char *settings,
                    char ret_text[static LIMIT_RECORD + 1]);

#endif
