/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking names up, many at a time, and printing each answer. */
#ifndef NSS_MATRIX_RESOLVE_RUN_H
#define NSS_MATRIX_RESOLVE_RUN_H

#include "resolve_options.h"

/*
 * Resolves the names of the options, or of their file, and prints the
 * answers in the form asked for: JSON lines as they are done, other forms in
 * the order of the names. Gives the exit status: the worst of all.
 */
int resolve_run(const struct resolve_options *options);

#endif
