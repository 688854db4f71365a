/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the built module answers, and what its hooks say of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nss_call.h"

/* The same outcome from all four hooks, in both families. */
static void assert_everywhere(const char *name, enum nss_status status,
                              int errno_value, int h_errno_value)
{
    static const int FAMILIES[] = {AF_INET, AF_INET6};
    struct outcome got = {.ttl = 0, .errno_value = UNTOUCHED};

    assert_outcome(call4(name, room, sizeof(room)), status, errno_value,
                   h_errno_value);
    for (size_t i = 0; i < 2; i++) {
        assert_outcome(call3(name, FAMILIES[i], room, sizeof(room)), status,
                       errno_value, h_errno_value);
        got.errno_value = UNTOUCHED;
        got.status =
            hooks.by_name2(name, FAMILIES[i], &got.host, room, sizeof(room),
                           &got.errno_value, &got.h_errno_value);
        assert_outcome(got, status, errno_value, h_errno_value);
    }
    got.errno_value = UNTOUCHED;
    got.status = hooks.by_name(name, &got.host, room, sizeof(room),
                               &got.errno_value, &got.h_errno_value);
    assert_outcome(got, status, errno_value, h_errno_value);
}

static void the_fourth_hook_answers_in_both_families(void **state)
{
    static const char *const WANTED[] = {"192.0.2.1", "2001:db8::1",
                                         "192.0.2.2"};
    struct outcome got;
    size_t count = 0;

    (void)state;
    world_have_targets("example.org", MIXED);
    got = call4(NAME, room, sizeof(room));
    assert_outcome(got, NSS_STATUS_SUCCESS, UNTOUCHED, NETDB_SUCCESS);
    for (; got.list != NULL; got.list = got.list->next) {
        assert_in_range(count, 0, 2);
        assert_string_equal(text_of(got.list->family, got.list->addr),
                            WANTED[count++]);
        assert_string_equal(got.list->name, NAME);
        assert_int_equal(got.list->scopeid, 0);
    }
    assert_int_equal(count, 3);
}

static void the_third_hook_answers_in_one_family(void **state)
{
    struct outcome got;

    (void)state;
    world_have_targets("example.org", MIXED);
    got = call3(NAME, AF_INET, room, sizeof(room));
    assert_outcome(got, NSS_STATUS_SUCCESS, UNTOUCHED, NETDB_SUCCESS);
    assert_string_equal(got.host.h_name, NAME);
    assert_ptr_equal(got.canonical, got.host.h_name);
    assert_null(got.host.h_aliases[0]);
    assert_int_equal(got.host.h_length, 4);
    assert_string_equal(text_of(AF_INET, got.host.h_addr_list[1]), "192.0.2.2");
    assert_null(got.host.h_addr_list[2]);
    got = call3(NAME, AF_INET6, room, sizeof(room));
    assert_outcome(got, NSS_STATUS_SUCCESS, UNTOUCHED, NETDB_SUCCESS);
    assert_int_equal(got.host.h_length, 16);
    assert_null(got.host.h_addr_list[1]);
}

static void the_first_and_second_hook_are_the_third_with_less(void **state)
{
    struct hostent host;
    int errno_value = UNTOUCHED, h_errno_value = UNTOUCHED;

    (void)state;
    world_have_targets("example.org", MIXED);
    assert_int_equal(hooks.by_name(NAME, &host, room, sizeof(room),
                                   &errno_value, &h_errno_value),
                     NSS_STATUS_SUCCESS);
    assert_int_equal(host.h_addrtype, AF_INET);
    assert_int_equal(hooks.by_name2(NAME, AF_INET6, &host, room, sizeof(room),
                                    &errno_value, &h_errno_value),
                     NSS_STATUS_SUCCESS);
    assert_int_equal(host.h_addrtype, AF_INET6);
    assert_int_equal(errno_value, UNTOUCHED);
    assert_int_equal(h_errno_value, NETDB_SUCCESS);
}

static void what_is_not_wanted_may_be_null(void **state)
{
    struct gaih_addrtuple *list = NULL;
    struct hostent host;
    int errno_value, h_errno_value;

    (void)state;
    world_have_targets("example.org", MIXED);
    assert_int_equal(hooks.by_name4(NAME, &list, room, sizeof(room),
                                    &errno_value, &h_errno_value, NULL),
                     NSS_STATUS_SUCCESS);
    assert_int_equal(hooks.by_name3(NAME, AF_INET, &host, room, sizeof(room),
                                    &errno_value, &h_errno_value, NULL, NULL),
                     NSS_STATUS_SUCCESS);
    assert_int_equal(hooks.by_name4("a_b.matrix", &list, room, sizeof(room),
                                    &errno_value, &h_errno_value, NULL),
                     NSS_STATUS_NOTFOUND);
}

static void each_error_is_told_as_the_table_says(void **state)
{
    static const struct {
        const char *error;
        enum nss_status status;
        int errno_value, h_errno_value;
    } TABLE[] = {
        {"invalid-server-name", NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
        {"no-address", NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
        {"service-disabled", NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
        {"no-usable-srv", NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
        {"aborted-invalid-well-known", NSS_STATUS_NOTFOUND, ENOENT,
         HOST_NOT_FOUND},
        {"blocked-address", NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
        {"dns-temporary", NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN},
        {"timeout", NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN},
        {"internal", NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TABLE); i++) {
        world_have_failure("failed.example", TABLE[i].error);
        assert_everywhere("failed.example.matrix", TABLE[i].status,
                          TABLE[i].errno_value, TABLE[i].h_errno_value);
    }
}

static void a_family_without_address_has_no_data(void **state)
{
    (void)state;
    world_have_targets("v4.example", "target 192.0.2.1 1 0 0 -\n");
    world_have_targets("v6.example", "target 2001:db8::1 1 0 0 -\n");
    assert_outcome(call3("v4.example.matrix", AF_INET6, room, sizeof(room)),
                   NSS_STATUS_NOTFOUND, ENOENT, NO_DATA);
    assert_outcome(call3("v6.example.matrix", AF_INET, room, sizeof(room)),
                   NSS_STATUS_NOTFOUND, ENOENT, NO_DATA);
    assert_outcome(call4("v4.example.matrix", room, sizeof(room)),
                   NSS_STATUS_SUCCESS, UNTOUCHED, NETDB_SUCCESS);
}

static void without_helper_it_is_to_be_tried_again(void **state)
{
    (void)state;
    assert_everywhere("nobody-asked.example.matrix", NSS_STATUS_TRYAGAIN,
                      EAGAIN, TRY_AGAIN);
}

/* UNAVAIL, which lets others answer, is for these alone. */
static void other_names_are_left_to_others(void **state)
{
    static const char *const FOREIGN[] = {
        "",           "example.org",  "matrix", ".matrix",   ".",      "-opt",
        "matrix.org", "a.matrix.org", "a\nb",   "192.0.2.1", "amatrix"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(FOREIGN); i++)
        assert_everywhere(FOREIGN[i], NSS_STATUS_UNAVAIL, UNTOUCHED,
                          NO_RECOVERY);
}

static void bad_names_of_our_own_are_not_found(void **state)
{
    static const char *const BAD[] = {"../../etc/passwd.matrix",
                                      "a/b.matrix",
                                      "a\nb.matrix",
                                      "a b.matrix",
                                      "a%b.matrix",
                                      "[::1].matrix",
                                      "h:8448.matrix",
                                      "127.1.matrix",
                                      "a..b.matrix",
                                      "...matrix",
                                      "b\xc3\xbc"
                                      "cher.matrix",
                                      "x.matrix.matrix",
                                      "h.0.matrix",
                                      "h.65536.matrix"};
    static char huge[100000];

    (void)state;
    world_have_helper(); /* nobody must be asked */
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        assert_everywhere(BAD[i], NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND);
    memset(huge, 'a', sizeof(huge));
    memcpy(huge + sizeof(huge) - 8, ".matrix", 8);
    assert_everywhere(huge, NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND);
}

static void af_unspec_is_read_as_af_inet(void **state)
{
    struct outcome got;

    (void)state;
    world_have_targets("example.org", MIXED);
    got = call3(NAME, AF_UNSPEC, room, sizeof(room));
    assert_outcome(got, NSS_STATUS_SUCCESS, UNTOUCHED, NETDB_SUCCESS);
    assert_int_equal(got.host.h_addrtype, AF_INET);
}

static void other_families_are_not_for_us(void **state)
{
    (void)state;
    world_have_targets("example.org", MIXED);
    assert_outcome(call3(NAME, AF_UNIX, room, sizeof(room)), NSS_STATUS_UNAVAIL,
                   EAFNOSUPPORT, NO_RECOVERY);
    assert_outcome(call3("example.org", AF_UNIX, room, sizeof(room)),
                   NSS_STATUS_UNAVAIL, UNTOUCHED, NO_RECOVERY);
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(the_fourth_hook_answers_in_both_families),
        IN_WORLD(the_third_hook_answers_in_one_family),
        IN_WORLD(the_first_and_second_hook_are_the_third_with_less),
        IN_WORLD(what_is_not_wanted_may_be_null),
        IN_WORLD(each_error_is_told_as_the_table_says),
        IN_WORLD(a_family_without_address_has_no_data),
        IN_WORLD(without_helper_it_is_to_be_tried_again),
        IN_WORLD(other_names_are_left_to_others),
        IN_WORLD(bad_names_of_our_own_are_not_found),
        IN_WORLD(af_unspec_is_read_as_af_inet),
        IN_WORLD(other_families_are_not_for_us),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss", tests, world_make, world_remove);
}
