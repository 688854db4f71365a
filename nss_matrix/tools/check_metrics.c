/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text exposition format of Prometheus wants the lines of a metric
 * together, and names come one after the other: each metric is gathered in a
 * text of its own.
 */
#include "check_metrics.h"

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

static void put_success(FILE *out, const struct check_report *report)
{
    put_server(out, "matrix_federation_success", report);
    fprintf(out, "} %d\n", check_output_status(report) == 0);
}

static void put_duration(FILE *out, const struct check_report *report)
{
    int ms = report->check != NULL ? report->check->ms : 0;

    put_server(out, "matrix_federation_duration_seconds", report);
    fprintf(out, "} %d.%03d\n", ms / 1000, ms % 1000);
}

static const struct {
    const char *name, *help;
    void (*put)(FILE *out, const struct check_report *report);
} METRICS[CHECK_METRICS] = {
    {"matrix_federation_success", "1 if the check ended as expected.",
     put_success},
    {"matrix_federation_duration_seconds", "What the check took.",
     put_duration},
    {"matrix_federation_certificate_expiry_timestamp_seconds",
     "When the first certificate ends.", put_expiry},
    {"matrix_federation_findings", "Findings by class.", put_findings},
    {"matrix_federation_stage_success",
     "1 if that stage is as it should be at that address.", put_rows},
    {"matrix_federation_software_info", "What the server says it runs.",
     put_software},
};

void check_metrics_add(struct check_metrics *metrics,
                       const struct check_report *report)
{
    for (unsigned i = 0; i < CHECK_METRICS; i++)
        METRICS[i].put(gather_stream(&metrics->list[i]), report);
}

void check_metrics_print(struct check_metrics *metrics, FILE *out)
{
    for (unsigned i = 0; i < CHECK_METRICS; i++) {
        fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", METRICS[i].name,
                METRICS[i].help, METRICS[i].name);
        gather_print(&metrics->list[i], out);
    }
}

void check_metrics_done(struct check_metrics *metrics)
{
    for (unsigned i = 0; i < CHECK_METRICS; i++)
        gather_done(&metrics->list[i]);
}
