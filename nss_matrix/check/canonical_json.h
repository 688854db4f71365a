/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Canonical JSON (Matrix appendices, "Canonical JSON"): the octets that a
 * signature covers. No blanks, members sorted by code point (the last of
 * equal keys counts), integers within 53 bits, shortest escapes. cJSON's
 * printer turns large integers into other numbers, so this is our own. Pure.
 */
#ifndef NSS_MATRIX_CANONICAL_JSON_H
#define NSS_MATRIX_CANONICAL_JSON_H

#include "json_tree.h"

enum {
    CANONICAL_JSON_REASON_MAX = 160,
};

/*
 * Writes the tree's root without its own members of the keys in omit (ended
 * by NULL). STATUS_OK with a text that is the caller's; STATUS_INVALID with a
 * reason that fits into "the document ..."; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status
canonical_json_write(const struct json_tree *tree, const char *const *omit,
                     char **ret_text, size_t *ret_length,
                     char ret_reason[static CANONICAL_JSON_REASON_MAX]);

#endif
