/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets out of pieces; wishes, warnings and failures on the way. */
#include "discovery_targets.h"

#include <stdarg.h>

const char *discovery_stage(enum piece_kind kind)
{
    static const char *const STAGES[] = {
        [PIECE_WELL_KNOWN] = "well-known",
        [PIECE_SRV_FED] = "srv",
        [PIECE_SRV_OLD] = "srv",
        [PIECE_ADDRESSES] = "address",
    };

    return STAGES[kind];
}

void discovery_wish(struct discovery *discovery, enum piece_kind kind,
                    const char *name)
{
    struct discovery_wish *wish;

    if (pieces_find(&discovery->pieces, kind, name) != NULL ||
        discovery->wish_count == PIECES_NEEDED)
        return;
    for (unsigned i = 0; i < discovery->wish_count; i++)
        if (discovery->wishes[i].kind == kind &&
            strcmp(discovery->wishes[i].name, name) == 0)
            return;
    wish = &discovery->wishes[discovery->wish_count++];
    wish->kind = kind;
    snprintf(wish->name, sizeof(wish->name), "%s", name);
}

static void tell(struct discovery *discovery, const struct piece *piece,
                 const char *step)
{
    static const enum trace_outcome OUTCOMES[] = {
        [FINDING_FOUND] = TRACE_OK,
        [FINDING_NONE] = TRACE_NONE,
        [FINDING_FAILED] = TRACE_FAILED,
        [FINDING_INVALID] = TRACE_INVALID,
        [FINDING_TEMPORARY] = TRACE_TEMPORARY,
    };
    struct trace_entry entry = {
        .stage = discovery_stage(piece->kind),
        .step = step,
        .outcome = OUTCOMES[piece->finding],
        .piece = piece,
    };

    /* Several SRV records may name one host: it was asked for once. */
    for (unsigned i = 0; i < discovery->trace.count; i++)
        if (discovery->trace.entries[i].piece == piece)
            return;
    trace_target(piece->kind, piece->name, entry.target, sizeof(entry.target));
    snprintf(entry.detail, sizeof(entry.detail), "%s", piece->detail);
    trace_add(&discovery->trace, &entry);
}

const struct piece *discovery_need(struct discovery *discovery,
                                   enum piece_kind kind, const char *name,
                                   const char *step)
{
    const struct piece *piece = pieces_find(&discovery->pieces, kind, name);

    if (piece == NULL)
        discovery_wish(discovery, kind, name);
    else
        tell(discovery, piece, step);
    return piece;
}

void discovery_skip(struct discovery *discovery, const char *stage,
                    const char *target, const char *because, ...)
{
    static const char NOT_ASKED[] = "not asked, because ";
    struct trace_entry entry = {
        .stage = stage, .step = "", .outcome = TRACE_SKIPPED};
    size_t length = sizeof(NOT_ASKED) - 1;
    va_list values;

    snprintf(entry.target, sizeof(entry.target), "%s", target);
    memcpy(entry.detail, NOT_ASKED, length);
    va_start(values, because);
    vsnprintf(entry.detail + length, sizeof(entry.detail) - length, because,
              values);
    va_end(values);
    trace_add(&discovery->trace, &entry);
}

void discovery_warn(struct discovery *discovery, const char *format, ...)
{
    struct outcome *outcome = &discovery->outcome;
    char *warning;
    va_list values;

    if (outcome->warning_count == LIMIT_WARNINGS)
        return;
    warning = outcome->warnings[outcome->warning_count];
    va_start(values, format);
    vsnprintf(warning, OUTCOME_WARNING_MAX, format, values);
    va_end(values);
    for (unsigned i = 0; i < outcome->warning_count; i++)
        if (strcmp(outcome->warnings[i], warning) == 0)
            return;
    outcome->warning_count++;
}

enum discovery_state discovery_fail(struct discovery *discovery,
                                    enum error error, const char *format, ...)
{
    struct outcome *outcome = &discovery->outcome;
    va_list values;

    outcome->error = error;
    outcome->target_count = 0;
    outcome->host[0] = outcome->tls_name[0] = outcome->cert_name[0] = '\0';
    va_start(values, format);
    vsnprintf(outcome->reason, sizeof(outcome->reason), format, values);
    va_end(values);
    return DISCOVERY_DONE;
}

void discovery_add_target(struct discovery *discovery,
                          const struct address *address,
                          const struct target *like)
{
    struct outcome *outcome = &discovery->outcome;
    struct target *target;

    if (outcome->target_count == LIMIT_TARGETS)
        return;
    target = &outcome->targets[outcome->target_count++];
    *target = *like;
    target->address = *address;
}

/* Adds the host's addresses that `deny` leaves; gives how many it left. */
static unsigned add_addresses(struct discovery *discovery,
                              const struct piece *addresses,
                              struct target *like)
{
    unsigned allowed = 0;

    snprintf(like->name, sizeof(like->name), "%s", addresses->name);
    for (unsigned i = 0; i < addresses->address_count; i++) {
        if (configuration_denies(discovery->configuration,
                                 &addresses->addresses[i]))
            continue;
        discovery_add_target(discovery, &addresses->addresses[i], like);
        allowed++;
    }
    if ((addresses->flags & PIECE_PARTIAL) != 0)
        discovery_warn(discovery, "family-failed: %s: %s", addresses->name,
                       addresses->detail);
    return allowed;
}

/* Whether it was DNS that could not say, or we that could not ask. */
static enum error temporary_error(const struct piece *piece)
{
    return (piece->flags & PIECE_INTERNAL) != 0 ? ERROR_INTERNAL
                                                : ERROR_DNS_TEMPORARY;
}

enum discovery_state discovery_use_host(struct discovery *discovery,
                                        const char *host, uint16_t port)
{
    struct target like = {.port = port};
    const char *step = discovery->outcome.step;
    const struct piece *addresses =
        discovery_need(discovery, PIECE_ADDRESSES, host, step);

    if (addresses == NULL)
        return DISCOVERY_WAITING;
    if (addresses->finding == FINDING_FOUND &&
        add_addresses(discovery, addresses, &like) > 0)
        return DISCOVERY_DONE;
    if (addresses->finding == FINDING_FOUND)
        return discovery_fail(
            discovery, ERROR_BLOCKED_ADDRESS,
            "`deny` in the configuration forbids every address of %s", host);
    if (addresses->finding == FINDING_TEMPORARY)
        return discovery_fail(discovery, temporary_error(addresses),
                              "the addresses of %s: %s", host,
                              addresses->detail);
    return discovery_fail(discovery, ERROR_NO_ADDRESS, "%s has no address (%s)",
                          host, addresses->detail);
}

/* "" is a target that is no host name, "." among others is no host. */
static bool names_a_host(const struct dns_srv *srv)
{
    return srv->target[0] != '\0' && strcmp(srv->target, ".") != 0;
}

void discovery_wish_targets(struct discovery *discovery,
                            const struct piece *srv)
{
    unsigned count = srv != NULL ? srv->srv_count : 0;

    for (unsigned i = 0; i < count && i < PIECES_AHEAD; i++)
        if (names_a_host(&srv->srv[i]) &&
            (srv->srv[i].port != 0 ||
             discovery->configuration->spec == SPEC_DRAFT))
            discovery_wish(discovery, PIECE_ADDRESSES, srv->srv[i].target);
}

/* What became of the targets of one set of SRV records. */
struct tally {
    unsigned waiting, temporary, blocked;
    const struct piece *unknown; /* one of the temporary */
};

/*
 * The port to use: v1 calls 0 an unusable record (nothing listens there), the
 * draft names 8448 as the default. 0 if the record is unusable.
 */
static uint16_t usable_port(struct discovery *discovery,
                            const struct dns_srv *srv)
{
    if (srv->port != 0)
        return srv->port;
    if (discovery->configuration->spec == SPEC_DRAFT)
        return 8448;
    discovery_warn(discovery,
                   "srv-port-0: the record for %s names port 0 and is not "
                   "used",
                   srv->target);
    return 0;
}

static void use_record(struct discovery *discovery, const struct dns_srv *srv,
                       struct tally *tally)
{
    struct target like = {.priority = srv->priority, .weight = srv->weight};
    const struct piece *addresses;

    if (!names_a_host(srv)) {
        discovery_warn(discovery, "srv-target-unusable: a record names no "
                                  "host and is not used");
        return;
    }
    like.port = usable_port(discovery, srv);
    if (like.port == 0)
        return;
    addresses = discovery_need(discovery, PIECE_ADDRESSES, srv->target,
                               discovery->outcome.step);
    if (addresses == NULL) {
        tally->waiting++;
        return;
    }
    if ((addresses->flags & PIECE_ALIAS) != 0)
        discovery_warn(discovery,
                       "srv-target-is-cname: %s is an alias, which SRV "
                       "forbids (RFC 2782); some servers refuse it",
                       srv->target);
    if (addresses->finding == FINDING_FOUND) {
        tally->blocked += add_addresses(discovery, addresses, &like) == 0;
        return;
    }
    if (addresses->finding == FINDING_TEMPORARY) {
        tally->temporary++;
        if (tally->unknown == NULL ||
            temporary_error(tally->unknown) != ERROR_INTERNAL)
            tally->unknown = addresses;
    }
    discovery_warn(discovery, "srv-target-unresolved: %s: %s", srv->target,
                   addresses->detail);
}

static enum discovery_state without_targets(struct discovery *discovery,
                                            const struct piece *srv,
                                            const struct tally *tally)
{
    if (tally->temporary > 0)
        return discovery_fail(discovery, temporary_error(tally->unknown),
                              "the addresses of %s: %s", tally->unknown->name,
                              tally->unknown->detail);
    if (tally->blocked > 0)
        return discovery_fail(
            discovery, ERROR_BLOCKED_ADDRESS,
            "`deny` in the configuration forbids every address of the "
            "SRV targets of %s",
            srv->name);
    return discovery_fail(
        discovery, ERROR_NO_USABLE_SRV,
        "%s has SRV records, but no target of them has an address and a "
        "port; port 8448 is not tried when SRV records exist",
        srv->name);
}

enum discovery_state discovery_use_srv(struct discovery *discovery,
                                       const struct piece *srv)
{
    struct tally tally = {0};

    if (srv->finding == FINDING_TEMPORARY)
        return discovery_fail(discovery, temporary_error(srv),
                              "SRV records of %s: %s", srv->name, srv->detail);
    if (srv->srv_count == 1 && strcmp(srv->srv[0].target, ".") == 0)
        return discovery_fail(
            discovery, ERROR_SERVICE_DISABLED,
            "the SRV record of %s has the target `.`: this server offers "
            "no federation (RFC 2782)",
            srv->name);
    for (unsigned i = 0; i < srv->srv_count; i++)
        use_record(discovery, &srv->srv[i], &tally);
    if (tally.waiting > 0)
        return DISCOVERY_WAITING;
    if (discovery->outcome.target_count == 0)
        return without_targets(discovery, srv, &tally);
    return DISCOVERY_DONE;
}
