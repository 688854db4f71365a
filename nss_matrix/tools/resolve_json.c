/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON form, format 1; doc/matrix-resolve.schema.json describes it. */
#include "json_line.h"
#include "resolve_output.h"

static void add_text_or_null(cJSON *object, const char *key, const char *text)
{
    if (text[0] != '\0')
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

/* Never negative: what ended while others were found, a clock set back. */
static double seconds_from(int64_t start, int64_t end)
{
    return end > start ? (double)(end - start) : 0;
}

static void add_number_or_null(cJSON *object, const char *key, bool known,
                               double number)
{
    if (known)
        cJSON_AddNumberToObject(object, key, number);
    else
        cJSON_AddNullToObject(object, key);
}

static void add_targets(cJSON *object, const struct outcome *outcome)
{
    cJSON *list = cJSON_AddArrayToObject(object, "targets");

    for (unsigned i = 0; i < outcome->target_count; i++) {
        const struct target *target = &outcome->targets[i];
        cJSON *item = cJSON_CreateObject();
        char ip[ADDRESS_TEXT];

        cJSON_AddStringToObject(item, "ip", address_text(&target->address, ip));
        cJSON_AddNumberToObject(item, "port", target->port);
        add_text_or_null(item, "name", target->name);
        add_number_or_null(item, "priority", outcome_is_by_srv(outcome),
                           target->priority);
        add_number_or_null(item, "weight", outcome_is_by_srv(outcome),
                           target->weight);
        cJSON_AddItemToArray(list, item);
    }
}

static const char *piece_source(const struct piece *piece)
{
    if (piece == NULL)
        return "";
    if (piece->remembered)
        return "cache";
    return (piece->flags & PIECE_HOSTS) != 0 ? "hosts" : "network";
}

static void add_hops(cJSON *step, const struct piece *piece)
{
    cJSON *list;

    if (piece == NULL || piece->hop_count == 0)
        return;
    list = cJSON_AddArrayToObject(step, "hops");
    for (unsigned i = 0; i < piece->hop_count; i++) {
        const struct piece_hop *hop = &piece->hops[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "url", hop->url);
        add_number_or_null(item, "status", hop->status != 0, hop->status);
        add_text_or_null(item, "ip", hop->ip);
        cJSON_AddNumberToObject(item, "ms", hop->ms);
        cJSON_AddItemToArray(list, item);
    }
}

static void add_steps(cJSON *object, const struct resolve_answer *answer)
{
    cJSON *list = cJSON_AddArrayToObject(object, "steps");

    for (unsigned i = 0; answer->trace != NULL && i < answer->trace->count;
         i++) {
        const struct trace_entry *entry = &answer->trace->entries[i];
        const struct piece *piece = entry->piece;
        bool asked = piece != NULL && !piece->remembered;
        cJSON *step = cJSON_CreateObject();

        cJSON_AddStringToObject(step, "stage", entry->stage);
        add_text_or_null(step, "step", entry->step);
        cJSON_AddStringToObject(step, "target", entry->target);
        cJSON_AddStringToObject(step, "outcome",
                                trace_outcome_name(entry->outcome));
        cJSON_AddStringToObject(step, "detail", entry->detail);
        add_number_or_null(step, "ms", asked, asked ? piece->ms : 0);
        add_number_or_null(
            step, "life", piece != NULL,
            piece != NULL ? seconds_from(answer->now, piece->expires) : 0);
        add_text_or_null(step, "source", piece_source(piece));
        add_hops(step, piece);
        cJSON_AddItemToArray(list, step);
    }
}

static void add_facts(cJSON *object, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char host[LIMIT_SERVER_NAME + 1];

    cJSON_AddStringToObject(object, "host", resolve_output_host(answer, host));
    add_text_or_null(object, "tls_name", outcome->tls_name);
    cJSON_AddStringToObject(object, "cert_name", outcome->cert_name);
    add_targets(object, outcome);
}

/* An IP literal is looked up nowhere. */
static bool was_asked(const struct resolve_answer *answer)
{
    for (unsigned i = 0; i < answer->trace->count; i++)
        if (answer->trace->entries[i].piece != NULL)
            return true;
    return false;
}

static cJSON *make_object(const struct resolve_answer *answer)
{
    static const char *const SOURCES[] = {
        [LOOKUP_NETWORK] = "network",
        [LOOKUP_SYSTEM_CACHE] = "system-cache",
        [LOOKUP_USER_CACHE] = "user-cache",
    };
    const struct outcome *outcome = answer->outcome;
    char shown[LIMIT_REASON];
    cJSON *object = json_line_begin();
    cJSON *warnings;

    cJSON_AddNumberToObject(object, "format", 1);
    cJSON_AddStringToObject(object, "server_name",
                            resolve_output_name(answer, shown));
    cJSON_AddStringToObject(object, "status",
                            status_name(error_status(outcome->error)));
    cJSON_AddStringToObject(object, "spec", spec_name(outcome->spec));
    add_text_or_null(object, "step", outcome->step);
    if (outcome->error == ERROR_NONE) {
        add_facts(object, answer);
    } else {
        cJSON_AddStringToObject(object, "error", error_name(outcome->error));
        cJSON_AddStringToObject(object, "reason", outcome->reason);
    }
    if (answer->trace != NULL) {
        cJSON_AddNumberToObject(object, "expires_in",
                                seconds_from(answer->now, outcome->expires));
        add_text_or_null(object, "source",
                         was_asked(answer) ? SOURCES[answer->source] : "");
        cJSON_AddNumberToObject(object, "age",
                                seconds_from(outcome->found, answer->now));
        cJSON_AddNumberToObject(object, "ms", answer->ms);
    }
    warnings = cJSON_AddArrayToObject(object, "warnings");
    for (unsigned i = 0; i < outcome->warning_count; i++)
        cJSON_AddItemToArray(warnings,
                             cJSON_CreateString(outcome->warnings[i]));
    add_steps(object, answer);
    return object;
}

void resolve_output_json(FILE *out, const struct resolve_answer *answer)
{
    AUTO(free) char *text = json_line_end(make_object(answer));

    fprintf(out, "%s\n", text);
}
