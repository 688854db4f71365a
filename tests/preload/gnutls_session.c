/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions from their name to their end: SNI, ALPN, refusal, many threads. */
#include "gnutls_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    THREADS = 8,
    ROUNDS = 12,
};

static const gnutls_datum_t BOTH[] = {{(unsigned char *)"h2", 2},
                                      {(unsigned char *)"http/1.1", 8}};
static const gnutls_datum_t HTTP1[] = {{(unsigned char *)"http/1.1", 8}};
static const gnutls_datum_t HTTP2[] = {{(unsigned char *)"h2", 2}};
static const gnutls_datum_t DRAFTS[] = {{(unsigned char *)"h2-16", 5},
                                        {(unsigned char *)"h2", 2},
                                        {(unsigned char *)"http/1.1", 8}};

/* When a session says what, in the order of the letters:
 * n, o, p: its name is WORLD_NAME, WORLD_OTHER, plain.test; i: WORLD_IP
 * u: it has no name; a, b, c, d: ALPN is BOTH, HTTP1, HTTP2, DRAFTS */
struct story {
    const char *acts;
    const char *sni;
    const char *protocol;
};

static const struct story STORIES[] = {
    {"n", WORLD_N, ""},
    {"p", "plain.test", ""},
    {"", "", ""},
    {"i", "", ""},
    {"no", WORLD_OTHER_N, ""},
    {"np", "plain.test", ""},
    {"pn", WORLD_N, ""},
    {"pi", "", ""},
    {"ni", "", ""},
    {"in", WORLD_N, ""},
    {"nu", "", ""},
    /* ours have no HTTP/2, whoever comes first */
    {"na", WORLD_N, "http/1.1"},
    {"an", WORLD_N, "http/1.1"},
    {"nb", WORLD_N, "http/1.1"},
    {"bn", WORLD_N, "http/1.1"},
    {"nd", WORLD_N, "http/1.1"},
    {"dn", WORLD_N, "http/1.1"},
    {"nc", WORLD_N, ""},
    {"cn", WORLD_N, ""},
    {"ia", "", "http/1.1"},
    {"ai", "", "http/1.1"},
    {"pan", WORLD_N, "http/1.1"},
    {"nao", WORLD_OTHER_N, "http/1.1"},
    /* others have it, also if they were ours for a moment */
    {"pa", "plain.test", "h2"},
    {"ap", "plain.test", "h2"},
    {"a", "", "h2"},
    {"pc", "plain.test", "h2"},
    {"nap", "plain.test", "h2"},
    {"npa", "plain.test", "h2"},
    {"anp", "plain.test", "h2"},
    {"au", "", "h2"},
};

static int act(gnutls_session_t session, char what)
{
    if (what == 'n')
        return world_name(session, WORLD_NAME);
    if (what == 'o')
        return world_name(session, WORLD_OTHER);
    if (what == 'p')
        return world_name(session, "plain.test");
    if (what == 'i')
        return world_name(session, WORLD_IP);
    if (what == 'u')
        return gnutls_server_name_set(session, GNUTLS_NAME_DNS, "", 0);
    if (what == 'a')
        return gnutls_alpn_set_protocols(session, BOTH, 2, 0);
    if (what == 'b')
        return gnutls_alpn_set_protocols(session, HTTP1, 1, 0);
    if (what == 'c')
        return gnutls_alpn_set_protocols(session, HTTP2, 1, 0);
    return gnutls_alpn_set_protocols(session, DRAFTS, 3, 0);
}

static void tell(const struct story *story, bool is_tls12)
{
    struct world_server server = {.is_tls12 = is_tls12};
    gnutls_session_t session;

    world_start(&server, NULL);
    session = world_client(&server);
    errno = 4711;
    for (const char *what = story->acts; *what != '\0'; what++)
        assert_int_equal(act(session, *what), 0);
    assert_int_equal(errno, 4711);
    assert_int_equal(world_handshake(session), 0);
    gnutls_deinit(session);
    world_end(&server);
    if (server.error != 0 || strcmp(server.sni, story->sni) != 0 ||
        strcmp(server.protocol, story->protocol) != 0)
        fail_msg("\"%s\": SNI %s, protocol %s, error %d", story->acts,
                 server.sni, server.protocol, server.error);
    free(server.octets);
}

/* The first test: nothing is known yet, and lists go straight through. */
static void ordinary_sessions_are_as_ever(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(STORIES) / sizeof(*STORIES); i++)
        if (strpbrk(STORIES[i].acts, "noi") == NULL)
            tell(&STORIES[i], false);
}

static void names_and_protocols_in_every_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(STORIES) / sizeof(*STORIES); i++) {
        tell(&STORIES[i], false);
        tell(&STORIES[i], true);
    }
}

static void spellings_of_a_name_are_one(void **state)
{
    static const char *const spelled[] = {"Delegated.TOOLS.test.MATRIX",
                                          WORLD_NAME ".", WORLD_NAME};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world_server server = {0};
        /* The last with its NUL, as some tools count. */
        size_t length = strlen(spelled[i]) + (i == 2);
        gnutls_session_t session;

        world_start(&server, NULL);
        session = world_client(&server);
        assert_int_equal(gnutls_server_name_set(session, GNUTLS_NAME_DNS,
                                                spelled[i], length),
                         0);
        assert_int_equal(world_handshake(session), 0);
        gnutls_deinit(session);
        world_end(&server);
        assert_string_equal(server.sni, WORLD_N);
        free(server.octets);
    }
}

/* For the handshake, the certificate and the Host. */
static void the_last_name_counts(void **state)
{
    static const char *const other[WORLD_NAMES] = {"DNS:" WORLD_OTHER_N};
    struct world_server server = {0};
    gnutls_session_t session;
    unsigned status = 1;

    (void)state;
    world_start(&server, world_certificate("nobody", other));
    session = world_client(&server);
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(world_name(session, WORLD_OTHER), 0);
    assert_int_equal(world_handshake(session), 0);
    assert_int_equal(gnutls_certificate_verify_peers2(session, &status), 0);
    assert_int_equal(status, 0);
    gnutls_deinit(session);
    world_end(&server);
    assert_string_equal(server.sni, WORLD_OTHER_N);
    free(server.octets);
}

static void lists_that_gnutls_refuses_are_refused(void **state)
{
    struct world_server server = {0};
    gnutls_session_t session;
    gnutls_datum_t many[9];
    gnutls_datum_t wide[2] = {
        {(unsigned char *)"h2", 2},
        {(unsigned char *)"0123456789012345678901234567890123456789", 40}};

    (void)state;
    for (size_t i = 0; i < 9; i++)
        many[i] = HTTP2[0];
    world_start(&server, NULL);
    session = world_client(&server);
    assert_int_equal(gnutls_alpn_set_protocols(session, many, 9, 0),
                     GNUTLS_E_INVALID_REQUEST);
    assert_int_equal(gnutls_alpn_set_protocols(session, wide, 2, 0),
                     GNUTLS_E_INVALID_REQUEST);
    gnutls_deinit(session);
    world_done(&server);
}

static void a_name_without_answer_never_connects(void **state)
{
    static const char *const names[] = {WORLD_NOWHERE, "a_b.matrix",
                                        "x.matrix.matrix"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world_server server = {0};
        gnutls_session_t session;
        unsigned status = 0;

        world_start(&server, NULL);
        session = world_client(&server);
        assert_int_equal(world_name(session, names[i]),
                         GNUTLS_E_UNRECOGNIZED_NAME);
        /* The tool does not look at that. */
        assert_int_equal(world_handshake(session), GNUTLS_E_UNRECOGNIZED_NAME);
        assert_int_equal(gnutls_record_send(session, "x", 1),
                         GNUTLS_E_UNRECOGNIZED_NAME);
        assert_int_equal(gnutls_certificate_verify_peers2(session, &status), 0);
        assert_true((status & GNUTLS_CERT_INVALID) != 0);
        /* Another name, another session. */
        assert_int_equal(world_name(session, WORLD_NAME), 0);
        assert_int_equal(world_handshake(session), 0);
        gnutls_deinit(session);
        world_done(&server);
    }
}

static void a_server_s_session_has_no_name(void **state)
{
    gnutls_session_t session;

    (void)state;
    assert_int_equal(gnutls_init(&session, GNUTLS_SERVER), 0);
    assert_int_equal(world_name(session, WORLD_NAME), GNUTLS_E_INVALID_REQUEST);
    gnutls_deinit(session);
}

/* One session, from the start to an octet that the server got. */
static void visit(const char *name, const char *sni, const char *host)
{
    struct world_server server = {0};
    gnutls_session_t session;
    char request[300];
    char wanted[400];
    int length = snprintf(request, sizeof(request),
                          "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", name);

    world_start(&server, NULL);
    session = world_client(&server);
    assert_int_equal(world_name(session, name), 0);
    assert_int_equal(world_handshake(session), 0);
    assert_true(world_send(session, request, (size_t)length));
    gnutls_bye(session, GNUTLS_SHUT_WR);
    gnutls_deinit(session);
    world_end(&server);
    snprintf(wanted, sizeof(wanted), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
             host);
    server.octets[server.length] = '\0';
    assert_string_equal(server.octets, wanted);
    assert_string_equal(server.sni, sni);
    free(server.octets);
}

/*
 * Addresses of sessions are used again by the next ones: what was kept of a
 * session must be gone with it.
 */
static void an_address_used_again_is_another_session(void **state)
{
    gnutls_session_t last = NULL;
    unsigned again = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        gnutls_session_t session;
        gnutls_datum_t data;

        assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
        again += session == last;
        last = session;
        if (i % 2 == 0) {
            assert_int_equal(world_name(session, WORLD_NOWHERE),
                             GNUTLS_E_UNRECOGNIZED_NAME);
            assert_int_equal(gnutls_record_send(session, "x", 1),
                             GNUTLS_E_UNRECOGNIZED_NAME);
        } else {
            /* GnuTLS's own answers: this one was never named. */
            assert_int_equal(gnutls_record_send(session, "x", 1),
                             GNUTLS_E_UNAVAILABLE_DURING_HANDSHAKE);
            assert_true(gnutls_session_get_data2(session, &data) < 0);
        }
        gnutls_deinit(session);
    }
    visit(WORLD_NAME, WORLD_N, WORLD_HOST);
    visit("plain.test", "plain.test", "plain.test");
    /* valgrind and sanitizers give every session a new one. */
    if (again < 10)
        print_message("# only %u addresses were used again\n", again);
}

static void *visit_often(void *argument)
{
    int number = *(int *)argument;

    for (int i = 0; i < ROUNDS; i++) {
        if ((number + i) % 3 == 0)
            visit(WORLD_NAME, WORLD_N, WORLD_HOST);
        else if ((number + i) % 3 == 1)
            visit(WORLD_OTHER, WORLD_OTHER_N, WORLD_OTHER_N ":8443");
        else
            visit("plain.test", "plain.test", "plain.test");
    }
    return NULL;
}

static void threads_keep_their_sessions_apart(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(
            pthread_create(&threads[i], NULL, visit_often, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_sessions_are_as_ever),
        cmocka_unit_test(names_and_protocols_in_every_order),
        cmocka_unit_test(spellings_of_a_name_are_one),
        cmocka_unit_test(the_last_name_counts),
        cmocka_unit_test(lists_that_gnutls_refuses_are_refused),
        cmocka_unit_test(a_name_without_answer_never_connects),
        cmocka_unit_test(a_server_s_session_has_no_name),
        cmocka_unit_test(an_address_used_again_is_another_session),
        cmocka_unit_test(threads_keep_their_sessions_apart),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
