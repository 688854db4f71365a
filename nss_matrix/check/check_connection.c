/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP and TLS of one address: what it was, what is wrong with it, and why. */
#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#include "check_judge.h"
#include "wire.h"

void check_row_add(struct check_target *target, enum check_stage stage,
                   enum check_result result, int ms, const char *format, ...)
{
    struct check_row *row = &target->rows[target->row_count];
    va_list values;

    if (target->row_count == CHECK_ROWS)
        return;
    target->row_count++;
    row->stage = stage;
    row->result = result;
    row->ms = ms;
    va_start(values, format);
    vsnprintf(row->detail, sizeof(row->detail), format, values);
    va_end(values);
}

static void add_where(struct check_finding *finding,
                      const struct check_target *target)
{
    char ip[ADDRESS_TEXT];
    char text[ADDRESS_TEXT + 12];
    bool v6 = target->address.family == AF_INET6;
    size_t length = strlen(finding->where);

    snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u",
             address_text(&target->address, ip), target->port);
    if (strstr(finding->where, text) == NULL)
        snprintf(finding->where + length, sizeof(finding->where) - length,
                 "%s%s", length > 0 ? ", " : "", text);
}

void check_find(struct check *check, const struct check_target *target,
                enum check_weight weight, const char *code, const char *format,
                ...)
{
    struct check_finding *finding = &check->findings[check->finding_count];
    va_list values;

    if (check->finding_count == CHECK_FINDINGS_MAX)
        return;
    *finding = (struct check_finding){.weight = weight};
    snprintf(finding->code, sizeof(finding->code), "%s", code);
    va_start(values, format);
    vsnprintf(finding->text, sizeof(finding->text), format, values);
    va_end(values);
    for (unsigned i = 0; i < check->finding_count; i++) {
        struct check_finding *same = &check->findings[i];

        if (strcmp(same->code, finding->code) == 0 &&
            strcmp(same->text, finding->text) == 0) {
            /* At a well-known host a warning, at the server required. */
            if (weight < same->weight)
                same->weight = weight;
            if (target != NULL)
                add_where(same, target);
            return;
        }
    }
    if (target != NULL)
        add_where(finding, target);
    check->finding_count++;
}

void check_judge_untested(struct check *check, struct check_target *target,
                          enum check_stage stage, const char *why)
{
    check_row_add(target, stage, CHECK_SKIP, -1, "%s", why);
    check_find(check, target, CHECK_INFORMATIVE, "no-route",
               "%s: not tested, and no fault of the server's", why);
}

/*
 * What is wrong with a well-known's host is no fault of the federation as
 * such: discovery goes on.
 */
static enum check_weight weight_of(const struct check_target *target)
{
    return target->well_known ? CHECK_WARNING : CHECK_REQUIRED;
}

static enum check_result result_of(const struct check_target *target)
{
    return target->well_known ? CHECK_WARN : CHECK_FAIL;
}

/* A row for what was not connected to, by our own configuration. */
static void judge_refrained(struct check *check, struct check_target *target)
{
    bool denied = target->refrained == CHECK_DENIED;

    check_row_add(target, CHECK_TCP, CHECK_SKIP, -1, "%s",
                  denied ? "not connected to: `deny` forbids it"
                         : "not connected to: `proxy` fetches the well-known");
    check_find(check, target, CHECK_INFORMATIVE, denied ? "denied" : "proxied",
               denied ? "our configuration says `deny` for this address: not "
                        "tested, and no fault of the server's"
                      : "our configuration has the well-known fetched by a "
                        "`proxy`, which chose the address: the host's "
                        "addresses are not tested one by one");
}

static bool judge_tcp(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->first;

    if (target->refrained != CHECK_CONNECTED) {
        judge_refrained(check, target);
        return false;
    }
    if (exchange->stage == EXCHANGE_ROUTE) {
        check_judge_untested(check, target, CHECK_TCP, exchange->fault);
        return false;
    }
    if (exchange->stage == EXCHANGE_TCP) {
        check_row_add(target, CHECK_TCP, result_of(target), exchange->tcp_ms,
                      "%s", exchange->fault);
        check_find(check, target, weight_of(target),
                   target->well_known ? "well-known-unreachable"
                                      : "unreachable",
                   target->well_known
                       ? "the well-known's host cannot be reached at one of "
                         "its addresses: %s"
                       : "%s: peers that try this address fail; open the port "
                         "or take the address out of the DNS",
                   exchange->fault);
        return false;
    }
    check_row_add(target, CHECK_TCP, CHECK_OK, exchange->tcp_ms, "connected");
    return true;
}

/* Why it is this name that the certificate must cover. */
static void explain_name(const struct check *check,
                         const struct check_target *target, char text[400])
{
    const char *step = check->outcome->step;
    bool delegated = step[0] == '3';
    bool srv = outcome_is_by_srv(check->outcome);
    const char *need = target->first.plan.cert_name;

    if (target->well_known)
        snprintf(text, 400, "it is %s whose document is asked for", need);
    else if (srv)
        snprintf(text, 400,
                 "SRV does not rename: a record says where %s is, not who it "
                 "is, since DNS is not trusted to say so%s",
                 need,
                 delegated ? "; the well-known delegates to that name"
                           : "; to be served under another name, delegate by "
                             "well-known");
    else if (delegated)
        snprintf(text, 400, "the well-known of %s delegates to %s",
                 check->name.host, need);
    else
        snprintf(text, 400,
                 "there is no delegation, so it is the server's "
                 "own name");
}

static void judge_name(struct check *check, struct check_target *target,
                       enum check_weight weight)
{
    char names[300];
    char why[400];

    explain_name(check, target, why);
    tls_report_names(&target->first.tls, names, sizeof(names));
    check_find(check, target, weight, "certificate-name",
               "the certificate covers %s; it must cover %s, because %s", names,
               target->first.plan.cert_name, why);
}

static void judge_dates(struct check *check, struct check_target *target,
                        enum check_weight weight)
{
    const struct tls_certificate *first = &target->first.tls.chain[0];
    bool future = first->not_before > check->now;
    int64_t at = future ? first->not_before : first->not_after;
    time_t time = at;
    struct tm tm;
    char text[32] = "";

    gmtime_r(&time, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
    check_find(check, target, weight,
               future ? "certificate-not-yet-valid" : "certificate-expired",
               future ? "the certificate is valid from %s on only; is a clock "
                        "off?"
                      : "the certificate has expired at %s: renew it, and "
                        "have the server load the new one",
               text);
}

static void judge_age(struct check *check, const struct check_target *target)
{
    int64_t days = (target->first.tls.chain[0].not_after - check->now) / 86400;

    if (days < check->plan->warn_days)
        check_find(check, target, CHECK_WARNING, "certificate-expires",
                   "the certificate expires in %" PRId64 " days", days);
}

static void judge_session(struct check *check,
                          const struct check_target *target)
{
    const struct tls_report *tls = &target->first.tls;

    if (strcmp(tls->version, "TLSv1.2") != 0 &&
        strcmp(tls->version, "TLSv1.3") != 0)
        check_find(check, target, CHECK_WARNING, "tls-old",
                   "%s only: many peers refuse anything below TLSv1.2",
                   tls->version);
    if (strcmp(tls->protocol, "h2") == 0)
        check_find(check, target, CHECK_WARNING, "http2-forced",
                   "the server chooses HTTP/2 where HTTP/1.1 was asked for");
}

/* The words of the row: "expires in 60 days, TLSv1.3, ..., 2 SCTs". */
static void describe_tls(const struct check *check,
                         const struct check_target *target, char text[200])
{
    const struct tls_report *tls = &target->first.tls;
    int64_t left = tls->chain[0].not_after - check->now;
    int64_t until = tls->chain[0].not_before - check->now;
    char dates[48];

    if (until > 0)
        snprintf(dates, sizeof(dates), "NOT VALID for %" PRId64 " more days",
                 until / 86400 + 1);
    else if (left < 0)
        snprintf(dates, sizeof(dates), "EXPIRED %" PRId64 " days ago",
                 -left / 86400);
    else
        snprintf(dates, sizeof(dates), "%" PRId64 " days left", left / 86400);
    snprintf(text, 200, "%s, %s, chain %s, name %s, %s, %s", tls->version,
             tls->cipher, tls->chain_good ? "good" : "BAD",
             tls->name_good ? "good" : "BAD", dates,
             tls->scts > 0 ? "SCTs present" : "no SCTs");
}

static void judge_tls(struct check *check, struct check_target *target)
{
    const struct tls_report *tls = &target->first.tls;
    const struct exchange_plan *plan = &target->first.plan;
    bool insecure = configuration_is_insecure(check->plan->v1, plan->cert_name);
    bool good = tls->chain_good && tls->name_good && tls->dates_good;
    enum check_weight weight = insecure ? CHECK_WARNING : weight_of(target);
    char text[200];

    describe_tls(check, target, text);
    check_row_add(target, CHECK_TLS,
                  good       ? CHECK_OK
                  : insecure ? CHECK_WARN
                             : result_of(target),
                  target->first.tls_ms, "%s%s", text,
                  insecure ? ", not required (insecure)" : "");
    if (!tls->chain_good)
        check_find(check, target, weight, "certificate-chain",
                   "the certificate is not trusted: %s%s", tls->chain_fault,
                   tls->count == 1 && tls->issuer_missing
                       ? "; the server sends its own certificate alone: if "
                         "it has an intermediate one, the server must send "
                         "that too"
                       : "");
    if (!tls->name_good)
        judge_name(check, target, weight);
    if (!tls->dates_good)
        judge_dates(check, target, weight);
    else
        judge_age(check, target);
    if (insecure)
        check_find(check, target, CHECK_WARNING, "insecure",
                   "our configuration says `insecure` for %s: its certificate "
                   "was looked at, and is not required to be good",
                   plan->cert_name);
    judge_session(check, target);
}

bool check_judge_connection(struct check *check, struct check_target *target)
{
    const struct exchange *exchange = &target->first;

    if (!judge_tcp(check, target))
        return false;
    if (exchange->stage == EXCHANGE_TLS) {
        check_row_add(target, CHECK_TLS, result_of(target), exchange->tls_ms,
                      "%s", exchange->fault);
        check_find(check, target, weight_of(target), "tls-handshake", "%s",
                   exchange->fault);
        return false;
    }
    judge_tls(check, target);
    return true;
}
