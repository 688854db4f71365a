/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms for test runners and monitoring: TAP and Nagios. */
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
