/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup in the thin layer: cache files and spawned helpers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "client_world.h"

static void the_systems_cache_comes_first(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(cache, "system.example", &NONE);
    have_record(place("user/nss-matrix"), "user.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "system.example");
}

static void the_users_cache_comes_next(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(place("user/nss-matrix"), "user.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "user.example");
}

static void with_nobody_to_ask_it_is_unavailable(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
}

static void without_socket_a_helper_is_spawned(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.name, NAME);
    assert_string_equal(record.host, "fed.example.net");
}

static void a_spawned_helper_that_fails_is_to_be_tried_again(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "closes.example", &record),
                     STATUS_TRY_AGAIN);
    assert_int_equal(look_up(&client, "half.example", &record),
                     STATUS_TRY_AGAIN);
}

static void a_silent_helper_is_given_up_in_time(void **state)
{
    struct client client = client_of(SOON_MS);
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "silent.example", &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
}

static void records_under_other_settings_are_not_taken(void **state)
{
    struct overrides others = {.spec = "v1"};
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(cache, "system.example", &others);
    have_record(place("user/nss-matrix"), "user.example", &others);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
    client.overrides = (struct overrides){.ca_file = "v1"};
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
}

static void a_configuration_replaced_meanwhile_is_as_good(void **state)
{
    struct client client = client_of(LATE_MS);
    char conf[PLACE_MAX];
    struct record record;

    (void)state;
    snprintf(conf, sizeof(conf), "%s", place("conf"));
    place_file(conf, "", 0, getuid());
    client.overrides.conf = conf;
    setenv("NSS_MATRIX_CONF", conf, 1);
    have_helper();
    assert_int_equal(look_up(&client, "replaces.example", &record), STATUS_OK);
}

static void below_a_helper_nothing_is_found(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    have_record(cache, "system.example", &NONE);
    client.in_helper = true;
    assert_int_equal(look_up(&client, NAME, &record), STATUS_NOT_FOUND);
}

static void names_that_dns_cannot_hold_ask_nobody(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "a..b", &record), STATUS_NOT_FOUND);
    assert_int_equal(look_up(&client, "..", &record), STATUS_NOT_FOUND);
    assert_int_equal(look_up(&client, "[2001:db8::1]", &record), STATUS_OK);
}

static void look_up_silent(void *argument)
{
    struct client *client = argument;
    struct server_name name;
    struct record record;

    if (server_name_parse("silent.example", 14, &name) == STATUS_OK)
        (void)!client_lookup(client, &name, &record);
}

/* Can be cancelled in pause() and not before, when nothing is held. */
static void *be_cancelled(void *argument)
{
    look_up_silent(argument);
    for (;;)
        pause();
    return NULL;
}

static void a_cancelled_thread_leaves_nothing_behind(void **state)
{
    struct client client = client_of(SOON_MS);
    unsigned before = count_descriptors();

    (void)state;
    have_helper();
    for (unsigned i = 0; i < 10; i++) {
        pthread_t thread;
        void *result;

        assert_int_equal(pthread_create(&thread, NULL, be_cancelled, &client),
                         0);
        assert_int_equal(pthread_cancel(thread), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_ptr_equal(result, PTHREAD_CANCELED);
    }
    assert_int_equal(count_descriptors(), before);
}

static void the_cancellation_state_is_as_before(void **state)
{
    static const int STATES[] = {PTHREAD_CANCEL_DISABLE, PTHREAD_CANCEL_ENABLE};
    struct client client = client_of(SOON_MS);
    struct record record;
    int before;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(STATES); i++) {
        pthread_setcancelstate(STATES[i], NULL);
        (void)look_up(&client, NAME, &record);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
        assert_int_equal(before, STATES[i]);
    }
}

#define LOOKUP(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP(the_systems_cache_comes_first),
        LOOKUP(the_users_cache_comes_next),
        LOOKUP(with_nobody_to_ask_it_is_unavailable),
        LOOKUP(without_socket_a_helper_is_spawned),
        LOOKUP(a_spawned_helper_that_fails_is_to_be_tried_again),
        LOOKUP(a_silent_helper_is_given_up_in_time),
        LOOKUP(records_under_other_settings_are_not_taken),
        LOOKUP(a_configuration_replaced_meanwhile_is_as_good),
        LOOKUP(below_a_helper_nothing_is_found),
        LOOKUP(names_that_dns_cannot_hold_ask_nobody),
        LOOKUP(a_cancelled_thread_leaves_nothing_behind),
        LOOKUP(the_cancellation_state_is_as_before),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("client", tests, setup, place_remove);
}
