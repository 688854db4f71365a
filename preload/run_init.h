/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first process of a container: the kernel gives it the orphans to bury
 * and keeps the default actions of signals from it, for which tools are not
 * made; and the client would start no helper in it. So the command runs as
 * its child.
 */
#ifndef NSS_MATRIX_RUN_INIT_H
#define NSS_MATRIX_RUN_INIT_H

#include "util.h"

/* Becomes the file, by execvp(); does not return unless that fails: errno. */
void run_init_exec(const char *path, char **argv);

/*
 * Runs the file as a child, passes signals on to it, reaps what is left to
 * us until the child has ended. Its exit status, 128 and the signal's number
 * if a signal ended it; 125 with errno if there is no child, 126 if it could
 * not run.
 */
MUST_CHECK int run_init(const char *path, char **argv);

#endif
