/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * matrix-run: runs a command under the shim libmatrix_preload.so, unless the
 * shim could not help it. doc/matrix-run.1.
 */
#include "run_check.h"
#include "run_environment.h"
#include "run_find.h"
#include "run_init.h"

static bool is_quiet(const struct run_options *options)
{
    return options->notes != NULL && strcmp(options->notes, "quiet") == 0;
}

static int print_environment(const struct run_library *library,
                             struct run_refusal *refusal)
{
    if (!run_check_library(library, refusal)) {
        run_refusal_say(refusal, false);
        return refusal->exit;
    }
    if (!run_environment_print(stdout)) {
        run_refusal_line("environment: cannot be printed: %s", strerror(errno));
        return RUN_REFUSAL_OURS;
    }
    return 0;
}

/* Only for people: scripts may read stderr too. */
static void greet(const struct run_options *options)
{
    if (options->mode != RUN_OPTIONS_SHELL || is_quiet(options) ||
        isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
        return;
    run_refusal_line("in this shell https://NAME.matrix/ is the federation "
                     "endpoint of NAME; `exit` leaves it");
    run_refusal_line("programs that cannot be helped (static, set-user-ID, Go, "
                     "Java) are not refused here");
}

/* Whether the command may run; what is wrong has been said. */
static bool may_run(const struct run_options *options,
                    const struct run_library *library, const char *path,
                    struct run_refusal *refusal)
{
    bool forced;

    if (run_check(path, library, refusal))
        return true;
    forced = options->force && refusal->stage == RUN_REFUSAL_PROGRAM;
    if (!forced || !is_quiet(options))
        run_refusal_say(refusal, forced);
    return forced;
}

static int run(const struct run_options *options,
               const struct run_library *library, struct run_refusal *refusal)
{
    char *shell[] = {getenv("SHELL"), NULL};
    char *const *command = options->command;
    char path[PATH_MAX];

    if (options->mode == RUN_OPTIONS_SHELL) {
        static char fallback[] = "/bin/sh";

        if (shell[0] == NULL || shell[0][0] == '\0')
            shell[0] = fallback;
        command = shell;
    }
    if (!run_find(command[0], path, refusal)) {
        run_refusal_say(refusal, false);
        return refusal->exit;
    }
    if (!may_run(options, library, path, refusal))
        return refusal->exit;
    greet(options);
    if (getpid() == 1)
        return run_init(path, (char **)command);
    run_init_exec(path, (char **)command);
    run_refusal_line("command: %s: %s", path, strerror(errno));
    return RUN_REFUSAL_CANNOT_RUN;
}

int main(int argc, char **argv)
{
    AUTO(run_options) struct run_options options;
    struct run_library library;
    struct run_refusal refusal;

    run_options_read(argc, argv, &options);
    if (!run_library_find(&library, &refusal) ||
        !run_environment_set(&options, &library, &refusal)) {
        run_refusal_say(&refusal, false);
        return refusal.exit;
    }
    if (options.mode == RUN_OPTIONS_PRINT_ENV)
        return print_environment(&library, &refusal);
    return run(&options, &library, &refusal);
}
