/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which version of a symbol an object asks for, read in its ELF tables. */
#ifndef NSS_MATRIX_REAL_VERSION_H
#define NSS_MATRIX_REAL_VERSION_H

struct link_map;

/*
 * The version with which a loaded object refers to a function: the text is
 * the object's. NULL if the reference has none, or there is no reference.
 */
const char *real_version(const struct link_map *object, const char *name);

#endif
