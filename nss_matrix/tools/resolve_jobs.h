/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that matrix-resolve has in memory: those under way, those that
 * wait for one that is, and those whose answer waits for its turn.
 */
#ifndef NSS_MATRIX_RESOLVE_JOBS_H
#define NSS_MATRIX_RESOLVE_JOBS_H

#include <stdbool.h>

#include "configuration.h"
#include "resolve_options.h"
#include "resolver.h"
#include "settings.h"

/* One name. */
struct resolve_job;

/* The first six are the caller's to set. */
struct resolve_jobs {
    const struct resolve_options *options;
    enum resolve_form form;
    bool ordered; /* printed in the order they were typed */
    struct settings settings;
    struct configuration configuration;
    struct resolver *resolver;
    struct resolve_job *first, *last; /* in the order they were typed */
    struct resolve_job *active, *finished;
    unsigned count, active_count; /* in memory; under way */
    unsigned long done, failed;
    int worst; /* exit status */
};

/*
 * Starts to look up what was typed, or lets it wait for the same name that is
 * under way. What is no name is answered at once. False without memory.
 */
bool resolve_jobs_start(struct resolve_jobs *jobs, const char *typed);

/*
 * Takes what was found out since the last time, and prints what can be
 * printed. Ends the process if nothing can be written.
 */
void resolve_jobs_collect(struct resolve_jobs *jobs);

/* Prints what is known, out of order if need be. */
void resolve_jobs_print(struct resolve_jobs *jobs);

/* Ends what is under way, and frees all. */
void resolve_jobs_done(struct resolve_jobs *jobs);

#endif
