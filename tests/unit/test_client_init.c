/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The places of a client, as the build fixed them and the environment amends
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client_world.h"

static void the_places_are_those_of_the_build(void **state)
{
    struct client client;

    (void)state;
    unsetenv("NSS_MATRIX_HELPER");
    unsetenv("NSS_MATRIX_TIMEOUT");
    client_init(&client, 1234, true);
    assert_false(client.secure);
    assert_string_equal(client.cache, NSS_MATRIX_CACHE_DIR);
    assert_string_equal(client.socket, NSS_MATRIX_SOCKET);
    assert_string_equal(client.helper, NSS_MATRIX_HELPER_FILE);
    assert_int_equal(client.wait_ms, 1234);
    assert_true(client.obey_wait);
    assert_null(client.overrides.spec);
}

static void the_environment_amends_them(void **state)
{
    struct client client;

    (void)state;
    setenv("NSS_MATRIX_HELPER", "/other", 1);
    setenv("NSS_MATRIX_SPEC", "v1", 1);
    client_init(&client, 1234, true);
    unsetenv("NSS_MATRIX_HELPER");
    assert_string_equal(client.helper, "/other");
    assert_string_equal(client.overrides.spec, "v1");
}

static void the_timeout_is_seconds_with_decimals(void **state)
{
    static const struct {
        const char *text;
        int ms; /* 1234: as if it were not there */
    } TIMEOUTS[] = {
        {"1", 1000},
        {"12", 12000},
        {"12.0", 12000},
        {"0.1", 100},
        {"2.5", 2500},
        {"1.2345", 1234},
        {"0.123456789", 123},
        {"00005", 5000},
        {".5", 500},
        {"5.", 5000},
        {"", 1234},
        {"0", 1234},
        {"0.09", 1234},
        {"12.001", 1234},
        {"13", 1234},
        {"-1", 1234},
        {"1e3", 1234},
        {" 1", 1234},
        {"1 ", 1234},
        {"1,5", 1234},
        {"1.2.3", 1234},
        {".", 1234},
        {"99999999999999999999999", 1234},
    };
    struct client client;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TIMEOUTS); i++) {
        setenv("NSS_MATRIX_TIMEOUT", TIMEOUTS[i].text, 1);
        client_init(&client, 1234, true);
        if (client.wait_ms != TIMEOUTS[i].ms)
            fail_msg("'%s' is %d", TIMEOUTS[i].text, client.wait_ms);
        if (TIMEOUTS[i].ms != 1234)
            assert_false(client.obey_wait);
    }
    unsetenv("NSS_MATRIX_TIMEOUT");
}

#define LOOKUP(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP(the_places_are_those_of_the_build),
        LOOKUP(the_environment_amends_them),
        LOOKUP(the_timeout_is_seconds_with_decimals),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("client_init", tests, setup,
                                       place_remove);
}
