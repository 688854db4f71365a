/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records as they are written, read back by their reader. */
#include "record_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record.h"

enum {
    NOW = 1700000000,
    ROUNDS = 2000,
};

static const char SETTINGS[] = "conf=none,overrides=none";
static uint64_t chance;

static unsigned draw(unsigned below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)(chance % below);
}

/* A host name of that many octets, 1 to 253. */
static void make_name(char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        name[i] = i % 50 == 49 && i + 1 < length ? '.' : (char)('a' + draw(26));
    name[length] = '\0';
}

static void make_address(struct address *address, int family)
{
    *address = (struct address){.family = family};
    for (size_t i = 0; i < address_size(address); i++)
        address->bytes[i] = (unsigned char)(draw(255) + 1);
}

static void make_sentence(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(' ' + draw('~' - ' ' + 1));
    text[0] = '!'; /* a sentence, and neither blank nor `-` */
    text[length] = '\0';
}

static void make_targets(struct outcome *outcome, unsigned count, int family)
{
    outcome->target_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct target *target = &outcome->targets[i];
        bool v6 = family == AF_INET6 || (family == AF_UNSPEC && draw(2) == 0);

        make_address(&target->address, v6 ? AF_INET6 : AF_INET);
        target->port = (uint16_t)(draw(UINT16_MAX) + 1);
        target->priority = (uint16_t)draw(UINT16_MAX + 1);
        target->weight = (uint16_t)draw(UINT16_MAX + 1);
        make_name(target->name, draw(3) == 0 ? 0 : draw(20) + 1);
    }
}

/* Any outcome that discovery could come to. */
static void make_outcome(struct outcome *outcome)
{
    static const char *const STEPS[] = {"",    "1",   "2",   "3", "3.1", "3.2",
                                        "3.3", "3.4", "3.5", "4", "5",   "6"};

    memset(outcome, 0, sizeof(*outcome));
    outcome->step = STEPS[draw(ARRAY_SIZE(STEPS))];
    outcome->spec = draw(2) == 0 ? SPEC_DRAFT : SPEC_V1;
    outcome->found = NOW - draw(1000);
    outcome->expires = NOW + draw(LIMIT_LIFE_S + 1);
    outcome->warning_count = draw(LIMIT_WARNINGS + 1);
    for (unsigned i = 0; i < outcome->warning_count; i++)
        make_sentence(outcome->warnings[i], draw(OUTCOME_WARNING_MAX - 1) + 1);
    if (draw(4) == 0) {
        outcome->error = (enum error)(draw(ERROR_INTERNAL) + 1);
        make_sentence(outcome->reason, draw(LIMIT_REASON - 1) + 1);
        return;
    }
    make_targets(outcome, draw(LIMIT_TARGETS) + 1, AF_UNSPEC);
    make_name(outcome->host, draw(LIMIT_DNS_NAME) + 1);
    make_name(outcome->cert_name, draw(LIMIT_DNS_NAME) + 1);
    if (draw(2) == 0)
        make_name(outcome->tls_name, draw(LIMIT_DNS_NAME) + 1);
}

/* Writes and reads; every octet of the buffer is poison before. */
static void there_and_back(const struct outcome *outcome, const char *key,
                           struct record *record)
{
    memset(record, 0x7f, sizeof(*record));
    record->length = record_write(outcome, key, SETTINGS, NOW, record->text);
    assert_in_range(record->length, RECORD_HEAD, LIMIT_RECORD);
    assert_int_equal(strlen(record->text), record->length);
    assert_int_equal(record_parse(record, NOW), STATUS_OK);
    assert_string_equal(record->name, key);
    assert_string_equal(record->settings, SETTINGS);
    assert_string_equal(record->spec, spec_name(outcome->spec));
    assert_string_equal(record->step,
                        outcome->step[0] != '\0' ? outcome->step : "-");
    assert_int_equal(record->error, outcome->error);
    assert_int_equal(record->found, outcome->found);
    assert_int_equal(record->expires, outcome->expires);
}

static void assert_text(const char *read, const char *written)
{
    assert_string_equal(read != NULL ? read : "", written);
}

/* Targets that were written must be the first ones, unchanged. */
static void assert_targets(const struct record *record,
                           const struct outcome *outcome)
{
    assert_true(record->target_count <= outcome->target_count);
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target read = record_target(record, i);
        const struct target *target = &outcome->targets[i];

        assert_true(address_equal(&read.address, &target->address));
        assert_int_equal(read.port, target->port);
        assert_int_equal(read.priority, target->priority);
        assert_int_equal(read.weight, target->weight);
        if (read.name != NULL)
            assert_string_equal(read.name, target->name);
    }
}

static bool has_names(const struct record *record)
{
    for (unsigned i = 0; i < record->target_count; i++)
        if (record_target(record, i).name != NULL)
            return true;
    return false;
}

static void any_outcome_leads_there_and_back(void **state)
{
    struct outcome outcome;
    struct record record;

    (void)state;
    chance = UINT64_C(0x2545f4914f6cdd1d);
    print_message("# seed %llx\n", (unsigned long long)chance);
    for (unsigned round = 0; round < ROUNDS; round++) {
        make_outcome(&outcome);
        there_and_back(&outcome, "example.org", &record);
        assert_text(record.host, outcome.host);
        assert_text(record.tls_name, outcome.tls_name);
        assert_text(record.cert_name, outcome.cert_name);
        assert_text(record.reason, outcome.reason);
        assert_targets(&record, &outcome);
        for (unsigned i = 0; i < record.warning_count; i++)
            assert_string_equal(record_warning(&record, i),
                                outcome.warnings[i]);
        /* From the end: no warning goes before the names, nor a target. */
        if (record.warning_count < outcome.warning_count)
            assert_false(has_names(&record));
        if (record.target_count < outcome.target_count)
            assert_int_equal(record.warning_count, 0);
    }
}

/* Longest names, all IPv6, every number with five digits, every warning. */
static void make_biggest(struct outcome *outcome)
{
    make_outcome(outcome);
    outcome->error = ERROR_NONE;
    outcome->reason[0] = '\0';
    make_targets(outcome, LIMIT_TARGETS, AF_INET6);
    for (unsigned i = 0; i < LIMIT_TARGETS; i++) {
        struct target *target = &outcome->targets[i];

        memset(target->address.bytes, 0xff, 15);
        target->port = (uint16_t)(UINT16_MAX - i);
        target->priority = target->weight = UINT16_MAX;
        make_name(target->name, LIMIT_DNS_NAME);
    }
    outcome->warning_count = LIMIT_WARNINGS;
    for (unsigned i = 0; i < LIMIT_WARNINGS; i++)
        make_sentence(outcome->warnings[i], OUTCOME_WARNING_MAX - 1);
    make_name(outcome->host, LIMIT_DNS_NAME);
    make_name(outcome->tls_name, LIMIT_DNS_NAME);
    make_name(outcome->cert_name, LIMIT_DNS_NAME);
}

static void the_biggest_outcome_fits(void **state)
{
    struct outcome outcome;
    struct record record;
    char key[LIMIT_SERVER_NAME + 1];

    (void)state;
    chance = 1;
    make_biggest(&outcome);
    make_name(key, LIMIT_SERVER_NAME);
    there_and_back(&outcome, key, &record);
    assert_targets(&record, &outcome);
    assert_false(has_names(&record));
    assert_int_equal(record.warning_count, 0);
    assert_true(record.target_count > LIMIT_NSS_TARGETS);
    /* One more target would not have fitted. */
    assert_true(record.length + sizeof("target ffff:ffff:ffff:ffff:ffff:ffff:"
                                       "ffff:ffff 65535 65535 65535 -") >
                LIMIT_RECORD);
}

static void all_64_targets_fit_under_ordinary_names(void **state)
{
    struct outcome outcome;
    struct record record;

    (void)state;
    chance = 1;
    make_biggest(&outcome);
    make_name(outcome.host, 40);
    make_name(outcome.tls_name, 40);
    make_name(outcome.cert_name, 40);
    there_and_back(&outcome, "example.org", &record);
    assert_int_equal(record.target_count, LIMIT_TARGETS);
    assert_targets(&record, &outcome);
}

static void target_names_go_before_warnings(void **state)
{
    struct outcome outcome;
    struct record record;

    (void)state;
    chance = 1;
    make_biggest(&outcome);
    outcome.target_count = 8;
    there_and_back(&outcome, "example.org", &record);
    assert_int_equal(record.target_count, 8);
    assert_int_equal(record.warning_count, LIMIT_WARNINGS);
    assert_false(has_names(&record));
    outcome.warning_count = 0;
    there_and_back(&outcome, "example.org", &record);
    assert_true(has_names(&record));
}

static void warnings_go_from_the_last_before_targets(void **state)
{
    struct outcome outcome;
    struct record record;

    (void)state;
    chance = 1;
    make_biggest(&outcome);
    outcome.target_count = 40;
    there_and_back(&outcome, "example.org", &record);
    assert_int_equal(record.target_count, 40);
    assert_in_range(record.warning_count, 1, LIMIT_WARNINGS - 1);
    assert_string_equal(record_warning(&record, 0), outcome.warnings[0]);
}

static void the_longest_failure_fits_whole(void **state)
{
    struct outcome outcome;
    struct record record;
    char key[LIMIT_SERVER_NAME + 1];

    (void)state;
    chance = 1;
    make_biggest(&outcome);
    outcome.error = ERROR_ABORTED_INVALID_WELL_KNOWN;
    outcome.target_count = 0;
    outcome.host[0] = outcome.tls_name[0] = outcome.cert_name[0] = '\0';
    make_sentence(outcome.reason, LIMIT_REASON - 1);
    make_name(key, LIMIT_SERVER_NAME);
    there_and_back(&outcome, key, &record);
    assert_string_equal(record.reason, outcome.reason);
    assert_int_equal(record.warning_count, LIMIT_WARNINGS);
}

static void refresh_is_the_last_fifth_of_the_life(void **state)
{
    struct outcome outcome = {.step = "6", .error = ERROR_NO_ADDRESS};
    struct record record;

    (void)state;
    /* Of the record's own life: a part of it may have been found long ago. */
    outcome.found = NOW - 100000;
    outcome.expires = NOW + 1000;
    there_and_back(&outcome, "example.org", &record);
    assert_int_equal(record.refresh, NOW + 800);
    outcome.found = outcome.expires = NOW;
    there_and_back(&outcome, "example.org", &record);
    assert_int_equal(record.refresh, NOW);
}

static void refresh_moves_in_the_text(void **state)
{
    struct outcome outcome = {.step = "6",
                              .error = ERROR_NO_ADDRESS,
                              .found = NOW,
                              .expires = NOW + 1000};
    struct record record;
    size_t length;

    (void)state;
    length = record_write(&outcome, "example.org", SETTINGS, NOW, record.text);
    assert_false(record_write_refresh(record.text, length, 999999999));
    assert_false(record_write_refresh(record.text, length, 10000000000));
    assert_false(record_write_refresh(record.text, 60, NOW + 900));
    assert_true(record_write_refresh(record.text, length, NOW + 900));
    record.length = length;
    assert_int_equal(record_parse(&record, NOW), STATUS_OK);
    assert_int_equal(record.refresh, NOW + 900);
    assert_int_equal(record.expires, NOW + 1000);
    assert_string_equal(record.name, "example.org");
}

static void what_is_empty_is_a_dash(void **state)
{
    struct outcome outcome = {
        .step = "", .error = ERROR_TIMEOUT, .found = NOW, .expires = NOW + 10};
    char text[LIMIT_RECORD + 1];

    (void)state;
    record_write(&outcome, "example.org", SETTINGS, NOW, text);
    assert_string_equal(text, "nss-matrix-answer 1 0209\n"
                              "settings conf=none,overrides=none\n"
                              "found @1700000000\n"
                              "refresh @1700000008\n"
                              "expires @1700000010\n"
                              "name example.org\n"
                              "spec draft\n"
                              "step -\n"
                              "error timeout\n"
                              "host -\n"
                              "tls-name -\n"
                              "cert-name -\n"
                              "reason -\n"
                              "end\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_outcome_leads_there_and_back),
        cmocka_unit_test(the_biggest_outcome_fits),
        cmocka_unit_test(all_64_targets_fit_under_ordinary_names),
        cmocka_unit_test(target_names_go_before_warnings),
        cmocka_unit_test(warnings_go_from_the_last_before_targets),
        cmocka_unit_test(the_longest_failure_fits_whole),
        cmocka_unit_test(refresh_is_the_last_fifth_of_the_life),
        cmocka_unit_test(refresh_moves_in_the_text),
        cmocka_unit_test(what_is_empty_is_a_dash),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record_write", tests, NULL, NULL);
}
