/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Responses as they arrive: whole, in single octets, broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http_response.h"
#include "util.h"

/* Feeds text in portions of step octets, then its end; gives the state. */
static enum http_state feed(struct http_response *response, const char *text,
                            size_t length, size_t step)
{
    *response = (struct http_response){.state = HTTP_MORE};
    for (size_t at = 0; at < length; at += step)
        http_response_feed(response, text + at,
                           length - at < step ? length - at : step);
    return http_response_end(response);
}

/* Whatever the portions are, the outcome is the same. */
static void assert_body(const char *text, int status, const char *body)
{
    struct http_response response;

    for (size_t step = 1; step <= strlen(text); step++) {
        assert_int_equal(feed(&response, text, strlen(text), step), HTTP_WHOLE);
        assert_int_equal(response.status, status);
        assert_int_equal(response.body_length, strlen(body));
        assert_memory_equal(http_response_body(&response), body, strlen(body));
        http_response_done(&response);
    }
}

static void assert_broken(const char *text, size_t length, const char *fault)
{
    struct http_response response;

    for (size_t step = 1; step <= length; step++) {
        assert_int_equal(feed(&response, text, length, step), HTTP_BROKEN);
        assert_string_equal(response.fault, fault);
        http_response_done(&response);
    }
}

static void reads_a_body_of_known_length(void **state)
{
    (void)state;
    assert_body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}");
    assert_body("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}trailing", 200,
                "{}");
    assert_body("HTTP/1.0 404 Not Found\ncontent-length: 0\n\n", 404, "");
}

static void reads_a_body_up_to_the_end(void **state)
{
    (void)state;
    assert_body("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", 200, "{\"a\":1}");
    assert_body("HTTP/1.1 500\r\n\r\n", 500, "");
}

static void reads_chunks(void **state)
{
    (void)state;
    assert_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\n{\"a\r\nA;x=y\r\n\":12345678\r\n1 \r\n}\r\n0\r\n\r\n",
                200, "{\"a\":12345678}");
    /* Chunks win over a length (RFC 9112 section 6.3). */
    assert_body("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"
                "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                200, "x");
}

static void passes_interim_responses_over(void **state)
{
    (void)state;
    assert_body("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n"
                "HTTP/1.1 200 OK\r\n\r\n{}",
                200, "{}");
    assert_body("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                200, "x");
}

static void reads_the_headers_that_matter(void **state)
{
    static const char TEXT[] =
        "HTTP/1.1 301 Moved\r\nLOCATION:  https://x.test/\x1b[2J \r\n"
        "Content-Type: text/html\r\nCache-Control: max-age=5\r\n"
        "Content-Length: 0\r\n\r\n";
    struct http_response response;

    (void)state;
    assert_int_equal(feed(&response, TEXT, strlen(TEXT), 7), HTTP_WHOLE);
    assert_string_equal(response.location, "https://x.test/\\x1b[2J");
    assert_string_equal(response.type, "text/html");
    assert_int_equal(response.freshness.max_age, 5);
    http_response_done(&response);
}

static void refuses_what_is_cut_short(void **state)
{
    static const char *const HEADS[] = {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 2"};
    static const char *const BODIES[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    struct http_response response = {.state = HTTP_MORE};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(HEADS); i++)
        assert_broken(HEADS[i], strlen(HEADS[i]), "ends within its head");
    for (size_t i = 0; i < ARRAY_SIZE(BODIES); i++)
        assert_broken(BODIES[i], strlen(BODIES[i]), "ends within its body");
    assert_int_equal(http_response_end(&response), HTTP_BROKEN);
    assert_string_equal(response.fault, "is empty: the connection was closed");
}

static void refuses_what_is_not_http_1(void **state)
{
    static const char SETTINGS[] = "\0\0\x12\4\0\0\0\0\0\0\3\0\0";

    (void)state;
    assert_broken("SSH-2.0-OpenSSH_9.2\r\n", 21, "is not HTTP/1");
    assert_broken("HTTP/2 200\r\n\r\n", 14, "is not HTTP/1");
    assert_broken("HTTP/1.1 abc\r\n\r\n", 16, "is not HTTP/1");
    struct http_response response;
    static const char BEHIND[] = "HTTP/1.1 103 Early Hints\r\n\r\n"
                                 "SSH-2.0-OpenSSH_9.2\r\nServer: x\r\n\r\n";
    for (size_t step = 1; step < sizeof(BEHIND); step++) {
        assert_int_equal(feed(&response, BEHIND, sizeof(BEHIND) - 1, step),
                         HTTP_BROKEN);
        assert_string_equal(response.fault, "is not HTTP/1");
        http_response_done(&response);
    }
    assert_int_equal(feed(&response, SETTINGS, sizeof(SETTINGS), 64),
                     HTTP_BROKEN);
    assert_string_equal(response.fault, "is HTTP/2, which was not asked for");
    http_response_done(&response);
}

static void refuses_lengths_that_are_none(void **state)
{
    static const char CHUNK[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
    static const char LONGER[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n";
    static const char NEGATIVE[] =
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";

    (void)state;
    assert_broken(CHUNK, strlen(CHUNK), "has a chunk without a length");
    assert_broken(LONGER, strlen(LONGER), "has a chunk longer than it says");
    assert_broken(NEGATIVE, strlen(NEGATIVE),
                  "has a Content-Length that is no number, or huge");
}

/* A text of head and then so many octets of filler. */
static char *filled(const char *head, size_t octets)
{
    size_t length = strlen(head);
    char *text = malloc(length + octets + 1);

    assert_non_null(text);
    memcpy(text, head, length);
    memset(text + length, 'x', octets);
    text[length + octets] = '\0';
    return text;
}

static void bounds_head_and_body(void **state)
{
    struct http_response response;
    char *text = filled("HTTP/1.1 200 OK\r\nX: ", LIMIT_HEADERS);

    (void)state;
    assert_int_equal(feed(&response, text, strlen(text), 4096), HTTP_BROKEN);
    assert_string_equal(response.fault, "has a head over 64 KiB");
    http_response_done(&response);
    free(text);

    text = filled("HTTP/1.1 200 OK\r\n\r\n", LIMIT_BODY);
    assert_int_equal(feed(&response, text, strlen(text), 4096), HTTP_WHOLE);
    http_response_done(&response);
    free(text);
    text = filled("HTTP/1.1 200 OK\r\n\r\n", LIMIT_BODY + 1);
    assert_int_equal(feed(&response, text, strlen(text), 4096), HTTP_BROKEN);
    assert_string_equal(response.fault, "has a body over 64 KiB");
    http_response_done(&response);
    free(text);
    assert_broken("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", 42,
                  "has a body over 64 KiB");
}

static void keeps_no_more_than_the_body(void **state)
{
    static const char TEXT[] = "HTTP/1.1 200 OK\r\nServer: s\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "1\r\n{\r\n1\r\n}\r\n0\r\n";
    struct http_response response;

    (void)state;
    assert_int_equal(feed(&response, TEXT, strlen(TEXT), 100), HTTP_WHOLE);
    http_response_keep_body(&response);
    assert_int_equal(response.room, 2);
    assert_int_equal(response.body_length, 2);
    assert_memory_equal(http_response_body(&response), "{}", 2);
    http_response_keep_body(&response);
    assert_memory_equal(http_response_body(&response), "{}", 2);
    http_response_drop_body(&response);
    assert_null(response.raw);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(http_response_body(&response), "");
    assert_int_equal(response.status, 200);
    assert_string_equal(response.server, "s");
    http_response_keep_body(&response);
    assert_null(response.raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_body_of_known_length),
        cmocka_unit_test(reads_a_body_up_to_the_end),
        cmocka_unit_test(reads_chunks),
        cmocka_unit_test(passes_interim_responses_over),
        cmocka_unit_test(reads_the_headers_that_matter),
        cmocka_unit_test(refuses_what_is_cut_short),
        cmocka_unit_test(refuses_what_is_not_http_1),
        cmocka_unit_test(refuses_lengths_that_are_none),
        cmocka_unit_test(bounds_head_and_body),
        cmocka_unit_test(keeps_no_more_than_the_body),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
