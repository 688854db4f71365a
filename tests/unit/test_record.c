/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the answer record, and both sides of the request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"

#define STAR "nss-matrix-answer 1 "

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

/* The good record's body with size octets, at `at`, repeated or left out. */
static enum status parse_changed(const char *body, size_t length,
                                 const char *at, size_t size, bool again)
{
    char changed[2 * LIMIT_RECORD];
    size_t before = (size_t)(at - body) + (again ? size : 0);
    size_t after = (size_t)(at - body) + (again ? 0 : size);
    struct record record;

    memcpy(changed, body, before);
    memcpy(changed + before, body + after, length - after);
    record.length = sample_frame(record.text, sizeof(record.text), "1", changed,
                                 before + length - after);
    return record_parse(&record, SAMPLE_NOW);
}

/* Lines are in one order, each there once, and nothing follows the last. */
static void refuses_lines_left_out_or_repeated(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    char good[LIMIT_RECORD + 1];
    const char *body = good + SAMPLE_HEAD;
    size_t length = sample_write(&sample, good, sizeof(good)) - SAMPLE_HEAD;
    unsigned lines = 0;

    (void)state;
    for (const char *line = body; line < body + length; lines++) {
        size_t size = (size_t)(strchr(line, '\n') + 1 - line);
        bool many = strncmp(line, "target ", 7) == 0;

        assert_int_equal(parse_changed(body, length, line, size, false),
                         many ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(parse_changed(body, length, line, size, true),
                         many ? STATUS_OK : STATUS_INVALID);
        line += size;
    }
    assert_int_equal(lines, 15);
}

static void refuses_a_record_cut_at_any_octet(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;
    size_t length;

    (void)state;
    sample_into(&sample, &record);
    length = record.length;
    for (size_t cut = 0; cut < length; cut++) {
        sample_into(&sample, &record);
        memset(record.text + cut, 'x', sizeof(record.text) - cut);
        record.length = cut;
        assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
    }
}

/* Cut, and with a head that does not show it. */
static void refuses_a_record_that_ends_early(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    char good[LIMIT_RECORD + 1];
    size_t length = sample_write(&sample, good, sizeof(good));
    struct record record;

    (void)state;
    for (size_t cut = 0; cut < length - SAMPLE_HEAD; cut++) {
        record.length = sample_frame(record.text, sizeof(record.text), "1",
                                     good + SAMPLE_HEAD, cut);
        assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
    }
}

static void refuses_octets_after_the_end(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record record;

    (void)state;
    sample_into(&sample, &record);
    memcpy(record.text + record.length, "\n", 2);
    record.length++;
    assert_int_equal(record_parse(&record, SAMPLE_NOW), STATUS_INVALID);
}

/* What is taken in spite of a changed octet must still keep the rules. */
static void assert_sane(const struct record *record)
{
    assert_in_range(record->expires, record->refresh,
                    SAMPLE_NOW + LIMIT_LIFE_S);
    assert_in_range(record->target_count, 1, LIMIT_TARGETS);
    assert_true(server_name_is_valid(record->host));
    assert_true(record->tls_name == NULL ||
                server_name_is_host(record->tls_name));
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        assert_int_not_equal(target.port, 0);
        assert_true(target.address.family == AF_INET ||
                    target.address.family == AF_INET6);
        assert_true(target.name == NULL || server_name_is_host(target.name));
    }
    assert_null(memchr(record->host, '\n', strlen(record->host)));
}

static void survives_each_octet_changed_to_each_other(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    struct record good, record;
    unsigned taken = 0;

    (void)state;
    sample_into(&sample, &good);
    for (size_t at = 0; at < good.length; at++) {
        for (int octet = 0; octet < 256; octet++) {
            if (octet == (unsigned char)good.text[at])
                continue;
            record = good;
            record.text[at] = (char)octet;
            if (record_parse(&record, SAMPLE_NOW) != STATUS_OK)
                continue;
            assert_true(octet >= ' ' && octet <= '~');
            assert_true(at >= SAMPLE_HEAD);
            assert_sane(&record);
            taken++;
        }
    }
    /* Another digit or letter is another good record; nothing else is. */
    assert_in_range(taken, 1, good.length * 70);
}

static void the_head_promises_a_length(void **state)
{
    size_t length = 7;

    (void)state;
    assert_int_equal(record_promised_length(STAR "0026\n", &length), STATUS_OK);
    assert_int_equal(length, 26);
    assert_int_equal(record_promised_length(STAR "5120\n", &length), STATUS_OK);
    assert_int_equal(length, 5120);
    assert_int_equal(record_promised_length(STAR "5121\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "0025\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "  26\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "-026\n", &length),
                     STATUS_INVALID);
    assert_int_equal(record_promised_length(STAR "0026 ", &length),
                     STATUS_INVALID);
    assert_int_equal(
        record_promised_length("nss-matrix-answer 2 0026\n", &length),
        STATUS_INVALID);
    assert_int_equal(length, 5120);
}

static void assert_host(const char *step, const char *host, const char *asked,
                        const char *wanted)
{
    char got[LIMIT_SERVER_NAME + 1];
    struct record record;
    struct server_name name;
    struct sample sample;

    assert_int_equal(server_name_parse(asked, strlen(asked), &name), STATUS_OK);
    sample = sample_answer(name.key, SAMPLE_NOW);
    sample.step = step;
    sample.host = host;
    assert_int_equal(parse(&sample, &record), STATUS_OK);
    record_host(record.step, record.host, &name, got);
    assert_string_equal(got, wanted);
}

static void an_undelegated_host_is_written_as_it_was_asked(void **state)
{
    (void)state;
    assert_host("6", "example.org", "EXAMPLE.org", "EXAMPLE.org");
    assert_host("6", "example.org", "example.org.", "example.org.");
    assert_host("4", "example.org", "Example.org", "Example.org");
    assert_host("5", "example.org", "Example.org", "Example.org");
    assert_host("2", "example.org", "Example.org:8448", "Example.org");
    assert_host("2", "example.org:8448", "Example.org:8448",
                "Example.org:8448");
    assert_host("2", "example.org:08448", "example.org.:08448",
                "example.org.:08448");
    assert_host("1", "[2001:db8::1]", "[2001:DB8::1]:443", "[2001:DB8::1]");
    assert_host("1", "192.0.2.1:443", "192.0.2.1:443", "192.0.2.1:443");
}

static void a_delegated_host_is_the_records(void **state)
{
    (void)state;
    assert_host("3.2", "fed.example.net:443", "Example.org",
                "fed.example.net:443");
    assert_host("3.5", "example.org", "EXAMPLE.org", "example.org");
}

static void the_request_leads_there_and_back(void **state)
{
    char request[RECORD_REQUEST_MAX];
    struct server_name name, back;
    size_t length;

    (void)state;
    assert_int_equal(server_name_parse("Example.org.:8448", 17, &name),
                     STATUS_OK);
    length = record_request(&name, request);
    assert_string_equal(request, "nss-matrix-request 1 example.org:8448\n");
    assert_int_equal(length, strlen(request));
    assert_int_equal(record_request_parse(request, length, &back), STATUS_OK);
    assert_string_equal(back.key, name.key);
}

static void the_longest_name_fits_the_request(void **state)
{
    char text[LIMIT_SERVER_NAME];
    char request[RECORD_REQUEST_MAX];
    struct server_name name;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(server_name_parse(text, sizeof(text), &name), STATUS_OK);
    assert_int_equal(record_request(&name, request),
                     strlen("nss-matrix-request 1 ") + 255 + 1);
}

static void refuses_bad_requests(void **state)
{
    static const char *const BAD[] = {
        "",
        "\n",
        "nss-matrix-request 1 \n",
        "nss-matrix-request 1 a",
        "nss-matrix-request 2 a\n",
        "nss-matrix-request 1  a\n",
        "nss-matrix-request 1 a \n",
        "nss-matrix-request 1 a\nb\n",
        "nss-matrix-request 1 a\r\n",
        "nss-matrix-request 1 ../a\n",
        "nss-matrix-request 1 127.1\n",
        "GET / HTTP/1.1\n",
    };
    struct server_name name;
    char request[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        memcpy(request, BAD[i], strlen(BAD[i]) + 1);
        if (record_request_parse(request, strlen(BAD[i]), &name) !=
            STATUS_INVALID)
            fail_msg("took %s", BAD[i]);
    }
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
        cmocka_unit_test(refuses_lines_left_out_or_repeated),
        cmocka_unit_test(refuses_a_record_cut_at_any_octet),
        cmocka_unit_test(refuses_a_record_that_ends_early),
        cmocka_unit_test(refuses_octets_after_the_end),
        cmocka_unit_test(survives_each_octet_changed_to_each_other),
        cmocka_unit_test(the_head_promises_a_length),
        cmocka_unit_test(an_undelegated_host_is_written_as_it_was_asked),
        cmocka_unit_test(a_delegated_host_is_the_records),
        cmocka_unit_test(the_request_leads_there_and_back),
        cmocka_unit_test(the_longest_name_fits_the_request),
        cmocka_unit_test(refuses_bad_requests),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
