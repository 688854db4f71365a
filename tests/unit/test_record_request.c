/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request, and the Host header as its asker wrote the name. */
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
    bool refresh = true;
    size_t length;

    (void)state;
    assert_int_equal(server_name_parse("Example.org.:8448", 17, &name),
                     STATUS_OK);
    length = record_request(&name, false, request);
    assert_string_equal(request, "nss-matrix-request 1 example.org:8448\n");
    assert_int_equal(length, strlen(request));
    assert_int_equal(record_request_parse(request, length, &back, &refresh),
                     STATUS_OK);
    assert_string_equal(back.key, name.key);
    assert_false(refresh);
    length = record_request(&name, true, request);
    assert_string_equal(request,
                        "nss-matrix-request 1 refresh example.org:8448\n");
    assert_int_equal(record_request_parse(request, length, &back, &refresh),
                     STATUS_OK);
    assert_string_equal(back.key, name.key);
    assert_true(refresh);
}

static void the_longest_name_fits_the_request(void **state)
{
    char text[LIMIT_SERVER_NAME];
    char request[RECORD_REQUEST_MAX];
    struct server_name name;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(server_name_parse(text, sizeof(text), &name), STATUS_OK);
    assert_int_equal(record_request(&name, true, request),
                     strlen("nss-matrix-request 1 refresh ") + 255 + 1);
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
        "nss-matrix-request 1 refresh \n",
        "nss-matrix-request 1 refresh refresh a\n",
        "nss-matrix-request 1 refreshed a\n",
        "GET / HTTP/1.1\n",
    };
    struct server_name name;
    bool refresh;
    char request[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        memcpy(request, BAD[i], strlen(BAD[i]) + 1);
        if (record_request_parse(request, strlen(BAD[i]), &name, &refresh) !=
            STATUS_INVALID)
            fail_msg("took %s", BAD[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undelegated_host_is_written_as_it_was_asked),
        cmocka_unit_test(a_delegated_host_is_the_records),
        cmocka_unit_test(the_request_leads_there_and_back),
        cmocka_unit_test(the_longest_name_fits_the_request),
        cmocka_unit_test(refuses_bad_requests),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record_request", tests, NULL, NULL);
}
