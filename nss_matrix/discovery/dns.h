/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS questions over the loop: libresolv's configuration (resolv.conf) and
 * message builder, and an exchange of our own over non-blocking sockets. Each
 * question has a socket with a fresh random port and a random id, is sent
 * again when it may be lost, is retried over the servers as resolv.conf says,
 * waits for its turn if many are under way, goes to TCP when the answer is
 * truncated, shows its rcode, and can be cancelled. Names are absolute: the
 * search list never applies. (RFC 1035, 2308, 5452, 7766)
 */
#ifndef NSS_MATRIX_DNS_H
#define NSS_MATRIX_DNS_H

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "limit.h"
#include "loop.h"
#include "status.h"
#include "util.h"

/* What an answer says. A refusal or silence is never "none". */
enum dns_result {
    DNS_FOUND,
    DNS_NONE,      /* NXDOMAIN, no data, or NOTIMP */
    DNS_TEMPORARY, /* SERVFAIL, REFUSED, malformed, or no answer at all */
};

/*
 * An SRV record (RFC 2782). target: lower case, without last dot; "." stays;
 * "" for one that is no host name (server_name.h), which nobody can ask for.
 */
struct dns_srv {
    uint16_t priority, weight, port;
    char target[LIMIT_DNS_NAME + 1];
};

struct dns_answer {
    enum dns_result result;
    bool internal;    /* DNS_TEMPORARY, and we were short of something
                         (shortage.h): nothing can be said */
    uint32_t ttl;     /* seconds: the least of records and aliases; of a "none"
                         its SOA's (RFC 2308), else LIMIT_NEGATIVE_S */
    unsigned aliases; /* CNAMEs followed from the name asked for */
    unsigned count;   /* of the list that the type asked for fills */
    struct address addresses[LIMIT_ADDRESSES];
    struct dns_srv srv[LIMIT_SRV_RECORDS];
    char detail[160]; /* for people: "NXDOMAIN", "SERVFAIL from 127.0.0.1" */
};

struct dns;
struct dns_query;
struct dns_servers;

/* Called once, from loop_turn; the query is over and freed after it. */
typedef void dns_done(void *argument, const struct dns_answer *answer);

/*
 * Reads resolv.conf; server, if not NULL, is `ADDR[:PORT]` or
 * `[ADDR6]:PORT` to be asked instead of its servers. STATUS_OK,
 * STATUS_INVALID (server), STATUS_NO_MEMORY or STATUS_UNAVAILABLE.
 */
MUST_CHECK enum status dns_new(struct loop *loop, const char *server,
                               struct dns **ret_dns);

/*
 * Asks these servers (dns_servers.h) from now on, in this manner, as if
 * resolv.conf had said so. No query may be under way.
 */
void dns_use(struct dns *dns, const struct dns_servers *servers);

/* No query may be under way. NULL is accepted. */
void dns_free(struct dns *dns);

/*
 * Asks for records of type ns_t_a, ns_t_aaaa or ns_t_srv of name (without
 * last dot; server_name_resolvable). STATUS_OK: done will be called, unless
 * the query, whose owner the caller is until then, is cancelled.
 * STATUS_NO_MEMORY otherwise. Failures to send are answers (DNS_TEMPORARY).
 */
MUST_CHECK enum status dns_ask(struct dns *dns, const char *name, ns_type type,
                               dns_done *done, void *argument,
                               struct dns_query **ret_query);

/*
 * Sends it again at once, if it was sent and is not answered yet: for who has
 * reason to believe that it was lost. Else that is done after
 * LIMIT_DNS_RESEND_MS.
 */
void dns_hurry(struct dns_query *query);

/*
 * Whether it is for us, not for the server, that there is no answer: it waits
 * for its turn to be sent, or its answer for its turn to be read.
 */
bool dns_is_our_turn(const struct dns_query *query);

/* Ends the query without a call, frees it, clears *query. NULL is accepted. */
void dns_cancel(struct dns_query **query);

#endif
