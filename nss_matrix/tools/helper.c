/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nss-matrix-helper: reads one request (record.h) from standard input,
 * resolves, writes the caches, writes one record to standard output, ends.
 * Started per connection by the service manager, or by a client (spawn.h).
 * As root it meets no stranger: a process of its own without root's rights
 * does (confined.h). To try it:
 * echo 'nss-matrix-request 1 example.org' | nss-matrix-helper
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

#include "cache_write.h"
#include "configuration.h"
#include "confined.h"
#include "deadline.h"
#include "lookup.h"
#include "openssl_memory.h"
#include "privilege.h"
#include "record.h"
#include "record_write.h"
#include "resolver.h"
#include "spawn.h"

/* One request and all that answering it takes. */
struct job {
    struct server_name name;
    bool refresh; /* nobody waits for the answer */
    struct overrides overrides;
    struct settings settings;
    struct configuration configuration;
    struct lookup lookup;
    char record[LIMIT_RECORD + 1];
    size_t length;
};

/*
 * Whoever started us blocked all signals and may have ignored some; a client
 * that has gone away must not end us before the cache is written, nor its
 * limit on the size of files before it has an answer.
 */
static void reset_signals(void)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &normal, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    sigaction(SIGXFSZ, &ignored, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Whatever hangs, this process ends. Not alarm(): the lock uses SIGALRM. */
static void limit_life(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGTERM};
    const struct itimerspec life = {.it_value = {LIMIT_HELPER_LIFE_S, 0}};
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &life, NULL);
}

/* One line from standard input, or STATUS_INVALID after a quarter second. */
static enum status read_request(struct server_name *ret_name, bool *ret_refresh)
{
    char request[RECORD_REQUEST_MAX + 1];
    int64_t deadline = deadline_after(LIMIT_REQUEST_WAIT_MS);
    size_t length = 0;

    while (length < sizeof(request) - 1) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

        if (poll(&input, 1, deadline_left(deadline)) <= 0)
            return STATUS_INVALID;
        ssize_t got =
            read(STDIN_FILENO, request + length, sizeof(request) - 1 - length);
        if (got <= 0)
            return STATUS_INVALID;
        length += (size_t)got;
        if (request[length - 1] == '\n')
            return record_request_parse(request, length, ret_name, ret_refresh);
    }
    return STATUS_INVALID;
}

static void write_out(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* An NSS caller that may wait longer or shorter than usual is told so. */
static void announce_wait(const struct configuration *configuration)
{
    char line[32];
    int length;

    if (configuration->timeout_ms == 0)
        return;
    length = snprintf(line, sizeof(line), RECORD_WAIT "%d\n",
                      configuration->timeout_ms);
    write_out(line, (size_t)length);
}

/*
 * What an NSS caller cannot be told goes to the log (standard error, which
 * the service manager keeps): an abort, and what is wrong with us.
 */
static void log_line(const struct job *job, const struct outcome *outcome)
{
    if (outcome->error == ERROR_ABORTED_INVALID_WELL_KNOWN ||
        outcome->error == ERROR_INTERNAL)
        fprintf(stderr, "nss-matrix-helper: %s: %s: %s\n", job->name.key,
                error_name(outcome->error), outcome->reason);
}

static void answer(struct job *job, const struct outcome *outcome)
{
    job->length = record_write(outcome, job->name.key, job->settings.token,
                               time(NULL), job->record);
    log_line(job, outcome);
}

/* The answer when nothing could even be asked; nobody keeps it. */
static void fail(struct job *job, const char *reason)
{
    struct outcome outcome = {.error = ERROR_INTERNAL,
                              .step = "",
                              .spec = job->configuration.spec,
                              .found = time(NULL),
                              .expires = time(NULL)};

    snprintf(outcome.reason, sizeof(outcome.reason), "%s", reason);
    answer(job, &outcome);
}

/* keep: instead of the cache, and what it is called with. */
static void resolve(struct job *job, lookup_keep *keep,
                    struct confined_answer *answered)
{
    struct lookup_plan plan = {.settings = &job->settings,
                               .limit_ms = LIMIT_DISCOVERY_MS,
                               .read = job->configuration.cache,
                               .write = job->configuration.cache,
                               .refresh = job->refresh,
                               .keep = keep,
                               .keep_argument = answered};
    enum status status;

    if (resolver_new(&job->configuration, AF_UNSPEC, &plan.resolver) !=
        STATUS_OK) {
        fail(job, "the resolver cannot be started: see /etc/resolv.conf");
        return;
    }
    status = lookup_start(&job->lookup, &plan, &job->name, NULL, NULL);
    while (status == STATUS_OK && !job->lookup.done)
        status = resolver_turn(plan.resolver);
    if (status == STATUS_OK)
        answer(job, lookup_outcome(&job->lookup));
    else
        fail(job, "out of memory");
    lookup_end(&job->lookup);
    resolver_free(plan.resolver);
}

static void keep_in_answer(void *argument, const char *record, size_t length,
                           const char *pieces, size_t pieces_length)
{
    struct confined_answer *answered = argument;

    memcpy(answered->record, record, length);
    memcpy(answered->pieces, pieces, pieces_length);
    answered->record_length = length;
    answered->pieces_length = pieces_length;
}

/* What root may read and others may not is told instead of misunderstood. */
static const char *untold_trust(const struct configuration *configuration)
{
    if (configuration->ca_path != NULL &&
        access(configuration->ca_path, R_OK | X_OK) != 0)
        return "the directory of certificates (ca-path) is root's to read "
               "alone, and lookups are not made with root's rights: let "
               "others read it";
    if (configuration->ca_file != NULL &&
        access(configuration->ca_file, R_OK) != 0)
        return "the file of certificates (ca-file) is root's to read alone, "
               "and larger than a copy may be here (RLIMIT_FSIZE): let others "
               "read it";
    return NULL;
}

static void resolve_as_other(void *argument, struct confined_answer *answered)
{
    struct job *job = argument;
    const char *trouble = untold_trust(&job->configuration);

    limit_life();
    if (trouble == NULL)
        resolve(job, keep_in_answer, answered);
    else
        fail(job, trouble);
    memcpy(answered->reply, job->record, job->length);
    answered->reply_length = job->length;
}

static bool copy_file(const char *path, int copy)
{
    AUTO(close_fd) int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat found;

    if (file < 0 || fstat(file, &found) != 0)
        return false;
    for (off_t left = found.st_size; left > 0;) {
        ssize_t sent = sendfile(copy, file, NULL, (size_t)left);

        if (sent <= 0)
            return false;
        left -= sent;
    }
    return true;
}

/*
 * The authorities' file may be root's to read alone, or lie where others do
 * not come: who works without root's rights has a copy as a descriptor, which
 * stays open. A limit on the size of files is one on copies too, and then the
 * file itself may do.
 */
static void hand_over_authorities(struct configuration *configuration)
{
    AUTO(close_fd) int copy = -1;
    char path[40];
    char *instead;

    if (configuration->ca_file == NULL)
        return;
    copy = memfd_create("nss-matrix-ca", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
    if (copy < 0 || !copy_file(configuration->ca_file, copy) ||
        (instead = strdup(path)) == NULL)
        return;
    free(configuration->ca_file);
    configuration->ca_file = instead;
    (void)TAKE_FD(copy);
}

static void resolve_confined(struct job *job, const struct cache_place *place)
{
    AUTO(free) struct confined_answer *answered = NULL;
    char reason[LIMIT_REASON];

    hand_over_authorities(&job->configuration);
    if (confined_run(resolve_as_other, job, job->name.key, &job->settings,
                     &answered, reason) != STATUS_OK) {
        fail(job, reason);
        return;
    }
    memcpy(job->record, answered->reply, answered->reply_length);
    job->length = answered->reply_length;
    if (place != NULL && answered->record_length > 0)
        (void)!cache_write(place, &job->name, answered->record,
                           answered->record_length, answered->pieces,
                           answered->pieces_length);
}

/* Concurrent misses of one name: the first resolves, the rest read its cache.
 */
static void resolve_locked(struct job *job)
{
    AUTO(close_fd) int lock = -1;
    struct cache_place place;
    bool cached = job->configuration.cache &&
                  cache_own_place(&job->settings, &place) == STATUS_OK;

    if (job->refresh &&
        (!cached ||
         cache_refresh_due(&place, &job->name, &job->settings, time(NULL)) !=
             STATUS_OK ||
         cache_lock(&place, &job->name, 0, &lock) != STATUS_OK ||
         cache_postpone_refresh(&place, &job->name, &job->settings,
                                time(NULL)) != STATUS_OK))
        return;
    if (cached && !job->refresh)
        (void)!cache_lock(&place, &job->name, LIMIT_LOCK_WAIT_MS, &lock);
    if (geteuid() == 0)
        resolve_confined(job, cached ? &place : NULL);
    else
        resolve(job, NULL, NULL);
    util_close_fd(&lock);
    if (!job->refresh)
        write_out(job->record, job->length);
    if (cached) {
        /* Whoever waits for us to hang up is not to wait for the broom. */
        close(STDOUT_FILENO);
        close(STDIN_FILENO);
        cache_prune(&place, time(NULL));
    }
}

/*
 * With the ids of two users it could become the other again, whose rights we
 * would neither see nor give up. Our clients start none so (spawn.h).
 */
static bool is_two_users(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}

/* NULL: with the rights that we have now, strangers may be met. */
static const char *find_surplus(void)
{
    if (is_two_users())
        return "the helper was started with one user's rights and another's "
               "at hand, and meets nobody so";
    if (geteuid() != 0 && privilege_drop_inherited() != STATUS_OK)
        return "the helper cannot give up its capabilities, and meets nobody "
               "so";
    return NULL;
}

static void serve(struct job *job)
{
    char error[CONFIGURATION_ERROR_MAX] = "out of memory";
    const char *surplus = find_surplus();

    settings_overrides(&job->overrides);
    settings_now(&job->overrides, &job->settings);
    if (surplus != NULL) {
        fail(job, surplus);
        write_out(job->record, job->length);
        return;
    }
    if (configuration_load(&job->overrides, &job->configuration, error) ==
        STATUS_OK) {
        if (!job->refresh)
            announce_wait(&job->configuration);
        resolve_locked(job);
    } else {
        fail(job, error);
        write_out(job->record, job->length);
    }
    configuration_done(&job->configuration);
}

int main(void)
{
    static struct job job;

    prctl(PR_SET_NAME, "nss-matrix-help");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    reset_signals();
    limit_life();
    /* Under the host's we might not be able to read what we make. */
    umask(0077);
    openssl_memory_watch();
    setenv(SPAWN_MARKER, "1", 1);
    if (isatty(STDIN_FILENO))
        fputs("nss-matrix-helper is for clients of its; to try it:\n"
              "echo 'nss-matrix-request 1 example.org' | nss-matrix-helper\n",
              stderr);
    if (read_request(&job.name, &job.refresh) != STATUS_OK)
        return status_exit(STATUS_INVALID);
    serve(&job);
    return 0;
}
