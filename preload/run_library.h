/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the shim and, in a build tree, its helper are; whose they are; and
 * whether a program's own dynamic linker loads the shim into it.
 */
#ifndef NSS_MATRIX_RUN_LIBRARY_H
#define NSS_MATRIX_RUN_LIBRARY_H

#include "run_refusal.h"

/* The shim's file name; earlier copies in LD_PRELOAD are known by it. */
#define RUN_LIBRARY_NAME "libmatrix_preload.so"

struct run_library {
    char preload[PATH_MAX]; /* for LD_PRELOAD; may hold $LIB */
    char helper[PATH_MAX];  /* empty: the installed one */
};

/*
 * NSS_MATRIX_PRELOAD, else beside this program in a build tree, else the
 * place it is installed in. Where this program runs with privileges of its
 * own, only the last.
 */
MUST_CHECK bool run_library_find(struct run_library *ret_library,
                                 struct run_refusal *refusal);

/* Whether the path depends on the program's architecture ($LIB). */
bool run_library_is_for_all(const struct run_library *library);

/*
 * Has interpreter, a dynamic linker, list what it would load into program
 * (NULL: this one) under the LD_PRELOAD in the environment; no code of
 * program runs. The shim must be in the list, root's or the caller's own,
 * writable by no other.
 */
MUST_CHECK bool run_library_loads(const struct run_library *library,
                                  const char *interpreter, const char *program,
                                  struct run_refusal *refusal);

/* The same for a file that is given: whose it is. */
MUST_CHECK bool run_library_is_trusted(const char *path,
                                       struct run_refusal *refusal);

#endif
