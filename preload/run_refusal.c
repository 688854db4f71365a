/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What matrix-run says on stderr. */
#include "run_refusal.h"

#include <stdarg.h>

static const char *const STAGES[] = {
    [RUN_REFUSAL_COMMAND] = "command",
    [RUN_REFUSAL_PROGRAM] = "check",
    [RUN_REFUSAL_LIBRARY] = "library",
    [RUN_REFUSAL_ENVIRONMENT] = "environment",
};

bool run_refusal_set(struct run_refusal *refusal, enum run_refusal_stage stage,
                     enum run_refusal_exit code, const char *format, ...)
{
    va_list values;

    refusal->stage = stage;
    refusal->exit = code;
    va_start(values, format);
    vsnprintf(refusal->text, sizeof(refusal->text), format, values);
    va_end(values);
    return false;
}

void run_refusal_say(const struct run_refusal *refusal, bool forced)
{
    run_refusal_line("%s: %s", STAGES[refusal->stage], refusal->text);
    if (forced)
        run_refusal_line("running it anyway (--force): names under .matrix "
                         "may not be found, or not be helped");
    else if (refusal->stage == RUN_REFUSAL_PROGRAM)
        run_refusal_line("not run; `matrix-resolve --curl NAME` prints a "
                         "command that needs no shim, --force runs this one "
                         "anyway");
}

void run_refusal_line(const char *format, ...)
{
    char line[RUN_REFUSAL_TEXT + 64];
    va_list values;

    va_start(values, format);
    vsnprintf(line, sizeof(line), format, values);
    va_end(values);
    /* A file's name must not move a terminal's cursor. */
    for (char *octet = line; *octet != '\0'; octet++)
        if ((unsigned char)*octet < ' ' || *octet == '\x7f')
            *octet = '?';
    fprintf(stderr, "matrix-run: %s\n", line);
}
