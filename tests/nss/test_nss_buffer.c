/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The buffers and variables that callers of the built module come with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nss_call.h"

/* getaddrinfo hands over the real ones: what is said must be said last. */
static void errno_and_h_errno_themselves_can_be_told(void **state)
{
    struct gaih_addrtuple *list = NULL;

    (void)state;
    world_have_targets("example.org", MIXED);
    errno = 4711;
    assert_int_equal(hooks.by_name4("nobody-asked.example.matrix", &list, room,
                                    sizeof(room), &errno, &h_errno, NULL),
                     NSS_STATUS_TRYAGAIN);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(h_errno, TRY_AGAIN);
    errno = 4711;
    assert_int_equal(
        hooks.by_name4(NAME, &list, room, 16, &errno, &h_errno, NULL),
        NSS_STATUS_TRYAGAIN);
    assert_int_equal(errno, ERANGE);
    assert_int_equal(h_errno, NETDB_INTERNAL);
    errno = 4711;
    assert_int_equal(
        hooks.by_name4(NAME, &list, room, sizeof(room), &errno, &h_errno, NULL),
        NSS_STATUS_SUCCESS);
    assert_int_equal(errno, 4711);
    assert_int_equal(h_errno, NETDB_SUCCESS);
}

static void assert_poison(size_t from, size_t to)
{
    for (; from < to; from++)
        assert_int_equal(room[from], POISON);
}

typedef struct outcome call(char *buffer, size_t size);

static struct outcome call_fourth(char *buffer, size_t size)
{
    return call4(NAME, buffer, size);
}

static struct outcome call_third(char *buffer, size_t size)
{
    return call3(NAME, AF_INET, buffer, size);
}

/* ERANGE until it fits, then success; nothing is written beside the buffer. */
static void at_every_size_and_start(call *call_hook)
{
    for (size_t start = 0; start < 16; start++) {
        bool fitted = false;

        for (size_t size = 0; size < 400; size++) {
            memset(room, POISON, sizeof(room));
            struct outcome got = call_hook(room + start, size);

            fitted = fitted || got.status == NSS_STATUS_SUCCESS;
            if (fitted)
                assert_outcome(got, NSS_STATUS_SUCCESS, UNTOUCHED,
                               NETDB_SUCCESS);
            else
                assert_outcome(got, NSS_STATUS_TRYAGAIN, ERANGE,
                               NETDB_INTERNAL);
            assert_poison(0, start);
            assert_poison(start + size, sizeof(room));
        }
        assert_true(fitted);
    }
}

static void every_size_and_start_of_buffer_is_right(void **state)
{
    (void)state;
    world_have_targets("example.org", MIXED);
    at_every_size_and_start(call_third);
    at_every_size_and_start(call_fourth);
}

static void a_tuple_that_is_given_becomes_the_first(void **state)
{
    struct gaih_addrtuple given;
    struct gaih_addrtuple *list = &given;
    int errno_value, h_errno_value;

    (void)state;
    memset(&given, POISON, sizeof(given));
    world_have_targets("example.org", MIXED);
    assert_int_equal(hooks.by_name4(NAME, &list, room, sizeof(room),
                                    &errno_value, &h_errno_value, NULL),
                     NSS_STATUS_SUCCESS);
    assert_ptr_equal(list, &given);
    assert_string_equal(text_of(given.family, given.addr), "192.0.2.1");
    assert_string_equal(text_of(given.next->family, given.next->addr),
                        "2001:db8::1");
    assert_null(given.next->next->next);
}

/* nscd keeps an answer for that long: never longer than it holds. */
static void the_time_to_live_is_what_is_left_of_the_life(void **state)
{
    static const int64_t LEFT[] = {SAMPLE_LIFE, 100, 30};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(LEFT); i++) {
        int64_t expires = time(NULL) + LEFT[i];
        struct sample sample = sample_answer("example.org", expires - 3600);
        struct outcome got;

        sample.expires = expires;
        world_have(sample);
        got = call4(NAME, room, sizeof(room));
        assert_int_equal(got.status, NSS_STATUS_SUCCESS);
        assert_in_range(got.ttl, 1, LEFT[i]);
        assert_in_range(got.ttl, expires - time(NULL), LEFT[i]);
        got = call3(NAME, AF_INET6, room, sizeof(room));
        assert_int_equal(got.status, NSS_STATUS_SUCCESS);
        assert_in_range(got.ttl, expires - time(NULL), LEFT[i]);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(errno_and_h_errno_themselves_can_be_told),
        IN_WORLD(every_size_and_start_of_buffer_is_right),
        IN_WORLD(a_tuple_that_is_given_becomes_the_first),
        IN_WORLD(the_time_to_live_is_what_is_left_of_the_life),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss_buffer", tests, world_make,
                                       world_remove);
}
