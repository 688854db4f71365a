/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The flow: discovery and the well-known host's addresses side by side, then
 * every address, then the judgement. */
#include "check.h"

#include <time.h>

#include "check_judge.h"
#include "deadline.h"
#include "hosts.h"
#include "record.h"

static const char WELL_KNOWN_PATH[] = "/.well-known/matrix/server";
static const char KEYS_PATH[] = "/_matrix/key/v2/server";
static const char VERSION_PATH[] = "/_matrix/federation/v1/version";

const struct piece *check_well_known(const struct check *check)
{
    if (check->outcome == NULL)
        return NULL;
    return pieces_find(&resolver_discovery(check->resolution)->pieces,
                       PIECE_WELL_KNOWN, check->name.host);
}

/* Discovery looks for a document of these alone. */
static bool has_well_known(const struct check *check)
{
    return check->name.kind == SERVER_NAME_HOST && check->name.port == 0 &&
           check->name.resolvable;
}

static void kicked(void *argument);

static void kick(struct check *check)
{
    loop_set(resolver_loop(check->plan->resolver), &check->kick,
             deadline_clock(), kicked, check);
}

static void exchange_done(void *argument)
{
    struct check *check = argument;

    check->under_way--;
    kick(check);
}

static void begin(struct check *check, const struct check_target *target,
                  struct exchange *exchange, const char *path)
{
    const struct configuration *configuration = check->plan->v1;
    const struct outcome *outcome = check->outcome;
    struct exchange_plan plan;

    if (target->refrained != CHECK_CONNECTED)
        return;
    plan = (struct exchange_plan){
        .loop = resolver_loop(check->plan->resolver),
        .tls = check->plan->tls,
        .address = target->address,
        .port = target->port,
        .tls_name = target->well_known ? check->name.host : outcome->tls_name,
        .cert_name = target->well_known ? check->name.host : outcome->cert_name,
        .host = target->well_known ? check->name.host : check->host,
        .path = path,
        .agent = configuration->user_agent != NULL ? configuration->user_agent
                                                   : "nss-matrix/" VERSION,
        .limit_ms = check->plan->limit_ms,
    };

    check->under_way++;
    exchange_start(exchange, &plan, exchange_done, check);
}

static struct check_target *add_target(struct check *check,
                                       const struct address *address,
                                       uint16_t port, bool well_known)
{
    struct check_target *target;

    for (unsigned i = 0; i < check->target_count; i++)
        if (check->targets[i]->well_known == well_known &&
            check->targets[i]->port == port &&
            address_equal(&check->targets[i]->address, address))
            return NULL;
    if (check->target_count == CHECK_TARGETS_MAX)
        return NULL;
    target = calloc(1, sizeof(*target));
    if (target == NULL)
        return NULL;
    target->address = *address;
    target->port = port;
    target->well_known = well_known;
    target->name = "";
    if (configuration_denies(check->plan->v1, address))
        target->refrained = CHECK_DENIED;
    else if (well_known && check->plan->v1->proxy != NULL)
        target->refrained = CHECK_PROXIED;
    check->targets[check->target_count++] = target;
    return target;
}

static void begin_endpoints(struct check *check, const struct outcome *outcome)
{
    for (unsigned i = 0; i < outcome->target_count; i++) {
        const struct target *found = &outcome->targets[i];
        struct check_target *target;

        /* Of what is not the outcome, only what is not to be connected to. */
        if (outcome != check->outcome &&
            !configuration_denies(check->plan->v1, &found->address))
            continue;
        target = add_target(check, &found->address, found->port, false);
        if (target == NULL)
            continue;
        target->name = found->name;
        begin(check, target, &target->first, KEYS_PATH);
        begin(check, target, &target->version, VERSION_PATH);
    }
}

static void begin_well_known(struct check *check)
{
    const struct addresses *known =
        address_book_get(check->book, check->name.host);

    for (unsigned i = 0; known != NULL && i < known->count; i++) {
        struct check_target *target =
            add_target(check, &known->list[i], 443, true);

        if (target == NULL)
            continue;
        target->name = check->name.host;
        begin(check, target, &target->first, WELL_KNOWN_PATH);
    }
}

/* What another configuration makes of the same pieces; NULL: cannot tell. */
static struct discovery *evaluate(struct check *check,
                                  const struct configuration *configuration)
{
    struct discovery *v1 = resolver_discovery(check->resolution);
    struct discovery *other = discovery_new(&check->name, configuration);
    bool done;

    if (other == NULL)
        return NULL;
    other->family = check->plan->family;
    other->pieces = v1->pieces; /* lent */
    done = discovery_advance(other, time(NULL)) == DISCOVERY_DONE;
    other->pieces = (struct pieces){0};
    if (done)
        return other;
    discovery_free(other);
    return NULL;
}

static void evaluate_draft(struct check *check)
{
    struct discovery *draft = evaluate(check, check->plan->draft);
    const struct outcome *outcome;

    check->draft_known = draft != NULL;
    if (draft == NULL)
        return;
    outcome = &draft->outcome;
    check->draft_error = outcome->error;
    snprintf(check->draft_step, sizeof(check->draft_step), "%s", outcome->step);
    snprintf(check->draft_reason, sizeof(check->draft_reason), "%s",
             outcome->reason);
    if (outcome->error == ERROR_NONE)
        record_host(outcome->step, outcome->host, &check->asked,
                    check->draft_host);
    discovery_free(draft);
}

/* What discovery left out for `deny` has its row too, and no connection. */
static void add_denied(struct check *check)
{
    struct configuration open = *check->plan->v1;

    if (open.deny_count == 0)
        return;
    open.deny_count = 0;
    check->undenied = evaluate(check, &open);
    if (check->undenied != NULL)
        begin_endpoints(check, &check->undenied->outcome);
}

static void resolved(struct check *check)
{
    struct discovery *discovery = resolver_discovery(check->resolution);

    check->outcome = &discovery->outcome;
    check->trace = &discovery->trace;
    evaluate_draft(check);
    if (check->outcome->error == ERROR_NONE) {
        record_host(check->outcome->step, check->outcome->host, &check->asked,
                    check->host);
        begin_endpoints(check, check->outcome);
    }
    add_denied(check);
}

static void resolution_done(void *argument)
{
    struct check *check = argument;

    check->under_way--;
    check->advanced = true;
    kick(check);
}

static void book_changed(void *argument)
{
    kick(argument);
}

/* Looks what can go on, and whether all is over. */
static void kicked(void *argument)
{
    struct check *check = argument;

    if (check->over)
        return;
    if (check->advanced && check->outcome == NULL)
        resolved(check);
    if (check->awaits_book &&
        address_book_get(check->book, check->name.host) != NULL) {
        check->awaits_book = false;
        begin_well_known(check);
    }
    if (check->under_way > 0 || check->awaits_book)
        return;
    check->over = true;
    check->now = time(NULL);
    check->ms = (int)(deadline_clock() - check->start);
    check_judge(check);
    check->tell(check->argument);
}

static enum status want_well_known(struct check *check)
{
    struct loop *loop = resolver_loop(check->plan->resolver);
    enum status status = address_book_new(loop, check->plan->dns, HOSTS_FILE,
                                          book_changed, check, &check->book);

    if (status != STATUS_OK)
        return status;
    address_book_limit(check->book, check->plan->family);
    status = address_book_want(check->book, check->name.host);
    check->awaits_book = status == STATUS_OK;
    return status;
}

enum status check_start(struct check *check, const struct check_plan *plan,
                        const struct server_name *asked, check_over *tell,
                        void *argument)
{
    struct pieces nothing = {0};
    enum status status;

    memset(check, 0, sizeof(*check));
    check->plan = plan;
    check->asked = *asked;
    check->start = deadline_clock();
    check->tell = tell;
    check->argument = argument;
    if (server_name_parse(asked->key, strlen(asked->key), &check->name) !=
        STATUS_OK)
        return STATUS_NO_MEMORY;
    status = resolver_start(plan->resolver, &check->name, &nothing,
                            plan->limit_ms, &check->resolution);
    if (status != STATUS_OK)
        return status;
    resolver_when_done(check->resolution, resolution_done, check);
    check->under_way++;
    if (has_well_known(check))
        status = want_well_known(check);
    kick(check);
    return status;
}

void check_end(struct check *check)
{
    if (check->plan == NULL)
        return;
    loop_unset(&check->kick);
    for (unsigned i = 0; i < check->target_count; i++) {
        struct check_target *target = check->targets[i];

        exchange_end(&target->first);
        exchange_end(&target->version);
        key_document_done(&target->document);
        free(target);
    }
    check->target_count = 0;
    address_book_free(check->book);
    check->book = NULL;
    discovery_free(check->undenied);
    check->undenied = NULL;
    resolver_end(check->resolution);
    check->resolution = NULL;
}

const char *check_result_name(enum check_result result)
{
    static const char *const NAMES[] = {"ok", "warn", "fail", "skip"};

    return NAMES[result];
}

const char *check_stage_name(enum check_stage stage)
{
    static const char *const NAMES[] = {"tcp", "tls", "well-known", "version",
                                        "keys"};

    return NAMES[stage];
}

const char *check_weight_name(enum check_weight weight)
{
    static const char *const NAMES[] = {"required", "warning", "informative"};

    return NAMES[weight];
}

const char *check_verdict_name(enum check_verdict verdict)
{
    static const char *const NAMES[] = {
        "passed", "failed", "passed-with-warnings", "undecided", "internal"};

    return NAMES[verdict];
}

bool check_days(const struct check *check, int *ret_days)
{
    bool any = false;

    for (unsigned i = 0; i < check->target_count; i++) {
        const struct tls_report *tls = &check->targets[i]->first.tls;
        int64_t left = tls->chain[0].not_after - check->now;
        int days = (int)(left >= 0 ? left / 86400 : -((-left + 86399) / 86400));

        if (tls->count == 0 || (any && days >= *ret_days))
            continue;
        *ret_days = days;
        any = true;
    }
    return any;
}

static bool is_answered(const struct exchange *exchange)
{
    return exchange->stage == EXCHANGE_WHOLE &&
           exchange->response.status == 200;
}

bool check_is_reachable(const struct check *check)
{
    for (unsigned i = 0; i < check->target_count; i++)
        if (!check->targets[i]->well_known &&
            (is_answered(&check->targets[i]->first) ||
             is_answered(&check->targets[i]->version)))
            return true;
    return false;
}
