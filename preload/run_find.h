/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file a command is: the search that execvp() does, without running. */
#ifndef NSS_MATRIX_RUN_FIND_H
#define NSS_MATRIX_RUN_FIND_H

#include "run_refusal.h"

/*
 * The file that runs as name: itself if there is a slash in it, else the
 * first executable one along PATH. The path has a slash and does not begin
 * with `-`. False, with 126 for a file that may not be run, 127 for none.
 */
MUST_CHECK bool run_find(const char *name, char ret_path[static PATH_MAX],
                         struct run_refusal *refusal);

#endif
