/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names go in as they are read and out as they are done: there are never more
 * than a number of them that --jobs fixes, whatever the length of the list.
 */
#include "resolve_run.h"

#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include "configuration.h"
#include "deadline.h"
#include "limit.h"
#include "paint.h"
#include "pieces.h"
#include "resolve_jobs.h"
#include "resolve_name.h"
#include "resolver.h"

enum {
    WAITING = 16,  /* names in memory for each job: finished, or the same */
    TICK_MS = 250, /* between two looks at the clock and at ^C */
    /* A lookup may have open so many, if a stranger means ill: both families
     * of the targets of a set and of those asked for ahead, and the rest. */
    JOB_FILES = 2 * (LIMIT_SRV_RECORDS + 3 * PIECES_AHEAD) + 16,
    OWN_FILES = 16,
    INTERRUPTED = 130,
    LARGE = 32 * 1024,
};

struct run {
    struct resolve_jobs jobs;
    const struct resolve_options *options;
    bool many;
    unsigned most; /* jobs under way */
    struct resolve_name_source source;
    bool ended; /* no more names */
    struct loop_watch stream;
    struct loop_timer tick;
    int64_t start;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
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

/* A lookup that takes all sockets would leave others without an answer. */
static void fit_files(struct run *run)
{
    struct rlimit files;
    rlim_t wanted = (rlim_t)run->most * JOB_FILES + OWN_FILES;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted)
        run->most = files.rlim_cur < 2 * JOB_FILES + OWN_FILES
                        ? 1
                        : (unsigned)((files.rlim_cur - OWN_FILES) / JOB_FILES);
}

static void show_progress(const struct run *run)
{
    const struct resolve_name_source *source = &run->source;
    struct paint_progress progress = {
        .done = run->jobs.done,
        .failed = run->jobs.failed,
        .ms = deadline_clock() - run->start,
    };

    /* What was read but not looked up yet is but a little of a long list. */
    if (source->total > 0 && source->fd >= 0)
        progress.part = (double)source->taken / (double)source->total;
    else if (source->total > 0)
        progress.part = (double)run->jobs.done / (double)source->total;
    paint_progress(&progress);
}

static void ticked(void *argument)
{
    struct run *run = argument;

    show_progress(run);
    loop_set(resolver_loop(run->jobs.resolver), &run->tick,
             deadline_after(TICK_MS), ticked, run);
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

    while (!run->ended && run->jobs.active_count < run->most &&
           run->jobs.count < run->most * WAITING) {
        switch (resolve_name_next(&run->source, &typed)) {
        case RESOLVE_NAME_TAKEN:
            if (!resolve_jobs_start(&run->jobs, typed))
                return false;
            break;
        case RESOLVE_NAME_LATER:
            return loop_watch(resolver_loop(run->jobs.resolver), &run->stream,
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
    resolve_jobs_print(&run->jobs);
    fprintf(stderr,
            "matrix-resolve: interrupted: %lu names are done, %u were under "
            "way\n",
            run->jobs.done, run->jobs.count);
    return INTERRUPTED;
}

/* A list that could not be read to its end was not worked on whole. */
static int end(const struct run *run)
{
    if (run->source.error != 0)
        return fail("%s: %s", run->options->file, strerror(run->source.error));
    return run->jobs.worst;
}

static int run_all(struct run *run)
{
    struct loop *loop = resolver_loop(run->jobs.resolver);
    int status = -1;

    run->start = deadline_clock();
    if (run->many)
        loop_set(loop, &run->tick, deadline_after(TICK_MS), ticked, run);
    while (status < 0) {
        if (!feed(run))
            status = fail("%s", "out of memory");
        else if (interrupted)
            status = stop(run);
        else if (run->ended && run->jobs.count == 0)
            status = end(run);
        else if (resolver_turn(run->jobs.resolver) != STATUS_OK)
            status = fail("%s", "the system's epoll fails");
        resolve_jobs_collect(&run->jobs);
    }
    paint_progress(NULL);
    loop_unset(&run->tick);
    loop_unwatch(&run->stream);
    resolve_jobs_done(&run->jobs);
    return status;
}

static int run_with_resolver(struct run *run)
{
    const struct resolve_options *options = run->options;
    /* The second ^C ends at once. */
    const struct sigaction once = {.sa_handler = interrupt,
                                   .sa_flags = SA_RESETHAND};
    int status;

    switch (resolver_new(&run->jobs.configuration, options->family,
                         &run->jobs.resolver)) {
    case STATUS_OK:
        break;
    case STATUS_INVALID:
        fail("`%s` is no DNS server: give ADDR, ADDR:PORT or [ADDR6]:PORT",
             run->jobs.configuration.dns);
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
    resolver_free(run->jobs.resolver);
    return status;
}

int resolve_run(const struct resolve_options *options)
{
    AUTO(free) struct run *run = calloc(1, sizeof(*run));
    AUTO(close_fd) int fd = -1;
    char error[CONFIGURATION_ERROR_MAX] = "out of memory";
    int status;

    if (run == NULL)
        return fail("%s", "out of memory");
    if (options->file != NULL &&
        resolve_name_open(options->file, &fd) != STATUS_OK) {
        fail("%s: %s", options->file, strerror(errno));
        return status_exit(STATUS_INVALID);
    }
    run->options = run->jobs.options = options;
    run->many = options->name_count > 1 || options->file != NULL;
    run->jobs.form =
        run->many && !options->form_given ? RESOLVE_JSON : options->form;
    run->jobs.ordered = options->ordered || run->jobs.form != RESOLVE_JSON;
    run->most = (unsigned)options->jobs;
    resolve_name_source(&run->source, options->names, options->name_count, fd);
    paint_decide(options->colour);
    settings_now(&options->overrides, &run->jobs.settings);
    if (configuration_load(&options->overrides, &run->jobs.configuration,
                           error) != STATUS_OK) {
        status = fail("%s", error);
    } else {
        if (options->user_agent != NULL) {
            free(run->jobs.configuration.user_agent);
            run->jobs.configuration.user_agent = strdup(options->user_agent);
        }
        status = run_with_resolver(run);
    }
    configuration_done(&run->jobs.configuration);
    return status;
}
