/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a DNS message with libresolv's parser, which checks lengths and
 * compression. What it does not check is whether the answer is one to our
 * question (RFC 5452), and whose records they are.
 */
#include "dns_message.h"

#include <resolv.h>
#include <string.h>
#include <strings.h>

#include "server_name.h"

enum {
    /* the second word of the header (RFC 1035, 4.1.1) */
    FLAG_REPLY = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSIVE = 0x0080,
    FLAG_RCODE = 0x000f,

    SRV_FIXED = 6,  /* priority, weight, port */
    SOA_LEAST = 22, /* two root names and five numbers */
};

/* One walk over the answer section for one owner name. */
struct found {
    unsigned records; /* of the type asked for */
    uint32_t alias_ttl;
    bool is_alias;
    char alias[LIMIT_DNS_NAME + 1];
};

static void say(struct dns_answer *answer, const char *detail)
{
    snprintf(answer->detail, sizeof(answer->detail), "%s", detail);
}

static enum dns_reading fail(struct dns_answer *answer, const char *detail)
{
    say(answer, detail);
    return DNS_FAILED;
}

static enum dns_reading fail_malformed(struct dns_answer *answer)
{
    return fail(answer, "malformed answer");
}

static enum dns_reading say_none(struct dns_answer *answer, const char *detail)
{
    answer->result = DNS_NONE;
    answer->count = 0;
    say(answer, detail);
    return DNS_READ;
}

/* RFC 2181, 8: a TTL with the top bit set is 0. */
static uint32_t life(uint32_t ttl)
{
    if (ttl > INT32_MAX)
        return 0;
    return ttl < LIMIT_LIFE_S ? ttl : LIMIT_LIFE_S;
}

static void shorten(struct dns_answer *answer, uint32_t ttl)
{
    if (life(ttl) < answer->ttl)
        answer->ttl = life(ttl);
}

/*
 * Whether the message answers the question. A server that could not read the
 * question may leave it out, but can then say no more than that it failed.
 */
static bool is_ours(const unsigned char *message, size_t length,
                    const struct dns_question *question)
{
    const unsigned char *end = message + length;
    char name[NS_MAXDNAME];

    if (length < NS_HFIXEDSZ || length > NS_MAXMSG ||
        ns_get16(message) != question->id)
        return false;
    unsigned flags = ns_get16(message + 2);
    unsigned questions = ns_get16(message + 4);
    if ((flags & FLAG_REPLY) == 0 || (flags & FLAG_OPCODE) != 0)
        return false;
    if (questions == 0)
        return (flags & FLAG_RCODE) != ns_r_noerror &&
               (flags & FLAG_RCODE) != ns_r_nxdomain;

    int used =
        dn_expand(message, end, message + NS_HFIXEDSZ, name, sizeof(name));
    if (questions != 1 || used < 0 ||
        length < NS_HFIXEDSZ + (size_t)used + NS_QFIXEDSZ)
        return false;
    const unsigned char *after = message + NS_HFIXEDSZ + used;
    return ns_get16(after) == question->type &&
           ns_get16(after + 2) == ns_c_in &&
           strcasecmp(name, question->name) == 0;
}

static enum dns_reading refused(struct dns_answer *answer, unsigned rcode)
{
    static const char *const NAMES[] = {
        [ns_r_formerr] = "FORMERR",
        [ns_r_servfail] = "SERVFAIL",
        [ns_r_notimpl] = "NOTIMP",
        [ns_r_refused] = "REFUSED",
    };

    if (rcode < ARRAY_SIZE(NAMES) && NAMES[rcode] != NULL)
        return fail(answer, NAMES[rcode]);
    snprintf(answer->detail, sizeof(answer->detail), "RCODE %u", rcode);
    return DNS_FAILED;
}

/* False if the record's data is not as long as its type says. */
static bool take_address(const ns_rr *record, int family,
                         struct dns_answer *answer)
{
    struct address address = {.family = family};

    if (ns_rr_rdlen(*record) != address_size(&address))
        return false;
    memcpy(address.bytes, ns_rr_rdata(*record), address_size(&address));
    if (answer->count < LIMIT_ADDRESSES)
        answer->addresses[answer->count++] = address;
    return true;
}

/*
 * Writes an SRV target: "." as it is, "" for what is no host name. The record
 * is kept even then: it says that the service has a SRV record.
 */
static void write_target(const char *name, char target[LIMIT_DNS_NAME + 1])
{
    struct server_name host;
    const char *usable = "";

    if (name[0] == '\0')
        usable = "."; /* how dn_expand writes the root */
    else if (server_name_parse(name, strlen(name), &host) == STATUS_OK &&
             host.kind == SERVER_NAME_HOST && host.port == 0 && host.resolvable)
        usable = host.key;
    if (!util_copy(target, LIMIT_DNS_NAME + 1, usable, strlen(usable)))
        target[0] = '\0';
}

static bool take_srv(const ns_msg *message, const ns_rr *record,
                     struct dns_answer *answer)
{
    const unsigned char *data = ns_rr_rdata(*record);
    char name[NS_MAXDNAME];

    if (ns_rr_rdlen(*record) <= SRV_FIXED)
        return false;
    int used = dn_expand(ns_msg_base(*message), ns_msg_end(*message),
                         data + SRV_FIXED, name, sizeof(name));
    if (used != ns_rr_rdlen(*record) - SRV_FIXED)
        return false;
    if (answer->count == LIMIT_SRV_RECORDS)
        return true;
    struct dns_srv *srv = &answer->srv[answer->count++];
    srv->priority = (uint16_t)ns_get16(data);
    srv->weight = (uint16_t)ns_get16(data + 2);
    srv->port = (uint16_t)ns_get16(data + 4);
    write_target(name, srv->target);
    return true;
}

static bool take_record(const ns_msg *message, const ns_rr *record,
                        struct dns_answer *answer)
{
    switch (ns_rr_type(*record)) {
    case ns_t_a:
        return take_address(record, AF_INET, answer);
    case ns_t_aaaa:
        return take_address(record, AF_INET6, answer);
    case ns_t_srv:
        return take_srv(message, record, answer);
    default:
        return false;
    }
}

/* Expands the CNAME's target. False if no question could ask for it. */
static bool take_alias(const ns_msg *message, const ns_rr *record,
                       struct found *found)
{
    int used =
        dn_expand(ns_msg_base(*message), ns_msg_end(*message),
                  ns_rr_rdata(*record), found->alias, sizeof(found->alias));

    if (used != ns_rr_rdlen(*record) || !server_name_resolvable(found->alias))
        return false;
    found->is_alias = true;
    found->alias_ttl = ns_rr_ttl(*record);
    return true;
}

/* Takes the records of one owner name. False if the message is malformed. */
static bool find(ns_msg *message, const char *owner, ns_type type,
                 struct dns_answer *answer, struct found *ret_found)
{
    ns_rr record;

    *ret_found = (struct found){0};
    for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
        if (ns_parserr(message, ns_s_an, i, &record) != 0)
            return false;
        if (ns_rr_class(record) != ns_c_in ||
            strcasecmp(ns_rr_name(record), owner) != 0)
            continue;
        if (ns_rr_type(record) == type) {
            if (!take_record(message, &record, answer))
                return false;
            shorten(answer, ns_rr_ttl(record));
            ret_found->records++;
        } else if (ns_rr_type(record) == ns_t_cname && !ret_found->is_alias) {
            if (!take_alias(message, &record, ret_found))
                return false;
        }
    }
    return true;
}

static bool is_within(const char *name, const char *zone)
{
    size_t length = strlen(name);
    size_t tail = strlen(zone);

    if (strcmp(zone, ".") == 0) /* the root, as ns_parserr writes it */
        return true;
    if (length < tail || strcasecmp(name + length - tail, zone) != 0)
        return false;
    return length == tail || name[length - tail - 1] == '.';
}

/*
 * Looks for the SOA record that comes with a negative answer for name, and
 * shortens the answer's life to what it says (RFC 2308, 5). False if the
 * message is malformed.
 */
static bool find_soa(ns_msg *message, const char *name,
                     struct dns_answer *answer, bool *ret_found)
{
    ns_rr record;

    *ret_found = false;
    for (int i = 0; i < ns_msg_count(*message, ns_s_ns); i++) {
        if (ns_parserr(message, ns_s_ns, i, &record) != 0)
            return false;
        if (ns_rr_type(record) != ns_t_soa || ns_rr_class(record) != ns_c_in ||
            !is_within(name, ns_rr_name(record)))
            continue;
        if (ns_rr_rdlen(record) < SOA_LEAST)
            return false;
        /* MINIMUM is the last number of all. */
        shorten(answer, (uint32_t)ns_get32(ns_rr_rdata(record) +
                                           ns_rr_rdlen(record) - NS_INT32SZ));
        shorten(answer, ns_rr_ttl(record));
        *ret_found = true;
    }
    return true;
}

/* The end of the chain was reached, and there are no records of the type. */
static enum dns_reading read_none(ns_msg *message, const char *name,
                                  struct dns_answer *answer)
{
    unsigned flags = ns_get16(ns_msg_base(*message) + 2);
    bool denied;

    if (!find_soa(message, name, answer, &denied))
        return fail_malformed(answer);
    if ((flags & FLAG_RCODE) != ns_r_nxdomain && !denied) {
        if (answer->aliases > 0)
            return DNS_ALIAS;
        /* A referral says nothing about the name: a server that is no
           resolver, or one that knows neither zone nor recursion. */
        if ((flags & (FLAG_AUTHORITATIVE | FLAG_RECURSIVE)) == 0)
            return fail(answer, "referral");
    }
    if (!denied)
        shorten(answer, LIMIT_NEGATIVE_S);
    return say_none(answer, (flags & FLAG_RCODE) == ns_r_nxdomain ? "NXDOMAIN"
                                                                  : "no data");
}

/* Follows the chain of CNAMEs from the name asked for; name is where it is. */
static enum dns_reading follow(ns_msg *message, ns_type type,
                               struct dns_answer *answer,
                               char name[static LIMIT_DNS_NAME + 1])
{
    /* RFC 2308, 2.1: NXDOMAIN is about the chain's end, so that there can be
       no records of it. Whoever sends some is not to be believed. */
    bool exists = (ns_msg_getflag(*message, ns_f_rcode) != ns_r_nxdomain);
    struct found found;

    for (;;) {
        if (!find(message, name, type, answer, &found))
            return fail_malformed(answer);
        if (found.records > 0 && exists) {
            answer->result = DNS_FOUND;
            snprintf(answer->detail, sizeof(answer->detail), "%u record%s",
                     found.records, found.records == 1 ? "" : "s");
            return DNS_READ;
        }
        if (!found.is_alias || found.records > 0)
            return read_none(message, name, answer);
        if (answer->aliases == LIMIT_ALIASES)
            return fail(answer, "too long a chain of aliases");
        answer->aliases++;
        shorten(answer, found.alias_ttl);
        memcpy(name, found.alias, sizeof(found.alias));
    }
}

enum dns_reading dns_message_read(const unsigned char *message, size_t length,
                                  const struct dns_question *question,
                                  struct dns_answer *ret_answer,
                                  char ret_alias[static LIMIT_DNS_NAME + 1])
{
    ns_msg parsed;

    if (!is_ours(message, length, question))
        return DNS_NOT_OURS;
    memset(ret_answer, 0, sizeof(*ret_answer));
    ret_answer->result = DNS_TEMPORARY;
    ret_answer->ttl = LIMIT_LIFE_S;

    unsigned flags = ns_get16(message + 2);
    unsigned rcode = flags & FLAG_RCODE;
    if (rcode == ns_r_notimpl && ns_get16(message + 4) == 1) {
        ret_answer->ttl = LIMIT_NEGATIVE_S;
        return say_none(ret_answer, "NOTIMP");
    }
    if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
        return refused(ret_answer, rcode);
    /* Before the parser, which would take one that was cut short amiss. */
    if ((flags & FLAG_TRUNCATED) != 0)
        return DNS_TRUNCATED;
    if (ns_initparse(message, (int)length, &parsed) != 0)
        return fail_malformed(ret_answer);
    memcpy(ret_alias, question->name, sizeof(question->name));
    return follow(&parsed, question->type, ret_answer, ret_alias);
}
