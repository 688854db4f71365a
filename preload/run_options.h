/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of matrix-run. */
#ifndef NSS_MATRIX_RUN_OPTIONS_H
#define NSS_MATRIX_RUN_OPTIONS_H

#include "util.h"

enum run_options_mode {
    RUN_OPTIONS_COMMAND,
    RUN_OPTIONS_SHELL,
    RUN_OPTIONS_PRINT_ENV,
};

struct run_options {
    enum run_options_mode mode;
    char **command;    /* ends in NULL; used with RUN_OPTIONS_COMMAND */
    const char *notes; /* NULL, "quiet" or "verbose" */
    const char *spec;  /* NULL, "draft" or "v1" */
    char *ca_file;     /* NULL, or absolute and there; the caller's */
    char *ca_path;
    bool force;
};

/*
 * Reads the options up to the command. Ends the program after --help,
 * --version (0) and for what is wrong (125).
 */
void run_options_read(int argc, char **argv, struct run_options *ret_options);

void run_options_done(struct run_options *options);

static inline void util_run_options(struct run_options *options)
{
    run_options_done(options);
}

#endif
