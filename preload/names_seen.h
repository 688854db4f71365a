/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which targets this process's own answers had: a set of fixed size, private
 * to the process, so that a connect after a lookup costs no system call.
 */
#ifndef NSS_MATRIX_NAMES_SEEN_H
#define NSS_MATRIX_NAMES_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* Remembers the targets of an answer, as far as there is room. */
void names_seen_add(const struct record *record);

/* Whether an answer had it; the hash is cookies_hash's. */
bool names_seen_has(uint64_t hash);

#endif
