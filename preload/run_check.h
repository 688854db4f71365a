/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the shim can help a program, before it runs: ld.so leaves a
 * preloaded library out of a set-user-ID program without a word and has no
 * say in a static one, and a name that nobody translates looks like a server
 * that is down. What the program starts in its turn is not seen.
 */
#ifndef NSS_MATRIX_RUN_CHECK_H
#define NSS_MATRIX_RUN_CHECK_H

#include "run_library.h"

/*
 * The file at path, and if it is a script what runs it, and so on. Needs the
 * environment of the command in place. False with the reason.
 */
MUST_CHECK bool run_check(const char *path, const struct run_library *library,
                          struct run_refusal *refusal);

/* That the library loads at all: into this very program. */
MUST_CHECK bool run_check_library(const struct run_library *library,
                                  struct run_refusal *refusal);

#endif
