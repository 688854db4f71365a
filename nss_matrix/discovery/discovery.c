/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps. Each function is one of the specification's; it either ends in
 * an outcome or stops at a wish. How targets are laid out from pieces is in
 * discovery_targets.c, what comes after the last step in discovery_end.c.
 */
#include "discovery.h"

#include "discovery_targets.h"

/* Where a name without a port is looked up: after a delegation or without. */
struct route {
    const char *host;     /* asked for SRV and addresses; certificate name */
    const char *header;   /* Host */
    const char *steps[3]; /* matrix-fed SRV, matrix SRV, port 8448 */
};

struct discovery *discovery_new(const struct server_name *asked,
                                const struct configuration *configuration)
{
    struct discovery *discovery = calloc(1, sizeof(*discovery));

    if (discovery == NULL)
        return NULL;
    discovery->asked = asked;
    discovery->configuration = configuration;
    /* Few of them are ever written: the rest costs no memory. */
    discovery->trace.entries =
        malloc(TRACE_MAX * sizeof(*discovery->trace.entries));
    if (discovery->trace.entries == NULL) {
        free(discovery);
        return NULL;
    }
    return discovery;
}

void discovery_free(struct discovery *discovery)
{
    if (discovery == NULL)
        return;
    pieces_done(&discovery->pieces);
    free(discovery->trace.entries);
    free(discovery);
}

static void skip_well_known(struct discovery *discovery, const char *because)
{
    char target[LIMIT_DNS_NAME + 48];

    trace_target(PIECE_WELL_KNOWN, discovery->asked->host, target,
                 sizeof(target));
    discovery_skip(discovery, "well-known", target, "%s", because);
}

static void skip_srv(struct discovery *discovery, enum piece_kind kind,
                     const char *name, const char *because)
{
    char target[LIMIT_DNS_NAME + 48];

    trace_target(kind, name, target, sizeof(target));
    discovery_skip(discovery, "srv", target, "%s", because);
}

static void use_names(struct outcome *outcome, const char *host,
                      const char *tls_name, const char *cert_name)
{
    snprintf(outcome->host, sizeof(outcome->host), "%s", host);
    snprintf(outcome->tls_name, sizeof(outcome->tls_name), "%s", tls_name);
    snprintf(outcome->cert_name, sizeof(outcome->cert_name), "%s", cert_name);
}

/*
 * The Host header of a name, in the letters it is written with: in the draft
 * without port for steps 1, 2 and 3.1, in v1 and for 3.2 with it.
 */
static void write_host(const struct server_name *name, bool with_port,
                       char host[static LIMIT_SERVER_NAME + 1])
{
    size_t length = with_port ? strlen(name->text) : name->host_length;

    memcpy(host, name->text, length);
    host[length] = '\0';
}

/* Steps 1 and 3.1: an IP literal. */
static enum discovery_state ip_literal(struct discovery *discovery,
                                       const struct server_name *name,
                                       const char *step)
{
    struct outcome *outcome = &discovery->outcome;
    char host[LIMIT_SERVER_NAME + 1];

    outcome->step = step;
    write_host(name, discovery->configuration->spec == SPEC_V1, host);
    use_names(outcome, host, "", name->host);
    if (discovery->family != AF_UNSPEC &&
        discovery->family != name->address.family)
        return discovery_fail(discovery, ERROR_NO_ADDRESS,
                              "%s is not of the family that was asked for",
                              name->host);
    if (configuration_denies(discovery->configuration, &name->address))
        return discovery_fail(discovery, ERROR_BLOCKED_ADDRESS,
                              "`deny` in the configuration forbids %s",
                              name->host);
    discovery_add_target(
        discovery, &name->address,
        &(struct target){.port = name->port != 0 ? name->port : 8448});
    return DISCOVERY_DONE;
}

/* Steps 2, 3.2, 3.5 and 6: the addresses of a host, and a port. */
static enum discovery_state host_and_port(struct discovery *discovery,
                                          const char *host, uint16_t port,
                                          const char *step)
{
    discovery->outcome.step = step;
    return discovery_use_host(discovery, host, port);
}

/*
 * Whether DNS can hold the record's name: with its labels in front, a host
 * name of full length is too long to have any.
 */
static bool srv_can_exist(enum piece_kind kind, const char *host)
{
    size_t labels = kind == PIECE_SRV_FED ? sizeof("_matrix-fed._tcp.") - 1
                                          : sizeof("_matrix._tcp.") - 1;

    return labels + strlen(host) <= LIMIT_DNS_NAME;
}

/*
 * Asks ahead for all that a name without a port may need. The addresses of
 * the targets too, as soon as records are there: of the old ones unless the
 * new ones have come, which may be later.
 */
static void speculate(struct discovery *discovery, const char *host)
{
    const struct pieces *pieces = &discovery->pieces;
    const struct piece *srv;

    if (!discovery->configuration->speculate)
        return;
    if (srv_can_exist(PIECE_SRV_FED, host))
        discovery_wish(discovery, PIECE_SRV_FED, host);
    if (srv_can_exist(PIECE_SRV_OLD, host))
        discovery_wish(discovery, PIECE_SRV_OLD, host);
    discovery_wish(discovery, PIECE_ADDRESSES, host);
    srv = pieces_find(pieces, PIECE_SRV_FED, host);
    if (srv == NULL || srv->finding == FINDING_NONE)
        srv = pieces_find(pieces, PIECE_SRV_OLD, host);
    discovery_wish_targets(discovery, srv);
}

/* Steps 3.3 to 3.5 and 4 to 6: SRV by its new name, by its old one, 8448. */
static enum discovery_state srv_route(struct discovery *discovery,
                                      const struct route *route)
{
    static const enum piece_kind KINDS[] = {PIECE_SRV_FED, PIECE_SRV_OLD};

    use_names(&discovery->outcome, route->header, route->host, route->host);
    speculate(discovery, route->host);
    for (unsigned i = 0; i < ARRAY_SIZE(KINDS); i++) {
        discovery->outcome.step = route->steps[i];
        if (!srv_can_exist(KINDS[i], route->host)) {
            skip_srv(discovery, KINDS[i], route->host,
                     "DNS cannot hold so long a name");
            continue;
        }

        const struct piece *srv =
            discovery_need(discovery, KINDS[i], route->host, route->steps[i]);

        if (srv == NULL)
            return DISCOVERY_WAITING;
        if (srv->finding == FINDING_NONE)
            continue;
        if (i == 0)
            skip_srv(discovery, PIECE_SRV_OLD, route->host,
                     srv->finding == FINDING_FOUND
                         ? "the new record is there"
                         : "nobody knows whether the new record is there");
        return discovery_use_srv(discovery, srv);
    }
    return host_and_port(discovery, route->host, 8448, route->steps[2]);
}

/*
 * A name in the grammar that no question can be asked for; cut short to what
 * DNS can hold it would be another name.
 */
static enum discovery_state unresolvable(struct discovery *discovery,
                                         const struct server_name *name,
                                         const char *step)
{
    discovery->outcome.step = step;
    return discovery_fail(discovery, ERROR_NO_ADDRESS,
                          "DNS cannot hold the name %.255s: a label is empty "
                          "or longer than 63, or all are longer than 253",
                          name->text);
}

/* Step 3 with a valid document: 3.1 to 3.5. */
static enum discovery_state delegated(struct discovery *discovery,
                                      const char *text)
{
    struct route route = {.steps = {"3.3", "3.4", "3.5"}};
    struct server_name name;
    char host[LIMIT_SERVER_NAME + 1];

    discovery->outcome.step = "3";
    if (server_name_parse(text, strlen(text), &name) != STATUS_OK)
        return discovery_fail(discovery, ERROR_INTERNAL,
                              "a delegated name was kept that is none");
    if (name.kind == SERVER_NAME_IP) {
        discovery_skip(discovery, "srv", "-", "%s is an IP address", name.host);
        return ip_literal(discovery, &name, "3.1");
    }
    if (!name.resolvable)
        return unresolvable(discovery, &name, name.port != 0 ? "3.2" : "3.5");
    write_host(&name, true, host);
    route.host = name.host;
    route.header = host;
    if (name.port == 0)
        return srv_route(discovery, &route);

    skip_srv(discovery, PIECE_SRV_FED, name.host, "m.server names a port");
    skip_srv(discovery, PIECE_SRV_OLD, name.host, "m.server names a port");
    use_names(&discovery->outcome, host, name.host, name.host);
    return host_and_port(discovery, name.host, name.port, "3.2");
}

/* Step 3, draft: a document that is none stops the discovery. */
static enum discovery_state abort_draft(struct discovery *discovery,
                                        const struct piece *document)
{
    static const char HOW_TO_GO_ON[] =
        "; the draft stops here, `spec v1` would go on to SRV";
    char what[LIMIT_DNS_NAME + sizeof(document->detail) + 64];

    snprintf(what, sizeof(what),
             "the document at https://%s/.well-known/matrix/server %s",
             document->name, document->detail);
    /* Of a long name and a long detail the end gives way, not the advice. */
    discovery->outcome.step = "3";
    return discovery_fail(discovery, ERROR_ABORTED_INVALID_WELL_KNOWN, "%.*s%s",
                          (int)(LIMIT_REASON - sizeof(HOW_TO_GO_ON)), what,
                          HOW_TO_GO_ON);
}

/* An answer that only a broken web server led to may not be what peers see. */
static void warn_of_failure(struct discovery *discovery,
                            const struct piece *document)
{
    if ((document->flags & PIECE_TRANSPORT) != 0)
        discovery_warn(discovery,
                       "well-known-failed: https://%s/.well-known/matrix/"
                       "server could not be fetched (%s); a peer that can "
                       "fetch it may go elsewhere than by SRV or port 8448",
                       document->name, document->detail);
    else if (document->finding == FINDING_INVALID)
        discovery_warn(discovery,
                       "well-known-invalid: the document at https://%s"
                       "/.well-known/matrix/server %s; a peer that follows "
                       "the draft stops there",
                       document->name, document->detail);
}

/* Step 3. */
static enum discovery_state well_known(struct discovery *discovery)
{
    const char *host = discovery->asked->host;
    struct route route = {.host = host,
                          .header = discovery->asked->text,
                          .steps = {"4", "5", "6"}};
    const struct piece *document;

    discovery->outcome.step = "3";
    document = discovery_need(discovery, PIECE_WELL_KNOWN, host, "3");
    if (document == NULL) {
        speculate(discovery, host);
        return DISCOVERY_WAITING;
    }
    if ((document->flags & PIECE_INSECURE) != 0)
        discovery_warn(discovery,
                       "insecure: the certificate of %s was not verified, as "
                       "`insecure` in the configuration says",
                       host);
    if (document->finding == FINDING_FOUND)
        return delegated(discovery, document->delegated);
    if (document->finding == FINDING_INVALID &&
        discovery->configuration->spec == SPEC_DRAFT)
        return abort_draft(discovery, document);
    warn_of_failure(discovery, document);
    return srv_route(discovery, &route);
}

/* Step 2: a port is in the name, so neither well-known nor SRV is asked. */
static enum discovery_state explicit_port(struct discovery *discovery)
{
    const struct server_name *asked = discovery->asked;
    char host[LIMIT_SERVER_NAME + 1];

    skip_well_known(discovery, "the server name has a port");
    write_host(asked, discovery->configuration->spec == SPEC_V1, host);
    use_names(&discovery->outcome, host, asked->host, asked->host);
    return host_and_port(discovery, asked->host, asked->port, "2");
}

static enum discovery_state take_steps(struct discovery *discovery)
{
    const struct server_name *asked = discovery->asked;

    if (asked->kind == SERVER_NAME_IP) {
        discovery_skip(discovery, "well-known", "-",
                       "the server name is an IP address");
        return ip_literal(discovery, asked, "1");
    }
    if (!asked->resolvable)
        return unresolvable(discovery, asked, asked->port != 0 ? "2" : "6");
    if (asked->port != 0)
        return explicit_port(discovery);
    return well_known(discovery);
}

enum discovery_state discovery_advance(struct discovery *discovery, int64_t now)
{
    memset(&discovery->outcome, 0, sizeof(discovery->outcome));
    discovery->outcome.spec = discovery->configuration->spec;
    discovery->outcome.step = "";
    discovery->wish_count = 0;
    discovery->trace.count = 0;
    if (take_steps(discovery) == DISCOVERY_WAITING)
        return DISCOVERY_WAITING;
    discovery_use_lives(discovery, now);
    return DISCOVERY_DONE;
}
