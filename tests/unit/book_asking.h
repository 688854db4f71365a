/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the address book share: a dns in the place of the real
 * one, whose answers the test gives by hand, and a hosts file.
 */
#ifndef NSS_MATRIX_TEST_BOOK_ASKING_H
#define NSS_MATRIX_TEST_BOOK_ASKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "addresses.h"
#include "deadline.h"
#include "fake_clock.h"

enum {
    QUERIES = 8
};

/* The questions that were asked; free ones have no done. */
struct dns_query {
    char name[LIMIT_DNS_NAME + 1];
    ns_type type;
    unsigned hurried;
    dns_done *done;
    void *argument;
};

static struct dns_query queries[QUERIES];
static unsigned asked;
static unsigned ask_failures; /* of dns_ask: the last of so many */
static bool our_turn;         /* of every question */

static struct loop *loop;
static struct address_book *book;
static unsigned changes;
static bool free_when_changed;
static char hosts_file[] = "/tmp/test_addresses.XXXXXX";

enum status dns_ask(struct dns *dns, const char *name, ns_type type,
                    dns_done *done, void *argument,
                    struct dns_query **ret_query)
{
    struct dns_query *query = &queries[asked];

    assert_null(dns);
    assert_true(asked < QUERIES);
    if (ask_failures > 0 && --ask_failures == 0)
        return STATUS_NO_MEMORY;
    asked++;
    *query =
        (struct dns_query){.type = type, .done = done, .argument = argument};
    snprintf(query->name, sizeof(query->name), "%s", name);
    *ret_query = query;
    return STATUS_OK;
}

void dns_hurry(struct dns_query *query)
{
    assert_non_null(query->done);
    query->hurried++;
}

bool dns_is_our_turn(const struct dns_query *query)
{
    assert_non_null(query->done);
    return our_turn;
}

void dns_cancel(struct dns_query **query)
{
    if (*query == NULL)
        return;
    assert_non_null((*query)->done);
    (*query)->done = NULL;
    *query = NULL;
}

static inline unsigned under_way(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < asked; i++)
        count += queries[i].done != NULL;
    return count;
}

/* Answers the last question for name and type. */
static inline void answer(const char *name, ns_type type,
                          const struct dns_answer *given)
{
    for (unsigned i = asked; i-- > 0;) {
        dns_done *done = queries[i].done;

        if (done == NULL || queries[i].type != type ||
            strcmp(queries[i].name, name) != 0)
            continue;
        queries[i].done = NULL;
        done(queries[i].argument, given);
        return;
    }
    fail_msg("nobody asks for %s", name);
}

/* An answer with these addresses, divided by blanks. */
static inline struct dns_answer found(const char *list, uint32_t ttl)
{
    struct dns_answer given = {.result = DNS_FOUND, .ttl = ttl};
    char text[ADDRESS_TEXT];

    while (*list != '\0') {
        size_t length = strcspn(list, " ");

        assert_true(util_copy(text, sizeof(text), list, length));
        assert_true(address_parse(text, &given.addresses[given.count++]));
        list += length + (list[length] == ' ');
    }
    return given;
}

static inline struct dns_answer not_found(enum dns_result result,
                                          const char *detail, uint32_t ttl)
{
    struct dns_answer given = {.result = result, .ttl = ttl, .count = 0};

    snprintf(given.detail, sizeof(given.detail), "%s", detail);
    return given;
}

static inline void answer_found(const char *name, ns_type type,
                                const char *list, uint32_t ttl)
{
    struct dns_answer given = found(list, ttl);

    answer(name, type, &given);
}

static inline void answer_not(const char *name, ns_type type,
                              enum dns_result result, const char *detail)
{
    struct dns_answer given =
        not_found(result, detail, result == DNS_NONE ? 60 : 999);

    answer(name, type, &given);
}

static inline void changed(void *argument)
{
    assert_ptr_equal(argument, &changes);
    changes++;
    if (free_when_changed)
        address_book_free(TAKE(book));
}

static inline void write_hosts(const char *text)
{
    FILE *file = fopen(hosts_file, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline int begin(void **state)
{
    (void)state;
    asked = changes = ask_failures = 0;
    free_when_changed = our_turn = false;
    fake_clock_ahead_s = 0;
    write_hosts("192.0.2.80 hosts.example\n2001:db8::80 hosts.example\n");
    if (loop_new(&loop) != STATUS_OK)
        return -1;
    return address_book_new(loop, NULL, hosts_file, changed, &changes, &book) ==
                   STATUS_OK
               ? 0
               : -1;
}

static inline int end(void **state)
{
    (void)state;
    address_book_free(book);
    assert_int_equal(under_way(), 0);
    loop_free(loop);
    return 0;
}

static inline void want(const char *name)
{
    assert_int_equal(address_book_want(book, name), STATUS_OK);
}

static inline void turn(void)
{
    assert_int_equal(loop_turn(loop), STATUS_OK);
}

static void note_timer(void *argument)
{
    *(bool *)argument = true;
}

/* The test's own timer is the next to be told, though it was set last. */
static inline void assert_no_timer(void)
{
    struct loop_timer timer = {0};
    bool noted = false;

    fake_clock_ahead_s += 1;
    loop_set(loop, &timer, deadline_clock(), note_timer, &noted);
    assert_int_equal(loop_turn(loop), STATUS_OK);
    assert_true(noted);
}

/* As assert_no_timer, with the clock as it stands. */
static inline void assert_quiet(void)
{
    struct loop_timer timer = {0};
    bool noted = false;

    loop_set(loop, &timer, deadline_clock(), note_timer, &noted);
    assert_int_equal(loop_turn(loop), STATUS_OK);
    assert_true(noted);
}

static inline const struct addresses *get(const char *name)
{
    const struct addresses *addresses = address_book_get(book, name);

    assert_non_null(addresses);
    return addresses;
}

static inline void assert_list(const struct addresses *addresses,
                               const char *list)
{
    struct dns_answer expected = found(list, 0);

    assert_int_equal(addresses->result, DNS_FOUND);
    assert_int_equal(addresses->count, expected.count);
    for (unsigned i = 0; i < expected.count; i++)
        assert_true(address_equal(&addresses->list[i], &expected.addresses[i]));
}

static inline int make_file(void **state)
{
    int fd = mkstemp(hosts_file);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static inline int remove_file(void **state)
{
    (void)state;
    return unlink(hosts_file);
}

#define BOOK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
