/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The environment of the command: what loads the shim, what it reads, and
 * the exception from HTTP proxies, which know nothing of .matrix.
 */
#ifndef NSS_MATRIX_RUN_ENVIRONMENT_H
#define NSS_MATRIX_RUN_ENVIRONMENT_H

#include "run_library.h"
#include "run_options.h"
#include "run_refusal.h"

/*
 * Puts the variables into this process's own environment. Refuses beside
 * preloaded libraries that send a program's connections elsewhere.
 */
MUST_CHECK bool run_environment_set(const struct run_options *options,
                                    const struct run_library *library,
                                    struct run_refusal *refusal);

/*
 * Writes all of them that are set as `export NAME='value'` for a POSIX shell.
 * False if the output could not be written.
 */
MUST_CHECK bool run_environment_print(FILE *output);

#endif
