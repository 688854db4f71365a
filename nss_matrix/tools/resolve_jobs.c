/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in memory: how they are started, answered and printed. */
#include "resolve_jobs.h"

#include <time.h>

#include "deadline.h"
#include "lookup.h"
#include "paint.h"
#include "resolve_name.h"
#include "resolve_output.h"
#include "standard.h"

struct resolve_job {
    struct resolve_job *next;     /* typed after it, in the order to print */
    struct resolve_job *follower; /* the same server, found out by this job */
    struct resolve_job *previous_active, *next_active;
    struct resolve_job *next_finished;
    struct resolve_jobs *jobs;
    char *typed;
    bool is_name;
    struct server_name name;
    struct lookup lookup;
    enum error refusal; /* of what was not looked up */
    char *reason;
    int64_t start;
    char *text, *complaint; /* what is to be printed; NULL: not known yet */
};

static void job_free(struct resolve_job *job)
{
    free(job->typed);
    free(job->reason);
    free(job->text);
    free(job->complaint);
    free(job);
}

/* What is to be printed for a job whose lookup was leader's. */
static void describe(struct resolve_job *job, const struct resolve_job *leader)
{
    struct resolve_jobs *jobs = job->jobs;
    bool looked_up = leader->lookup.done;
    struct outcome refused = {
        .error = job->refusal, .step = "", .spec = jobs->configuration.spec};
    struct resolve_answer answer = {
        .typed = job->typed,
        .asked = job->is_name ? &job->name : NULL,
        .outcome = looked_up ? lookup_outcome(&leader->lookup) : &refused,
        .trace = looked_up ? lookup_trace(&leader->lookup) : NULL,
        .source = leader->lookup.source,
        .ms = (int)(deadline_clock() - job->start),
        .now = time(NULL),
        .options = jobs->options,
    };
    int exit_status;
    size_t length;
    FILE *out = open_memstream(&job->text, &length);

    if (!looked_up)
        snprintf(refused.reason, sizeof(refused.reason), "%s", job->reason);
    exit_status = status_exit(error_status(answer.outcome->error));
    if (exit_status > jobs->worst)
        jobs->worst = exit_status;
    jobs->done++;
    jobs->failed += exit_status != 0;
    job->complaint = resolve_output_complaint(jobs->form, &answer);
    if (out != NULL)
        resolve_output(out, jobs->form, &answer);
    if (out == NULL || fclose(out) != 0)
        standard_no_memory("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
}

/*
 * Prints what is known, up to the first name that is not if they are to stay
 * in order; at the end, past it.
 */
static void print_known(struct resolve_jobs *jobs, bool at_the_end)
{
    struct resolve_job **at = &jobs->first;
    struct resolve_job *before = NULL;

    paint_progress(NULL);
    while (*at != NULL &&
           ((*at)->text != NULL || !jobs->ordered || at_the_end)) {
        struct resolve_job *job = *at;

        if (job->text == NULL) {
            before = job;
            at = &job->next;
            continue;
        }
        fputs(job->text, stdout);
        if (job->complaint != NULL)
            fputs(job->complaint, stderr);
        *at = job->next;
        if (jobs->last == job)
            jobs->last = before;
        jobs->count--;
        job_free(job);
    }
    standard_flush("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
}

/* Called from the loop. */
static void lookup_done(void *argument)
{
    struct resolve_job *job = argument;

    job->next_finished = job->jobs->finished;
    job->jobs->finished = job;
}

static void leave_active(struct resolve_job *job)
{
    struct resolve_jobs *jobs = job->jobs;

    if (job->previous_active != NULL)
        job->previous_active->next_active = job->next_active;
    else
        jobs->active = job->next_active;
    if (job->next_active != NULL)
        job->next_active->previous_active = job->previous_active;
    jobs->active_count--;
    lookup_end(&job->lookup);
}

/* Takes what was found out since the last time. */
void resolve_jobs_collect(struct resolve_jobs *jobs)
{
    bool any = jobs->finished != NULL;

    while (jobs->finished != NULL) {
        struct resolve_job *leader = jobs->finished;

        jobs->finished = leader->next_finished;
        for (struct resolve_job *job = leader; job != NULL; job = job->follower)
            describe(job, leader);
        leave_active(leader);
    }
    if (any)
        print_known(jobs, false);
}

static void refuse(struct resolve_job *job, enum error error,
                   const char *reason)
{
    job->refusal = error;
    job->reason = strdup(reason);
    if (job->reason == NULL)
        standard_no_memory("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
    describe(job, job);
    print_known(job->jobs, false);
}

static void look_up(struct resolve_job *job)
{
    struct resolve_jobs *jobs = job->jobs;
    const struct resolve_options *options = jobs->options;
    bool cached = jobs->configuration.cache && !options->no_cache &&
                  options->family == AF_UNSPEC && options->user_agent == NULL;
    /* A trace is asked for to see what happens, not what once happened. */
    struct lookup_plan plan = {.resolver = jobs->resolver,
                               .settings = &jobs->settings,
                               .limit_ms = options->timeout_ms,
                               .read = cached && jobs->form != RESOLVE_TRACE,
                               .write = cached};

    for (struct resolve_job *other = jobs->active; other != NULL;
         other = other->next_active) {
        if (strcmp(other->name.key, job->name.key) == 0) {
            job->follower = other->follower;
            other->follower = job;
            return;
        }
    }
    if (lookup_start(&job->lookup, &plan, &job->name, lookup_done, job) !=
        STATUS_OK) {
        refuse(job, ERROR_INTERNAL, "out of memory");
        return;
    }
    job->next_active = jobs->active;
    if (jobs->active != NULL)
        jobs->active->previous_active = job;
    jobs->active = job;
    jobs->active_count++;
}

bool resolve_jobs_start(struct resolve_jobs *jobs, const char *typed)
{
    struct resolve_job *job = calloc(1, sizeof(*job));
    char reason[LIMIT_REASON];

    if (job == NULL)
        return false;
    job->jobs = jobs;
    job->start = deadline_clock();
    job->typed = strdup(typed);
    if (job->typed == NULL) {
        free(job);
        return false;
    }
    if (jobs->last != NULL)
        jobs->last->next = job;
    else
        jobs->first = job;
    jobs->last = job;
    jobs->count++;
    job->is_name = resolve_name_read(typed, &job->name, reason) == STATUS_OK;
    if (job->is_name)
        look_up(job);
    else
        refuse(job, ERROR_INVALID_SERVER_NAME, reason);
    return true;
}

void resolve_jobs_print(struct resolve_jobs *jobs)
{
    print_known(jobs, true);
}

void resolve_jobs_done(struct resolve_jobs *jobs)
{
    while (jobs->active != NULL)
        leave_active(jobs->active);
    while (jobs->first != NULL) {
        struct resolve_job *job = jobs->first;

        jobs->first = job->next;
        job_free(job);
    }
    jobs->last = jobs->finished = NULL;
    jobs->count = 0;
}
