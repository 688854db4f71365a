/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What no one address shows, and the verdict. */
#include "check_judge.h"

#include <sys/socket.h>
#include <time.h>

/* "code: sentence" of discovery. */
static void take_warning(struct check *check, const char *warning)
{
    const char *colon = strstr(warning, ": ");
    char code[40] = "discovery";

    if (colon != NULL &&
        util_copy(code, sizeof(code), warning, (size_t)(colon - warning)))
        warning = colon + 2;
    check_find(check, NULL, CHECK_WARNING, code, "%s", warning);
}

/* Whether the server must be mended: else nothing is known of it. */
static bool is_the_servers(enum error error)
{
    return error_status(error) == STATUS_NOT_FOUND &&
           error != ERROR_BLOCKED_ADDRESS;
}

static void judge_discovery(struct check *check)
{
    const struct outcome *outcome = check->outcome;
    bool delegated = outcome->step[0] == '3';

    for (unsigned i = 0; i < outcome->warning_count; i++)
        take_warning(check, outcome->warnings[i]);
    if (outcome->error == ERROR_NO_ADDRESS && delegated)
        check_find(check, NULL, CHECK_REQUIRED, "delegated-nowhere",
                   "the well-known delegates to a host without an address: %s",
                   outcome->reason);
    else if (outcome->error != ERROR_NONE)
        check_find(check, NULL,
                   is_the_servers(outcome->error) ? CHECK_REQUIRED
                                                  : CHECK_WARNING,
                   error_name(outcome->error), "%s", outcome->reason);
}

/* Old servers ask for the one, new ones for the other first. */
static void judge_srv(struct check *check)
{
    const char *step = check->outcome->step;

    if (check->outcome->error == ERROR_NONE &&
        (strcmp(step, "3.4") == 0 || strcmp(step, "5") == 0))
        check_find(check, NULL, CHECK_WARNING, "srv-deprecated",
                   "there is only the deprecated SRV record _matrix._tcp.%s; "
                   "add _matrix-fed._tcp.%s with the same targets (v1.8)",
                   check->outcome->cert_name, check->outcome->cert_name);
}

/* Where the draft comes to something else. */
static void judge_draft(struct check *check)
{
    const struct outcome *outcome = check->outcome;

    if (!check->draft_known || outcome->error != ERROR_NONE)
        return;
    if (check->draft_error != ERROR_NONE)
        check_find(check, NULL, CHECK_WARNING, "draft-fails",
                   "by the draft (our own default) this server is not found: "
                   "%s",
                   check->draft_reason);
    else if (strcmp(check->draft_step, outcome->step) != 0)
        check_find(check, NULL, CHECK_WARNING, "draft-differs",
                   "by the draft step %s decides, by v1 step %s",
                   check->draft_step, outcome->step);
    else if (strcmp(check->draft_host, check->host) != 0)
        check_find(check, NULL, CHECK_INFORMATIVE, "draft-host",
                   "by the draft the Host header is %s, by v1 %s",
                   check->draft_host, check->host);
}

/* Peers keep an answer; who changes it has to know how long. */
static void judge_life(struct check *check)
{
    const struct piece *document = check_well_known(check);
    time_t until;
    struct tm tm;
    char text[40] = "";

    if (document == NULL || document->finding != FINDING_FOUND)
        return;
    until = document->expires;
    if (gmtime_r(&until, &tm) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
    check_find(check, NULL, CHECK_INFORMATIVE, "well-known-life",
               "peers that fetch the well-known now may hold it until %s",
               text);
    for (unsigned i = 0; i < document->hop_count; i++)
        if (document->hops[i].status == 308)
            check_find(check, NULL, CHECK_WARNING, "redirect-308",
                       "the well-known redirects with status 308, which "
                       "Synapse's manual says it does not follow; use 301 or "
                       "302");
}

/* Peers that reach one address must be told what the others are told. */
static void judge_split(struct check *check)
{
    const struct check_target *first = NULL;

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct check_target *target = check->targets[i];

        if (!target->well_known || target->said[0] == '\0')
            continue;
        if (first == NULL) {
            first = target;
        } else if (strcmp(first->said, target->said) != 0) {
            char one[ADDRESS_TEXT], other[ADDRESS_TEXT];

            check_find(check, NULL, CHECK_REQUIRED, "well-known-split",
                       "the well-known's addresses answer differently: at %s "
                       "it %s, at %s it %s. Peers go different ways",
                       address_text(&first->address, one), first->said,
                       address_text(&target->address, other), target->said);
        }
    }
}

static void judge_families(struct check *check)
{
    bool v4 = false, v6 = false;

    if (check->plan->family != AF_UNSPEC || check->target_count == 0 ||
        check->outcome->tls_name[0] == '\0')
        return;
    for (unsigned i = 0; i < check->target_count; i++) {
        if (check->targets[i]->well_known)
            continue;
        if (check->targets[i]->address.family == AF_INET)
            v4 = true;
        else
            v6 = true;
    }
    if (v4 != v6)
        check_find(check, NULL, v4 ? CHECK_INFORMATIVE : CHECK_WARNING,
                   v4 ? "no-ipv6" : "no-ipv4",
                   v4 ? "the server has no IPv6 address"
                      : "the server has no IPv4 address: peers without IPv6 "
                        "cannot reach it");
}

static bool has(const struct check *check, enum check_weight weight)
{
    for (unsigned i = 0; i < check->finding_count; i++)
        if (check->findings[i].weight == weight)
            return true;
    return false;
}

/* To its end, which is the key document, or to where it failed. */
static bool is_tried(const struct check_target *target)
{
    for (unsigned i = 0; i < target->row_count; i++)
        if (target->rows[i].result == CHECK_FAIL ||
            (target->rows[i].stage == CHECK_KEYS &&
             target->rows[i].result != CHECK_SKIP))
            return true;
    return false;
}

/* Whether any address of the server itself could be tried. */
static bool was_tried(const struct check *check)
{
    for (unsigned i = 0; i < check->target_count; i++)
        if (!check->targets[i]->well_known && is_tried(check->targets[i]))
            return true;
    return false;
}

/* Findings are bounded; what failed is not to be lost with one of them. */
static bool has_failed_row(const struct check *check)
{
    for (unsigned i = 0; i < check->target_count; i++)
        for (unsigned j = 0; j < check->targets[i]->row_count; j++)
            if (check->targets[i]->rows[j].result == CHECK_FAIL)
                return true;
    return false;
}

static enum check_verdict decide(const struct check *check)
{
    enum error error = check->outcome->error;

    if (error == ERROR_INTERNAL)
        return CHECK_INTERNAL;
    if (error != ERROR_NONE)
        return is_the_servers(error) ? CHECK_FAILED : CHECK_UNDECIDED;
    if (!was_tried(check))
        return CHECK_UNDECIDED;
    if (has(check, CHECK_REQUIRED) || has_failed_row(check))
        return CHECK_FAILED;
    return has(check, CHECK_WARNING) ? CHECK_WARNED : CHECK_PASSED;
}

void check_judge(struct check *check)
{
    judge_discovery(check);
    judge_srv(check);
    for (unsigned i = 0; i < check->target_count; i++) {
        struct check_target *target = check->targets[i];

        if (target->well_known)
            check_judge_well_known(check, target);
        else
            check_judge_endpoint(check, target);
        http_response_drop_body(&target->first.response);
        http_response_drop_body(&target->version.response);
    }
    judge_split(check);
    judge_draft(check);
    judge_families(check);
    judge_life(check);
    check->verdict = decide(check);
}
