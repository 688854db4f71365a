/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses of a record are packed, and in what order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pack_list.h"

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

/* That many of both families, one behind the other; IPv4's on two ports. */
static void have_both(struct record *record, unsigned v6, unsigned v4,
                      bool v4_first)
{
    char lines[LIMIT_RECORD];
    size_t at = 0;

    for (unsigned part = 0; part < 2; part++) {
        bool is_v4 = (part == 0) == v4_first;

        for (unsigned i = 1; i <= (is_v4 ? v4 : v6); i++)
            at += (size_t)snprintf(lines + at, sizeof(lines) - at,
                                   is_v4 ? "target 192.0.2.%u 1 0 0 -\n"
                                           "target 192.0.2.%u 2 0 0 -\n"
                                         : "target 2001:db8::%x 1 0 0 -\n",
                                   i, i);
    }
    have(record, lines);
}

static void assert_given(const struct record *record, unsigned v6, unsigned v4)
{
    char buffer[ROOM];
    struct pack pack = pack_into(buffer, sizeof(buffer));
    struct gaih_addrtuple *list = NULL;
    unsigned count[2] = {0};

    assert_int_equal(pack_tuples(&pack, record, ASKED, &list), STATUS_OK);
    for (; list != NULL; list = list->next) {
        const unsigned char *octets = (const void *)list->addr;
        unsigned *one = &count[list->family == AF_INET6];

        /* the first of each family, in their order */
        assert_int_equal(octets[list->family == AF_INET6 ? 15 : 3], ++*one);
    }
    assert_int_equal(count[1], v6);
    assert_int_equal(count[0], v4);
}

static void assert_shares(unsigned v6, unsigned v4, unsigned given_v6,
                          unsigned given_v4)
{
    for (unsigned v4_first = 0; v4_first < 2; v4_first++) {
        struct record record;

        have_both(&record, v6, v4, v4_first);
        assert_given(&record, given_v6, given_v4);
    }
}

static void neither_family_crowds_the_other_out(void **state)
{
    (void)state;
    assert_shares(20, 2, 14, 2);
    assert_shares(20, 20, 8, 8);
    assert_shares(20, 0, 16, 0);
    assert_shares(2, 20, 2, 14);
    assert_shares(0, 20, 0, 16);
    assert_shares(8, 8, 8, 8);
    assert_shares(9, 7, 9, 7);
    assert_shares(7, 10, 7, 9);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_family_asked_is_given_in_order),
        cmocka_unit_test(only_the_best_priority_is_given),
        cmocka_unit_test(no_address_is_given_twice),
        cmocka_unit_test(the_other_family_alone_is_not_found),
        cmocka_unit_test(a_record_without_targets_is_not_found),
        cmocka_unit_test(no_more_than_16_are_given),
        cmocka_unit_test(neither_family_crowds_the_other_out),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
