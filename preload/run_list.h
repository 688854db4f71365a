/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a dynamic linker would load into a program: `ld.so --list PROGRAM`,
 * which maps the libraries and runs none of their code. Only it knows what
 * $LIB stands for, whether versions fit and what is of another architecture;
 * about a preloaded library that cannot be loaded it says one line, and the
 * program runs on without it (ld.so(8)).
 */
#ifndef NSS_MATRIX_RUN_LIST_H
#define NSS_MATRIX_RUN_LIST_H

#include <limits.h>

#include "util.h"

enum {
    RUN_LIST_WHY = 256,
};

/*
 * Whether a library of that file name, preloaded by the environment, is
 * loaded into program by interpreter: then its path. Else why not, as ld.so
 * says it.
 */
MUST_CHECK bool run_list_find(const char *interpreter, const char *program,
                              const char *name, char ret_path[static PATH_MAX],
                              char ret_why[static RUN_LIST_WHY]);

#endif
