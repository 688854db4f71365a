/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions taken up again: with the same certificate name as before, or not
 * at all.
 */
#include "gnutls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A visit, with what the one before left behind. */
struct visit {
    const char *name; /* NULL: none */
    bool is_tls12;
    bool data_first; /* the tool hands them over before it names the server */
    gnutls_datum_t *data; /* of before; NULL: none */
};

static int run(const struct visit *visit, bool *ret_resumed,
               gnutls_datum_t *ret_data)
{
    struct world_server server = {.is_tls12 = visit->is_tls12};
    gnutls_session_t session;
    int result;

    world_start(&server, NULL);
    session = world_client(&server);
    if (visit->data != NULL && visit->data_first)
        assert_int_equal(gnutls_session_set_data(session, visit->data->data,
                                                 visit->data->size),
                         0);
    if (visit->name != NULL)
        assert_int_equal(world_name(session, visit->name), 0);
    if (visit->data != NULL && !visit->data_first)
        assert_int_equal(gnutls_session_set_data(session, visit->data->data,
                                                 visit->data->size),
                         0);
    result = world_handshake(session);
    *ret_resumed = gnutls_session_is_resumed(session) != 0;
    if (ret_data != NULL)
        assert_int_equal(gnutls_session_get_data2(session, ret_data), 0);
    gnutls_deinit(session);
    world_done(&server);
    assert_int_equal(*ret_resumed, server.resumed);
    return result;
}

/* Data of a first visit. */
static gnutls_datum_t begin(const char *name, bool is_tls12)
{
    struct visit visit = {.name = name, .is_tls12 = is_tls12};
    gnutls_datum_t data;
    bool resumed;

    assert_int_equal(run(&visit, &resumed, &data), 0);
    assert_false(resumed);
    assert_true(data.size > 100);
    return data;
}

/* What a second visit comes to. */
static int again(struct visit visit, bool *ret_resumed)
{
    return run(&visit, ret_resumed, NULL);
}

static void the_same_name_is_taken_up_again(void **state)
{
    (void)state;
    for (int is_tls12 = 0; is_tls12 < 2; is_tls12++) {
        gnutls_datum_t data = begin(WORLD_NAME, is_tls12 != 0);
        struct visit visit = {
            .name = WORLD_NAME, .is_tls12 = is_tls12 != 0, .data = &data};
        bool resumed;

        assert_int_equal(again(visit, &resumed), 0);
        assert_true(resumed);
        gnutls_free(data.data);
    }
}

static void another_certificate_name_has_a_full_handshake(void **state)
{
    static const char *const others[] = {WORLD_OTHER, WORLD_IP, WORLD_SRV};

    (void)state;
    for (int is_tls12 = 0; is_tls12 < 2; is_tls12++) {
        gnutls_datum_t data = begin(WORLD_NAME, is_tls12 != 0);
        bool resumed;

        for (size_t i = 0; i < 3; i++) {
            struct visit visit = {
                .name = others[i], .is_tls12 = is_tls12 != 0, .data = &data};

            assert_int_equal(again(visit, &resumed), 0);
            assert_false(resumed);
            visit.data_first = true;
            assert_int_equal(again(visit, &resumed), 0);
            assert_false(resumed);
        }
        gnutls_free(data.data);
    }
}

/* Who was the peer of a session that an ordinary name made? Not ours. */
static void an_ordinary_session_is_not_taken_up_for_ours(void **state)
{
    (void)state;
    for (int is_tls12 = 0; is_tls12 < 2; is_tls12++) {
        gnutls_datum_t data = begin("plain.test", is_tls12 != 0);
        struct visit visit = {
            .name = WORLD_NAME, .is_tls12 = is_tls12 != 0, .data = &data};
        bool resumed;

        assert_int_equal(again(visit, &resumed), 0);
        assert_false(resumed);
        /*
         * In this order GnuTLS has them already: it must not go on. (In TLS
         * 1.2 a server of GnuTLS's minds that the SNI is another one.)
         */
        visit.data_first = true;
        assert_int_equal(again(visit, &resumed),
                         is_tls12 ? 0 : GNUTLS_E_INVALID_SESSION);
        assert_int_equal(resumed, !is_tls12);
        gnutls_free(data.data);
    }
}

static void ours_is_not_taken_up_for_an_ordinary_name(void **state)
{
    (void)state;
    for (int is_tls12 = 0; is_tls12 < 2; is_tls12++) {
        gnutls_datum_t data = begin(WORLD_NAME, is_tls12 != 0);
        struct visit visit = {
            .name = "plain.test", .is_tls12 = is_tls12 != 0, .data = &data};
        bool resumed;

        assert_int_equal(again(visit, &resumed), 0);
        assert_false(resumed);
        gnutls_free(data.data);
    }
}

static void ordinary_sessions_are_taken_up_as_ever(void **state)
{
    (void)state;
    for (int is_tls12 = 0; is_tls12 < 2; is_tls12++) {
        gnutls_datum_t data = begin("plain.test", is_tls12 != 0);
        struct visit visit = {
            .name = "plain.test", .is_tls12 = is_tls12 != 0, .data = &data};
        bool resumed;

        assert_int_equal(again(visit, &resumed), 0);
        assert_true(resumed);
        visit.data_first = true;
        assert_int_equal(again(visit, &resumed), 0);
        assert_true(resumed);
        gnutls_free(data.data);
    }
}

/* The tool changes its mind between the data and the handshake. */
static void a_name_that_changes_is_another_name(void **state)
{
    gnutls_datum_t data = begin(WORLD_NAME, false);
    struct world_server server = {0};
    gnutls_session_t session;

    (void)state;
    world_start(&server, NULL);
    session = world_client(&server);
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(gnutls_session_set_data(session, data.data, data.size), 0);
    assert_int_equal(world_name(session, WORLD_OTHER), 0);
    assert_int_equal(world_handshake(session), GNUTLS_E_INVALID_SESSION);
    gnutls_deinit(session);
    world_done(&server);
    gnutls_free(data.data);
}

/* The older function gives the same data. */
static void data_by_the_other_function_count_too(void **state)
{
    struct world_server server = {.is_tls12 = true};
    gnutls_session_t session;
    char octets[8192];
    size_t size = 1;
    gnutls_datum_t data = {.data = (unsigned char *)octets};
    bool resumed;

    (void)state;
    world_start(&server, NULL);
    session = world_client(&server);
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(world_handshake(session), 0);
    assert_int_equal(gnutls_session_get_data(session, octets, &size),
                     GNUTLS_E_SHORT_MEMORY_BUFFER);
    assert_int_equal(gnutls_session_get_data(session, octets, &size), 0);
    data.size = (unsigned)size;
    gnutls_deinit(session);
    world_done(&server);
    assert_int_equal(
        again(
            (struct visit){.name = WORLD_NAME, .is_tls12 = true, .data = &data},
            &resumed),
        0);
    assert_true(resumed);
}

/* A verification that failed once fails again, by what the session holds. */
static void a_bad_certificate_stays_bad(void **state)
{
    static const char *const bad[WORLD_NAMES] = {"DNS:" WORLD_NAME};
    gnutls_datum_t data = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world_server server = {0};
        gnutls_session_t session;
        unsigned status = 0;

        world_start(&server, world_certificate("nobody", bad));
        session = world_client(&server);
        assert_int_equal(world_name(session, WORLD_NAME), 0);
        if (i == 1)
            assert_int_equal(
                gnutls_session_set_data(session, data.data, data.size), 0);
        assert_int_equal(world_handshake(session), 0);
        assert_int_equal(gnutls_session_is_resumed(session), i);
        assert_int_equal(
            gnutls_certificate_verify_peers3(session, WORLD_NAME, &status), 0);
        assert_true((status & GNUTLS_CERT_UNEXPECTED_OWNER) != 0);
        if (i == 0)
            assert_int_equal(gnutls_session_get_data2(session, &data), 0);
        gnutls_deinit(session);
        world_done(&server);
    }
    gnutls_free(data.data);
}

static void refuses_nonsense_as_gnutls_does(void **state)
{
    gnutls_session_t session;

    (void)state;
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(gnutls_session_set_data(session, NULL, 0),
                     GNUTLS_E_INVALID_REQUEST);
    /* Nobody knows them: as if the server had forgotten. */
    assert_int_equal(gnutls_session_set_data(session, "nonsense", 8), 0);
    gnutls_deinit(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_sessions_are_taken_up_as_ever),
        cmocka_unit_test(the_same_name_is_taken_up_again),
        cmocka_unit_test(another_certificate_name_has_a_full_handshake),
        cmocka_unit_test(an_ordinary_session_is_not_taken_up_for_ours),
        cmocka_unit_test(ours_is_not_taken_up_for_an_ordinary_name),
        cmocka_unit_test(a_name_that_changes_is_another_name),
        cmocka_unit_test(data_by_the_other_function_count_too),
        cmocka_unit_test(a_bad_certificate_stays_bad),
        cmocka_unit_test(refuses_nonsense_as_gnutls_does),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
