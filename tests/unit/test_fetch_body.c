/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches that get an answer: its body and headers, whole or not. */
#include "fetch_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define DOCUMENT "{\"m.server\":\"fed.example.net\"}"
#define OK_REPLY OK_HEAD "Content-Length: 30\r\n\r\n" DOCUMENT

static void assert_result(const struct fetch_answer *answer,
                          enum fetch_result result, const char *detail)
{
    assert_string_equal(answer->detail, detail);
    assert_int_equal(answer->result, result);
    if (result != FETCH_OK)
        assert_null(answer->body);
}

static void gives_an_empty_body_as_a_body(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x", OK_HEAD "Content-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_OK, "200");
    assert_non_null(answer->body);
    assert_int_equal(answer->length, 0);
}

/* A reply with count blanks as its body. */
static void reply_blanks(struct fetch_world *world, const char *target,
                         size_t count)
{
    char *text = malloc(count + 100);
    size_t head;

    assert_non_null(text);
    head = (size_t)snprintf(text, 100, OK_HEAD "Content-Length: %zu\r\n\r\n",
                            count);
    memset(text + head, ' ', count);
    tls_server_reply(world->server, target, text, head + count,
                     TLS_SERVER_KEEPS);
    free(text);
}

static void takes_64_kib_and_not_one_octet_more(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    reply_blanks(world, "/all", LIMIT_BODY);
    reply_blanks(world, "/more", LIMIT_BODY + 1);
    answer = fetch_world_get(world, "a.test", "/all");
    assert_result(answer, FETCH_OK, "200");
    assert_int_equal(answer->length, LIMIT_BODY);
    assert_result(fetch_world_get(world, "a.test", "/more"), FETCH_BODY,
                  "the body is over 65536 octets");
}

/* A reply whose body has a coding. */
static void reply_coded(struct fetch_world *world, const char *target,
                        const char *coding, const char *body, size_t length)
{
    char text[400];
    int head = snprintf(text, sizeof(text),
                        OK_HEAD "Content-Encoding: %s\r\n"
                                "Content-Length: %zu\r\n\r\n",
                        coding, length);

    memcpy(text + head, body, length);
    tls_server_reply(world->server, target, text, (size_t)head + length,
                     TLS_SERVER_KEEPS);
}

static void decodes_gzip_and_caps_what_comes_out(void **state)
{
    /* DOCUMENT, and 65537 blanks, as gzip has them. */
    static const char ZIPPED[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xd5"
        "\x2b\x4e\x2d\x2a\x4b\x2d\x52\xb2\x52\x4a\x4b\x4d\xd1\x4b"
        "\xad\x48\xcc\x2d\xc8\x49\xd5\xcb\x4b\x2d\x51\xaa\x05\x00"
        "\xc0\xb6\x40\x1e\x1e\x00\x00\x00";
    static const char BOMB[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x81\x00"
        "\x00\x00\x00\xc3\x20\x95\xf9\x53\xfe\x20\x55\x01\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\xc0\x0d\x01\xb4\xba\x1e\x01\x00\x01\x00";
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    reply_coded(world, "/good", "gzip", ZIPPED, sizeof(ZIPPED) - 1);
    reply_coded(world, "/bomb", "gzip", BOMB, sizeof(BOMB) - 1);
    reply_coded(world, "/bad", "gzip", DOCUMENT, strlen(DOCUMENT));
    reply_coded(world, "/other", "rot13", DOCUMENT, strlen(DOCUMENT));
    answer = fetch_world_get(world, "a.test", "/good");
    assert_result(answer, FETCH_OK, "200");
    assert_int_equal(answer->length, strlen(DOCUMENT));
    assert_memory_equal(answer->body, DOCUMENT, answer->length);
    assert_result(fetch_world_get(world, "a.test", "/bomb"), FETCH_BODY,
                  "the body is over 65536 octets");
    assert_result(fetch_world_get(world, "a.test", "/bad"), FETCH_BODY,
                  "the body has an unknown or broken content coding");
    assert_result(fetch_world_get(world, "a.test", "/other"), FETCH_BODY,
                  "the body has an unknown or broken content coding");
}

static void refuses_a_body_cut_short(void **state)
{
    static const char *const REPLIES[] = {
        OK_HEAD "Content-Length: 4096\r\n\r\n" DOCUMENT,
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1e\r\n" DOCUMENT "\r\n",
    };
    struct fetch_world *world = *state;
    char target[16];

    for (size_t i = 0; i < 2 * ARRAY_SIZE(REPLIES); i++) {
        snprintf(target, sizeof(target), "/%zu", i);
        fetch_world_reply(world, target, REPLIES[i / 2],
                          i % 2 == 0 ? TLS_SERVER_CUTS : TLS_SERVER_CLOSES);
        assert_result(fetch_world_get(world, "a.test", target), FETCH_BODY,
                      "the body was cut short");
    }
}

/* Like curl, without asking for the close_notify that many leave out. */
static void takes_a_body_that_ends_with_the_connection(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x", OK_HEAD "\r\n" DOCUMENT, TLS_SERVER_CLOSES);
    fetch_world_reply(world, "/y", OK_HEAD "\r\n" DOCUMENT, TLS_SERVER_CUTS);
    assert_result(fetch_world_get(world, "a.test", "/x"), FETCH_OK, "200");
    assert_result(fetch_world_get(world, "a.test", "/y"), FETCH_OK, "200");
    assert_int_equal(fetch_answer(world->fetch)->length, strlen(DOCUMENT));
}

static void joins_chunks_and_ignores_trailers(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x",
                      OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                              "1;x=y\r\n{\r\n"
                              "1d\r\n\"m.server\":\"fed.example.net\"}\r\n0\r\n"
                              "Cache-Control: max-age=1\r\n\r\n",
                      TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_OK, "200");
    assert_int_equal(answer->length, strlen(DOCUMENT));
    assert_memory_equal(answer->body, DOCUMENT, answer->length);
    assert_false(answer->freshness.has_max_age);
}

static void takes_freshness_from_the_last_response_alone(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 103 Early Hints\r\nCache-Control: no-store\r\n"
                      "\r\n" OK_HEAD "Cache-Control: max-age=77\r\n"
                      "Content-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/y",
                      "HTTP/1.1 302 X\r\nCache-Control: no-store\r\n"
                      "Location: /z\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/z", OK_REPLY, TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_OK, "200");
    assert_false(answer->freshness.no_store);
    assert_int_equal(answer->freshness.max_age, 77);
    answer = fetch_world_get(world, "a.test", "/y");
    assert_result(answer, FETCH_OK, "200");
    assert_false(answer->freshness.no_store);
}

/* A redirect from /i to /i+1, or a 200, with a header of length octets. */
static void reply_long_header(struct fetch_world *world, int i, bool last,
                              int length)
{
    char target[16], text[16 * 1024 + 200];

    snprintf(target, sizeof(target), "/%d", i);
    snprintf(text, sizeof(text),
             "HTTP/1.1 %d X\r\nLocation: /%d\r\nContent-Length: 0\r\n"
             "X: %0*d\r\n\r\n",
             last ? 200 : 302, i + 1, length, 0);
    tls_server_reply(world->server, target, text, strlen(text),
                     TLS_SERVER_KEEPS);
}

static void caps_the_headers_of_all_hops_together(void **state)
{
    struct fetch_world *world = *state;

    for (int i = 0; i < 5; i++)
        reply_long_header(world, i, i == 4, 15 * 1024);
    assert_result(fetch_world_get(world, "a.test", "/1"), FETCH_OK, "200");
    assert_result(fetch_world_get(world, "a.test", "/0"), FETCH_BODY,
                  "the headers are over 65536 octets");
}

/* More than curl holds of one line, and then no end of it. */
static void a_header_line_without_end_is_the_servers_fault(void **state)
{
    static const char *const STARTS[] = {OK_HEAD "X: ", "HTTP/1.1 200 "};
    size_t length = 256 * 1024;
    char *text = malloc(length);
    struct fetch_world *world = *state;
    char target[16];

    assert_non_null(text);
    for (size_t i = 0; i < ARRAY_SIZE(STARTS); i++) {
        memset(text, 'x', length);
        memcpy(text, STARTS[i], strlen(STARTS[i]));
        snprintf(target, sizeof(target), "/%zu", i);
        tls_server_reply(world->server, target, text, length, TLS_SERVER_HANGS);
        assert_result(fetch_world_get(world, "a.test", target), FETCH_BODY,
                      "the headers are over 65536 octets");
    }
    free(text);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fetch_world_setup,                   \
                                    fetch_world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(gives_an_empty_body_as_a_body),
        TEST(takes_64_kib_and_not_one_octet_more),
        TEST(decodes_gzip_and_caps_what_comes_out),
        TEST(refuses_a_body_cut_short),
        TEST(takes_a_body_that_ends_with_the_connection),
        TEST(joins_chunks_and_ignores_trailers),
        TEST(takes_freshness_from_the_last_response_alone),
        TEST(caps_the_headers_of_all_hops_together),
        TEST(a_header_line_without_end_is_the_servers_fault),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    cmocka_set_message_output(CM_OUTPUT_TAP);
    sigaction(SIGPIPE, &ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
