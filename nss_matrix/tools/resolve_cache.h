/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `matrix-resolve cache`: what is remembered, and forgetting it. */
#ifndef NSS_MATRIX_RESOLVE_CACHE_H
#define NSS_MATRIX_RESOLVE_CACHE_H

#include "resolve_options.h"

/*
 * `cache show [NAME]...`: a row per record in the system's cache and in the
 * user's, or those of the names. Exit status 0, or 1 if there are none.
 */
int resolve_cache_show(const struct resolve_options *options);

/*
 * `cache flush NAME...|--all`: removes records from the caches this user may
 * write. Exit status 0; 1 if none of the names was in any; 5 if one could not
 * be removed.
 */
int resolve_cache_flush(const struct resolve_options *options);

#endif
