/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runs a script, read from its first line as the kernel reads it, and
 * what env(1) runs there. No I/O.
 */
#ifndef NSS_MATRIX_RUN_SCRIPT_H
#define NSS_MATRIX_RUN_SCRIPT_H

#include "util.h"

enum {
    RUN_SCRIPT_LINE = 256, /* the kernel looks at no more */
};

struct run_script {
    char interpreter[RUN_SCRIPT_LINE];
    char argument[RUN_SCRIPT_LINE]; /* one, blanks inside; empty: none */
};

/* False if it does not begin with `#!` and the name of an interpreter. */
MUST_CHECK bool run_script_read(const char *data, size_t size,
                                struct run_script *ret_script);

/*
 * Whether it can be text for /bin/sh, which runs what execvp() finds to be
 * executable and of no known form.
 */
bool run_script_is_text(const char *data, size_t size);

enum run_script_env {
    RUN_SCRIPT_ENV_RUNS,    /* the command in *ret_command */
    RUN_SCRIPT_ENV_DROPS,   /* it removes what the shim is loaded by */
    RUN_SCRIPT_ENV_UNKNOWN, /* not to be told from here */
};

/* What `#!/usr/bin/env ARGUMENT` does. */
enum run_script_env run_script_env(const char *argument,
                                   char ret_command[static RUN_SCRIPT_LINE]);

#endif
