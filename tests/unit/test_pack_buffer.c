/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Laying a record into the caller's buffer: at every size from 0, at every
 * start, with poison behind the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pack_list.h"

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
        cmocka_unit_test(the_largest_answer_fits_glibcs_first_buffer),
        cmocka_unit_test(hostents_fit_at_every_size_and_start),
        cmocka_unit_test(tuples_fit_at_every_size_and_start),
        cmocka_unit_test(a_tuple_of_the_callers_becomes_the_first),
        cmocka_unit_test(a_single_address_needs_only_the_callers_tuple),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("pack_buffer", tests, NULL, NULL);
}
