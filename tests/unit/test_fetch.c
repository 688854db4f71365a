/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches that get an answer: requests, statuses, redirects. */
#include "fetch_world.h"

#include <setjmp.h>
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

static void gets_the_body_of_a_200(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;
    char request[4096];

    fetch_world_reply(world, "/x", OK_REPLY, TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_OK, "200");
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->length, strlen(DOCUMENT));
    assert_memory_equal(answer->body, DOCUMENT, answer->length);
    assert_int_equal(answer->hop_count, 1);
    assert_int_equal(answer->hops[0].status, 200);
    assert_string_equal(answer->hops[0].ip, "127.0.0.1");
    assert_non_null(strstr(answer->hops[0].url, "https://a.test:"));
    assert_false(answer->insecure);

    tls_server_last_request(world->server, request, sizeof(request));
    assert_ptr_equal(strstr(request, "GET /x HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "\r\nHost: a.test:"));
    assert_non_null(strstr(request, "\r\nUser-Agent: nss-matrix/" VERSION));
    assert_non_null(strstr(request, "\r\nAccept-Encoding: gzip\r\n"));
    assert_null(strstr(request, "Cookie"));
    assert_null(strstr(request, "Authorization"));
}

static void asks_for_the_well_known_document(void **state)
{
    struct fetch_world *world = *state;

    assert_int_equal(fetch_start(world->fetcher, world->book, "nobody.test",
                                 fetch_world_done, world, &world->fetch),
                     STATUS_OK);
    fetch_world_wait(world);
    assert_string_equal(fetch_answer(world->fetch)->hops[0].url,
                        "https://nobody.test/.well-known/matrix/server");
}

static void names_itself_as_configured(void **state)
{
    struct fetch_world *world = *state;
    char agent[] = "somebody/1";
    char request[4096];

    world->configuration.user_agent = agent;
    fetch_world_reply(world, "/x", OK_REPLY, TLS_SERVER_KEEPS);
    fetch_world_get(world, "a.test", "/x");
    tls_server_last_request(world->server, request, sizeof(request));
    assert_non_null(strstr(request, "\r\nUser-Agent: somebody/1\r\n"));
}

static void gives_other_statuses_without_body(void **state)
{
    static const char *const STATUSES[] = {"201", "204", "206", "300", "304",
                                           "305", "404", "429", "503"};
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;
    char target[16], text[200];

    for (size_t i = 0; i < ARRAY_SIZE(STATUSES); i++) {
        snprintf(target, sizeof(target), "/%s", STATUSES[i]);
        snprintf(text, sizeof(text),
                 "HTTP/1.1 %s X\r\nContent-Length: 30\r\n"
                 "Location: /other\r\n\r\n" DOCUMENT,
                 STATUSES[i]);
        fetch_world_reply(world, target, text, TLS_SERVER_KEEPS);
        answer = fetch_world_get(world, "a.test", target);
        assert_result(answer, FETCH_HTTP, STATUSES[i]);
        assert_int_equal(answer->status, atol(STATUSES[i]));
        assert_int_equal(answer->hop_count, 1);
    }
}

static void does_not_wait_for_the_page_of_an_error(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 404 No\r\nContent-Length: 100\r\n\r\n",
                      TLS_SERVER_HANGS);
    assert_result(fetch_world_get(world, "a.test", "/x"), FETCH_HTTP, "404");
}

static void follows_redirects_on_one_connection(void **state)
{
    static const char *const STATUSES[] = {"301", "302", "303", "307", "308"};
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;
    char text[200];
    char target[16];

    fetch_world_reply(world, "/even/better", OK_REPLY, TLS_SERVER_KEEPS);
    for (size_t i = 0; i < ARRAY_SIZE(STATUSES); i++) {
        snprintf(target, sizeof(target), "/%s", STATUSES[i]);
        snprintf(text, sizeof(text),
                 "HTTP/1.1 %s X\r\nContent-Length: 4\r\n"
                 "Location: even/better#part\r\n\r\nbody",
                 STATUSES[i]);
        fetch_world_reply(world, target, text, TLS_SERVER_KEEPS);
        answer = fetch_world_get(world, "a.test", target);
        assert_result(answer, FETCH_OK, "200");
        assert_int_equal(answer->length, strlen(DOCUMENT));
        assert_int_equal(answer->hop_count, 2);
        assert_int_equal(answer->hops[0].status, atol(STATUSES[i]));
        assert_int_equal(answer->hops[1].status, 200);
        /* Which nobody needs once the document is there. */
        assert_int_equal(tls_server_connections(world->server), i + 1);
    }
}

static void follows_a_redirect_to_another_host(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 301 X\r\nContent-Length: 0\r\n"
                      "Location: https://B.test.:PORT/y z\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/y%20z", OK_REPLY, TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_OK, "200");
    assert_non_null(strstr(answer->hops[1].url, "https://b.test:"));
}

static void follows_a_redirect_to_an_address(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 301 X\r\nContent-Length: 0\r\n"
                      "Location: https://127.0.0.1:PORT/y\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/y", OK_REPLY, TLS_SERVER_KEEPS);
    assert_result(fetch_world_get(world, "a.test", "/x"), FETCH_OK, "200");
}

static void ends_a_redirect_loop(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 301 X\r\nContent-Length: 0\r\n"
                      "Location: /y\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/y",
                      "HTTP/1.1 301 X\r\nContent-Length: 0\r\n"
                      "Location: HTTPS://A.test:PORT/x#again\r\n\r\n",
                      TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_result(answer, FETCH_REDIRECT, "redirected in a loop");
    assert_int_equal(answer->hop_count, 2);
    assert_int_equal(tls_server_requests(world->server), 2);
}

static void follows_ten_redirects_and_no_eleventh(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;
    char target[16], text[100];

    fetch_world_reply(world, "/0", OK_REPLY, TLS_SERVER_KEEPS);
    for (int i = 1; i <= LIMIT_HOPS + 1; i++) {
        snprintf(target, sizeof(target), "/%d", i);
        snprintf(text, sizeof(text),
                 "HTTP/1.1 302 X\r\nContent-Length: 0\r\n"
                 "Location: /%d\r\n\r\n",
                 i - 1);
        fetch_world_reply(world, target, text, TLS_SERVER_KEEPS);
    }
    answer = fetch_world_get(world, "a.test", "/10");
    assert_result(answer, FETCH_OK, "200");
    assert_int_equal(answer->hop_count, 11);
    answer = fetch_world_get(world, "a.test", "/11");
    assert_result(answer, FETCH_REDIRECT, "redirected more than 10 times");
    assert_int_equal(answer->hop_count, 11);
    assert_int_equal(tls_server_requests(world->server), 22);
}

static void follows_redirects_to_addresses(void **state)
{
    static const char *const WAYS[] = {"https://127.0.0.1:PORT/x",
                                       "HTTPS://127.0.0.1:PORT/x",
                                       "//127.0.0.1:PORT/x", "/x", "x"};
    struct fetch_world *world = *state;
    char target[16], text[200];

    fetch_world_reply(world, "/x", OK_REPLY, TLS_SERVER_KEEPS);
    for (size_t i = 0; i < ARRAY_SIZE(WAYS); i++) {
        snprintf(target, sizeof(target), "/%zu", i);
        snprintf(text, sizeof(text),
                 "HTTP/1.1 302 X\r\nContent-Length: 0\r\n"
                 "Location: %s\r\n\r\n",
                 WAYS[i]);
        fetch_world_reply(world, target, text, TLS_SERVER_KEEPS);
        assert_result(fetch_world_get(world, "127.0.0.1", target), FETCH_OK,
                      "200");
    }
}

static void a_host_may_begin_with_a_sign(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x", OK_REPLY, TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/to",
                      "HTTP/1.1 302 X\r\nContent-Length: 0\r\n"
                      "Location: https://-a.test:PORT/x\r\n\r\n",
                      TLS_SERVER_KEEPS);
    assert_result(fetch_world_get(world, "-a.test", "/x"), FETCH_OK, "200");
    assert_result(fetch_world_get(world, "a.test", "/to"), FETCH_OK, "200");
}

/* In what is expected, PORT stands for the server's. */
static void put_port(const struct fetch_world *world, char *text, size_t room)
{
    char *port = strstr(text, "PORT");

    if (port != NULL)
        snprintf(port, room - (size_t)(port - text), "%u",
                 tls_server_port(world->server));
}

static void refuses_redirects_to_elsewhere(void **state)
{
    static const char *const PAIRS[][2] = {
        {"http://a.test:PORT/", "another scheme than https: http"},
        {"file:///etc/passwd", "another scheme than https: file"},
        {"https://me:secret@a.test/", "a URL with a user name"},
        {"https://a.test.matrix/",
         "a host that is no server name: a.test.matrix"},
        {"https://a_b.test/", "a host that is no server name: a_b.test"},
        {"https://a..test/", "a host that DNS cannot hold: a..test"},
        {"https://[fe80::1%25lo]/", "a host that is no server name: [fe80::1]"},
        {"https://127.1/", "an address in another notation: https://127.1/"},
        {"https://0x7f.1/", "an address in another notation: https://0x7f.1/"},
        {"https://2130706433/",
         "an address in another notation: https://2130706433/"},
        {"HTTPS://127.0.0.01:PORT",
         "an address in another notation: HTTPS://127.0.0.01:PORT"},
        {"//127.1/", "an address in another notation: //127.1/"},
        {"https://a.test:0/", "a URL with port 0"},
        {"https://a.test:70000/", "what is no URL: https://a.test:70000/"},
    };
    struct fetch_world *world = *state;
    char target[16], text[200], detail[200];

    for (size_t i = 0; i < ARRAY_SIZE(PAIRS); i++) {
        snprintf(target, sizeof(target), "/%zu", i);
        snprintf(text, sizeof(text),
                 "HTTP/1.1 302 X\r\nContent-Length: 0\r\n"
                 "Location: %s\r\n\r\n",
                 PAIRS[i][0]);
        fetch_world_reply(world, target, text, TLS_SERVER_KEEPS);
        snprintf(detail, sizeof(detail), "redirected to %s", PAIRS[i][1]);
        put_port(world, detail, sizeof(detail));
        assert_result(fetch_world_get(world, "a.test", target), FETCH_REDIRECT,
                      detail);
    }
    assert_int_equal(tls_server_requests(world->server), ARRAY_SIZE(PAIRS));
}

static void gives_a_redirect_without_location_as_status(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    assert_result(fetch_world_get(world, "a.test", "/x"), FETCH_HTTP,
                  "302 without a Location");
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fetch_world_setup,                   \
                                    fetch_world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(gets_the_body_of_a_200),
        TEST(asks_for_the_well_known_document),
        TEST(names_itself_as_configured),
        TEST(gives_other_statuses_without_body),
        TEST(does_not_wait_for_the_page_of_an_error),
        TEST(follows_redirects_on_one_connection),
        TEST(follows_a_redirect_to_another_host),
        TEST(follows_a_redirect_to_an_address),
        TEST(ends_a_redirect_loop),
        TEST(follows_ten_redirects_and_no_eleventh),
        TEST(refuses_redirects_to_elsewhere),
        TEST(follows_redirects_to_addresses),
        TEST(a_host_may_begin_with_a_sign),
        TEST(gives_a_redirect_without_location_as_status),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
