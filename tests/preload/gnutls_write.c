/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server gets of what a tool sends, by every function that sends. */
#include "gnutls_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    BODY = 300 * 1000,
    ROOM = BODY + 64 * 1024,
};

/* A session with a server, and what it is to have got in the end. */
struct line {
    struct world_server server;
    gnutls_session_t session;
};

static void open_line(struct line *line, const char *name)
{
    memset(line, 0, sizeof(*line));
    world_start(&line->server, NULL);
    line->session = world_client(&line->server);
    if (name != NULL)
        assert_int_equal(world_name(line->session, name), 0);
    assert_int_equal(world_handshake(line->session), 0);
}

static void close_line(struct line *line, const char *wanted, size_t length)
{
    while (gnutls_bye(line->session, GNUTLS_SHUT_WR) == GNUTLS_E_AGAIN)
        ;
    gnutls_deinit(line->session);
    world_end(&line->server);
    if (length < 1000) {
        line->server.octets[line->server.length] = '\0';
        assert_string_equal(line->server.octets, wanted);
    }
    assert_int_equal(line->server.length, length);
    assert_memory_equal(line->server.octets, wanted, length);
    free(line->server.octets);
}

#define HEAD(host) "GET / HTTP/1.1\r\nHost: " host "\r\nA: b\r\n\r\n"

static void the_host_is_put_right(void **state)
{
    static const struct {
        const char *name, *sent, *got;
    } cases[] = {
        {WORLD_NAME, HEAD(WORLD_NAME), HEAD(WORLD_HOST)},
        {WORLD_NAME, HEAD(WORLD_NAME ":443"), HEAD(WORLD_HOST)},
        {WORLD_NAME, HEAD("Delegated.tools.test.Matrix."), HEAD(WORLD_HOST)},
        {WORLD_NAME, HEAD("other.test"), HEAD("other.test")},
        {WORLD_NAME, HEAD(WORLD_OTHER), HEAD(WORLD_OTHER)},
        {WORLD_NAME, "PRI * HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"},
        {WORLD_IP, HEAD(WORLD_IP), HEAD(WORLD_IP_N)},
        {WORLD_SRV, HEAD(WORLD_SRV), HEAD(WORLD_SRV_N)},
        {"plain.test", HEAD(WORLD_NAME), HEAD(WORLD_NAME)},
        {NULL, HEAD(WORLD_NAME), HEAD(WORLD_NAME)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t length = strlen(cases[i].sent);
        struct line line;

        open_line(&line, cases[i].name);
        errno = 4711;
        /* In one piece: a tool that does not look must not lose any. */
        assert_int_equal(
            gnutls_record_send(line.session, cases[i].sent, length), length);
        assert_int_equal(errno, 4711);
        close_line(&line, cases[i].got, strlen(cases[i].got));

        open_line(&line, cases[i].name);
        assert_int_equal(
            gnutls_record_send2(line.session, cases[i].sent, length, 100, 0),
            length);
        close_line(&line, cases[i].got, strlen(cases[i].got));

        /* Octet by octet, two requests on one connection. */
        char twice[1000];

        open_line(&line, cases[i].name);
        for (size_t at = 0; at < 2 * length; at++)
            assert_int_equal(gnutls_record_send(line.session,
                                                cases[i].sent + at % length, 1),
                             1);
        snprintf(twice, sizeof(twice), "%s%s", cases[i].got, cases[i].got);
        close_line(&line, twice, strlen(twice));
    }
}

/* A request with a body of pseudo-random octets, and what must arrive. */
struct request {
    char *sent, *got;
    size_t sent_length, got_length;
};

static size_t make(char *to, const char *host, size_t body)
{
    uint32_t random = 1;
    int head = snprintf(to, ROOM,
                        "PUT / HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n"
                        "\r\n",
                        host, body);

    for (size_t i = 0; i < body; i++) {
        random = random * 1664525 + 1013904223;
        to[(size_t)head + i] = (char)(random >> 24);
    }
    return (size_t)head + body;
}

static struct request make_request(size_t body)
{
    struct request request = {.sent = malloc(ROOM), .got = malloc(ROOM)};

    assert_non_null(request.sent);
    assert_non_null(request.got);
    request.sent_length = make(request.sent, WORLD_NAME, body);
    request.got_length = make(request.got, WORLD_HOST, body);
    return request;
}

static void free_request(struct request *request)
{
    free(request->sent);
    free(request->got);
}

static void a_long_write_hands_on_a_record_at_most(void **state)
{
    struct request request = make_request(BODY);
    struct line line;
    size_t at = 0;
    unsigned calls = 0;

    (void)state;
    open_line(&line, WORLD_NAME);
    while (at < request.sent_length) {
        ssize_t sent = gnutls_record_send(line.session, request.sent + at,
                                          request.sent_length - at);

        assert_true(sent > 0);
        /* The head goes before, in one of its own. */
        assert_true(sent <= 16384 + (calls == 0 ? 200 : 0));
        at += (size_t)sent;
        calls++;
    }
    assert_int_equal(calls, BODY / 16384 + 1);
    close_line(&line, request.got, request.got_length);
    free_request(&request);
}

/* The peer's socket takes at most so many octets of every other call. */
static size_t grain;
static unsigned pushes;

static ssize_t push(gnutls_transport_ptr_t transport, const void *data,
                    size_t length)
{
    if (pushes++ % 2 == 0) {
        errno = EAGAIN;
        return -1;
    }
    return send((int)(intptr_t)transport, data, length < grain ? length : grain,
                MSG_NOSIGNAL);
}

/* How a tool goes on after a blocked write. */
enum retry {
    RETRY_SAME,
    RETRY_NULL,
    RETRY_MOVED,
    RETRY_LONGER,
    RETRY_COUNT,
};

static ssize_t send_once(struct line *line, const char *octets, size_t length,
                         enum retry retry)
{
    size_t first = retry == RETRY_LONGER && length > 10 ? length - 10 : length;
    ssize_t sent = gnutls_record_send(line->session, octets, first);

    while (sent == GNUTLS_E_AGAIN) {
        if (retry == RETRY_NULL) {
            sent = gnutls_record_send(line->session, NULL, 0);
        } else if (retry == RETRY_MOVED) {
            char *moved = malloc(length);

            assert_non_null(moved);
            memcpy(moved, octets, length);
            sent = gnutls_record_send(line->session, moved, length);
            memset(moved, 'x', length);
            free(moved);
        } else {
            sent = gnutls_record_send(line->session, octets, length);
        }
    }
    return sent;
}

static void blocked_writes_lose_and_repeat_nothing(void **state)
{
    static const size_t grains[] = {1, 7, 100, 1000000};
    static const size_t pieces[] = {13, 1000, 1000000};

    (void)state;
    for (size_t g = 0; g < 4; g++)
        for (size_t p = 0; p < 3; p++)
            for (enum retry retry = 0; retry < RETRY_COUNT; retry++) {
                struct request request = make_request(g < 2 ? 600 : 40 * 1000);
                struct line line;
                size_t at = 0;

                open_line(&line, WORLD_NAME);
                grain = grains[g];
                gnutls_transport_set_push_function(line.session, push);
                gnutls_transport_set_ptr(
                    line.session,
                    (gnutls_transport_ptr_t)(intptr_t)line.server.fd);
                while (at < request.sent_length) {
                    size_t left = request.sent_length - at;
                    ssize_t sent =
                        send_once(&line, request.sent + at,
                                  left < pieces[p] ? left : pieces[p], retry);

                    assert_true(sent > 0);
                    at += (size_t)sent;
                }
                assert_int_equal(at, request.sent_length);
                close_line(&line, request.got, request.got_length);
                free_request(&request);
            }
}

/* What is corked was put right when it came in, and must not be again. */
static void corked_writes_are_put_right_once(void **state)
{
    struct request request = make_request(BODY);
    struct line line;

    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        size_t at = 0;

        open_line(&line, WORLD_NAME);
        gnutls_record_cork(line.session);
        while (at < request.sent_length) {
            size_t left = request.sent_length - at;
            ssize_t sent = gnutls_record_send(line.session, request.sent + at,
                                              left < 50000 ? left : 50000);

            /* GnuTLS takes everything then, and tools may count on it. */
            assert_int_equal(sent, left < 50000 ? left : 50000);
            at += (size_t)sent;
        }
        assert_int_equal(
            gnutls_record_uncork(line.session, wait ? GNUTLS_RECORD_WAIT : 0),
            request.got_length);
        /* And the next one, which begins where the first has ended. */
        assert_true(world_send(line.session, HEAD(WORLD_NAME),
                               strlen(HEAD(WORLD_NAME))));
        memcpy(request.got + request.got_length, HEAD(WORLD_HOST),
               sizeof(HEAD(WORLD_HOST)));
        close_line(&line, request.got,
                   request.got_length + strlen(HEAD(WORLD_HOST)));
    }
    free_request(&request);
}

/* The body by a function that writes by itself. */
static void a_file_is_followed(void **state)
{
    static const char head[] = "PUT / HTTP/1.1\r\nHost: %s\r\n"
                               "Content-Length: 60000\r\n\r\n";
    char *wanted = malloc(ROOM);
    char text[300];
    FILE *file = tmpfile();
    struct line line;
    size_t length;

    (void)state;
    assert_non_null(file);
    assert_non_null(wanted);
    length = (size_t)snprintf(wanted, ROOM, head, WORLD_HOST);
    /* A body full of heads. */
    for (size_t at = 0; at < 60000; at += 60)
        snprintf(wanted + length + at, 61, "%-58s\r\n", "Host: " WORLD_NAME);
    assert_int_equal(fwrite(wanted + length, 1, 60000, file), 60000);
    rewind(file);
    length += 60000;
    open_line(&line, WORLD_NAME);
    snprintf(text, sizeof(text), head, WORLD_NAME);
    assert_true(world_send(line.session, text, strlen(text)));
    assert_int_equal(
        gnutls_record_send_file(line.session, fileno(file), NULL, 60000),
        60000);
    assert_true(
        world_send(line.session, HEAD(WORLD_NAME), strlen(HEAD(WORLD_NAME))));
    memcpy(wanted + length, HEAD(WORLD_HOST), sizeof(HEAD(WORLD_HOST)));
    close_line(&line, wanted, length + strlen(HEAD(WORLD_HOST)));
    fclose(file);
    free(wanted);
}

static void writes_of_nothing_are_gnutls_s_matter(void **state)
{
    ssize_t wanted[3];
    struct line line;

    (void)state;
    for (int ours = 0; ours < 2; ours++) {
        ssize_t got[3];

        open_line(&line, ours ? WORLD_NAME : "plain.test");
        got[0] = gnutls_record_send(line.session, NULL, 0);
        got[1] = gnutls_record_send(line.session, "", 0);
        got[2] = gnutls_record_send2(line.session, "", 0, 10, 0);
        if (ours)
            assert_memory_equal(got, wanted, sizeof(got));
        memcpy(wanted, got, sizeof(got));
        close_line(&line, "", 0);
    }
}

/* As if the server had refused them: the tool sends them again. */
static void early_data_are_left_for_later(void **state)
{
    struct world_server server = {0};
    gnutls_session_t session;

    (void)state;
    world_start(&server, NULL);
    session = world_client(&server);
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(gnutls_record_send_early_data(session, HEAD(WORLD_NAME),
                                                   strlen(HEAD(WORLD_NAME))),
                     0);
    assert_int_equal(world_handshake(session), 0);
    assert_int_equal(
        gnutls_session_get_flags(session) & GNUTLS_SFLAGS_EARLY_DATA, 0);
    assert_true(
        world_send(session, HEAD(WORLD_NAME), strlen(HEAD(WORLD_NAME))));
    gnutls_bye(session, GNUTLS_SHUT_WR);
    gnutls_deinit(session);
    world_end(&server);
    server.octets[server.length] = '\0';
    assert_string_equal(server.octets, HEAD(WORLD_HOST));
    free(server.octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_is_put_right),
        cmocka_unit_test(a_long_write_hands_on_a_record_at_most),
        cmocka_unit_test(blocked_writes_lose_and_repeat_nothing),
        cmocka_unit_test(corked_writes_are_put_right_once),
        cmocka_unit_test(a_file_is_followed),
        cmocka_unit_test(writes_of_nothing_are_gnutls_s_matter),
        cmocka_unit_test(early_data_are_left_for_later),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
