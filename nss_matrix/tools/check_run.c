/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of many servers side by side, printed in their order, of which each
 * ends with that; and again, if asked for.
 */
#include "check_run.h"

#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include "check_metrics.h"
#include "check_names.h"
#include "check_options.h"
#include "check_output.h"
#include "deadline.h"
#include "paint.h"
#include "standard.h"

enum {
    AT_A_TIME = 16,
    WAITING = 16,   /* for each: over, and not printed before a slower one */
    OWN_FILES = 16, /* the loop, the streams and the like */
    /* A server's connections, and what of its discovery is under way still. */
    CHECK_FILES = 2 * LIMIT_TARGETS + LIMIT_ADDRESSES + 32,
    FILES = OWN_FILES + AT_A_TIME * CHECK_FILES,
};

struct job {
    struct run *run;
    const struct check_name *name;
    bool over;
    struct check *check;
    char *last; /* --watch: what was printed */
};

struct run {
    struct check_options options;
    struct configuration v1, draft;
    struct check_plan plan;
    struct check_names names;
    struct job *jobs; /* one for each name */
    int at_a_time;
    int next, under_way, printed;
    unsigned tap;
    struct check_metrics metrics;
    struct check_summary summary;
    int worst;
};

static int fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* A monitor shows standard output, and reads the status its own way. */
static bool for_nagios;

static int fail(const char *format, ...)
{
    FILE *out = for_nagios ? stdout : stderr;
    va_list values;

    fputs(for_nagios ? "MATRIX UNKNOWN - " : "matrix-resolve check: ", out);
    va_start(values, format);
    vfprintf(out, format, values);
    va_end(values);
    fputc('\n', out);
    return for_nagios ? 3 : 5;
}

static void flush(void)
{
    standard_flush("matrix-resolve check", for_nagios ? 3 : 5);
}

static int read_names(struct run *run)
{
    const char *file = run->options.file;

    switch (check_names_read(&run->options, &run->names)) {
    case STATUS_OK:
        break;
    case STATUS_INVALID:
        fail("%s: %s", file, strerror(errno));
        return 2;
    case STATUS_NOT_FOUND:
        fail("%s: there is no name in it", file);
        return 2;
    case STATUS_UNAVAILABLE:
        return fail("%s: %s", file, strerror(errno));
    default:
        return fail("out of memory");
    }
    run->jobs = calloc((unsigned)run->names.count, sizeof(run->jobs[0]));
    if (run->jobs == NULL)
        return fail("out of memory");
    for (int i = 0; i < run->names.count; i++)
        run->jobs[i] = (struct job){.run = run, .name = &run->names.list[i]};
    return 0;
}

static struct check_report report_of(const struct job *job)
{
    return (struct check_report){.name = job->name->shown,
                                 .check = job->check,
                                 .reason = job->name->reason,
                                 .options = &job->run->options};
}

/* Certain ones before doubtful ones; our own failures before all. */
static int worse(int one, int other)
{
    static const int BADNESS[] = {0, 3, 4, 1, 2, 5}; /* of 0, 1, 2, 3, 4, 5 */

    return BADNESS[other] > BADNESS[one] ? other : one;
}

static void write_report(struct run *run, FILE *out,
                         const struct check_report *report)
{
    switch (run->options.form) {
    case CHECK_JSON:
        check_output_json(out, report);
        break;
    case CHECK_FEDTESTER:
        check_output_fedtester(out, report);
        break;
    case CHECK_TAP:
        check_output_tap(out, report, &run->tap);
        break;
    case CHECK_NAGIOS:
        run->worst = check_output_nagios(out, report);
        break;
    case CHECK_HUMAN:
        check_output_human(out, report);
        break;
    case CHECK_PROMETHEUS: /* all servers together, at the end */
        check_metrics_add(&run->metrics, report);
        break;
    }
}

/* What changed since the last round, for --watch: the findings. */
static bool has_changed(struct job *job)
{
    const struct check *check = job->check;
    AUTO(free) char *now = NULL;
    size_t length;
    FILE *text;
    bool changed;

    text = open_memstream(&now, &length);
    if (text == NULL)
        return true;
    fprintf(text, "%d", check != NULL ? (int)check->verdict : -1);
    for (unsigned i = 0; check != NULL && i < check->finding_count; i++)
        fprintf(text, "%s%s", check->findings[i].code,
                check->findings[i].where);
    if (fclose(text) != 0)
        return true;
    changed = job->last == NULL || strcmp(job->last, now) != 0;
    free(job->last);
    job->last = TAKE(now);
    return changed;
}

static void end_check(struct job *job)
{
    if (job->check != NULL)
        check_end(job->check);
    free(TAKE(job->check));
    job->over = false;
}

static void print_job(struct job *job)
{
    struct run *run = job->run;
    struct check_report report = report_of(job);
    bool watched = run->options.watch_s > 0 && run->options.form == CHECK_HUMAN;

    run->worst = worse(run->worst, check_output_status(&report));
    if (run->options.form == CHECK_HUMAN && run->names.count > 1)
        check_output_summarize(&run->summary, &report);
    if (watched && !has_changed(job)) {
        check_output_unchanged(stdout, &report);
    } else {
        if (run->printed > 0 && run->options.form == CHECK_HUMAN)
            putchar('\n');
        write_report(run, stdout, &report);
    }
    end_check(job);
}

static void check_done(void *argument)
{
    struct job *job = argument;

    job->over = true;
    job->run->under_way--;
}

/* Starts as many as there may be. False without memory. */
static bool feed(struct run *run)
{
    while (run->next < run->names.count && run->under_way < run->at_a_time &&
           run->next - run->printed < run->at_a_time * WAITING) {
        struct job *job = &run->jobs[run->next++];
        const char *text = job->name->shown;
        struct server_name name;

        if (job->name->reason != NULL) {
            job->over = true;
            continue;
        }
        if (server_name_parse(text, strlen(text), &name) != STATUS_OK)
            return false;
        job->check = calloc(1, sizeof(*job->check));
        if (job->check == NULL || check_start(job->check, &run->plan, &name,
                                              check_done, job) != STATUS_OK)
            return false;
        run->under_way++;
    }
    return true;
}

/* One round; 0, or the status to end with. */
static int run_round(struct run *run)
{
    run->next = run->printed = 0;
    run->worst = 0;
    while (run->printed < run->names.count) {
        if (!feed(run))
            return fail("out of memory");
        while (run->printed < run->next && run->jobs[run->printed].over) {
            print_job(&run->jobs[run->printed]);
            run->printed++;
        }
        flush();
        if (run->printed < run->names.count && run->under_way > 0 &&
            resolver_turn(run->plan.resolver) != STATUS_OK)
            return fail("the system's epoll fails");
    }
    return 0;
}

static void finish_round(struct run *run)
{
    if (run->options.form == CHECK_PROMETHEUS)
        check_metrics_print(&run->metrics, stdout);
    else if (run->options.form == CHECK_HUMAN && run->names.count > 1)
        check_output_summary(stdout, &run->summary);
    else if (run->options.form == CHECK_TAP)
        printf("1..%u\n", run->tap);
    run->tap = 0;
    flush();
}

/*
 * For each round: resolv.conf may be another by then, and a connection that is
 * kept would tell of the last one.
 */
static int start_resolver(struct run *run)
{
    struct check_plan *plan = &run->plan;

    if (resolver_new(&run->v1, plan->family, &plan->resolver) == STATUS_OK &&
        dns_new(resolver_loop(plan->resolver), run->v1.dns, &plan->dns) ==
            STATUS_OK)
        return 0;
    return fail("the resolver cannot be started: see /etc/resolv.conf");
}

/* Every check must have ended. */
static void end_resolver(struct run *run)
{
    dns_free(TAKE(run->plan.dns));
    resolver_free(TAKE(run->plan.resolver));
}

static int run_rounds(struct run *run)
{
    for (;;) {
        int status = start_resolver(run);
        struct timespec pause = {.tv_sec = run->options.watch_s};

        if (status == 0)
            status = run_round(run);
        if (status != 0)
            return status;
        finish_round(run);
        end_resolver(run);
        if (run->options.watch_s == 0)
            return run->worst;
        nanosleep(&pause, NULL);
    }
}

/* Both texts see one configuration. */
static int load(struct run *run, enum spec spec,
                struct configuration *ret_configuration)
{
    char error[CONFIGURATION_ERROR_MAX] = "out of memory";

    run->options.overrides.spec = spec_name(spec);
    if (configuration_load(&run->options.overrides, ret_configuration, error) !=
        STATUS_OK)
        return fail("%s", error);
    if (run->options.user_agent != NULL) {
        free(ret_configuration->user_agent);
        ret_configuration->user_agent = strdup(run->options.user_agent);
    }
    return 0;
}

static int make_plan(struct run *run)
{
    struct check_plan *plan = &run->plan;
    int status = load(run, SPEC_DRAFT, &run->draft);

    if (status == 0)
        status = load(run, SPEC_V1, &run->v1);
    if (status != 0)
        return status;
    *plan = (struct check_plan){.v1 = &run->v1,
                                .draft = &run->draft,
                                .family = run->options.family,
                                .limit_ms = run->options.timeout_ms,
                                .warn_days = run->options.warn_days};
    if (tls_report_context(&run->v1, &plan->tls) != STATUS_OK)
        return fail("the certificates to trust cannot be read");
    return 0;
}

static void clear(struct run *run)
{
    for (int i = 0; run->jobs != NULL && i < run->names.count; i++) {
        end_check(&run->jobs[i]);
        free(run->jobs[i].last);
    }
    free(run->jobs);
    check_metrics_done(&run->metrics);
    gather_done(&run->summary.lines);
    check_names_done(&run->names);
    free(run->options.ca_file);
    free(run->options.ca_path);
    SSL_CTX_free(run->plan.tls);
    end_resolver(run);
    configuration_done(&run->v1);
    configuration_done(&run->draft);
}

/* How many checks there may be at a time without one in the others' way. */
static int fit_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES)
        return AT_A_TIME;
    files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1;
    if (files.rlim_cur < OWN_FILES + 2 * CHECK_FILES)
        return 1;
    return (int)((files.rlim_cur - OWN_FILES) / CHECK_FILES);
}

static bool is_plugin(const char *program)
{
    const char *slash = program != NULL ? strrchr(program, '/') : NULL;

    return program != NULL && strcmp(slash != NULL ? slash + 1 : program,
                                     "check_matrix_federation") == 0;
}

bool check_run_wanted(int argc, char **argv)
{
    return is_plugin(argv[0]) || (argc > 1 && strcmp(argv[1], "check") == 0);
}

int check_run(int argc, char **argv)
{
    bool plugin = is_plugin(argv[0]);
    struct run run = {.worst = 0};
    int status;

    check_options_read(plugin ? argc : argc - 1, plugin ? argv : argv + 1,
                       plugin, &run.options);
    run.at_a_time = fit_files();
    for_nagios = run.options.form == CHECK_NAGIOS;
    paint_decide(run.options.colour);
    status = make_plan(&run);
    if (status == 0)
        status = read_names(&run);
    if (status == 0)
        status = run_rounds(&run);
    flush();
    clear(&run);
    return status;
}
