/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the network said, judged and given its life. */
#include "piece_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    NOW = 1700000000,
};

static struct piece *from_body(const char *body, unsigned failures)
{
    struct fetch_answer answer = {.result = FETCH_OK, .status = 200};
    struct piece *piece;

    answer.body = strdup(body);
    assert_non_null(answer.body);
    answer.length = strlen(body);
    piece = piece_from_fetch("example.org", &answer, NOW, failures);
    free(answer.body);
    assert_non_null(piece);
    return piece;
}

static struct piece *from_failure(enum fetch_result result, unsigned failures)
{
    struct fetch_answer answer = {.result = result, .detail = "it failed"};
    struct piece *piece =
        piece_from_fetch("example.org", &answer, NOW, failures);

    assert_non_null(piece);
    return piece;
}

static int64_t life_of(struct piece *piece)
{
    int64_t life = piece->expires - piece->found;

    assert_int_equal(piece->found, NOW);
    piece_free(piece);
    return life;
}

static void a_document_is_what_it_says(void **state)
{
    struct piece *piece =
        from_body("{\"m.server\":\"FED.example.net:443\"}", 3);

    (void)state;
    assert_int_equal(piece->kind, PIECE_WELL_KNOWN);
    assert_string_equal(piece->name, "example.org");
    assert_int_equal(piece->finding, FINDING_FOUND);
    assert_string_equal(piece->delegated, "FED.example.net:443");
    assert_string_equal(piece->detail, "m.server is FED.example.net:443");
    assert_int_equal(piece->failures, 0);
    assert_int_equal(piece->flags, 0);
    piece_free(piece);
}

static void a_document_lives_24_hours_if_nothing_is_said(void **state)
{
    (void)state;
    assert_int_equal(life_of(from_body("{\"m.server\":\"a\"}", 0)),
                     LIMIT_DOCUMENT_DEFAULT_S);
}

static int64_t life_under(const char *header)
{
    char body[] = "{\"m.server\":\"a\"}";
    struct fetch_answer answer = {
        .result = FETCH_OK, .body = body, .length = sizeof(body) - 1};
    struct piece *piece;

    freshness_header(&answer.freshness, header, strlen(header));
    piece = piece_from_fetch("example.org", &answer, NOW, 0);
    assert_non_null(piece);
    return life_of(piece);
}

static void a_document_lives_as_its_headers_say_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(life_under("Cache-Control: max-age=600"), 600);
    assert_int_equal(life_under("Cache-Control: max-age=59"),
                     LIMIT_DOCUMENT_FLOOR_S);
    assert_int_equal(life_under("Cache-Control: no-store"),
                     LIMIT_DOCUMENT_FLOOR_S);
    assert_int_equal(life_under("Cache-Control: max-age=99999999"),
                     LIMIT_LIFE_S);
}

static void an_invalid_document_is_none_and_says_why(void **state)
{
    struct piece *piece = from_body("<html>", 0);

    (void)state;
    assert_int_equal(piece->finding, FINDING_INVALID);
    assert_string_equal(piece->delegated, "");
    assert_non_null(strstr(piece->detail, "HTML"));
    assert_int_equal(piece->flags & PIECE_TRANSPORT, 0);
    assert_int_equal(piece->failures, 1);
    assert_int_equal(life_of(piece), 60);
}

static void their_failures_live_60_s_doubling_to_an_hour(void **state)
{
    static const int64_t LIVES[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(LIVES); i++) {
        struct piece *piece = from_failure(FETCH_HTTP, i);

        assert_int_equal(piece->failures, i + 1);
        assert_int_equal(life_of(piece), LIVES[i]);
        assert_int_equal(life_of(from_body("no JSON", i)), LIVES[i]);
    }
}

static void counting_failures_comes_to_an_end(void **state)
{
    struct piece *piece = from_failure(FETCH_HTTP, PIECE_FAILURES_MAX);

    (void)state;
    assert_int_equal(piece->failures, PIECE_FAILURES_MAX);
    assert_int_equal(life_of(piece), 3600);
}

static void our_failures_live_10_s_and_are_not_counted(void **state)
{
    struct piece *piece = from_failure(FETCH_OURS, 5);

    (void)state;
    assert_int_equal(piece->finding, FINDING_FAILED);
    assert_int_equal(piece->failures, 5);
    assert_int_equal(piece->flags, PIECE_OURS | PIECE_TRANSPORT);
    assert_int_equal(life_of(piece), 10);
}

/* Who cannot be reached may have a document for others; 404 says no. */
static void failures_are_of_transport_or_not(void **state)
{
    static const struct {
        enum fetch_result result;
        int status;
        bool transport;
    } CASES[] = {
        {FETCH_HTTP, 404, false},       {FETCH_HTTP, 410, false},
        {FETCH_HTTP, 403, true},        {FETCH_HTTP, 503, true},
        {FETCH_REDIRECT, 301, true},    {FETCH_TRANSPORT, 0, true},
        {FETCH_TLS, 0, true},           {FETCH_BODY, 200, true},
        {FETCH_NO_ADDRESS, 0, false},   {FETCH_BLOCKED, 0, false},
        {FETCH_NO_ADDRESS, 301, false}, {FETCH_OURS, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct fetch_answer answer = {.result = CASES[i].result,
                                      .status = CASES[i].status,
                                      .detail = "it failed"};
        struct piece *piece = piece_from_fetch("example.org", &answer, NOW, 0);

        assert_non_null(piece);
        assert_int_equal(piece->finding, FINDING_FAILED);
        assert_string_equal(piece->detail, "it failed");
        assert_int_equal((piece->flags & PIECE_TRANSPORT) != 0,
                         CASES[i].transport);
        assert_int_equal((piece->flags & PIECE_OURS) != 0,
                         CASES[i].result == FETCH_OURS);
        /* Who waited for it in vain once does not wait again at once. */
        assert_int_equal(life_of(piece),
                         CASES[i].result == FETCH_OURS ? 10 : 60);
    }
}

static void an_unverified_certificate_is_remembered(void **state)
{
    struct fetch_answer answer = {
        .result = FETCH_HTTP, .status = 404, .insecure = true};
    struct piece *piece = piece_from_fetch("example.org", &answer, NOW, 0);

    (void)state;
    assert_non_null(piece);
    assert_int_equal(piece->flags, PIECE_INSECURE);
    piece_free(piece);
}

static void hops_are_copied(void **state)
{
    struct fetch_answer answer = {.result = FETCH_HTTP, .ms = 40};
    char url[] = "https://example.org/";
    struct piece *piece;

    (void)state;
    answer.hop_count = 2;
    answer.hops[0] =
        (struct fetch_hop){.url = url, .status = 301, .ip = "::1", .ms = 7};
    piece = piece_from_fetch("example.org", &answer, NOW, 0);
    assert_non_null(piece);
    url[0] = 'x';
    assert_int_equal(piece->ms, 40);
    assert_int_equal(piece->hop_count, 2);
    assert_string_equal(piece->hops[0].url, "https://example.org/");
    assert_int_equal(piece->hops[0].status, 301);
    assert_string_equal(piece->hops[0].ip, "::1");
    assert_int_equal(piece->hops[0].ms, 7);
    assert_string_equal(piece->hops[1].url, "");
    piece_free(piece);
}

static void addresses_keep_their_order_and_flags(void **state)
{
    struct addresses addresses = {.result = DNS_FOUND,
                                  .partial = true,
                                  .hosts_file = true,
                                  .aliases = 2,
                                  .life = 300,
                                  .ms = 9,
                                  .count = 2,
                                  .detail = "2 addresses"};
    struct piece *piece;

    (void)state;
    assert_true(address_parse("2001:db8::1", &addresses.list[0]));
    assert_true(address_parse("192.0.2.1", &addresses.list[1]));
    piece = piece_from_addresses("a.example", &addresses, NOW);
    assert_non_null(piece);
    assert_int_equal(piece->kind, PIECE_ADDRESSES);
    assert_string_equal(piece->name, "a.example");
    assert_int_equal(piece->finding, FINDING_FOUND);
    assert_int_equal(piece->flags, PIECE_ALIAS | PIECE_HOSTS | PIECE_PARTIAL);
    assert_int_equal(piece->ms, 9);
    assert_string_equal(piece->detail, "2 addresses");
    assert_int_equal(piece->address_count, 2);
    assert_true(address_equal(&piece->addresses[0], &addresses.list[0]));
    assert_true(address_equal(&piece->addresses[1], &addresses.list[1]));
    assert_int_equal(life_of(piece), 300);
}

static int64_t addresses_life(enum dns_result result, uint32_t life)
{
    struct addresses addresses = {.result = result, .life = life};
    struct piece *piece = piece_from_addresses("a.example", &addresses, NOW);

    assert_non_null(piece);
    return life_of(piece);
}

static void dns_lives_by_its_ttl_up_to_48_hours(void **state)
{
    (void)state;
    assert_int_equal(addresses_life(DNS_FOUND, 0), 0);
    assert_int_equal(addresses_life(DNS_FOUND, UINT32_MAX), LIMIT_LIFE_S);
    assert_int_equal(addresses_life(DNS_NONE, 900), 900);
    assert_int_equal(addresses_life(DNS_NONE, UINT32_MAX), LIMIT_LIFE_S);
}

static void what_dns_could_not_say_lives_10_s_at_most(void **state)
{
    (void)state;
    assert_int_equal(addresses_life(DNS_TEMPORARY, 300), 10);
    assert_int_equal(addresses_life(DNS_TEMPORARY, 3), 3);
}

static uint32_t most(void *argument, uint32_t limit)
{
    ++*(unsigned *)argument;
    return limit;
}

static void srv_records_are_put_in_order_once(void **state)
{
    static const struct dns_srv RECORDS[] = {{20, 0, 1, "last.example"},
                                             {10, 1, 2, "first.example"},
                                             {10, 5, 3, "second.example"}};
    struct dns_answer answer = {.result = DNS_FOUND, .ttl = 60, .count = 3};
    struct piece *piece;
    unsigned drawn = 0;

    (void)state;
    memcpy(answer.srv, RECORDS, sizeof(RECORDS));
    piece =
        piece_from_srv(PIECE_SRV_OLD, "a.example", &answer, NOW, most, &drawn);
    assert_non_null(piece);
    assert_int_equal(piece->kind, PIECE_SRV_OLD);
    assert_int_equal(piece->finding, FINDING_FOUND);
    assert_int_equal(piece->srv_count, 3);
    assert_true(drawn > 0);
    assert_string_equal(piece->srv[0].target, "second.example");
    assert_string_equal(piece->srv[1].target, "first.example");
    assert_string_equal(piece->srv[2].target, "last.example");
    assert_int_equal(life_of(piece), 60);
}

static void srv_that_is_not_there_has_no_records(void **state)
{
    struct dns_answer answer = {
        .result = DNS_NONE, .ttl = 60, .detail = "NXDOMAIN"};
    struct piece *piece = piece_from_srv(PIECE_SRV_FED, "a.example", &answer,
                                         NOW, srv_random_kernel, NULL);

    (void)state;
    assert_non_null(piece);
    assert_int_equal(piece->finding, FINDING_NONE);
    assert_int_equal(piece->srv_count, 0);
    assert_string_equal(piece->detail, "NXDOMAIN");
    piece_free(piece);
    answer.result = DNS_TEMPORARY;
    piece = piece_from_srv(PIECE_SRV_FED, "a.example", &answer, NOW,
                           srv_random_kernel, NULL);
    assert_non_null(piece);
    assert_int_equal(piece->finding, FINDING_TEMPORARY);
    assert_int_equal(life_of(piece), 10);
}

static void what_we_could_not_ask_is_remembered_as_that(void **state)
{
    struct dns_answer answer = {.result = DNS_TEMPORARY, .internal = true};
    struct addresses addresses = {.result = DNS_TEMPORARY, .internal = true};
    struct piece *piece =
        piece_from_srv(PIECE_SRV_FED, "example.org", &answer, NOW, NULL, NULL);

    (void)state;
    assert_int_equal(piece->flags, PIECE_INTERNAL);
    piece_free(piece);
    piece = piece_from_addresses("example.org", &addresses, NOW);
    assert_int_equal(piece->flags, PIECE_INTERNAL);
    piece_free(piece);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_what_it_says),
        cmocka_unit_test(a_document_lives_24_hours_if_nothing_is_said),
        cmocka_unit_test(a_document_lives_as_its_headers_say_within_bounds),
        cmocka_unit_test(an_invalid_document_is_none_and_says_why),
        cmocka_unit_test(their_failures_live_60_s_doubling_to_an_hour),
        cmocka_unit_test(counting_failures_comes_to_an_end),
        cmocka_unit_test(our_failures_live_10_s_and_are_not_counted),
        cmocka_unit_test(failures_are_of_transport_or_not),
        cmocka_unit_test(an_unverified_certificate_is_remembered),
        cmocka_unit_test(hops_are_copied),
        cmocka_unit_test(addresses_keep_their_order_and_flags),
        cmocka_unit_test(dns_lives_by_its_ttl_up_to_48_hours),
        cmocka_unit_test(what_dns_could_not_say_lives_10_s_at_most),
        cmocka_unit_test(srv_records_are_put_in_order_once),
        cmocka_unit_test(srv_that_is_not_there_has_no_records),
        cmocka_unit_test(what_we_could_not_ask_is_remembered_as_that),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("piece_make", tests, NULL, NULL);
}
