/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The judgement over what an exchange has seen, for what real servers do not
 * show on demand: clocks, dates, bodies, families.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "check_judge.h"

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct check check;
static struct outcome outcome;
static struct configuration configuration;
static struct check_plan plan = {.v1 = &configuration, .warn_days = 14};
static struct check_target targets[2];

/* A server at step 6 with a good certificate at one address, or two. */
static int set_up(void **state)
{
    (void)state;
    memset(&check, 0, sizeof(check));
    memset(targets, 0, sizeof(targets));
    outcome = (struct outcome){.step = "6", .tls_name = "a.test"};
    check.plan = &plan;
    check.outcome = &outcome;
    check.now = NOW;
    for (unsigned i = 0; i < 2; i++) {
        struct tls_report *tls = &targets[i].first.tls;

        assert_true(address_parse(i == 0 ? "192.0.2.1" : "2001:db8::1",
                                  &targets[i].address));
        targets[i].port = 8448;
        targets[i].name = "a.test";
        targets[i].first.plan.cert_name = "a.test";
        targets[i].first.plan.host = "a.test";
        targets[i].first.plan.path = "/";
        targets[i].first.stage = EXCHANGE_WHOLE;
        targets[i].first.clock_seen = NOW;
        *tls = (struct tls_report){.version = "TLSv1.3",
                                   .cipher = "X",
                                   .count = 1,
                                   .chain_good = true,
                                   .name_good = true,
                                   .dates_good = true,
                                   .chain_fault = "ok"};
        tls->chain[0].not_before = NOW - 86400;
        tls->chain[0].not_after = NOW + 30 * 86400;
        check.targets[i] = &targets[i];
    }
    check.target_count = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        http_response_done(&targets[i].first.response);
        key_document_done(&targets[i].document);
    }
    return 0;
}

static void answer(struct check_target *target, const char *text)
{
    struct http_response *response = &target->first.response;

    http_response_feed(response, text, strlen(text));
    assert_int_equal(http_response_end(response), HTTP_WHOLE);
}

/* The finding with that code, or NULL. */
static const struct check_finding *found(const char *code)
{
    for (unsigned i = 0; i < check.finding_count; i++)
        if (strcmp(check.findings[i].code, code) == 0)
            return &check.findings[i];
    return NULL;
}

static void judge_well_known_answer(const char *text)
{
    targets[0].well_known = true;
    answer(&targets[0], text);
    check_judge_well_known(&check, &targets[0]);
}

static void sees_a_clock_that_is_off(void **state)
{
    (void)state;
    judge_well_known_answer("HTTP/1.1 404 No\r\nContent-Length: 0\r\n"
                            "Date: Sun, 06 Nov 1994 08:59:37 GMT\r\n\r\n");
    assert_non_null(found("clock"));
    assert_non_null(strstr(found("clock")->text, "10 minutes ahead of ours"));
    assert_int_equal(found("clock")->weight, CHECK_WARNING);
}

static void lets_a_minute_pass(void **state)
{
    (void)state;
    judge_well_known_answer("HTTP/1.1 404 No\r\nContent-Length: 0\r\n"
                            "Date: Sun, 06 Nov 1994 08:48:37 GMT\r\n\r\n");
    assert_null(found("clock"));
}

static void names_a_308_and_a_status_that_is_not_404(void **state)
{
    (void)state;
    judge_well_known_answer("HTTP/1.1 308 x\r\nLocation: https://b/\r\n"
                            "Content-Length: 0\r\n\r\n");
    assert_non_null(found("redirect-308"));
    tear_down(NULL);
    set_up(NULL);
    judge_well_known_answer("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n");
    assert_non_null(found("well-known-status"));
}

static void names_a_byte_order_mark(void **state)
{
    (void)state;
    judge_well_known_answer("HTTP/1.1 200 OK\r\nContent-Type: application/json"
                            "\r\n\r\n\xef\xbb\xbf{\"m.server\":\"b.test\"}");
    assert_true(found("well-known-bom") != NULL ||
                found("well-known-document") != NULL);
}

static void warns_before_a_certificate_ends(void **state)
{
    (void)state;
    targets[0].first.tls.chain[0].not_after = NOW + 14 * 86400 - 1;
    assert_true(check_judge_connection(&check, &targets[0]));
    assert_int_equal(found("certificate-expires")->weight, CHECK_WARNING);
    assert_int_equal(targets[0].rows[1].result, CHECK_OK);
}

static void tells_expired_from_not_yet_valid(void **state)
{
    (void)state;
    targets[0].first.tls.dates_good = false;
    targets[0].first.tls.chain[0].not_after = NOW - 1;
    assert_true(check_judge_connection(&check, &targets[0]));
    assert_int_equal(found("certificate-expired")->weight, CHECK_REQUIRED);
    targets[1].first.tls.dates_good = false;
    targets[1].first.tls.chain[0].not_before = NOW + 60;
    assert_true(check_judge_connection(&check, &targets[1]));
    assert_non_null(found("certificate-not-yet-valid"));
}

static void asks_for_an_intermediate_where_one_may_be_missing(void **state)
{
    (void)state;
    targets[0].first.tls.chain_good = false;
    assert_true(check_judge_connection(&check, &targets[0]));
    assert_null(strstr(found("certificate-chain")->text, "intermediate"));
    targets[1].first.tls.chain_good = false;
    targets[1].first.tls.issuer_missing = true;
    check.finding_count = 0;
    assert_true(check_judge_connection(&check, &targets[1]));
    assert_non_null(strstr(found("certificate-chain")->text, "intermediate"));
}

static void names_old_tls_and_forced_http2(void **state)
{
    (void)state;
    targets[0].first.tls.version = "TLSv1.1";
    snprintf(targets[0].first.tls.protocol, 16, "h2");
    assert_true(check_judge_connection(&check, &targets[0]));
    assert_non_null(found("tls-old"));
    assert_non_null(found("http2-forced"));
}

static void merges_findings_and_keeps_the_graver(void **state)
{
    (void)state;
    check_find(&check, &targets[0], CHECK_WARNING, "x", "same");
    check_find(&check, &targets[1], CHECK_REQUIRED, "x", "same");
    assert_int_equal(check.finding_count, 1);
    assert_int_equal(check.findings[0].weight, CHECK_REQUIRED);
    assert_string_equal(check.findings[0].where,
                        "192.0.2.1:8448, [2001:db8::1]:8448");
}

static void skips_what_this_machine_cannot_reach(void **state)
{
    (void)state;
    targets[0].first.stage = EXCHANGE_ROUTE;
    check.target_count = 1;
    outcome.tls_name[0] = '\0';
    assert_false(check_judge_connection(&check, &targets[0]));
    assert_int_equal(targets[0].rows[0].result, CHECK_SKIP);
    assert_int_equal(found("no-route")->weight, CHECK_INFORMATIVE);
}

/* Two exchanges an address: our descriptors may end between them. */
static void skips_what_this_machine_had_no_descriptor_for(void **state)
{
    (void)state;
    assert_int_equal(server_name_parse("a.test", 6, &check.asked), STATUS_OK);
    targets[0].version.stage = EXCHANGE_ROUTE;
    answer(&targets[0], "HTTP/1.1 200 OK\r\n\r\n{}");
    check_judge_endpoint(&check, &targets[0]);
    assert_int_equal(targets[0].rows[2].stage, CHECK_VERSION);
    assert_int_equal(targets[0].rows[2].result, CHECK_SKIP);
    assert_int_equal(found("no-route")->weight, CHECK_INFORMATIVE);
    assert_null(found("http"));
    assert_int_equal(targets[0].rows[3].stage, CHECK_KEYS);
}

static void wants_key_documents_of_the_very_name(void **state)
{
    (void)state;
    assert_int_equal(server_name_parse("a.test", 6, &check.asked), STATUS_OK);
    answer(&targets[0], "HTTP/1.1 200 OK\r\n\r\n{\"server_name\":\"b.test\"}");
    check_judge_keys(&check, &targets[0]);
    assert_non_null(
        strstr(found("server-name")->text, "matrix-resolve check b.test"));
    assert_non_null(found("keys-none"));
    assert_non_null(found("keys-validity"));
    assert_int_equal(targets[0].rows[0].result, CHECK_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_a_clock_that_is_off),
        cmocka_unit_test(lets_a_minute_pass),
        cmocka_unit_test(names_a_308_and_a_status_that_is_not_404),
        cmocka_unit_test(names_a_byte_order_mark),
        cmocka_unit_test(warns_before_a_certificate_ends),
        cmocka_unit_test(tells_expired_from_not_yet_valid),
        cmocka_unit_test(asks_for_an_intermediate_where_one_may_be_missing),
        cmocka_unit_test(names_old_tls_and_forced_http2),
        cmocka_unit_test(merges_findings_and_keeps_the_graver),
        cmocka_unit_test(skips_what_this_machine_cannot_reach),
        cmocka_unit_test(skips_what_this_machine_had_no_descriptor_for),
        cmocka_unit_test(wants_key_documents_of_the_very_name),
    };
    struct CMUnitTest each[ARRAY_SIZE(tests)];

    memcpy(each, tests, sizeof(tests));
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        each[i].setup_func = set_up;
        each[i].teardown_func = tear_down;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(each, NULL, NULL);
}
