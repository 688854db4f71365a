/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own JSON form; doc/matrix-resolve-check.schema.json describes it. */
#include "check_output.h"
#include "json_line.h"

static void add_text_or_null(cJSON *object, const char *key, const char *text)
{
    if (text[0] != '\0')
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

static void add_rows(cJSON *object, const struct check_target *target)
{
    cJSON *list = cJSON_AddArrayToObject(object, "rows");

    for (unsigned i = 0; i < target->row_count; i++) {
        const struct check_row *row = &target->rows[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "stage", check_stage_name(row->stage));
        cJSON_AddStringToObject(item, "result", check_result_name(row->result));
        cJSON_AddStringToObject(item, "detail", row->detail);
        if (row->ms >= 0)
            cJSON_AddNumberToObject(item, "ms", row->ms);
        else
            cJSON_AddNullToObject(item, "ms");
        cJSON_AddItemToArray(list, item);
    }
}

static void add_certificate(cJSON *object, const struct check_target *target)
{
    const struct tls_report *tls = &target->first.tls;
    cJSON *item, *names;

    if (tls->count == 0) {
        cJSON_AddNullToObject(object, "tls");
        return;
    }
    item = cJSON_AddObjectToObject(object, "tls");
    cJSON_AddStringToObject(item, "version", tls->version);
    cJSON_AddStringToObject(item, "cipher", tls->cipher);
    cJSON_AddBoolToObject(item, "chain_good", tls->chain_good);
    cJSON_AddBoolToObject(item, "name_good", tls->name_good);
    cJSON_AddBoolToObject(item, "dates_good", tls->dates_good);
    cJSON_AddStringToObject(item, "subject", tls->chain[0].subject);
    cJSON_AddStringToObject(item, "issuer", tls->chain[0].issuer);
    cJSON_AddStringToObject(item, "sha256", tls->chain[0].sha256);
    cJSON_AddNumberToObject(item, "not_before",
                            (double)tls->chain[0].not_before);
    cJSON_AddNumberToObject(item, "not_after", (double)tls->chain[0].not_after);
    cJSON_AddNumberToObject(item, "scts", tls->scts);
    names = cJSON_AddArrayToObject(item, "names");
    for (unsigned i = 0; i < tls->chain[0].name_count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(tls->chain[0].names[i]));
}

static void add_keys(cJSON *object, const struct check_target *target)
{
    const struct key_document *document = &target->document;
    cJSON *item, *list;

    if (!target->has_document) {
        cJSON_AddNullToObject(object, "keys");
        return;
    }
    item = cJSON_AddObjectToObject(object, "keys");
    add_text_or_null(item, "server_name", document->server_name);
    if (document->has_valid_until)
        cJSON_AddNumberToObject(item, "valid_until_ts",
                                (double)document->valid_until_ms);
    else
        cJSON_AddNullToObject(item, "valid_until_ts");
    list = cJSON_AddArrayToObject(item, "verify_keys");
    for (unsigned i = 0; i < document->key_count; i++) {
        const struct key_document_key *key = &document->keys[i];
        cJSON *one = cJSON_CreateObject();

        cJSON_AddStringToObject(one, "id", key->id);
        cJSON_AddBoolToObject(one, "valid", key->valid_key);
        cJSON_AddBoolToObject(one, "signature_matches", key->signature_matches);
        cJSON_AddItemToArray(list, one);
    }
}

static void add_targets(cJSON *object, const struct check *check)
{
    cJSON *list = cJSON_AddArrayToObject(object, "targets");

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];
        cJSON *item = cJSON_CreateObject();
        char ip[ADDRESS_TEXT];

        cJSON_AddStringToObject(item, "of",
                                target->well_known ? "well-known" : "server");
        cJSON_AddStringToObject(item, "ip", address_text(&target->address, ip));
        cJSON_AddNumberToObject(item, "port", target->port);
        add_text_or_null(item, "name", target->name);
        add_rows(item, target);
        add_certificate(item, target);
        if (!target->well_known) {
            add_text_or_null(item, "software", target->software);
            add_text_or_null(item, "software_version", target->release);
            add_keys(item, target);
        }
        cJSON_AddItemToArray(list, item);
    }
}

static void add_findings(cJSON *object, const struct check *check)
{
    cJSON *list = cJSON_AddArrayToObject(object, "findings");

    for (unsigned i = 0; i < check->finding_count; i++) {
        const struct check_finding *finding = &check->findings[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "class",
                                check_weight_name(finding->weight));
        cJSON_AddStringToObject(item, "code", finding->code);
        cJSON_AddStringToObject(item, "text", finding->text);
        add_text_or_null(item, "where", finding->where);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_discovery(cJSON *object, const struct check *check)
{
    const struct outcome *outcome = check->outcome;
    bool found = outcome->error == ERROR_NONE;
    int days;

    add_text_or_null(object, "error", found ? "" : error_name(outcome->error));
    add_text_or_null(object, "reason", found ? "" : outcome->reason);
    add_text_or_null(object, "step", outcome->step);
    add_text_or_null(object, "host", check->host);
    add_text_or_null(object, "tls_name", found ? outcome->tls_name : "");
    add_text_or_null(object, "cert_name", found ? outcome->cert_name : "");
    if (check_days(check, &days))
        cJSON_AddNumberToObject(object, "certificate_days", days);
    else
        cJSON_AddNullToObject(object, "certificate_days");
    cJSON_AddNumberToObject(object, "ms", check->ms);
}

void check_output_json(FILE *out, const struct check_report *report)
{
    const struct check *check = report->check;
    int status = check_output_status(report);
    cJSON *object = json_line_begin();
    AUTO(free) char *text = NULL;

    cJSON_AddNumberToObject(object, "format", 1);
    cJSON_AddStringToObject(object, "server_name", report->name);
    cJSON_AddStringToObject(object, "verdict",
                            check != NULL ? check_verdict_name(check->verdict)
                                          : "invalid");
    cJSON_AddBoolToObject(object, "as_expected", status == 0 || status == 3);
    if (check != NULL) {
        add_discovery(object, check);
        add_targets(object, check);
        add_findings(object, check);
    } else {
        cJSON_AddStringToObject(object, "error", "invalid-server-name");
        cJSON_AddStringToObject(object, "reason", report->reason);
    }
    text = json_line_end(object);
    fprintf(out, "%s\n", text);
}
