/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands around a resolution in its test, in the place of the real ones:
 * a DNS and a web server that the test answers for, question by question.
 */
#ifndef NSS_MATRIX_TESTS_RESOLVER_WORLD_H
#define NSS_MATRIX_TESTS_RESOLVER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns.h"
#include "fetch.h"
#include "resolver.h"

enum {
    QUESTIONS = 24
};

/* The questions that were asked; what is not under way has no done. */
struct dns_query {
    char name[sizeof("_matrix-fed._tcp.") + LIMIT_DNS_NAME];
    ns_type type;
    dns_done *done;
    void *argument;
};

static struct dns_query questions[QUESTIONS];
static unsigned asked;

enum status dns_new(struct loop *loop, const char *server, struct dns **ret_dns)
{
    (void)loop;
    (void)server;
    *ret_dns = NULL;
    return STATUS_OK;
}

void dns_free(struct dns *dns)
{
    assert_null(dns);
}

enum status dns_ask(struct dns *dns, const char *name, ns_type type,
                    dns_done *done, void *argument,
                    struct dns_query **ret_query)
{
    struct dns_query *query = &questions[asked];

    assert_null(dns);
    assert_true(asked++ < QUESTIONS);
    *query =
        (struct dns_query){.type = type, .done = done, .argument = argument};
    assert_true(
        util_copy(query->name, sizeof(query->name), name, strlen(name)));
    *ret_query = query;
    return STATUS_OK;
}

void dns_hurry(struct dns_query *query)
{
    (void)query;
}

bool dns_is_our_turn(const struct dns_query *query)
{
    (void)query;
    return false;
}

void dns_cancel(struct dns_query **query)
{
    if (*query != NULL)
        (*query)->done = NULL;
    *query = NULL;
}

/* The only fetch; a free one has no done. */
struct fetch {
    char host[LIMIT_DNS_NAME + 1];
    fetch_done *done;
    void *argument;
    unsigned advanced;
    bool told;
    struct fetch_answer answer;
};

static struct fetch fetching;

enum status fetcher_new(struct loop *loop,
                        const struct configuration *configuration,
                        struct fetcher **ret_fetcher)
{
    (void)loop;
    (void)configuration;
    *ret_fetcher = NULL;
    return STATUS_OK;
}

void fetcher_free(struct fetcher *fetcher)
{
    assert_null(fetcher);
}

/* Wants its host's addresses, as the real one does. */
enum status fetch_start(struct fetcher *fetcher, struct address_book *book,
                        const char *host, fetch_done *done, void *argument,
                        struct fetch **ret_fetch)
{
    assert_null(fetcher);
    assert_null(fetching.done);
    fetching = (struct fetch){.done = done, .argument = argument};
    assert_true(
        util_copy(fetching.host, sizeof(fetching.host), host, strlen(host)));
    *ret_fetch = &fetching;
    return address_book_want(book, host);
}

void fetch_advance(struct fetch *fetch)
{
    fetch->advanced++;
}

const struct fetch_answer *fetch_answer(const struct fetch *fetch)
{
    return fetch->told ? &fetch->answer : NULL;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch != NULL)
        fetch->done = NULL;
}

/* The document, which names a server; NULL: there is none. */
static inline void web_gives(const char *server)
{
    char body[LIMIT_DNS_NAME + 32];
    struct fetch_answer *answer = &fetching.answer;

    assert_non_null(fetching.done);
    snprintf(body, sizeof(body), "{\"m.server\": \"%s\"}",
             server != NULL ? server : "");
    answer->result = server != NULL ? FETCH_OK : FETCH_HTTP;
    answer->status = server != NULL ? 200 : 404;
    answer->body = body;
    answer->length = strlen(body);
    fetching.told = true;
    fetching.done(fetching.argument);
    answer->body = NULL;
}

static inline struct dns_query *find_question(const char *name, ns_type type)
{
    for (unsigned i = 0; i < asked; i++)
        if (questions[i].done != NULL && questions[i].type == type &&
            strcmp(questions[i].name, name) == 0)
            return &questions[i];
    return NULL;
}

static inline void dns_gives(const char *name, ns_type type,
                             const struct dns_answer *answer)
{
    struct dns_query *query = find_question(name, type);
    dns_done *done;

    if (query == NULL)
        fail_msg("nobody asks for %s", name);
    done = query->done;
    query->done = NULL;
    done(query->argument, answer);
}

static inline void dns_gives_no(const char *name, ns_type type,
                                enum dns_result result)
{
    struct dns_answer answer = {.result = result, .ttl = 60};

    dns_gives(name, type, &answer);
}

static inline void dns_gives_target(const char *name, const char *target)
{
    struct dns_answer answer = {
        .result = DNS_FOUND, .ttl = 300, .count = 1, .srv = {{.port = 8443}}};

    snprintf(answer.srv[0].target, sizeof(answer.srv[0].target), "%s", target);
    dns_gives(name, ns_t_srv, &answer);
}

/* In IPv4; in IPv6 there is none. */
static inline void dns_gives_address(const char *name, const char *ip)
{
    struct dns_answer answer = {.result = DNS_FOUND, .ttl = 300, .count = 1};

    assert_true(address_parse(ip, &answer.addresses[0]));
    dns_gives_no(name, ns_t_aaaa, DNS_NONE);
    dns_gives(name, ns_t_a, &answer);
}

#endif
