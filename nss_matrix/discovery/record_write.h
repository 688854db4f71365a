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
 * beyond those that fit. refresh is where the last fifth of what is left of
 * its life at now begins.
 */
size_t record_write(const struct outcome *outcome, const char *key,
                    const char *settings, int64_t now,
                    char ret_text[static LIMIT_RECORD + 1]);

/*
 * Moves the refresh time of a record in place. False if it is none, or would
 * need another number of octets: then nothing was changed.
 */
bool record_write_refresh(char *text, size_t length, int64_t refresh);

#endif
