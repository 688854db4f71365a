/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers of an endpoint and of the well-known's host. */
#include <stdlib.h>

#include "check_judge.h"
#include "escape.h"
#include "well_known.h"

enum {
    CLOCK_OFF_S = 60,
    /* What conduwuit and its kin take of a well-known document. */
    SMALL_BODY = 12 * 1024,
};

static bool is_json_type(const char *type)
{
    return strncmp(type, "application/json", 16) == 0;
}

static void judge_clock(struct check *check, const struct check_target *target,
                        const struct exchange *exchange)
{
    const struct freshness *freshness = &exchange->response.freshness;
    int64_t off = freshness->date - exchange->clock_seen;

    if (freshness->has_date && freshness->date > 0 && llabs(off) > CLOCK_OFF_S)
        check_find(check, target, CHECK_WARNING, "clock",
                   "the server's clock (its Date header) is %lld minutes %s "
                   "ours: one of the two is off",
                   (llabs(off) + 59) / 60, off > 0 ? "ahead of" : "behind");
}

/* What a status means that is not 200. */
static const char *explain_status(int status)
{
    switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return "a redirect, which peers do not follow here";
    case 400:
        return "the request was not understood: a proxy that expects another "
               "Host or protocol?";
    case 401:
    case 403:
        return "it is forbidden: a firewall, or an allow list";
    case 404:
        return "nobody serves it: the proxy must pass /_matrix to the "
               "homeserver unchanged, for this Host";
    case 421:
        return "the proxy takes the connection but not this Host: its virtual "
               "host must be for this name on this port";
    case 502:
    case 503:
    case 504:
        return "the proxy cannot reach the homeserver behind it";
    default:
        return "it must be 200";
    }
}

/* Whether a 200 came; if not, row and finding are made. */
static bool judge_answer(struct check *check, struct check_target *target,
                         const struct exchange *exchange,
                         enum check_stage stage)
{
    const char *path = exchange->plan.path;
    int status = exchange->response.status;

    if (exchange->stage == EXCHANGE_ROUTE) {
        check_judge_untested(check, target, stage, exchange->fault);
        return false;
    }
    if (exchange->stage != EXCHANGE_WHOLE) {
        check_row_add(target, stage, CHECK_FAIL,
                      exchange->stage == EXCHANGE_HTTP ? exchange->http_ms : -1,
                      "%s", exchange->fault);
        check_find(check, target, CHECK_REQUIRED, "http", "GET %s: %s", path,
                   exchange->fault);
        return false;
    }
    judge_clock(check, target, exchange);
    if (status == 200)
        return true;
    check_row_add(target, stage, CHECK_FAIL, exchange->http_ms, "status %d",
                  status);
    check_find(check, target, CHECK_REQUIRED, "http-status",
               "GET %s with Host %s is answered with status %d: %s%s%s", path,
               exchange->plan.host, status, explain_status(status),
               exchange->response.server[0] != '\0' ? "; it was answered by "
                                                    : "",
               exchange->response.server);
    return false;
}

static void read_text(const struct json_value *object, const char *key,
                      char to[static 100])
{
    const struct json_value *text = json_tree_member(object, key, JSON_STRING);

    if (text != NULL)
        escape_text(to, 100, text->text, text->length);
}

static void judge_version(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->version;
    const struct http_response *response = &exchange->response;
    char reason[JSON_TREE_REASON_MAX] = "is no JSON object";
    struct json_tree tree = {0};
    const struct json_value *server = NULL;
    enum status status;

    if (!judge_answer(check, target, exchange, CHECK_VERSION))
        return;
    status = json_tree_read(http_response_body(response), response->body_length,
                            &tree, reason);
    if (status == STATUS_NO_MEMORY) {
        check_judge_untested(check, target, CHECK_VERSION, "out of memory");
    } else if (status == STATUS_OK && tree.values[0].kind == JSON_OBJECT) {
        server = json_tree_member(&tree.values[0], "server", JSON_OBJECT);
        read_text(server, "name", target->software);
        read_text(server, "version", target->release);
        check_row_add(target, CHECK_VERSION,
                      target->software[0] != '\0' ? CHECK_OK : CHECK_WARN,
                      exchange->http_ms, "%s %s",
                      target->software[0] != '\0' ? target->software
                                                  : "no server.name",
                      target->release);
        if (target->software[0] == '\0')
            check_find(check, target, CHECK_WARNING, "version-nameless",
                       "the answer at %s has no server.name",
                       exchange->plan.path);
    } else {
        check_row_add(target, CHECK_VERSION, CHECK_FAIL, exchange->http_ms,
                      "the answer %s", reason);
        check_find(check, target, CHECK_REQUIRED, "version-json",
                   "the answer at %s %s", exchange->plan.path, reason);
    }
    json_tree_done(&tree);
}

void check_judge_endpoint(struct check *check, struct check_target *target)
{
    if (!check_judge_connection(check, target))
        return;
    judge_version(check, target);
    if (!judge_answer(check, target, &target->first, CHECK_KEYS))
        return;
    if (!is_json_type(target->first.response.type))
        check_find(check, target, CHECK_WARNING, "content-type",
                   "the key document is served as `%s`, not application/json",
                   target->first.response.type);
    check_judge_keys(check, target);
}

/* A document that discovery takes, and some servers do not. */
static void judge_body(struct check *check, const struct check_target *target)
{
    const struct http_response *response = &target->first.response;
    const char *body = http_response_body(response);

    if (response->body_length > SMALL_BODY)
        check_find(check, target, CHECK_WARNING, "well-known-large",
                   "the well-known document is %zu octets long: some servers "
                   "read 12 KiB at most",
                   response->body_length);
    if (response->body_length >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
        check_find(check, target, CHECK_WARNING, "well-known-bom",
                   "the well-known document begins with a byte order mark, "
                   "which some servers refuse");
    if (!is_json_type(response->type))
        check_find(check, target, CHECK_WARNING, "well-known-type",
                   "the well-known document is served as `%s`, not "
                   "application/json",
                   response->type);
}

static void judge_document(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->first;
    const struct http_response *response = &exchange->response;
    char reason[WELL_KNOWN_REASON_MAX];
    AUTO(free) struct server_name *name = calloc(1, sizeof(*name));
    enum status status =
        name == NULL ? STATUS_NO_MEMORY
                     : well_known_parse(http_response_body(response),
                                        response->body_length, name, reason);

    if (status == STATUS_NO_MEMORY) {
        check_judge_untested(check, target, CHECK_WELL_KNOWN, "out of memory");
        return;
    }
    if (status == STATUS_OK)
        snprintf(target->said, sizeof(target->said), "delegates to %s",
                 name->text);
    else
        snprintf(target->said, sizeof(target->said), "sends a document that %s",
                 reason);
    check_row_add(target, CHECK_WELL_KNOWN,
                  status == STATUS_OK ? CHECK_OK : CHECK_WARN,
                  exchange->http_ms, "%s", target->said);
    if (status == STATUS_OK)
        judge_body(check, target);
    else
        check_find(check, target, CHECK_WARNING, "well-known-document",
                   "the well-known document %s; serve a JSON object with "
                   "m.server there, or 404",
                   reason);
}

static void judge_redirect(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->first;
    int status = exchange->response.status;

    snprintf(target->said, sizeof(target->said), "redirects (%d) to %s", status,
             exchange->response.location);
    check_row_add(target, CHECK_WELL_KNOWN,
                  status == 308 ? CHECK_WARN : CHECK_OK, exchange->http_ms,
                  "%s", target->said);
    if (status == 308)
        check_find(check, target, CHECK_WARNING, "redirect-308",
                   "the well-known redirects with status 308, which Synapse's "
                   "manual says it does not follow; use 301 or 302");
}

void check_judge_well_known(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->first;
    int status = exchange->response.status;

    if (!check_judge_connection(check, target))
        return;
    if (exchange->stage != EXCHANGE_WHOLE) {
        check_row_add(target, CHECK_WELL_KNOWN, CHECK_WARN, exchange->http_ms,
                      "%s", exchange->fault);
        check_find(check, target, CHECK_WARNING, "well-known-http",
                   "GET %s: %s", exchange->plan.path, exchange->fault);
        return;
    }
    judge_clock(check, target, exchange);
    if (status == 200) {
        judge_document(check, target);
    } else if (status / 100 == 3 && exchange->response.location[0] != '\0') {
        judge_redirect(check, target);
    } else {
        snprintf(target->said, sizeof(target->said), "answers with status %d",
                 status);
        check_row_add(target, CHECK_WELL_KNOWN,
                      status == 404 ? CHECK_OK : CHECK_WARN, exchange->http_ms,
                      "status %d: no delegation", status);
        if (status != 404)
            check_find(check, target, CHECK_WARNING, "well-known-status",
                       "the well-known is answered with status %d: where "
                       "there is no delegation it should be 404",
                       status);
    }
}
