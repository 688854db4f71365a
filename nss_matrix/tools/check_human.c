/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The form for people, and what all forms say in the same words. */
#include <time.h>

#include "check_output.h"
#include "paint.h"

const char *check_output_place(const struct check_target *target,
                               char text[static ADDRESS_TEXT + 12])
{
    char ip[ADDRESS_TEXT];

    snprintf(text, ADDRESS_TEXT + 12,
             target->address.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
             address_text(&target->address, ip), target->port);
    return text;
}

unsigned check_output_count(const struct check *check, enum check_weight weight)
{
    unsigned count = 0;

    for (unsigned i = 0; i < check->finding_count; i++)
        count += check->findings[i].weight == weight;
    return count;
}

int check_output_status(const struct check_report *report)
{
    const struct check *check = report->check;

    if (check == NULL)
        return 2;
    if (check->verdict == CHECK_INTERNAL)
        return 5;
    if (check->verdict == CHECK_UNDECIDED)
        return 4;
    if (report->options->expect_unreachable)
        return check_is_reachable(check) ? 1 : 0;
    if (check->verdict == CHECK_FAILED)
        return 1;
    return check->verdict == CHECK_WARNED && report->options->strict ? 3 : 0;
}

void check_output_verdict(const struct check_report *report, char *text,
                          size_t room)
{
    const struct check *check = report->check;
    unsigned required, warnings;

    if (check == NULL) {
        snprintf(text, room, "no server name: %s", report->reason);
        return;
    }
    required = check_output_count(check, CHECK_REQUIRED);
    warnings = check_output_count(check, CHECK_WARNING);
    if (check->verdict == CHECK_INTERNAL)
        snprintf(text, room, "INTERNAL: %s", check->outcome->reason);
    else if (check->verdict == CHECK_UNDECIDED)
        snprintf(text, room, "UNDECIDED: %s",
                 check->outcome->error != ERROR_NONE
                     ? check->outcome->reason
                     : "this machine could not test any address of it");
    else if (report->options->expect_unreachable)
        snprintf(text, room, "%s",
                 check_is_reachable(check)
                     ? "FAILED: it is reachable, and must not be"
                     : "PASSED: it is unreachable, as it must be");
    else if (check->verdict == CHECK_FAILED)
        snprintf(text, room, "FAILED: %u required, %u warning%s", required,
                 warnings, warnings == 1 ? "" : "s");
    else
        snprintf(text, room, "PASSED%s: federation with it works from here",
                 check->verdict == CHECK_WARNED ? " with warnings" : "");
}

static void print_row(FILE *out, const struct check_row *row)
{
    static const char *const WORDS[] = {"OK", "WARN", "FAIL", "SKIP"};
    static const enum paint COLOURS[] = {PAINT_GOOD, PAINT_WARN, PAINT_BAD,
                                         PAINT_FAINT};
    char text[CHECK_DETAIL_MAX + 24];

    fprintf(out, "    %s%-4s%s  %-10s  ", paint(COLOURS[row->result]),
            WORDS[row->result], paint(PAINT_PLAIN),
            check_stage_name(row->stage));
    if (row->ms >= 0)
        snprintf(text, sizeof(text), "%s (%d ms)", row->detail, row->ms);
    else
        snprintf(text, sizeof(text), "%s", row->detail);
    paint_wrapped(out, text, 22);
}

static void print_targets(FILE *out, const struct check *check, bool well_known)
{
    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];
        char place[ADDRESS_TEXT + 12];

        if (target->well_known != well_known)
            continue;
        fprintf(out, "  %s%s%s  %s%s\n", paint(PAINT_STRONG),
                check_output_place(target, place), paint(PAINT_PLAIN),
                target->name, well_known ? ", the well-known" : "");
        for (unsigned j = 0; j < target->row_count; j++)
            print_row(out, &target->rows[j]);
    }
}

static void print_findings(FILE *out, const struct check *check,
                           enum check_weight weight)
{
    static const char *const WORDS[] = {"required", "warning", "note"};
    static const enum paint COLOURS[] = {PAINT_BAD, PAINT_WARN, PAINT_FAINT};

    for (unsigned i = 0; i < check->finding_count; i++) {
        const struct check_finding *finding = &check->findings[i];
        char text[CHECK_TEXT_MAX + 300];

        if (finding->weight != weight)
            continue;
        snprintf(text, sizeof(text), "%s: %s%s%s%s", finding->code,
                 finding->text, finding->where[0] != '\0' ? " (" : "",
                 finding->where, finding->where[0] != '\0' ? ")" : "");
        fprintf(out, "  %s%-8s%s  ", paint(COLOURS[weight]), WORDS[weight],
                paint(PAINT_PLAIN));
        paint_wrapped(out, text, 12);
    }
}

static void print_facts(FILE *out, const struct check *check)
{
    const struct outcome *outcome = check->outcome;

    if (outcome->error != ERROR_NONE) {
        fprintf(out, "%s: %s%s%s\n\n", check->asked.text, paint(PAINT_BAD),
                error_name(outcome->error), paint(PAINT_PLAIN));
        return;
    }
    fprintf(out,
            "%s%s%s: step %s; Host %s, TLS name %s, certificate for %s\n\n",
            paint(PAINT_STRONG), check->asked.text, paint(PAINT_PLAIN),
            outcome->step, check->host,
            outcome->tls_name[0] != '\0' ? outcome->tls_name : "none",
            outcome->cert_name);
}

void check_output_human(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;
    char verdict[LIMIT_REASON + 40];
    int status = check_output_status(report);

    if (check != NULL) {
        print_facts(out, check);
        print_targets(out, check, true);
        print_targets(out, check, false);
        if (check->target_count > 0)
            fputc('\n', out);
        print_findings(out, check, CHECK_REQUIRED);
        print_findings(out, check, CHECK_WARNING);
        print_findings(out, check, CHECK_INFORMATIVE);
        fputc('\n', out);
    }
    check_output_verdict(report, verdict, sizeof(verdict));
    fprintf(out, "%s%s: %s%s\n", paint(status == 0 ? PAINT_GOOD : PAINT_BAD),
            report->name, verdict, paint(PAINT_PLAIN));
}

void check_output_summarize(struct check_summary *summary,
                            const struct check_report *report)
{
    char verdict[LIMIT_REASON + 40];
    int status = check_output_status(report);

    summary->passed += status == 0 || status == 3;
    summary->failed += status == 1;
    summary->invalid += status == 2;
    summary->undecided += status > 3;
    check_output_verdict(report, verdict, sizeof(verdict));
    fprintf(gather_stream(&summary->lines), "%s: %s\n", report->name, verdict);
}

void check_output_summary(FILE *out, struct check_summary *summary)
{
    fputc('\n', out);
    gather_print(&summary->lines, out);
    fprintf(out, "%d servers: %d passed, %d failed, %d undecided",
            summary->passed + summary->failed + summary->undecided +
                summary->invalid,
            summary->passed, summary->failed, summary->undecided);
    if (summary->invalid > 0)
        fprintf(out, ", %d no server name", summary->invalid);
    fputc('\n', out);
    *summary = (struct check_summary){.passed = 0};
}

void check_output_unchanged(FILE *out, const struct check_report *report)
{
    time_t now = time(NULL);
    struct tm tm;
    char date[40] = "";
    char verdict[LIMIT_REASON + 40];

    if (gmtime_r(&now, &tm) != NULL)
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
    check_output_verdict(report, verdict, sizeof(verdict));
    fprintf(out, "%s  %s: %s, as before\n", date, report->name, verdict);
}
