/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring of lookups: names go in at the front as they are read, so that a
 * file of any length needs the same memory, and leave at the back.
 */
#include "resolve_run.h"

#include <signal.h>
#include <stdarg.h>
#include <time.h>

#include "configuration.h"
#include "deadline.h"
#include "lookup.h"
#include "paint.h"
#include "resolve_name.h"
#include "resolve_output.h"
#include "resolver.h"

enum {
    JOBS = 64,
};

/* One name under way. */
struct job {
    char *typed;
    bool is_name;
    struct server_name name;
    struct lookup lookup;
    struct outcome refused; /* if it is no name */
    int64_t start;
    int ms;
    bool done;
    bool printed;
};

struct run {
    const struct resolve_options *options;
    enum resolve_form form;
    struct settings settings;
    struct configuration configuration;
    struct resolver *resolver;
    FILE *file; /* of names; NULL: they are arguments */
    int next_name;
    unsigned first, count; /* of the ring */
    struct job ring[JOBS];
    int worst;
};

/* The next name to look up, malloc'ed; NULL when there are no more. */
static char *next_name(struct run *run)
{
    AUTO(free) char *line = NULL;
    size_t room = 0;
    ssize_t length;

    if (run->file == NULL)
        return run->next_name < run->options->name_count
                   ? strdup(run->options->names[run->next_name++])
                   : NULL;
    while ((length = getline(&line, &room, run->file)) >= 0) {
        /* A NUL must not cut a name down to another one. */
        for (char *nul; (nul = memchr(line, '\0', (size_t)length)) != NULL;)
            *nul = '\1';

        size_t start = strspn(line, " \t");
        size_t end = start + strcspn(line + start, " \t\r\n");

        line[end] = '\0';
        if (end > start && line[start] != '#')
            return strdup(line + start);
    }
    return NULL;
}

static void job_done(void *argument)
{
    struct job *job = argument;

    job->ms = (int)(deadline_clock() - job->start);
    job->done = true;
}

static void refuse(struct job *job, enum error error)
{
    job->refused.error = error;
    job->refused.step = "";
    job->done = true;
}

static void start_job(struct run *run, char *typed)
{
    const struct resolve_options *options = run->options;
    struct job *job = &run->ring[(run->first + run->count++) % JOBS];
    bool cached = run->configuration.cache && !options->no_cache &&
                  options->family == AF_UNSPEC && options->user_agent == NULL;
    /* A trace is asked for to see what happens, not what once happened. */
    struct lookup_plan plan = {.resolver = run->resolver,
                               .settings = &run->settings,
                               .limit_ms = options->timeout_ms,
                               .read = cached && run->form != RESOLVE_TRACE,
                               .write = cached};

    memset(job, 0, sizeof(*job));
    job->typed = typed;
    job->start = deadline_clock();
    job->refused.spec = run->configuration.spec;
    if (resolve_name_read(typed, &job->name, job->refused.reason) !=
        STATUS_OK) {
        refuse(job, ERROR_INVALID_SERVER_NAME);
        return;
    }
    job->is_name = true;
    if (lookup_start(&job->lookup, &plan, &job->name, job_done, job) !=
        STATUS_OK) {
        snprintf(job->refused.reason, sizeof(job->refused.reason),
                 "out of memory");
        refuse(job, ERROR_INTERNAL);
    }
}

static void print_answer(const struct run *run,
                         const struct resolve_answer *answer)
{
    switch (run->form) {
    case RESOLVE_JSON:
        resolve_output_json(stdout, answer);
        break;
    case RESOLVE_SHORT:
        resolve_output_short(stdout, answer);
        break;
    case RESOLVE_CURL:
        resolve_output_curl(stdout, answer);
        break;
    case RESOLVE_OPENSSL:
        resolve_output_openssl(stdout, answer);
        break;
    default:
        resolve_output_block(stdout, answer, run->form == RESOLVE_TRACE);
    }
}

/* The forms that have no room for a reason say it on stderr. */
static void complain(const struct run *run, const struct resolve_answer *answer)
{
    char shown[LIMIT_REASON];

    if (answer->outcome->error == ERROR_NONE || run->form == RESOLVE_JSON ||
        run->form == RESOLVE_BLOCK || run->form == RESOLVE_TRACE)
        return;
    fprintf(stderr, "matrix-resolve: %s: %s: %s\n",
            resolve_output_name(answer, shown),
            error_name(answer->outcome->error), answer->outcome->reason);
}

/* `matrix-resolve ... | head`: end as a program does that wrote to no reader.
 */
static void end_without_reader(void)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};

    if (errno == EPIPE) {
        sigaction(SIGPIPE, &normal, NULL);
        raise(SIGPIPE);
    }
    fprintf(stderr, "matrix-resolve: cannot write: %s\n", strerror(errno));
    exit(status_exit(STATUS_UNAVAILABLE));
}

static void print_job(struct run *run, struct job *job)
{
    bool looked_up = job->lookup.done;
    struct resolve_answer answer = {
        .typed = job->typed,
        .asked = job->is_name ? &job->name : NULL,
        .outcome = looked_up ? lookup_outcome(&job->lookup) : &job->refused,
        .trace = looked_up ? lookup_trace(&job->lookup) : NULL,
        .source = job->lookup.source,
        .ms = job->ms,
        .now = time(NULL),
        .options = run->options,
    };
    int exit_status = status_exit(error_status(answer.outcome->error));

    print_answer(run, &answer);
    complain(run, &answer);
    if (fflush(stdout) != 0)
        end_without_reader();
    if (exit_status > run->worst)
        run->worst = exit_status;
    job->printed = true;
}

/* Prints what can be printed, and lets go of the ring's end. */
static void collect(struct run *run)
{
    bool any_order = run->form == RESOLVE_JSON;

    for (unsigned i = 0; i < run->count; i++) {
        struct job *job = &run->ring[(run->first + i) % JOBS];

        if (job->done && !job->printed)
            print_job(run, job);
        else if (!job->done && !any_order)
            break;
    }
    while (run->count > 0 && run->ring[run->first].printed) {
        lookup_end(&run->ring[run->first].lookup);
        free(run->ring[run->first].typed);
        run->first = (run->first + 1) % JOBS;
        run->count--;
    }
}

static int run_all(struct run *run)
{
    char *typed = next_name(run);

    while (typed != NULL || run->count > 0) {
        while (typed != NULL && run->count < JOBS) {
            start_job(run, typed);
            typed = next_name(run);
        }
        collect(run);
        if (run->count > 0 && !run->ring[run->first].done &&
            resolver_turn(run->resolver) != STATUS_OK)
            return status_exit(STATUS_UNAVAILABLE);
        collect(run);
    }
    return run->worst;
}

static int fail(const char *format, ...) PRINTF_LIKE(1, 2);

static int fail(const char *format, ...)
{
    va_list values;

    fputs("matrix-resolve: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    return status_exit(STATUS_UNAVAILABLE);
}

static int run_with_resolver(struct run *run)
{
    const char *file = run->options->file;
    int status;

    switch (resolver_new(&run->configuration, run->options->family,
                         &run->resolver)) {
    case STATUS_OK:
        break;
    case STATUS_INVALID:
        fail("`%s` is no DNS server: give ADDR, ADDR:PORT or [ADDR6]:PORT",
             run->configuration.dns);
        return status_exit(STATUS_INVALID);
    default:
        return fail("%s", "the resolver cannot be started: see "
                          "/etc/resolv.conf");
    }
    if (file != NULL && strcmp(file, "-") != 0)
        run->file = fopen(file, "re");
    else if (file != NULL)
        run->file = stdin;
    if (file != NULL && run->file == NULL)
        status = fail("%s: %s", file, strerror(errno));
    else
        status = run_all(run);
    if (run->file != NULL && run->file != stdin)
        fclose(run->file);
    resolver_free(run->resolver);
    return status;
}

int resolve_run(const struct resolve_options *options)
{
    AUTO(free) struct run *run = calloc(1, sizeof(*run));
    char error[CONFIGURATION_ERROR_MAX] = "out of memory";
    bool many = options->name_count > 1 || options->file != NULL;
    int status;

    if (run == NULL)
        return fail("%s", "out of memory");
    run->options = options;
    run->form = many && !options->form_given ? RESOLVE_JSON : options->form;
    paint_decide(options->colour);
    settings_now(&options->overrides, &run->settings);
    if (configuration_load(&options->overrides, &run->configuration, error) !=
        STATUS_OK) {
        status = fail("%s", error);
    } else {
        if (options->user_agent != NULL) {
            free(run->configuration.user_agent);
            run->configuration.user_agent = strdup(options->user_agent);
        }
        status = run_with_resolver(run);
    }
    configuration_done(&run->configuration);
    return status;
}
