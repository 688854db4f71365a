/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why matrix-run does not run a command, and what it says then: at which
 * stage, what is wrong, what to do instead.
 */
#ifndef NSS_MATRIX_RUN_REFUSAL_H
#define NSS_MATRIX_RUN_REFUSAL_H

#include <limits.h>

#include "util.h"

enum {
    RUN_REFUSAL_TEXT = 2 * PATH_MAX + 512, /* two paths and a sentence */
};

/* Exit statuses as env, nohup and timeout have them. */
enum run_refusal_exit {
    RUN_REFUSAL_OURS = 125,
    RUN_REFUSAL_CANNOT_RUN = 126,
    RUN_REFUSAL_NOT_FOUND = 127,
};

enum run_refusal_stage {
    RUN_REFUSAL_COMMAND,     /* it is not there, or cannot be run at all */
    RUN_REFUSAL_PROGRAM,     /* the shim cannot help it: --force overrides */
    RUN_REFUSAL_LIBRARY,     /* the shim itself is not fit to be loaded */
    RUN_REFUSAL_ENVIRONMENT, /* what else is set */
};

struct run_refusal {
    enum run_refusal_stage stage;
    enum run_refusal_exit exit;
    char text[RUN_REFUSAL_TEXT];
};

/* Fills in a refusal; a text too long is cut. Always false. */
bool run_refusal_set(struct run_refusal *refusal, enum run_refusal_stage stage,
                     enum run_refusal_exit code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Says it on stderr; forced: as a warning, since the command runs anyway. */
void run_refusal_say(const struct run_refusal *refusal, bool forced);

/* One line on stderr, `matrix-run: ...`, printable whatever is in it. */
void run_refusal_line(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
