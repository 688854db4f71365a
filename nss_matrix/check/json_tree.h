/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A JSON text (RFC 8259) as a tree that loses nothing a signature covers:
 * numbers stay text, strings are counted octets (they may hold NULs). Strict:
 * UTF-8, no lone surrogates, nothing after the value, bounded depth. Pure.
 */
#ifndef NSS_MATRIX_JSON_TREE_H
#define NSS_MATRIX_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "util.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_value {
    enum json_kind kind;
    const char *text; /* of a string, decoded; of a number, as written */
    size_t length;
    const char *key; /* in an object */
    size_t key_length;
    struct json_value *first; /* of an array or object, in their order */
    struct json_value *next;  /* beside this one */
};

/* All zero: empty. */
struct json_tree {
    struct json_value *values; /* the first is the root */
    char *strings;
    size_t count, used;
    size_t length; /* of the text it was read from */
};

enum {
    JSON_TREE_REASON_MAX = 120,
};

/*
 * Reads length octets of text. STATUS_OK; STATUS_INVALID with a reason that
 * fits into "the document ..."; STATUS_NO_MEMORY. Clear with json_tree_done
 * in any case.
 */
MUST_CHECK enum status
json_tree_read(const char *text, size_t length, struct json_tree *ret_tree,
               char ret_reason[static JSON_TREE_REASON_MAX]);

/* Frees what it owns. */
void json_tree_done(struct json_tree *tree);

/* The member of that key and kind, the last of several; else NULL. */
const struct json_value *json_tree_member(const struct json_value *object,
                                          const char *key, enum json_kind kind);

/*
 * The number as canonical JSON allows it: an integer from -(2^53)+1 to
 * (2^53)-1 without fraction or exponent. False if it is none.
 */
bool json_tree_integer(const struct json_value *value, int64_t *ret_integer);

#endif
