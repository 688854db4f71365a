/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All signals are blocked and taken one by one: a blocked signal is kept even
 * for PID 1, which the kernel otherwise spares what it does not handle.
 */
#include "run_init.h"

#include <signal.h>
#include <sys/wait.h>

#include "run_refusal.h"

/* Those that say our own program is broken stay as they are. */
static void passed_on(sigset_t *ret_set)
{
    static const int OURS[] = {SIGSEGV, SIGBUS,  SIGFPE,
                               SIGILL,  SIGTRAP, SIGABRT};

    sigfillset(ret_set);
    for (size_t i = 0; i < ARRAY_SIZE(OURS); i++)
        sigdelset(ret_set, OURS[i]);
}

/* Whether child has ended, and how; orphans are only buried. */
static bool reap(pid_t child, int *ret_exit)
{
    bool ended = false;
    pid_t pid;
    int how;

    while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
        if (pid != child)
            continue;
        ended = true;
        *ret_exit = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    }
    return ended;
}

/* A terminal's signal goes to the whole foreground group: child has it. */
static bool has_it_already(const siginfo_t *signal, pid_t child)
{
    return signal->si_code == SI_KERNEL && getpgid(child) == getpgrp();
}

static int stay(pid_t child, const sigset_t *signals)
{
    siginfo_t signal;
    int status = 0;

    for (;;) {
        if (sigwaitinfo(signals, &signal) < 0)
            continue;
        if (signal.si_signo != SIGCHLD) {
            if (!has_it_already(&signal, child))
                kill(child, signal.si_signo);
        } else if (reap(child, &status)) {
            return status;
        }
    }
}

void run_init_exec(const char *path, char **argv)
{
    /* The path has a slash, so this is no search; but like a shell it has
       /bin/sh run what is of no known form. */
    execvp(path, argv);
}

int run_init(const char *path, char **argv)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t signals;
    sigset_t old;
    pid_t child;

    passed_on(&signals);
    sigprocmask(SIG_BLOCK, &signals, &old);
    /* With SIGCHLD ignored, which exec keeps, there would be no status. */
    sigaction(SIGCHLD, &normal, NULL);
    child = fork();
    if (child < 0) {
        run_refusal_line("command: %s: %s", path, strerror(errno));
        return RUN_REFUSAL_OURS;
    }
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &old, NULL);
        run_init_exec(path, argv);
        run_refusal_line("command: %s: %s", path, strerror(errno));
        _exit(RUN_REFUSAL_CANNOT_RUN);
    }
    return stay(child, &signals);
}
