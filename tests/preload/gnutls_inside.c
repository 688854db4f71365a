/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GnuTLS sends by itself: corks, files, early data. */
#include "gnutls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    BODY = 300 * 1000,
    ROOM = 128 * 1024,
};

/* What is corked was put right when it came in, and must not be again. */
static void corked_writes_are_put_right_once(void **state)
{
    struct world_request request = world_request(BODY);
    struct world_line line;

    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        size_t at = 0;

        world_open(&line, WORLD_NAME);
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
        assert_true(world_send(line.session, WORLD_HEAD(WORLD_NAME),
                               strlen(WORLD_HEAD(WORLD_NAME))));
        memcpy(request.got + request.got_length, WORLD_HEAD(WORLD_HOST),
               sizeof(WORLD_HEAD(WORLD_HOST)));
        world_close(&line, request.got,
                    request.got_length + strlen(WORLD_HEAD(WORLD_HOST)));
    }
    world_request_done(&request);
}

/* A body of two heads, the second of which comes after the cork. */
static void the_place_in_a_body_is_kept_over_a_cork(void **state)
{
    char text[1000];
    char wanted[1000];
    size_t half = strlen(WORLD_HEAD(WORLD_NAME));
    int head = snprintf(text, sizeof(text),
                        "PUT / HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n"
                        "\r\n" WORLD_HEAD(WORLD_NAME),
                        WORLD_NAME, 2 * half);
    struct world_line line;

    (void)state;
    world_open(&line, WORLD_NAME);
    gnutls_record_cork(line.session);
    assert_int_equal(gnutls_record_send(line.session, text, (size_t)head),
                     head);
    assert_true(gnutls_record_uncork(line.session, GNUTLS_RECORD_WAIT) > 0);
    assert_true(world_send(line.session, WORLD_HEAD(WORLD_NAME), half));
    /* And another request. */
    assert_true(world_send(line.session, WORLD_HEAD(WORLD_NAME), half));
    snprintf(wanted, sizeof(wanted),
             "PUT / HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n\r\n%s%s%s",
             WORLD_HOST, 2 * half, WORLD_HEAD(WORLD_NAME),
             WORLD_HEAD(WORLD_NAME), WORLD_HEAD(WORLD_HOST));
    world_close(&line, wanted, strlen(wanted));
}

/* The body by a function that writes by itself. */
static void a_file_is_followed(void **state)
{
    static const char head[] = "PUT / HTTP/1.1\r\nHost: %s\r\n"
                               "Content-Length: 60000\r\n\r\n";
    char *wanted = malloc(ROOM);
    char text[300];
    FILE *file = tmpfile();
    struct world_line line;
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
    world_open(&line, WORLD_NAME);
    snprintf(text, sizeof(text), head, WORLD_NAME);
    assert_true(world_send(line.session, text, strlen(text)));
    assert_int_equal(
        gnutls_record_send_file(line.session, fileno(file), NULL, 60000),
        60000);
    assert_true(world_send(line.session, WORLD_HEAD(WORLD_NAME),
                           strlen(WORLD_HEAD(WORLD_NAME))));
    memcpy(wanted + length, WORLD_HEAD(WORLD_HOST),
           sizeof(WORLD_HEAD(WORLD_HOST)));
    world_close(&line, wanted, length + strlen(WORLD_HEAD(WORLD_HOST)));
    fclose(file);
    free(wanted);
}

/* A second visit that sends its request with the first octets. */
static void send_early(const char *name, struct world_server *server)
{
    static const char request[] = WORLD_HEAD(WORLD_NAME);
    struct world_server first = {.takes_early = true};
    gnutls_datum_t data;

    for (int i = 0; i < 2; i++) {
        struct world_server *now = i == 0 ? &first : server;
        gnutls_session_t session;

        world_start(now, NULL);
        session = world_client(now);
        assert_int_equal(world_name(session, name), 0);
        if (i == 1) {
            assert_int_equal(
                gnutls_session_set_data(session, data.data, data.size), 0);
            assert_int_equal(gnutls_record_send_early_data(session, request,
                                                           strlen(request)),
                             0);
        }
        assert_int_equal(world_handshake(session), 0);
        assert_int_equal(gnutls_session_is_resumed(session), i);
        if (i == 0)
            assert_int_equal(gnutls_session_get_data2(session, &data), 0);
        else if ((gnutls_session_get_flags(session) &
                  GNUTLS_SFLAGS_EARLY_DATA) == 0)
            assert_true(world_send(session, request, strlen(request)));
        gnutls_bye(session, GNUTLS_SHUT_WR);
        gnutls_deinit(session);
        world_end(now);
    }
    gnutls_free(data.data);
    free(first.octets);
    server->octets[server->length] = '\0';
}

/* As if the server had refused them: the tool sends them again. */
static void early_data_are_left_for_later(void **state)
{
    struct world_server ours = {.takes_early = true};
    struct world_server plain = {.takes_early = true};

    (void)state;
    send_early("plain.test", &plain);
    assert_string_equal(plain.octets, WORLD_HEAD(WORLD_NAME));
    assert_int_equal(plain.early, strlen(WORLD_HEAD(WORLD_NAME)));
    free(plain.octets);
    send_early(WORLD_NAME, &ours);
    assert_string_equal(ours.octets, WORLD_HEAD(WORLD_HOST));
    assert_int_equal(ours.early, 0);
    free(ours.octets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corked_writes_are_put_right_once),
        cmocka_unit_test(the_place_in_a_body_is_kept_over_a_cork),
        cmocka_unit_test(a_file_is_followed),
        cmocka_unit_test(early_data_are_left_for_later),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
