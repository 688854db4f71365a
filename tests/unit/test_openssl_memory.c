/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each allocation of ours and of OpenSSL's fails once: that says nothing about
 * a server. One that delegates would be taken for one that does not, a good
 * signature for a wrong one.
 */
#include "openssl_memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "counts.h"
#include "exchange.h"
#include "fetch_world.h"
#include "key_document.h"
#include "tls_report.h"

/* Which allocation fails in this thread, of ours and of OpenSSL's; 0: none. */
static _Thread_local unsigned failing;

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    return failing > 0 && --failing == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* One takes only so many connections. */
static void renew_server(struct fetch_world *world)
{
    fetch_world_server(
        world, tls_authority_context(world->authority, FETCH_WORLD_NAMES, 3600),
        TLS_SERVER_NORMAL);
    fetch_world_reply(world, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_CLOSES);
}

/* Other than the first few, every 13th: there are thousands. */
static unsigned next_after(unsigned at)
{
    if (counts_under_valgrind())
        return at + 130;
    return at + (at < 20 || getenv("NSS_MATRIX_LONG") != NULL ? 1 : 13);
}

static void no_fetch_fails_for_the_server(void **state)
{
    struct fetch_world *world = *state;
    unsigned count = 0;
    bool reached = true;

    for (unsigned at = 1; reached; at = next_after(at)) {
        const struct fetch_answer *answer;

        if (count % 50 == 0)
            renew_server(world);
        fetch_world_fetcher(world);
        failing = at;
        answer = fetch_world_get(world, "a.test", "/x");
        reached = failing == 0;
        failing = 0;
        count += reached;
        if (answer->result != FETCH_OK && answer->result != FETCH_INTERNAL)
            fail_msg("allocation %u: %d, %s", at, (int)answer->result,
                     answer->detail);
    }
    assert_true(count > 20);
    counts_figure("allocations that failed in a fetch", count);
}

static void over(void *done)
{
    *(bool *)done = true;
}

/* One with the world's server; true if the allocation was reached. */
static bool exchange_without(struct fetch_world *world, SSL_CTX *tls,
                             unsigned at)
{
    struct exchange_plan plan = {.loop = world->loop,
                                 .tls = tls,
                                 .port = tls_server_port(world->server),
                                 .tls_name = "a.test",
                                 .cert_name = "a.test",
                                 .host = "a.test",
                                 .path = "/x",
                                 .agent = "test",
                                 .limit_ms = 60000};
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    bool done = false;
    bool reached;

    assert_non_null(exchange);
    assert_true(address_parse("127.0.0.1", &plan.address));
    failing = at;
    exchange_start(exchange, &plan, over, &done);
    while (!done)
        assert_int_equal(loop_turn(world->loop), STATUS_OK);
    reached = failing == 0;
    failing = 0;
    if (exchange->stage == EXCHANGE_WHOLE)
        assert_true(exchange->tls.chain_good && exchange->tls.name_good);
    else if (exchange->stage != EXCHANGE_ROUTE)
        fail_msg("allocation %u: %d, %s", at, (int)exchange->stage,
                 exchange->fault);
    exchange_end(exchange);
    free(exchange);
    return reached;
}

static void no_check_fails_for_the_server(void **state)
{
    struct fetch_world *world = *state;
    unsigned count = 0;
    bool reached = true;
    SSL_CTX *tls;

    assert_int_equal(tls_report_context(&world->configuration, &tls),
                     STATUS_OK);
    for (unsigned at = 1; reached; at = next_after(at)) {
        if (count % 50 == 0)
            renew_server(world);
        reached = exchange_without(world, tls, at);
        count += reached;
    }
    SSL_CTX_free(tls);
    assert_true(count > 10);
    counts_figure("allocations that failed in a check", count);
}

static void no_signature_is_called_wrong(void **state)
{
    static const char SIGNED[] =
        "{\"server_name\": \"example.org\", \"valid_until_ts\": "
        "1900000000000, \"old_verify_keys\": {}, \"verify_keys\": "
        "{\"ed25519:a\": {\"key\": "
        "\"XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI\"}}, "
        "\"signatures\": {\"example.org\": {\"ed25519:a\": "
        "\"5NmBM9lez+a007Ms8n5tNlYqodMvtad9sNcwE7YnhI8oWtyZzPncj2AXmJRT2zIEaGc"
        "Z+Hj5Sprd7F2Rq/zpDA\"}}}";
    char reason[KEY_DOCUMENT_REASON_MAX];
    bool reached = true;

    (void)state;
    for (unsigned at = 1; reached; at++) {
        struct key_document document;
        enum status status;

        failing = at;
        status = key_document_read(SIGNED, strlen(SIGNED), &document, reason);
        reached = failing == 0;
        failing = 0;
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        if (status == STATUS_OK)
            assert_true(key_document_is_signed(&document));
        key_document_done(&document);
        assert_true(at > 1 || reached);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_fetch_fails_for_the_server,
                                        fetch_world_setup,
                                        fetch_world_teardown),
        cmocka_unit_test_setup_teardown(no_check_fails_for_the_server,
                                        fetch_world_setup,
                                        fetch_world_teardown),
        cmocka_unit_test(no_signature_is_called_wrong),
    };

    openssl_memory_watch();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("openssl_memory", tests, NULL, NULL);
}
