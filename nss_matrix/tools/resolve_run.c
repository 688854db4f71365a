/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names go in as they are read and out as they are done: there are never more
 * than a number of them that --jobs fixes, whatever the length of the list.
 */
#include "resolve_run.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include "configuration.h"
#include "deadline.h"
#include "lookup.h"
#include "paint.h"
#include "resolve_name.h"
#include "resolve_output.h"
#include "resolver.h"

enum {
    WAITING = 16,  /* names in memory for each job: finished, or the same */
    TICK_MS = 250, /* between two looks at the clock and at ^C */
    JOB_FILES = 8, /* that a lookup may have open; more, and it waits */
    INTERRUPTED = 130,
    LARGE = 32 * 1024,
};

/* One name. */
struct job {
    struct job *next;     /* typed after it, in the order to print */
    struct job *follower; /* the same server, found out by this job */
    struct job *previous_active, *next_active;
    struct job *next_finished;
    struct run *run;
    char *typed;
    bool is_name;
    struct server_name name;
    struct lookup lookup;
    enum error refusal; /* of what was not looked up */
    char *reason;
    int64_t start;
    char *text, *complaint; /* what is to be printed; NULL: not known yet */
};

struct run {
    const struct resolve_options *options;
    enum resolve_form form;
    bool many, ordered;
    unsigned jobs; /* at most, under way */
    struct settings settings;
    struct configuration configuration;
    struct resolver *resolver;
    struct resolve_name_source source;
    bool ended; /* no more names */
    struct loop_watch stream;
    struct loop_timer tick;
    struct job *first, *last; /* in the order they were typed */
    struct job *active, *finished;
    unsigned count, active_count;
    unsigned long done, failed;
    int64_t start;
    int worst;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

static void job_free(struct job *job)
{
    free(job->typed);
    free(job->reason);
    free(job->text);
    free(job->complaint);
    free(job);
}

/* What is to be printed for a job whose lookup was leader's. */
static void describe(struct job *job, const struct job *leader)
{
    struct run *run = job->run;
    bool looked_up = leader->lookup.done;
    struct outcome refused = {
        .error = job->refusal, .step = "", .spec = run->configuration.spec};
    struct resolve_answer answer = {
        .typed = job->typed,
        .asked = job->is_name ? &job->name : NULL,
        .outcome = looked_up ? lookup_outcome(&leader->lookup) : &refused,
        .trace = looked_up ? lookup_trace(&leader->lookup) : NULL,
        .source = leader->lookup.source,
        .ms = (int)(deadline_clock() - job->start),
        .now = time(NULL),
        .options = run->options,
    };
    int exit_status;
    size_t length;
    FILE *out = open_memstream(&job->text, &length);

    if (!looked_up)
        snprintf(refused.reason, sizeof(refused.reason), "%s", job->reason);
    exit_status = status_exit(error_status(answer.outcome->error));
    if (exit_status > run->worst)
        run->worst = exit_status;
    run->done++;
    run->failed += exit_status != 0;
    job->complaint = resolve_output_complaint(run->form, &answer);
    if (out != NULL)
        resolve_output(out, run->form, &answer);
    if (out == NULL || fclose(out) != 0) {
        fputs("matrix-resolve: out of memory\n", stderr);
        exit(status_exit(STATUS_UNAVAILABLE));
    }
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

/*
 * Prints what is known, up to the first name that is not if they are to stay
 * in order; at the end, past it.
 */
static void print_known(struct run *run, bool at_the_end)
{
    struct job **at = &run->first;
    struct job *before = NULL;

    paint_progress(NULL);
    while (*at != NULL &&
           ((*at)->text != NULL || !run->ordered || at_the_end)) {
        struct job *job = *at;

        if (job->text == NULL) {
            before = job;
            at = &job->next;
            continue;
        }
        fputs(job->text, stdout);
        if (job->complaint != NULL)
            fputs(job->complaint, stderr);
        *at = job->next;
        if (run->last == job)
            run->last = before;
        run->count--;
        job_free(job);
    }
    if (fflush(stdout) != 0)
        end_without_reader();
}

/* Called from the loop. */
static void lookup_done(void *argument)
{
    struct job *job = argument;

    job->next_finished = job->run->finished;
    job->run->finished = job;
}

static void leave_active(struct job *job)
{
    struct run *run = job->run;

    if (job->previous_active != NULL)
        job->previous_active->next_active = job->next_active;
    else
        run->active = job->next_active;
    if (job->next_active != NULL)
        job->next_active->previous_active = job->previous_active;
    run->active_count--;
    lookup_end(&job->lookup);
}

/* Takes what was found out since the last time. */
static void collect(struct run *run)
{
    bool any = run->finished != NULL;

    while (run->finished != NULL) {
        struct job *job = run->finished;

        run->finished = job->next_finished;
        for (struct job *same = job; same != NULL; same = same->follower)
            describe(same, job);
        leave_active(job);
    }
    if (any)
        print_known(run, false);
}

static void refuse(struct job *job, enum error error, const char *reason)
{
    job->refusal = error;
    job->reason = strdup(reason);
    describe(job, job);
    print_known(job->run, false);
}

static void look_up(struct job *job)
{
    struct run *run = job->run;
    const struct resolve_options *options = run->options;
    bool cached = run->configuration.cache && !options->no_cache &&
                  options->family == AF_UNSPEC && options->user_agent == NULL;
    /* A trace is asked for to see what happens, not what once happened. */
    struct lookup_plan plan = {.resolver = run->resolver,
                               .settings = &run->settings,
                               .limit_ms = options->timeout_ms,
                               .read = cached && run->form != RESOLVE_TRACE,
                               .write = cached};

    for (struct job *other = run->active; other != NULL;
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
    job->next_active = run->active;
    if (run->active != NULL)
        run->active->previous_active = job;
    run->active = job;
    run->active_count++;
}

static bool start_job(struct run *run, const char *typed)
{
    struct job *job = calloc(1, sizeof(*job));
    char reason[LIMIT_REASON];

    if (job == NULL)
        return false;
    job->run = run;
    job->start = deadline_clock();
    job->typed = strdup(typed);
    if (job->typed == NULL) {
        free(job);
        return false;
    }
    if (run->last != NULL)
        run->last->next = job;
    else
        run->first = job;
    run->last = job;
    run->count++;
    job->is_name = resolve_name_read(typed, &job->name, reason) == STATUS_OK;
    if (job->is_name)
        look_up(job);
    else
        refuse(job, ERROR_INVALID_SERVER_NAME, reason);
    return true;
}

/* A lookup that cannot open its sockets would blame DNS. */
static void fit_files(struct run *run)
{
    struct rlimit files;
    rlim_t wanted = (rlim_t)(run->jobs + 4) * JOB_FILES;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted)
        run->jobs = files.rlim_cur > 8 * JOB_FILES
                        ? (unsigned)(files.rlim_cur / JOB_FILES) - 4
                        : 1;
}

static void show_progress(const struct run *run)
{
    const struct resolve_name_source *source = &run->source;
    struct paint_progress progress = {
        .done = run->done,
        .failed = run->failed,
        .ms = deadline_clock() - run->start,
    };

    /* What was read but not looked up yet is but a little of a long list. */
    if (source->total > 0 && source->fd >= 0)
        progress.part = (double)source->taken / (double)source->total;
    else if (source->total > 0)
        progress.part = (double)run->done / (double)source->total;
    paint_progress(&progress);
}

static void ticked(void *argument)
{
    struct run *run = argument;

    show_progress(run);
    loop_set(resolver_loop(run->resolver), &run->tick, deadline_after(TICK_MS),
             ticked, run);
}

/* Wakes the loop, and rests until somebody waits again. */
static void stream_ready(void *argument, uint32_t events)
{
    struct run *run = argument;

    (void)events;
    loop_unwatch(&run->stream);
}

/* Starts as many as there may be. False without memory. */
static bool feed(struct run *run)
{
    const char *typed;

    while (!run->ended && run->active_count < run->jobs &&
           run->count < run->jobs * WAITING) {
        switch (resolve_name_next(&run->source, &typed)) {
        case RESOLVE_NAME_TAKEN:
            if (!start_job(run, typed))
                return false;
            break;
        case RESOLVE_NAME_LATER:
            return loop_watch(resolver_loop(run->resolver), &run->stream,
                              run->source.fd, EPOLLIN, stream_ready,
                              run) == STATUS_OK;
        case RESOLVE_NAME_END:
            run->ended = true;
        }
    }
    return true;
}

static int stop(struct run *run)
{
    unsigned left;

    print_known(run, true);
    while (run->active != NULL)
        leave_active(run->active);
    left = run->count;
    while (run->first != NULL) {
        struct job *job = run->first;

        run->first = job->next;
        job_free(job);
    }
    fprintf(stderr,
            "matrix-resolve: interrupted: %lu names are done, %u were under "
            "way\n",
            run->done, left);
    return INTERRUPTED;
}

static int run_all(struct run *run)
{
    struct loop *loop = resolver_loop(run->resolver);
    int status = -1;

    run->start = deadline_clock();
    if (run->many)
        loop_set(loop, &run->tick, deadline_after(TICK_MS), ticked, run);
    while (status < 0) {
        if (!feed(run))
            status = status_exit(STATUS_UNAVAILABLE);
        else if (interrupted)
            status = stop(run);
        else if (run->ended && run->count == 0)
            status = run->worst;
        else if (resolver_turn(run->resolver) != STATUS_OK)
            status = status_exit(STATUS_UNAVAILABLE);
        collect(run);
    }
    paint_progress(NULL);
    loop_unset(&run->tick);
    loop_unwatch(&run->stream);
    return status;
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
    const struct resolve_options *options = run->options;
    /* The second ^C ends at once. */
    const struct sigaction once = {.sa_handler = interrupt,
                                   .sa_flags = SA_RESETHAND};
    int status;

    switch (
        resolver_new(&run->configuration, options->family, &run->resolver)) {
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
    if (run->many) {
        fit_files(run);
        /* Large room of which little is used does not stay in the heap. */
        mallopt(M_MMAP_THRESHOLD, LARGE);
        sigaction(SIGINT, &once, NULL);
    }
    status = run_all(run);
    resolver_free(run->resolver);
    return status;
}

/* -1: the names are arguments; -2: it cannot be opened. */
static int open_list(const char *file)
{
    int fd;

    if (file == NULL)
        return -1;
    if (strcmp(file, "-") == 0)
        return STDIN_FILENO;
    fd = open(file, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -2 : fd;
}

int resolve_run(const struct resolve_options *options)
{
    AUTO(free) struct run *run = calloc(1, sizeof(*run));
    AUTO(close_fd) int fd = open_list(options->file);
    char error[CONFIGURATION_ERROR_MAX] = "out of memory";
    int status;

    if (run == NULL)
        return fail("%s", "out of memory");
    if (fd < -1)
        return fail("%s: %s", options->file, strerror(errno));
    run->options = options;
    run->many = options->name_count > 1 || options->file != NULL;
    run->form =
        run->many && !options->form_given ? RESOLVE_JSON : options->form;
    run->ordered = options->ordered || run->form != RESOLVE_JSON;
    run->jobs = (unsigned)options->jobs;
    resolve_name_source(&run->source, options->names, options->name_count, fd);
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
