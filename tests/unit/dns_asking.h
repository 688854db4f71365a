/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of dns share: a loop, small servers on it, and questions.
 * Every test must leave as many descriptors as it found.
 */
#ifndef NSS_MATRIX_TEST_DNS_ASKING_H
#define NSS_MATRIX_TEST_DNS_ASKING_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deadline.h"
#include "dns.h"
#include "dns_servers.h"
#include "fake_clock.h"
#include "fake_dns.h"
#include "util.h"

enum {
    SERVERS = 3,
    QUESTIONS = 24,
    TIMEOUT_MS = 5000,
};

static struct loop *loop;
static struct dns *dns;
static struct fake_dns servers[SERVERS];
static unsigned server_count;
static char asked[FAKE_DNS_LOG]; /* the letters of who was asked, in order */
static unsigned descriptors;     /* at the beginning */

static struct question {
    struct dns_query *query;
    bool done;
    struct dns_answer answer;
} questions[QUESTIONS];

static inline unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static int begin(void **state)
{
    (void)state;
    descriptors = count_descriptors();
    fake_clock_ahead_s = 0;
    asked[0] = '\0';
    server_count = 0;
    memset(questions, 0, sizeof(questions));
    if (loop_new(&loop) != STATUS_OK)
        return -1;
    return dns_new(loop, "127.0.0.1", &dns) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < server_count; i++)
        fake_dns_stop(&servers[i]);
    dns_free(dns);
    loop_free(loop);
    assert_int_equal(count_descriptors(), descriptors);
    return 0;
}

/* Asks servers with these scripts from now on; NULL is the end. */
static inline void use(const char *a, const char *b, const char *c,
                       unsigned attempts)
{
    const char *scripts[SERVERS] = {a, b, c};
    struct dns_servers list = {.timeout_ms = TIMEOUT_MS, .attempts = attempts};

    while (list.count < SERVERS && scripts[list.count] != NULL) {
        struct fake_dns *server = &servers[list.count];

        fake_dns_start(server, loop, scripts[list.count]);
        server->letter = (char)('A' + list.count);
        server->log = asked;
        list.list[list.count++] = fake_dns_address(server);
    }
    server_count = list.count;
    dns_use(dns, &list);
}

static void done(void *argument, const struct dns_answer *answer)
{
    struct question *question = argument;

    assert_false(question->done);
    question->query = NULL;
    question->done = true;
    question->answer = *answer;
}

static inline void ask(unsigned index, const char *name, ns_type type)
{
    struct question *question = &questions[index];

    assert_int_equal(dns_ask(dns, name, type, done, question, &question->query),
                     STATUS_OK);
    assert_false(question->done); /* but from loop_turn */
}

static inline void turn(void)
{
    assert_int_equal(loop_turn(loop), STATUS_OK);
}

/* Turns until the servers were asked so many times. */
static inline void turn_until_asked(size_t times)
{
    while (strlen(asked) < times)
        turn();
}

static inline const struct dns_answer *turn_until_done(unsigned index)
{
    while (!questions[index].done)
        turn();
    return &questions[index].answer;
}

/* Asks for the IPv4 addresses of h.example. */
static inline const struct dns_answer *find(void)
{
    ask(0, "h.example", ns_t_a);
    return turn_until_done(0);
}

static inline void assert_found(const struct dns_answer *answer)
{
    assert_string_equal(answer->detail, "1 record");
    assert_int_equal(answer->result, DNS_FOUND);
    assert_int_equal(answer->count, 1);
    assert_int_equal(answer->ttl, 300);
    assert_int_equal(answer->addresses[0].family, AF_INET);
    assert_memory_equal(answer->addresses[0].bytes, "\300\0\2\1", 4);
}

static inline void assert_temporary(const struct dns_answer *answer,
                                    const char *detail)
{
    assert_string_equal(answer->detail, detail);
    assert_int_equal(answer->result, DNS_TEMPORARY);
    assert_int_equal(answer->count, 0);
    assert_int_equal(answer->ttl, LIMIT_OUR_FAILURE_S);
}

#define DNS_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
