/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Laying a record into the caller's buffer: at every size from 0, at every
 * start, with poison behind the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdalign.h>

#include "pack.h"
#include "sample.h"

enum {
    ROOM = 2048,
    FIRST_BUFFER = 1024, /* what glibc offers first */
    POISON = 0x5a,
};

#define ASKED "Example.ORG.matrix."

/* In place: a record's strings point into itself. */
static void have(struct record *record, const char *targets)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);

    sample.targets = targets;
    sample_into(&sample, record);
    assert_int_equal(record_parse(record, SAMPLE_NOW), STATUS_OK);
}

static void list_one(int family, const void *octets, char *text)
{
    size_t length = strlen(text);

    assert_non_null(inet_ntop(family, octets, text + length, ADDRESS_TEXT));
    length = strlen(text);
    memcpy(text + length, " ", 2);
}

/* The texts of a hostent's addresses, one blank after each. */
static void list_hostent(const struct hostent *host, char *text)
{
    text[0] = '\0';
    for (char **each = host->h_addr_list; *each != NULL; each++)
        list_one(host->h_addrtype, *each, text);
}

static void list_tuples(const struct gaih_addrtuple *tuple, char *text)
{
    text[0] = '\0';
    for (; tuple != NULL; tuple = tuple->next)
        list_one(tuple->family, tuple->addr, text);
}

static void assert_hostent(const char *targets, int family, const char *wanted)
{
    struct record record;
    char text[ROOM], buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct hostent host;

    have(&record, targets);
    assert_int_equal(pack_hostent(&pack, &record, ASKED, family, &host),
                     STATUS_OK);
    list_hostent(&host, text);
    assert_string_equal(text, wanted);
    assert_string_equal(host.h_name, ASKED);
    assert_int_equal(host.h_addrtype, family);
    assert_int_equal(host.h_length, family == AF_INET ? 4 : 16);
    assert_null(host.h_aliases[0]);
}

static void assert_tuples(const char *targets, const char *wanted)
{
    struct record record;
    char text[ROOM], buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct gaih_addrtuple *list = NULL;

    have(&record, targets);
    assert_int_equal(pack_tuples(&pack, &record, ASKED, &list), STATUS_OK);
    list_tuples(list, text);
    assert_string_equal(text, wanted);
    for (; list != NULL; list = list->next) {
        assert_string_equal(list->name, ASKED);
        assert_int_equal(list->scopeid, 0);
    }
}

#define MIXED                                                                  \
    "target 192.0.2.1 1 10 0 -\ntarget 2001:db8::1 2 10 0 -\n"                 \
    "target 192.0.2.2 1 10 0 -\ntarget fe80::1 2 10 0 -\n"

static void the_family_asked_is_given_in_order(void **state)
{
    (void)state;
    assert_hostent(MIXED, AF_INET, "192.0.2.1 192.0.2.2 ");
    assert_hostent(MIXED, AF_INET6, "2001:db8::1 fe80::1 ");
    assert_tuples(MIXED, "192.0.2.1 2001:db8::1 192.0.2.2 fe80::1 ");
}

static void only_the_best_priority_is_given(void **state)
{
    static const char TARGETS[] =
        "target 192.0.2.1 1 10 0 -\ntarget 192.0.2.2 1 10 9 -\n"
        "target 192.0.2.3 1 11 0 -\ntarget 2001:db8::1 1 11 0 -\n";
    struct record record;
    char buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct hostent host;

    (void)state;
    have(&record, TARGETS);
    assert_hostent(TARGETS, AF_INET, "192.0.2.1 192.0.2.2 ");
    assert_tuples(TARGETS, "192.0.2.1 192.0.2.2 ");
    /* not even where the best has no address of the family */
    assert_int_equal(pack_hostent(&pack, &record, ASKED, AF_INET6, &host),
                     STATUS_NOT_FOUND);
}

static void no_address_is_given_twice(void **state)
{
    static const char TARGETS[] =
        "target 192.0.2.1 1 0 0 a\ntarget 192.0.2.1 2 0 0 b\n"
        "target 192.0.2.2 1 0 0 a\ntarget 192.0.2.1 3 0 0 -\n"
        "target 2001:db8::1 1 0 0 a\ntarget 2001:db8::1 9 0 0 a\n";

    (void)state;
    assert_hostent(TARGETS, AF_INET, "192.0.2.1 192.0.2.2 ");
    assert_tuples(TARGETS, "192.0.2.1 192.0.2.2 2001:db8::1 ");
}

static void the_other_family_alone_is_not_found(void **state)
{
    struct record record;
    char buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct pack nothing = pack_into(buffer, 0);
    struct hostent host = {.h_name = buffer};

    (void)state;
    have(&record, "target 192.0.2.1 1 0 0 -\n");
    assert_int_equal(pack_hostent(&pack, &record, ASKED, AF_INET6, &host),
                     STATUS_NOT_FOUND);
    /* said before any size is computed: a larger buffer would not help */
    assert_int_equal(pack_hostent(&nothing, &record, ASKED, AF_INET6, &host),
                     STATUS_NOT_FOUND);
    assert_ptr_equal(host.h_name, buffer);
}

static void a_record_without_targets_is_not_found(void **state)
{
    struct sample sample =
        sample_failure("example.org", SAMPLE_NOW, "no-address");
    char buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct gaih_addrtuple *list = NULL;
    struct record record;

    (void)state;
    sample_into(&sample, &record);
    assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_OK);
    assert_int_equal(pack_tuples(&pack, &record, ASKED, &list),
                     STATUS_NOT_FOUND);
    assert_null(list);
}

/* count IPv6 targets of one priority, all different. */
static void have_many(struct record *record, unsigned count)
{
    char lines[LIMIT_RECORD];
    size_t at = 0;

    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(lines + at, sizeof(lines) - at,
                               "target 2001:db8::%x 1 0 0 -\n", i + 1);
    have(record, lines);
}

static void no_more_than_16_are_given(void **state)
{
    struct record record;
    char buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct gaih_addrtuple *list = NULL;
    struct hostent host;
    unsigned count = 0;

    (void)state;
    have_many(&record, 40);
    assert_int_equal(pack_tuples(&pack, &record, ASKED, &list), STATUS_OK);
    for (; list != NULL; list = list->next)
        count++;
    assert_int_equal(count, 16);
    pack = pack_into(buffer, sizeof(buffer));
    assert_int_equal(pack_hostent(&pack, &record, ASKED, AF_INET6, &host),
                     STATUS_OK);
    assert_non_null(host.h_addr_list[15]);
    assert_null(host.h_addr_list[16]);
}

static void the_largest_answer_fits_glibcs_first_buffer(void **state)
{
    struct record record;
    alignas(16) char buffer[FIRST_BUFFER];
    struct gaih_addrtuple *list = NULL;
    struct hostent host;
    struct pack pack = pack_into(buffer + 1, sizeof(buffer) - 1);
    char asked[300];

    (void)state;
    have_many(&record, 64);
    /* 255 octets of server name, a suffix and a dot: none is longer */
    memset(asked, 'a', 255);
    memcpy(asked + 255, ".matrix.", sizeof(".matrix."));
    assert_int_equal(pack_tuples(&pack, &record, asked, &list), STATUS_OK);
    pack = pack_into(buffer + 1, sizeof(buffer) - 1);
    assert_int_equal(pack_hostent(&pack, &record, asked, AF_INET6, &host),
                     STATUS_OK);
}

static bool inside(const void *at, size_t size, const char *start,
                   size_t length)
{
    const char *first = at;

    return first >= start && first + size <= start + length;
}

static void assert_aligned(const void *at, size_t alignment)
{
    assert_int_equal((uintptr_t)at % alignment, 0);
}

static void assert_poison(const unsigned char *from, const unsigned char *to)
{
    for (; from < to; from++)
        assert_int_equal(*from, POISON);
}

/* Packs into size octets at start; all that is given must lie in there. */
static enum status pack_tuples_at(const struct record *record, char *start,
                                  size_t size)
{
    struct pack pack = pack_into(start, size);
    struct gaih_addrtuple *list = NULL;
    enum status status = pack_tuples(&pack, record, ASKED, &list);
    char text[ROOM];

    if (status != STATUS_OK) {
        assert_null(list);
        return status;
    }
    for (struct gaih_addrtuple *each = list; each != NULL; each = each->next) {
        assert_aligned(each, alignof(struct gaih_addrtuple));
        assert_true(inside(each, sizeof(*each), start, size));
        assert_true(inside(each->name, sizeof(ASKED), start, size));
        assert_string_equal(each->name, ASKED);
    }
    list_tuples(list, text);
    assert_string_equal(text, "192.0.2.1 2001:db8::1 192.0.2.2 fe80::1 ");
    return status;
}

static enum status pack_hostent_at(const struct record *record, char *start,
                                   size_t size)
{
    struct pack pack = pack_into(start, size);
    struct hostent host = {0};
    enum status status = pack_hostent(&pack, record, ASKED, AF_INET6, &host);
    char text[ROOM];

    if (status != STATUS_OK) {
        assert_null(host.h_name);
        return status;
    }
    assert_true(inside(host.h_name, sizeof(ASKED), start, size));
    assert_aligned(host.h_aliases, alignof(char *));
    assert_true(inside(host.h_aliases, sizeof(char *), start, size));
    assert_aligned(host.h_addr_list, alignof(char *));
    assert_true(inside(host.h_addr_list, 3 * sizeof(char *), start, size));
    for (char **each = host.h_addr_list; *each != NULL; each++) {
        assert_aligned(*each, alignof(struct in6_addr));
        assert_true(inside(*each, 16, start, size));
    }
    list_hostent(&host, text);
    assert_string_equal(text, "2001:db8::1 fe80::1 ");
    return status;
}

typedef enum status pack_at(const struct record *record, char *start,
                            size_t size);

/* Too big until it fits, then it always fits; and nothing is overrun. */
static void at_every_size_and_start(pack_at *pack_at_start)
{
    static alignas(16) unsigned char room[ROOM];
    struct record record;

    have(&record, MIXED);
    for (size_t start = 0; start < 16; start++) {
        size_t smallest = 0;

        for (size_t size = 0; size < FIRST_BUFFER; size++) {
            memset(room, POISON, sizeof(room));
            enum status status =
                pack_at_start(&record, (char *)room + start, size);

            if (smallest == 0 && status == STATUS_OK)
                smallest = size;
            assert_int_equal(status, smallest > 0 ? STATUS_OK : STATUS_TOO_BIG);
            assert_poison(room, room + start);
            assert_poison(room + start + size, room + sizeof(room));
        }
        assert_in_range(smallest, 1, 300);
    }
}

static void hostents_fit_at_every_size_and_start(void **state)
{
    (void)state;
    at_every_size_and_start(pack_hostent_at);
}

static void tuples_fit_at_every_size_and_start(void **state)
{
    (void)state;
    at_every_size_and_start(pack_tuples_at);
}

/* What an old nscd does. */
static void a_tuple_of_the_callers_becomes_the_first(void **state)
{
    struct record record;
    struct gaih_addrtuple callers;
    struct gaih_addrtuple *list = &callers;
    char text[ROOM], buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));

    (void)state;
    have(&record, MIXED);
    memset(&callers, POISON, sizeof(callers));
    assert_int_equal(pack_tuples(&pack, &record, ASKED, &list), STATUS_OK);
    assert_ptr_equal(list, &callers);
    assert_string_equal(list->name, ASKED);
    assert_int_equal(list->scopeid, 0);
    list_tuples(list, text);
    assert_string_equal(text, "192.0.2.1 2001:db8::1 192.0.2.2 fe80::1 ");
    for (list = list->next; list != NULL; list = list->next)
        assert_true(inside(list, sizeof(*list), buffer, sizeof(buffer)));
}

static void a_single_address_needs_only_the_callers_tuple(void **state)
{
    struct record record;
    struct gaih_addrtuple callers;
    struct gaih_addrtuple *list = &callers;
    char buffer[sizeof(ASKED)];
    struct pack pack = pack_into(buffer, sizeof(buffer) - 1);

    (void)state;
    have(&record, "target 192.0.2.1 1 0 0 -\n");
    memset(&callers, POISON, sizeof(callers));
    assert_int_equal(pack_tuples(&pack, &record, ASKED, &list), STATUS_TOO_BIG);
    assert_int_equal(callers.family, (int)0x5a5a5a5a); /* untouched */
    for (size_t spare = 0; spare < 16; spare++) {
        char roomy[sizeof(ASKED) + 16];

        pack = pack_into(roomy, sizeof(ASKED) + spare);
        if (pack_tuples(&pack, &record, ASKED, &list) == STATUS_OK) {
            assert_null(callers.next);
            return;
        }
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_family_asked_is_given_in_order),
        cmocka_unit_test(only_the_best_priority_is_given),
        cmocka_unit_test(no_address_is_given_twice),
        cmocka_unit_test(the_other_family_alone_is_not_found),
        cmocka_unit_test(a_record_without_targets_is_not_found),
        cmocka_unit_test(no_more_than_16_are_given),
        cmocka_unit_test(the_largest_answer_fits_glibcs_first_buffer),
        cmocka_unit_test(hostents_fit_at_every_size_and_start),
        cmocka_unit_test(tuples_fit_at_every_size_and_start),
        cmocka_unit_test(a_tuple_of_the_callers_becomes_the_first),
        cmocka_unit_test(a_single_address_needs_only_the_callers_tuple),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
