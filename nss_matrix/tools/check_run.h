/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `matrix-resolve check` and check_matrix_federation. */
#ifndef NSS_MATRIX_CHECK_RUN_H
#define NSS_MATRIX_CHECK_RUN_H

#include <stdbool.h>

/* Whether this command line is one of a check. */
bool check_run_wanted(int argc, char **argv);

/* Runs it; gives the exit status. */
int check_run(int argc, char **argv);

#endif
