/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the answer record, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"

static enum status parse(const struct sample *sample, struct record *record)
{
    sample_into(sample, record);
    return record_parse(record, SAMPLE_NOW);
}

/* Another good record with count target lines, all different. */
static struct sample with_targets(unsigned count, char *lines, size_t room)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    size_t at = 0;

    lines[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(lines + at, room - at,
                               "target 192.0.2.%u %u 0 0 -\n", i, 8000 + i);
    sample.targets = lines;
    return sample;
}

static void reads_every_line(void **state)
{
    struct sample sample = sample_answer("example.org:8448", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample.warnings = "warning alias: a is b\nwarning tls: expired\n";
    sample.reason = "because";
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_string_equal(record.settings, sample.settings);
    assert_int_equal(record.found, sample.found);
    assert_int_equal(record.refresh, sample.refresh);
    assert_int_equal(record.expires, sample.expires);
    assert_string_equal(record.name, "example.org:8448");
    assert_string_equal(record.spec, "draft");
    assert_string_equal(record.step, "3.4");
    assert_int_equal(record.error, ERROR_NONE);
    assert_string_equal(record.host, "fed.example.net");
    assert_string_equal(record.tls_name, "fed.example.net");
    assert_string_equal(record.cert_name, "fed.example.net");
    assert_int_equal(record.warning_count, 2);
    assert_string_equal(record_warning(&record, 0), "alias: a is b");
    assert_string_equal(record_warning(&record, 1), "tls: expired");
    assert_string_equal(record.reason, "because");
}

static void reads_targets_in_order(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    char text[ADDRESS_TEXT];
    struct record_target target;
    struct record record;

    (void)state;
    sample.targets = "target 198.51.100.20 8443 10 5 srv.example.net\n"
                     "target 2001:db8::1 1 0 65535 -\n"
                     "target 192.0.2.1 65535 65535 0 a\n";
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_int_equal(record.target_count, 3);
    target = record_target(&record, 0);
    assert_string_equal(address_text(&target.address, text), "198.51.100.20");
    assert_int_equal(target.port, 8443);
    assert_int_equal(target.priority, 10);
    assert_int_equal(target.weight, 5);
    assert_string_equal(target.name, "srv.example.net");
    target = record_target(&record, 1);
    assert_string_equal(address_text(&target.address, text), "2001:db8::1");
    assert_int_equal(target.port, 1);
    assert_int_equal(target.weight, 65535);
    assert_null(target.name);
    target = record_target(&record, 2);
    assert_int_equal(target.port, 65535);
    assert_int_equal(target.priority, 65535);
    assert_string_equal(target.name, "a");
}

static void takes_64_targets_and_refuses_65(void **state)
{
    char lines[LIMIT_RECORD];
    struct record record;
    struct sample sample = with_targets(64, lines, sizeof(lines));

    (void)state;
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_int_equal(record.target_count, 64);
    assert_int_equal(record_target(&record, 63).port, 8063);
    sample = with_targets(65, lines, sizeof(lines));
    assert_int_equal(parse(&sample, &record), STATUS_INVALID);
}

static void takes_8_warnings_and_refuses_9(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample.warnings = "warning 1\nwarning 2\nwarning 3\nwarning 4\n"
                      "warning 5\nwarning 6\nwarning 7\nwarning 8\n";
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_string_equal(record_warning(&record, 7), "8");
    sample.warnings = "warning 1\nwarning 2\nwarning 3\nwarning 4\n"
                      "warning 5\nwarning 6\nwarning 7\nwarning 8\nwarning 9\n";
    assert_int_equal(parse(&sample, &record), STATUS_INVALID);
}

static void reads_a_failure(void **state)
{
    struct sample sample =
        sample_failure("example.org", SAMPLE_NOW, "aborted-invalid-well-known");
    struct record record;

    (void)state;
    sample.step = "3";
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_int_equal(record.error, ERROR_ABORTED_INVALID_WELL_KNOWN);
    assert_null(record.host);
    assert_null(record.tls_name);
    assert_null(record.cert_name);
    assert_int_equal(record.target_count, 0);
    assert_string_equal(record.reason, "it is so");
}

static void an_ip_literal_has_no_tls_name(void **state)
{
    struct sample sample = sample_answer("[2001:db8::1]:443", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample.host = "[2001:db8::1]";
    sample.tls_name = "-";
    sample.cert_name = "2001:db8::1";
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    assert_null(record.tls_name);
    sample.cert_name = "[2001:db8::1]";
    assert_int_equal(parse(&sample, &record), STATUS_INVALID);
    sample.cert_name = "2001:db8::1";
    sample.tls_name = "2001:db8::1";
    assert_int_equal(parse(&sample, &record), STATUS_INVALID);
}

/* One field of the good record is replaced: it must then be refused. */
#define REFUSES(field, value)                                                  \
    do {                                                                       \
        struct sample changed = sample_answer("example.org", SAMPLE_NOW);      \
        struct record record;                                                  \
        assert_int_equal(parse(&changed, &record), STATUS_OK);                 \
        changed.field = (value);                                               \
        if (parse(&changed, &record) != STATUS_INVALID)                        \
            fail_msg("took %s %s", #field, #value);                            \
    } while (0)

static void refuses_bad_fields(void **state)
{
    (void)state;
    REFUSES(version, "2");
    REFUSES(version, "0");
    REFUSES(version, "11");
    REFUSES(version, "");
    REFUSES(spec, "v2");
    REFUSES(spec, "");
    REFUSES(step, "7");
    REFUSES(step, "3.6");
    REFUSES(step, "");
    REFUSES(error, "no-such-error");
    REFUSES(error, "no-address"); /* with targets */
    REFUSES(host, "");
    REFUSES(host, "-");
    REFUSES(host, "a_b");
    REFUSES(host, "a/b");
    REFUSES(host, "127.1");
    REFUSES(host, "x.matrix");
    REFUSES(host, "a\rX-Header: b");
    REFUSES(tls_name, "192.0.2.1");
    REFUSES(tls_name, "a:443");
    REFUSES(tls_name, "");
    REFUSES(cert_name, "-");
    REFUSES(cert_name, "a:443");
    REFUSES(cert_name, "*.example.org");
    REFUSES(reason, "");
    REFUSES(reason, "a\x1b[31m");
    REFUSES(reason, "caf\xc3\xa9");
    REFUSES(warnings, "warning a\tb\n");
    REFUSES(settings, "a\x7f");
}

static void refuses_bad_targets(void **state)
{
    (void)state;
    REFUSES(targets, "");
    REFUSES(targets, "target 192.0.2.256 8448 0 0 -\n");
    REFUSES(targets, "target 127.1 8448 0 0 -\n");
    REFUSES(targets, "target [::1] 8448 0 0 -\n");
    REFUSES(targets, "target fe80::1%1 8448 0 0 -\n");
    REFUSES(targets, "target 192.0.2.1 0 0 0 -\n");
    REFUSES(targets, "target 192.0.2.1 65536 0 0 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 65536 0 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 65536 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 -1 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 +1 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 0  0 -\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 0\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 0 \n");
    REFUSES(targets, "target 192.0.2.1 8448 0 0 a b\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 0 a_b\n");
    REFUSES(targets, "target 192.0.2.1 8448 0 0 192.0.2.1\n");
    REFUSES(targets, "target 192.0.2.1\n8448 0 0 -\n");
    REFUSES(targets, "target 192.0.2.1 18446744073709551617 0 0 -\n");
}

static void refuses_bad_times(void **state)
{
    (void)state;
    REFUSES(found, -1);
    REFUSES(found, SAMPLE_NOW + SAMPLE_LIFE);
    REFUSES(refresh, SAMPLE_NOW - 1);
    REFUSES(refresh, SAMPLE_NOW + SAMPLE_LIFE + 1);
    REFUSES(expires, SAMPLE_NOW - 1);
    REFUSES(expires, SAMPLE_NOW + LIMIT_LIFE_S + 1);
    REFUSES(expires, INT64_MAX);
}

static void takes_a_life_of_48_hours(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample.expires = SAMPLE_NOW + LIMIT_LIFE_S;
    assert_int_equal(parse(&sample, &record), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_line),
        cmocka_unit_test(reads_targets_in_order),
        cmocka_unit_test(takes_64_targets_and_refuses_65),
        cmocka_unit_test(takes_8_warnings_and_refuses_9),
        cmocka_unit_test(reads_a_failure),
        cmocka_unit_test(an_ip_literal_has_no_tls_name),
        cmocka_unit_test(refuses_bad_fields),
        cmocka_unit_test(refuses_bad_targets),
        cmocka_unit_test(refuses_bad_times),
        cmocka_unit_test(takes_a_life_of_48_hours),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
