/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The members of a JSON object, each key once. A stranger can write ten
 * thousand: nothing here looks at all of them for each.
 */
#ifndef NSS_MATRIX_JSON_MEMBERS_H
#define NSS_MATRIX_JSON_MEMBERS_H

#include "json_tree.h"

/*
 * Members by their keys, as canonical JSON sorts them, of equal keys the last
 * alone. A malloc'ed list of pointers into the tree. STATUS_OK or
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status json_members(const struct json_value *object,
                                    const struct json_value ***ret_list,
                                    size_t *ret_count);

/* Puts them back into the order in which they stood. */
void json_members_as_they_stood(const struct json_value **list, size_t count);

#endif
