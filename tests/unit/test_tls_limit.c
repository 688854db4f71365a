/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that sends handshake messages without end, over memory: all that
 * it has sent lies there when the client is called, once.
 */
#include "tls_limit.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"
#include "tls_authority.h"

/* The allocation of OpenSSL's that fails, from now on; 0: none. */
static unsigned failing;

static bool fails(void)
{
    return failing > 0 && --failing == 0;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return fails() ? NULL : realloc(old, size);
}

static void release(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

enum {
    FLOOD = 4 * LIMIT_HANDSHAKE_MESSAGES,
    ROOM = 1024 * 1024,
};

struct pair {
    struct tls_authority *authority;
    SSL_CTX *client_context, *server_context;
    SSL *client, *server;
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    assert_non_null(pair);
    pair->authority = tls_authority_new();
    pair->server_context =
        tls_authority_context(pair->authority, "DNS:a.test", 60);
    pair->client_context = SSL_CTX_new(TLS_client_method());
    assert_non_null(pair->client_context);
    assert_int_equal(tls_limit_set(pair->client_context), STATUS_OK);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    SSL_free(pair->client);
    SSL_free(pair->server);
    SSL_CTX_free(pair->client_context);
    SSL_CTX_free(pair->server_context);
    tls_authority_free(pair->authority);
    ERR_clear_error();
    free(pair);
    return 0;
}

/* What one writes lies in the other's BIO to read from. */
static void connect_pair(struct pair *pair)
{
    BIO *to_server = BIO_new(BIO_s_mem());
    BIO *to_client = BIO_new(BIO_s_mem());

    pair->client = SSL_new(pair->client_context);
    pair->server = SSL_new(pair->server_context);
    assert_true(pair->client != NULL && pair->server != NULL);
    BIO_set_mem_eof_return(to_server, -1);
    BIO_set_mem_eof_return(to_client, -1);
    assert_true(BIO_up_ref(to_server) == 1 && BIO_up_ref(to_client) == 1);
    SSL_set_bio(pair->client, to_client, to_server);
    SSL_set_bio(pair->server, to_server, to_client);
    SSL_set_connect_state(pair->client);
    SSL_set_accept_state(pair->server);
}

#define WAITS "waits for more"

/* Why the call failed. */
static const char *fault(const SSL *ssl, int result)
{
    const char *words;

    if (SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ)
        return WAITS;
    assert_int_equal(SSL_get_error(ssl, result), SSL_ERROR_SSL);
    words = ERR_reason_error_string(ERR_peek_error());
    return words != NULL ? words : "";
}

static const char *client_reads(struct pair *pair)
{
    char octet;

    ERR_clear_error();
    return fault(pair->client, SSL_read(pair->client, &octet, 1));
}

static void shake_hands(struct pair *pair)
{
    connect_pair(pair);
    for (unsigned i = 0; i < 4; i++) {
        (void)SSL_do_handshake(pair->client);
        (void)SSL_do_handshake(pair->server);
    }
    assert_true(SSL_is_init_finished(pair->client) == 1 &&
                SSL_is_init_finished(pair->server) == 1);
}

/* Those who see it first would else fill their own memory by the end. */
static void assert_ended(struct pair *pair)
{
    assert_true(tls_limit_is_passed(pair->client));
    assert_true(BIO_ctrl_pending(SSL_get_wbio(pair->server)) > 0);
    assert_string_equal(client_reads(pair), TLS_LIMIT_WORDS);
}

static void lets_a_usual_number_pass(void **state)
{
    struct pair *pair = *state;
    char octet = 0;

    SSL_CTX_set_num_tickets(pair->server_context, 40);
    shake_hands(pair);
    assert_string_equal(client_reads(pair), WAITS);
    assert_int_equal(SSL_write(pair->server, "x", 1), 1);
    assert_int_equal(SSL_read(pair->client, &octet, 1), 1);
    assert_int_equal(octet, 'x');
    assert_false(tls_limit_is_passed(pair->client));
}

static void ends_tickets_without_end(void **state)
{
    struct pair *pair = *state;

    SSL_CTX_set_num_tickets(pair->server_context, FLOOD);
    shake_hands(pair);
    assert_string_equal(client_reads(pair), TLS_LIMIT_WORDS);
    assert_ended(pair);
}

static void counts_over_calls(void **state)
{
    struct pair *pair = *state;
    const char *why = WAITS;
    unsigned updates = 0;

    shake_hands(pair);
    for (; strcmp(why, WAITS) == 0 && updates < FLOOD; updates++) {
        assert_int_equal(
            SSL_key_update(pair->server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(pair->server), 1);
        why = client_reads(pair);
    }
    assert_string_equal(why, TLS_LIMIT_WORDS);
    assert_true(tls_limit_is_passed(pair->client));
    assert_in_range(updates, 2, LIMIT_HANDSHAKE_MESSAGES);
}

static void ends_updates_of_keys_that_want_an_answer(void **state)
{
    struct pair *pair = *state;

    shake_hands(pair);
    for (unsigned i = 0; i < FLOOD; i++) {
        assert_int_equal(SSL_key_update(pair->server, SSL_KEY_UPDATE_REQUESTED),
                         1);
        assert_int_equal(SSL_do_handshake(pair->server), 1);
    }
    assert_string_equal(client_reads(pair), TLS_LIMIT_WORDS);
    assert_ended(pair);
}

/* TLS 1.2: each is a handshake of several messages. */
static void ends_handshakes_made_anew(void **state)
{
    struct pair *pair = *state;
    const char *why = WAITS;
    char octet;

    SSL_CTX_set_max_proto_version(pair->server_context, TLS1_2_VERSION);
    shake_hands(pair);
    for (unsigned i = 0; i < FLOOD && strcmp(why, WAITS) == 0; i++) {
        if (SSL_renegotiate_pending(pair->server) == 0)
            assert_int_equal(SSL_renegotiate(pair->server), 1);
        (void)SSL_do_handshake(pair->server);
        (void)SSL_read(pair->server, &octet, 1);
        why = client_reads(pair);
    }
    assert_string_equal(why, TLS_LIMIT_WORDS);
}

/* Fills the client's inbox with the pattern, after its hello was sent. */
static void flood(struct pair *pair, const char *pattern, size_t length)
{
    SSL_CTX_set_max_proto_version(pair->client_context, TLS1_2_VERSION);
    connect_pair(pair);
    assert_int_equal(SSL_do_handshake(pair->client), -1);
    for (size_t at = 0; at < ROOM; at += length)
        assert_int_equal(
            BIO_write(SSL_get_wbio(pair->server), pattern, (int)length),
            (int)length);
}

/* Needs no certificate, nor any key: HelloRequest, RFC 5246 7.4.1.1. */
static void ends_requests_for_a_hello(void **state)
{
    static const char ONE[] = "\x16\3\3\0\4\0\0\0\0";
    struct pair *pair = *state;

    flood(pair, ONE, sizeof(ONE) - 1);
    ERR_clear_error();
    assert_string_equal(fault(pair->client, SSL_do_handshake(pair->client)),
                        TLS_LIMIT_WORDS);
    assert_true(BIO_ctrl_pending(SSL_get_wbio(pair->server)) > ROOM / 2);
}

static void ends_them_without_memory_too(void **state)
{
    static const char ONE[] = "\x16\3\3\0\4\0\0\0\0";
    struct pair *pair = *state;
    bool reached = true;

    for (unsigned at = 1; reached; at++) {
        flood(pair, ONE, sizeof(ONE) - 1);
        ERR_clear_error();
        failing = at;
        int result = SSL_do_handshake(pair->client);

        reached = failing == 0;
        failing = 0;
        assert_string_not_equal(fault(pair->client, result), WAITS);
        assert_true(BIO_ctrl_pending(SSL_get_wbio(pair->server)) > ROOM / 2);
        SSL_free(pair->client);
        SSL_free(pair->server);
        pair->client = pair->server = NULL;
        assert_true(at > 1 || reached);
    }
}

/* OpenSSL bounds these by itself: what our count has no part in. */
static void other_records_are_bounded(void **state)
{
    static const char *const PATTERNS[] = {
        "\x16\3\3\0\0",                 /* empty */
        "\x15\3\3\0\2\1\x5a",           /* a warning */
        "\x14\3\3\0\1\1",               /* change of cipher */
        "\x15\3\3\0\2\1\x5a\x16\3\3\0", /* and its last octet: both */
    };
    static const size_t LENGTHS[] = {5, 7, 6, 12};
    struct pair *pair = *state;

    for (unsigned i = 0; i < 4; i++) {
        flood(pair, PATTERNS[i], LENGTHS[i]);
        ERR_clear_error();
        assert_string_not_equal(
            fault(pair->client, SSL_do_handshake(pair->client)), WAITS);
        assert_true(BIO_ctrl_pending(SSL_get_wbio(pair->server)) > ROOM / 2);
        SSL_free(pair->client);
        SSL_free(pair->server);
    }
    pair->client = pair->server = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lets_a_usual_number_pass, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ends_tickets_without_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(counts_over_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(
            ends_updates_of_keys_that_want_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_handshakes_made_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ends_requests_for_a_hello, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ends_them_without_memory_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_records_are_bounded, setup,
                                        teardown),
    };

    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 99;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("tls_limit", tests, NULL, NULL);
}
