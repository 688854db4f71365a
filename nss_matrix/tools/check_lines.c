/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms for test runners and monitoring: TAP, Nagios, Prometheus. */
#include "check_output.h"

/* `#` would begin a directive of TAP's, `|` Nagios's performance data. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc(*text == '#' || *text == '|' ? '/' : *text, out);
}

static void tap_row(FILE *out, const struct check_target *target,
                    const struct check_row *row, unsigned number)
{
    char place[ADDRESS_TEXT + 12];

    fprintf(out,
            "%s %u - %s%s %s: ", row->result == CHECK_FAIL ? "not ok" : "ok",
            number, target->well_known ? "well-known host " : "",
            check_output_place(target, place), check_stage_name(row->stage));
    put_text(out, row->detail);
    if (row->result == CHECK_SKIP)
        fputs(" # SKIP not tested from here", out);
    fputc('\n', out);
}

void check_output_tap(FILE *out, const struct check_report *report,
                      unsigned *number)
{
    const struct check *check = report->check;
    char verdict[LIMIT_REASON + 40];
    int status = check_output_status(report);

    for (unsigned i = 0; check != NULL && i < check->target_count; i++)
        for (unsigned j = 0; j < check->targets[i]->row_count; j++)
            tap_row(out, check->targets[i], &check->targets[i]->rows[j],
                    ++*number);
    for (unsigned i = 0; check != NULL && i < check->finding_count; i++) {
        fprintf(out, "# %s: %s: ", check_weight_name(check->findings[i].weight),
                check->findings[i].code);
        put_text(out, check->findings[i].text);
        fputc('\n', out);
    }
    check_output_verdict(report, verdict, sizeof(verdict));
    fprintf(out, "%s %u - ", status == 0 ? "ok" : "not ok", ++*number);
    put_text(out, report->name);
    fputs(": ", out);
    put_text(out, verdict);
    fputc('\n', out);
}

/* The status by the plugin guideline, and the words after the dash. */
static int nagios_status(const struct check_report *report, char *text,
                         size_t room)
{
    const struct check *check = report->check;
    int days;

    check_output_verdict(report, text, room);
    switch (check_output_status(report)) {
    case 0:
    case 3:
        break;
    case 2:
    case 5:
        return 3;
    default:
        return 2;
    }
    if (report->options->expect_unreachable)
        return 0;
    if (check_days(check, &days) && days < report->options->critical_days) {
        snprintf(text, room, "the certificate expires in %d days", days);
        return 2;
    }
    return check->verdict == CHECK_WARNED ? 1 : 0;
}

/* The finding that decides, for the one line that is sure to be read. */
static const char *first_finding(const struct check *check, int status)
{
    enum check_weight weight = status == 2 ? CHECK_REQUIRED : CHECK_WARNING;

    for (unsigned i = 0; i < check->finding_count && status > 0; i++)
        if (check->findings[i].weight == weight)
            return check->findings[i].text;
    return NULL;
}

static void nagios_details(FILE *out, const struct check *check)
{
    for (unsigned i = 0; i < check->finding_count; i++) {
        const struct check_finding *finding = &check->findings[i];

        fprintf(out, "%s: %s: ", check_weight_name(finding->weight),
                finding->code);
        put_text(out, finding->text);
        if (finding->where[0] != '\0')
            fprintf(out, " (%s)", finding->where);
        fputc('\n', out);
    }
}

int check_output_nagios(FILE *out, const struct check_report *report)
{
    static const char *const WORDS[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const struct check *check = report->check;
    char text[LIMIT_REASON + 40];
    int status = nagios_status(report, text, sizeof(text));
    const char *finding = check != NULL ? first_finding(check, status) : NULL;
    int days;

    fprintf(out, "MATRIX %s - ", WORDS[status]);
    put_text(out, report->name);
    fputs(": ", out);
    put_text(out, text);
    if (finding != NULL && strstr(text, finding) == NULL) {
        fputs(": ", out);
        put_text(out, finding);
    }
    if (check != NULL) {
        fprintf(out, " | time=%d.%03ds;;;0", check->ms / 1000,
                check->ms % 1000);
        if (check_days(check, &days))
            fprintf(out, " certificate_days=%d;%d:;%d:", days,
                    report->options->warn_days, report->options->critical_days);
    }
    fputc('\n', out);
    if (check != NULL)
        nagios_details(out, check);
    return status;
}

/* A label's value: only these three need an escape. */
static void put_label(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\n')
            fputs("\\n", out);
        else
            fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void put_server(FILE *out, const char *metric,
                       const struct check_report *report)
{

    fprintf(out, "%s{server_name=\"", metric);
    put_label(out, report->name);
    fputc('"', out);
}

static void put_head(FILE *out, const char *metric, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", metric, help, metric);
}

static void put_expiry(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;
    int64_t first = 0;

    for (unsigned i = 0; check != NULL && i < check->target_count; i++) {
        const struct tls_report *tls = &check->targets[i]->first.tls;

        if (tls->count > 0 && (first == 0 || tls->chain[0].not_after < first))
            first = tls->chain[0].not_after;
    }
    if (first == 0)
        return;
    put_server(out, "matrix_federation_certificate_expiry_timestamp_seconds",
               report);
    fprintf(out, "} %lld\n", (long long)first);
}

static void put_findings(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;

    for (unsigned i = 0; check != NULL && i < 3; i++) {
        put_server(out, "matrix_federation_findings", report);
        fprintf(out, ",class=\"%s\"} %u\n", check_weight_name(i),
                check_output_count(check, i));
    }
}

static void put_rows(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;

    for (unsigned i = 0; check != NULL && i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];
        char place[ADDRESS_TEXT + 12];

        for (unsigned j = 0; j < target->row_count; j++) {
            const struct check_row *row = &target->rows[j];

            if (row->result == CHECK_SKIP)
                continue;
            put_server(out, "matrix_federation_stage_success", report);
            fprintf(out, ",of=\"%s\",address=\"%s\",stage=\"%s\"} %d\n",
                    target->well_known ? "well-known" : "server",
                    check_output_place(target, place),
                    check_stage_name(row->stage),
                    row->result != CHECK_FAIL && row->result != CHECK_WARN);
        }
    }
}

static void put_software(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;

    for (unsigned i = 0; check != NULL && i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];

        if (target->software[0] == '\0')
            continue;
        put_server(out, "matrix_federation_software_info", report);
        fputs(",name=\"", out);
        put_label(out, target->software);
        fputs("\",version=\"", out);
        put_label(out, target->release);
        fputs("\"} 1\n", out);
        return;
    }
}

void check_output_prometheus(FILE *out, const struct check_report *reports,
                             int count)
{
    put_head(out, "matrix_federation_success",
             "1 if the check ended as expected.");
    for (int i = 0; i < count; i++) {
        int status = check_output_status(&reports[i]);

        put_server(out, "matrix_federation_success", &reports[i]);
        fprintf(out, "} %d\n", status == 0);
    }
    put_head(out, "matrix_federation_duration_seconds", "What the check took.");
    for (int i = 0; i < count; i++) {
        int ms = reports[i].check != NULL ? reports[i].check->ms : 0;

        put_server(out, "matrix_federation_duration_seconds", &reports[i]);
        fprintf(out, "} %d.%03d\n", ms / 1000, ms % 1000);
    }
    put_head(out, "matrix_federation_certificate_expiry_timestamp_seconds",
             "When the first certificate ends.");
    for (int i = 0; i < count; i++)
        put_expiry(out, &reports[i]);
    put_head(out, "matrix_federation_findings", "Findings by class.");
    for (int i = 0; i < count; i++)
        put_findings(out, &reports[i]);
    put_head(out, "matrix_federation_stage_success",
             "1 if that stage is as it should be at that address.");
    for (int i = 0; i < count; i++)
        put_rows(out, &reports[i]);
    put_head(out, "matrix_federation_software_info",
             "What the server says it runs.");
    for (int i = 0; i < count; i++)
        put_software(out, &reports[i]);
}
