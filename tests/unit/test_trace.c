/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of a discovery: also what was not asked, and why. */
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery.h"
#include "piece_sample.h"

static void outcomes_have_names(void **state)
{
    (void)state;
    assert_string_equal(trace_outcome_name(TRACE_OK), "ok");
    assert_string_equal(trace_outcome_name(TRACE_NONE), "none");
    assert_string_equal(trace_outcome_name(TRACE_FAILED), "failed");
    assert_string_equal(trace_outcome_name(TRACE_INVALID), "invalid");
    assert_string_equal(trace_outcome_name(TRACE_TEMPORARY), "temporary");
    assert_string_equal(trace_outcome_name(TRACE_SKIPPED), "skipped");
}

static void targets_are_what_a_person_would_ask_for(void **state)
{
    static const struct {
        enum piece_kind kind;
        const char *target;
    } CASES[] = {
        {PIECE_WELL_KNOWN, "https://a.example/.well-known/matrix/server"},
        {PIECE_SRV_FED, "SRV _matrix-fed._tcp.a.example"},
        {PIECE_SRV_OLD, "SRV _matrix._tcp.a.example"},
        {PIECE_ADDRESSES, "A, AAAA a.example"},
    };
    char target[LIMIT_DNS_NAME + 48];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        trace_target(CASES[i].kind, "a.example", target, sizeof(target));
        assert_string_equal(target, CASES[i].target);
    }
}

static void the_longest_name_fits_every_target(void **state)
{
    char name[LIMIT_DNS_NAME + 1];
    char target[LIMIT_DNS_NAME + 48];

    (void)state;
    memset(name, 'a', LIMIT_DNS_NAME);
    name[LIMIT_DNS_NAME] = '\0';
    trace_target(PIECE_WELL_KNOWN, name, target, sizeof(target));
    assert_string_equal(target + strlen(target) - 7, "/server");
}

static void entries_beyond_the_room_are_dropped(void **state)
{
    struct trace trace = {.entries = calloc(TRACE_MAX, sizeof(*trace.entries))};
    struct trace_entry entry = {.stage = "name"};

    (void)state;
    assert_non_null(trace.entries);
    for (unsigned i = 0; i < TRACE_MAX + 2; i++)
        trace_add(&trace, &entry);
    assert_int_equal(trace.count, TRACE_MAX);
    free(trace.entries);
}

/* A discovery of its own configuration. */
struct told {
    struct configuration configuration;
    struct server_name name;
    struct discovery *discovery;
};

static void tell(struct told *told, const char *name)
{
    memset(told, 0, sizeof(*told));
    assert_int_equal(server_name_parse(name, strlen(name), &told->name),
                     STATUS_OK);
    told->discovery = discovery_new(&told->name, &told->configuration);
    assert_non_null(told->discovery);
}

static void know(struct told *told, struct piece *piece)
{
    piece_sample_put(&told->discovery->pieces, piece);
}

static enum discovery_state advance(struct told *told)
{
    return discovery_advance(told->discovery, PIECE_SAMPLE_NOW);
}

static void assert_entry(const struct told *told, unsigned index,
                         const char *step, const char *target,
                         enum trace_outcome outcome)
{
    const struct trace_entry *entry = &told->discovery->trace.entries[index];

    assert_true(index < told->discovery->trace.count);
    assert_string_equal(entry->step, step);
    assert_string_equal(entry->target, target);
    assert_int_equal(entry->outcome, outcome);
}

static struct piece *srv_to(enum piece_kind kind, const char *name,
                            unsigned count, const char *target)
{
    struct piece *piece = piece_sample(kind, name, FINDING_FOUND);

    for (unsigned i = 0; i < count; i++)
        piece_sample_srv(piece, (uint16_t)i, target);
    return piece;
}

static struct piece *address_of(const char *name, const char *ip)
{
    struct piece *piece = piece_sample(PIECE_ADDRESSES, name, FINDING_FOUND);

    piece_sample_address(piece, ip);
    return piece;
}

static void tells_what_was_not_asked_and_why(void **state)
{
    struct told told;

    (void)state;
    tell(&told, "192.0.2.1");
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->trace.count, 1);
    assert_entry(&told, 0, "", "-", TRACE_SKIPPED);
    assert_string_equal(told.discovery->trace.entries[0].detail,
                        "not asked, because the server name is an IP address");
    discovery_free(told.discovery);

    tell(&told, "example.org:8448");
    know(&told, address_of("example.org", "192.0.2.1"));
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->trace.count, 2);
    assert_entry(&told, 0, "", "https://example.org/.well-known/matrix/server",
                 TRACE_SKIPPED);
    assert_string_equal(told.discovery->trace.entries[0].detail,
                        "not asked, because the server name has a port");
    assert_entry(&told, 1, "2", "A, AAAA example.org", TRACE_OK);
    discovery_free(told.discovery);
}

static void tells_that_a_delegated_port_needs_no_srv(void **state)
{
    struct piece *document =
        piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FOUND);
    struct told told;

    (void)state;
    tell(&told, "example.org");
    snprintf(document->delegated, sizeof(document->delegated), "a.example:443");
    know(&told, document);
    know(&told, address_of("a.example", "192.0.2.1"));
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->trace.count, 4);
    assert_entry(&told, 1, "", "SRV _matrix-fed._tcp.a.example", TRACE_SKIPPED);
    assert_entry(&told, 2, "", "SRV _matrix._tcp.a.example", TRACE_SKIPPED);
    assert_string_equal(told.discovery->trace.entries[2].detail,
                        "not asked, because m.server names a port");
    assert_entry(&told, 3, "3.2", "A, AAAA a.example", TRACE_OK);
    discovery_free(told.discovery);
}

static void tells_each_step_once(void **state)
{
    struct told told;

    (void)state;
    tell(&told, "example.org");
    know(&told, piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FAILED));
    know(&told, srv_to(PIECE_SRV_FED, "example.org", 3, "srv.example"));
    know(&told, address_of("srv.example", "192.0.2.1"));
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->trace.count, 4);
    assert_entry(&told, 0, "3", "https://example.org/.well-known/matrix/server",
                 TRACE_FAILED);
    assert_entry(&told, 1, "4", "SRV _matrix-fed._tcp.example.org", TRACE_OK);
    assert_entry(&told, 2, "", "SRV _matrix._tcp.example.org", TRACE_SKIPPED);
    assert_entry(&told, 3, "4", "A, AAAA srv.example", TRACE_OK);
    discovery_free(told.discovery);
}

static void tells_what_had_no_answer_at_the_end(void **state)
{
    struct told told;

    (void)state;
    tell(&told, "example.org");
    told.configuration.speculate = true;
    assert_int_equal(advance(&told), DISCOVERY_WAITING);
    discovery_give_up(told.discovery, PIECE_SAMPLE_NOW, ERROR_TIMEOUT, "late");
    assert_int_equal(told.discovery->trace.count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(told.discovery->trace.entries[i].outcome,
                         TRACE_TEMPORARY);
    discovery_free(told.discovery);
}

static void forgets_what_the_outcome_does_not_rest_on(void **state)
{
    struct told told;
    struct pieces *pieces;

    (void)state;
    tell(&told, "example.org");
    pieces = &told.discovery->pieces;
    know(&told, srv_to(PIECE_SRV_OLD, "example.org", 1, "old.example"));
    know(&told, piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FAILED));
    know(&told, address_of("old.example", "192.0.2.9"));
    know(&told, srv_to(PIECE_SRV_FED, "example.org", 1, "srv.example"));
    know(&told, address_of("srv.example", "192.0.2.1"));
    know(&told, address_of("example.org", "192.0.2.2"));
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    discovery_forget_unused(told.discovery);
    assert_int_equal(pieces->count, 3);
    assert_non_null(pieces_find(pieces, PIECE_WELL_KNOWN, "example.org"));
    assert_non_null(pieces_find(pieces, PIECE_SRV_FED, "example.org"));
    assert_non_null(pieces_find(pieces, PIECE_ADDRESSES, "srv.example"));
    discovery_free(told.discovery);
}

/* 64 records of 32 addresses each. */
static void more_targets_than_there_is_room_for_are_left_out(void **state)
{
    struct piece *srv =
        piece_sample(PIECE_SRV_FED, "example.org", FINDING_FOUND);
    struct told told;

    (void)state;
    tell(&told, "example.org");
    know(&told, piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FAILED));
    know(&told, srv);
    for (unsigned i = 0; i < LIMIT_SRV_RECORDS; i++) {
        char name[16];
        struct piece *addresses;

        snprintf(name, sizeof(name), "t%u.example", i);
        piece_sample_srv(srv, (uint16_t)i, name);
        addresses = address_of(name, "2001:db8::1");
        while (addresses->address_count < LIMIT_ADDRESSES)
            piece_sample_address(addresses, "192.0.2.1");
        know(&told, addresses);
    }
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->outcome.error, ERROR_NONE);
    assert_int_equal(told.discovery->outcome.target_count, LIMIT_TARGETS);
    assert_string_equal(told.discovery->outcome.targets[63].name, "t1.example");
    discovery_free(told.discovery);
}

static void the_advice_is_not_what_a_long_reason_pushes_out(void **state)
{
    struct piece *document;
    struct told told;
    char name[LIMIT_DNS_NAME + 1];
    const char *reason;

    (void)state;
    for (size_t i = 0; i < LIMIT_DNS_NAME; i++)
        name[i] = i % 60 == 59 ? '.' : 'a';
    name[LIMIT_DNS_NAME] = '\0';
    tell(&told, name);
    document = piece_sample(PIECE_WELL_KNOWN, name, FINDING_INVALID);
    memset(document->detail, 'd', sizeof(document->detail) - 1);
    know(&told, document);
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    reason = told.discovery->outcome.reason;
    assert_int_equal(strlen(reason), LIMIT_REASON - 1);
    assert_string_equal(strrchr(reason, ';'),
                        "; the draft stops here, `spec v1` would go on to SRV");
    discovery_free(told.discovery);
}

static void there_are_8_warnings_at_most(void **state)
{
    struct piece *srv =
        piece_sample(PIECE_SRV_FED, "example.org", FINDING_FOUND);
    struct told told;

    (void)state;
    tell(&told, "example.org");
    know(&told, piece_sample(PIECE_WELL_KNOWN, "example.org", FINDING_FAILED));
    know(&told, srv);
    for (unsigned i = 0; i < LIMIT_WARNINGS + 2; i++) {
        char name[16];

        snprintf(name, sizeof(name), "t%u.example", i);
        piece_sample_srv(srv, (uint16_t)i, name);
        know(&told, piece_sample(PIECE_ADDRESSES, name, FINDING_NONE));
    }
    assert_int_equal(advance(&told), DISCOVERY_DONE);
    assert_int_equal(told.discovery->outcome.error, ERROR_NO_USABLE_SRV);
    assert_int_equal(told.discovery->outcome.warning_count, LIMIT_WARNINGS);
    discovery_free(told.discovery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_have_names),
        cmocka_unit_test(targets_are_what_a_person_would_ask_for),
        cmocka_unit_test(the_longest_name_fits_every_target),
        cmocka_unit_test(entries_beyond_the_room_are_dropped),
        cmocka_unit_test(tells_what_was_not_asked_and_why),
        cmocka_unit_test(tells_that_a_delegated_port_needs_no_srv),
        cmocka_unit_test(tells_each_step_once),
        cmocka_unit_test(tells_what_had_no_answer_at_the_end),
        cmocka_unit_test(forgets_what_the_outcome_does_not_rest_on),
        cmocka_unit_test(more_targets_than_there_is_room_for_are_left_out),
        cmocka_unit_test(the_advice_is_not_what_a_long_reason_pushes_out),
        cmocka_unit_test(there_are_8_warnings_at_most),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
