/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question's way over the servers: who is asked next, when it is over, and
 * what is said then. What an answer says is dns_message's; how octets travel
 * is dns_exchange's.
 */
#include "dns.h"

#include <resolv.h>
#include <sys/random.h>

#include "deadline.h"
#include "dns_exchange.h"
#include "dns_message.h"
#include "dns_room.h"
#include "dns_servers.h"
#include "server_name.h"
#include "shortage.h"
#include "wire.h"

struct dns {
    struct loop *loop;
    struct __res_state state;
    struct dns_servers servers;
    unsigned next; /* the server the next question begins with */
    struct dns_room room;
    /* Of the query that is being told. Each having its own would make the
     * memory of a long list of names. */
    struct dns_answer answer;
};

struct dns_query {
    struct dns *dns;
    dns_done *done;
    void *argument;
    struct dns_place place;
    int64_t started, deadline;

    struct dns_question question; /* the chain's end, once it left a message */
    unsigned aliases;             /* what the chain cost so far */
    uint32_t ttl;

    unsigned first;    /* the server that was asked first */
    unsigned tries;    /* that failed; each has the next server's turn */
    bool tcp;          /* of the try that goes on */
    bool internal;     /* one of them failed for want of something of ours */
    char failure[160]; /* the last that was more than silence */

    struct dns_exchange exchange;
};

static uint16_t random_number(void)
{
    uint16_t number = 0;

    /* So few octets come whole or, without such a call, not at all. */
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        number = (uint16_t)deadline_clock();
    return number;
}

enum status dns_new(struct loop *loop, const char *server, struct dns **ret_dns)
{
    AUTO(free) struct dns *dns = calloc(1, sizeof(*dns));

    if (dns == NULL)
        return STATUS_NO_MEMORY;
    dns->loop = dns->room.loop = loop;
    if (res_ninit(&dns->state) != 0)
        return STATUS_UNAVAILABLE;
    enum status status = dns_servers_read(&dns->state, server, &dns->servers);
    if (status != STATUS_OK) {
        res_nclose(&dns->state);
        return status;
    }
    /* A process asks few questions: only chance spreads them (`rotate`). */
    if (dns->servers.rotate)
        dns->next = random_number() % dns->servers.count;
    *ret_dns = TAKE(dns);
    return STATUS_OK;
}

void dns_use(struct dns *dns, const struct dns_servers *servers)
{
    dns->servers = *servers;
    dns->next = 0;
}

void dns_free(struct dns *dns)
{
    if (dns == NULL)
        return;
    res_nclose(&dns->state);
    free(dns);
}

/* Ends the query and tells its owner, who may do anything but cancel it. */
static void finish(struct dns_query *query)
{
    struct dns_answer *answer = &query->dns->answer;

    dns_room_leave(&query->place);
    dns_exchange_stop(&query->exchange);
    answer->aliases += query->aliases;
    if (query->ttl < answer->ttl)
        answer->ttl = query->ttl;
    query->done(query->argument, answer);
    free(query);
}

/* "SERVFAIL from 127.0.0.1", "no answer from 127.0.0.1, ::1 in 10 s" */
static void give_up(struct dns_query *query)
{
    const struct dns_servers *servers = &query->dns->servers;
    struct dns_answer *answer = &query->dns->answer;
    struct wire_writer writer =
        wire_writer(answer->detail, sizeof(answer->detail));

    answer->result = DNS_TEMPORARY;
    answer->internal = query->internal;
    answer->ttl = LIMIT_OUR_FAILURE_S;
    answer->aliases = answer->count = 0;
    if (query->failure[0] != '\0') {
        wire_put(&writer, query->failure);
    } else {
        wire_put(&writer, "no answer from ");
        for (unsigned i = 0; i < servers->count && i < query->tries; i++) {
            unsigned at = (query->first + i) % servers->count;

            wire_put(&writer, i > 0 ? ", " : "");
            wire_put(&writer, servers->list[at].text);
        }
        wire_put(&writer, " in ");
        wire_put_number(
            &writer, (uint64_t)(deadline_clock() - query->started + 500) / 1000,
            1);
        wire_put(&writer, " s");
    }
    finish(query);
}

static const struct dns_server *current_server(const struct dns_query *query)
{
    const struct dns_servers *servers = &query->dns->servers;

    return &servers->list[(query->first + query->tries) % servers->count];
}

/* Ends a try; what is empty if there was only silence. */
static void fail_try(struct dns_query *query, const char *what)
{
    if (what[0] != '\0')
        snprintf(query->failure, sizeof(query->failure), "%.60s from %s", what,
                 current_server(query)->text);
    query->tries++;
    query->tcp = query->dns->servers.tcp;
}

/* Ends a try that could not be made, or broke off. */
static void fail_broken(struct dns_query *query)
{
    int error = query->exchange.error;

    query->internal |= shortage_is(error);
    fail_try(query, error == 0 ? "connection closed early" : strerror(error));
}

/*
 * Asks the server whose turn it is, or the next one that can be asked: all in
 * turn, then all again, as often as resolv.conf says. A fresh id each time, so
 * that an answer to an earlier try is not taken for one to this.
 */
static void ask_server(struct dns_query *query)
{
    const struct dns_servers *servers = &query->dns->servers;

    while (query->tries < servers->count * servers->attempts &&
           deadline_left(query->deadline) > 0) {
        int64_t deadline = deadline_after(servers->timeout_ms);

        if (deadline > query->deadline)
            deadline = query->deadline;
        query->question.id = random_number();
        query->exchange.out[2] = (unsigned char)(query->question.id >> 8);
        query->exchange.out[3] = (unsigned char)query->question.id;
        if (dns_exchange_start(&query->exchange, current_server(query),
                               query->tcp, deadline) == STATUS_OK)
            return;
        fail_broken(query);
    }
    give_up(query);
}

/* Builds the message. False if DNS cannot hold the name. */
static bool build(struct dns_query *query)
{
    struct dns_exchange *exchange = &query->exchange;
    const struct dns_question *question = &query->question;

    if (!server_name_resolvable(question->name))
        return false;
    /* The name is absolute: the search list belongs to another function. */
    int length = res_nmkquery(&query->dns->state, ns_o_query, question->name,
                              ns_c_in, question->type, NULL, 0, NULL,
                              exchange->out + 2, sizeof(exchange->out) - 2);
    exchange->length = length < 0 ? 0 : (size_t)length;
    return length > NS_HFIXEDSZ;
}

/* Asks the question from the first server on. Also called by the room. */
static void ask(void *argument)
{
    struct dns_query *query = argument;

    if (build(query)) {
        ask_server(query);
        return;
    }
    snprintf(query->failure, sizeof(query->failure),
             "DNS cannot hold the name");
    give_up(query);
}

/* The chain of aliases left the message: asks for its end. */
static void follow(struct dns_query *query,
                   const char alias[static LIMIT_DNS_NAME + 1])
{
    query->aliases += query->dns->answer.aliases;
    if (query->dns->answer.ttl < query->ttl)
        query->ttl = query->dns->answer.ttl;
    memcpy(query->question.name, alias, sizeof(query->question.name));
    if (query->aliases > LIMIT_ALIASES) {
        snprintf(query->failure, sizeof(query->failure),
                 "too long a chain of aliases");
        give_up(query);
        return;
    }
    query->first = (query->first + query->tries) % query->dns->servers.count;
    query->tries = 0;
    query->internal = false;
    ask(query);
}

static void read_message(struct dns_query *query, const unsigned char *message,
                         size_t length)
{
    char alias[LIMIT_DNS_NAME + 1];

    switch (dns_message_read(message, length, &query->question,
                             &query->dns->answer, alias)) {
    case DNS_READ:
        finish(query);
        return;
    case DNS_ALIAS:
        follow(query, alias);
        return;
    case DNS_NOT_OURS:
        /* Anybody can send a datagram, but only the server a stream. */
        if (!query->tcp)
            return;
        fail_try(query, "answer to another question");
        break;
    case DNS_TRUNCATED:
        if (query->tcp)
            fail_try(query, "truncated stream");
        else
            query->tcp = true;
        break;
    case DNS_FAILED:
        fail_try(query, query->dns->answer.detail);
        break;
    }
    ask_server(query);
}

static void heard(void *argument, enum dns_exchange_event event,
                  const unsigned char *message, size_t length)
{
    struct dns_query *query = argument;

    if (event == DNS_EXCHANGE_MESSAGE) {
        read_message(query, message, length);
        return;
    }
    if (event == DNS_EXCHANGE_BROKEN)
        fail_broken(query);
    else
        fail_try(query, "");
    ask_server(query);
}

enum status dns_ask(struct dns *dns, const char *name, ns_type type,
                    dns_done *done, void *argument,
                    struct dns_query **ret_query)
{
    struct dns_query *query = calloc(1, sizeof(*query));

    if (query == NULL)
        return STATUS_NO_MEMORY;
    query->dns = dns;
    query->done = done;
    query->argument = argument;
    query->started = deadline_clock();
    query->deadline = query->started + LIMIT_DISCOVERY_MS;
    query->ttl = LIMIT_LIFE_S;
    query->tcp = dns->servers.tcp;
    query->first = dns->next;
    if (dns->servers.rotate)
        dns->next = (dns->next + 1) % dns->servers.count;
    query->question.type = type;
    if (!util_copy(query->question.name, sizeof(query->question.name), name,
                   strlen(name)))
        query->question.name[0] = '\0'; /* which build() refuses */
    dns_exchange_init(&query->exchange, dns->loop, heard, query);
    /* From the loop even if nothing can be sent: done is called from there. */
    dns_room_want(&dns->room, &query->place, ask, query);
    *ret_query = query;
    return STATUS_OK;
}

void dns_hurry(struct dns_query *query)
{
    dns_exchange_hurry(&query->exchange);
}

bool dns_is_our_turn(const struct dns_query *query)
{
    return query->exchange.fd < 0 || dns_exchange_has_come(&query->exchange);
}

void dns_cancel(struct dns_query **query)
{
    if (*query == NULL)
        return;
    dns_room_leave(&(*query)->place);
    dns_exchange_stop(&(*query)->exchange);
    free(*query);
    *query = NULL;
}
