/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Host writer with heads of long lines, and with random sequences of
 * requests. Their generator knows what it writes and so what must come out
 * and how much at least at each octet: it parses nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "host_fake.h"
#include "util.h"

enum {
    SEQUENCES = 1500,
    SEED = 20190131
};

/* A head whose one line has length octets, its line end included. */
static char *long_line(const char *start, size_t length, const char *end)
{
    static const char REQUEST[] = "GET / HTTP/1.1\r\n";
    size_t request = sizeof(REQUEST) - 1;
    char *head = malloc(request + length + strlen(end) + 1);

    assert_non_null(head);
    memcpy(head, REQUEST, request);
    memset(head + request, ' ', length);
    memcpy(head + request, start, strlen(start));
    memcpy(head + request + length, end, strlen(end) + 1);
    return head;
}

/* Writes a head with a long line in pieces of several sizes. */
static void check_long_line(const char *start, size_t length, const char *end,
                            const char *out_end, bool follows)
{
    static const size_t SIZES[] = {1, 7, HOST_LINE, HOST_LINE + 17, SIZE_MAX};
    char *in = long_line(start, length, end);
    char *out = long_line(start, length, out_end);

    for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++)
        fake_run((struct fake_text){in, strlen(in)},
                 (struct fake_text){out, strlen(out)}, follows, 0, SIZES[i]);
    free(in);
    free(out);
}

static void passes_an_overlong_line_without_reading_its_tail(void **state)
{
    static const char TAIL[] = "Host: " NAME "\r\nHost: " NAME "\r\n\r\n";
    static const char RIGHT[] = "Host: " NAME "\r\nHost: " REAL "\r\n\r\n";

    (void)state;
    for (size_t more = 0; more < 60; more++)
        check_long_line("X:", HOST_LINE - 40 + more, TAIL, RIGHT, true);
    check_long_line("X:", 5 * HOST_LINE + 3, TAIL, RIGHT, true);
    check_long_line("X:", HOST_LINE + 9,
                    "\x01"
                    "\r\n\r\n",
                    "\x01"
                    "\r\n\r\n",
                    false);
}

static void gives_up_on_overlong_lines_that_matter(void **state)
{
    static const char *const STARTS[] = {
        "Host: ",      "Content-Length: ", "Transfer-Encoding:",
        "Connection:", "Upgrade:",         "no field"};
    static const char TAIL[] = "1\r\nHost: " NAME "\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(STARTS); i++)
        check_long_line(STARTS[i], HOST_LINE, TAIL, TAIL, false);
}

static void replaces_host_in_the_longest_line(void **state)
{
    static const char END_IN[] = NAME "\r\n\r\n";
    static const char END_OUT[] = REAL "\r\n\r\n";
    size_t longest = HOST_LINE - strlen(NAME "\r\n");

    (void)state;
    check_long_line("Host:", longest - 1, END_IN, END_OUT, true);
    check_long_line("Host:", longest, END_IN, END_OUT, true);
    check_long_line("Host:", longest + 1, END_IN, END_IN, false);
}

/* What a program writes, and what must become of it. */
struct script {
    char in[FAKE_ROOM / 4];
    char out[FAKE_ROOM / 2];
    size_t floor[FAKE_ROOM / 4 + 1]; /* so much is out when so much is in */
    size_t in_length;
    size_t out_length;
    uint32_t random;
    const char *eol;
};

/* How long octets may be held: not at all, to their end, or beyond it. */
enum hold {
    HOLD_NOT,
    HOLD_LINE,
    HOLD_HOST
};

static uint32_t pick(struct script *script, uint32_t below)
{
    return fake_random(&script->random, below);
}

#define PICK(script, list) ((list)[pick(script, ARRAY_SIZE(list))])

static void add(struct script *script, enum hold hold, const char *in,
                const char *out)
{
    size_t in_length = strlen(in);
    size_t out_length = strlen(out);

    assert_true(script->in_length + in_length <= sizeof(script->in));
    assert_true(script->out_length + out_length <= sizeof(script->out));
    memcpy(script->in + script->in_length, in, in_length);
    memcpy(script->out + script->out_length, out, out_length);
    for (size_t i = 1; i <= in_length; i++)
        script->floor[script->in_length + i] =
            script->out_length + (hold == HOLD_NOT ? i : 0);
    script->in_length += in_length;
    script->out_length += out_length;
    if (hold == HOLD_LINE)
        script->floor[script->in_length] = script->out_length;
}

static void add_text(struct script *script, const char *text)
{
    add(script, HOLD_NOT, text, text);
}

static void add_line(struct script *script, const char *text)
{
    add_text(script, text);
    add_text(script, script->eol);
}

/* A field of a head, or its end. */
static void add_field(struct script *script, const char *field)
{
    char line[256];

    snprintf(line, sizeof(line), "%s%s", field, script->eol);
    add(script, HOLD_LINE, line, line);
}

static void add_own_host(struct script *script)
{
    static const char *const NAMES[] = {"Host:", "host:", "HOST: ", "hOsT:\t "};
    static const char *const OWN[] = {NAME,         "EXAMPLE.org.MATRIX",
                                      NAME ".",     NAME ":443",
                                      NAME ".:844", NAME ":"};
    static const char *const ENDS[] = {"", "", " ", "\t \t"};
    const char *name = PICK(script, NAMES);
    const char *end = PICK(script, ENDS);
    char in[256], out[256];

    snprintf(in, sizeof(in), "%s%s%s%s", name, PICK(script, OWN), end,
             script->eol);
    snprintf(out, sizeof(out), "%s%s%s%s", name, REAL, end, script->eol);
    add(script, HOLD_HOST, in, out);
}

static void add_overlong_field(struct script *script)
{
    char *line = calloc(1, HOST_LINE + 2);

    assert_non_null(line);
    memset(line, 'l', HOST_LINE + 1);
    line[1] = ':';
    add(script, HOLD_LINE, line, line);
    add_line(script, "Host: " NAME);
    free(line);
}

static void add_other_fields(struct script *script)
{
    static const char *const FIELDS[] = {"Host: other.example",
                                         "Host:",
                                         "Host: x." NAME,
                                         "Host: " NAME "s",
                                         "X-Host: " NAME,
                                         "Hostess: " NAME,
                                         "Accept: */*",
                                         "a:",
                                         "TE: trailers",
                                         "Connection: keep-alive, x-upgrade",
                                         "X-Transfer-Encoding: gzip",
                                         "Content-Length-X: 5",
                                         "Referer: https://" NAME "/",
                                         "Cookie: Host: " NAME};

    for (uint32_t i = pick(script, 6); i > 0; i--) {
        add_field(script, PICK(script, FIELDS));
        if (pick(script, 8) > 0)
            continue;
        add_field(script, "X-Folded: a");
        for (uint32_t j = pick(script, 3); j > 0; j--)
            add_line(script, " Host: " NAME);
    }
    if (pick(script, 40) == 0)
        add_overlong_field(script);
}

/* Octets that look like requests and chunks. */
static void add_look_alike(struct script *script, size_t length)
{
    static const char TEXT[] = "\r\n\r\nGET / HTTP/1.1\r\nHost: " NAME
                               "\r\nContent-Length: 7\r\n\r\n0\r\n\r\n";
    char octet[2] = "";

    for (size_t i = 0; i < length; i++) {
        octet[0] = TEXT[i % (sizeof(TEXT) - 1)];
        add_text(script, octet);
    }
}

static void add_chunks(struct script *script)
{
    static const char *const TRAILERS[] = {"Host: " NAME, "X-Host: " NAME,
                                           " folded"};
    static const char *const ENDS[] = {"", "", " ", ";x", " \t;Host:"};
    char size[64];

    for (uint32_t i = pick(script, 5); i > 0; i--) {
        size_t length = 1 + pick(script, pick(script, 3) > 0 ? 40 : 3000);

        if (pick(script, 2) == 0)
            snprintf(size, sizeof(size), "%zx%s", length, PICK(script, ENDS));
        else
            snprintf(size, sizeof(size), "00%zX%s", length, PICK(script, ENDS));
        add_line(script, size);
        add_look_alike(script, length);
        add_line(script, "");
    }
    add_line(script, "0");
    for (uint32_t i = pick(script, 3); i > 0; i--)
        add_line(script, PICK(script, TRAILERS));
    add_line(script, "");
}

/* One request; last, if it is one after which all is left alone. */
static void add_request(struct script *script, bool last)
{
    static const char *const LINES[] = {
        "GET / HTTP/1.1", "GET https://" NAME "/ HTTP/1.1",
        "M-SEARCH /Host:" NAME " HTTP/1.0", "OPTIONS * HTTP/1.1",
        "PUT /?Host:%20" NAME " HTTP/1.1"};
    size_t length = pick(script, 3) > 0 ? 0 : pick(script, 5000);
    bool chunked = !last && length == 0 && pick(script, 2) == 0;
    char field[64];

    script->eol = pick(script, 4) > 0 ? "\r\n" : "\n";
    for (uint32_t i = pick(script, 8); i > 6; i--)
        add_line(script, "");
    add_line(script, chunked ? "POST / HTTP/1.1" : PICK(script, LINES));
    for (uint32_t i = pick(script, 4); i > 0; i--) {
        add_other_fields(script);
        add_own_host(script);
    }
    if (last)
        add_field(script, pick(script, 2) > 0 ? "Upgrade: websocket"
                                              : "Connection: x, UPGRADE");
    snprintf(field, sizeof(field), "Content-Length: %zu", length);
    if (chunked)
        add_field(script, "transfer-encoding: Chunked");
    else if (length > 0 || pick(script, 2) > 0)
        add_field(script, field);
    add_other_fields(script);
    add_own_host(script);
    add_field(script, "");
    if (chunked)
        add_chunks(script);
    else
        add_look_alike(script, last ? 300 : length);
}

static void add_sequence(struct script *script)
{
    for (uint32_t i = 1 + pick(script, 5); i > 0; i--)
        add_request(script, false);
    switch (pick(script, 4)) {
    case 0:
        add_request(script, true);
        break;
    case 1:
        add_line(script, "PRI * HTTP/2.0");
        add_look_alike(script, 200);
        break;
    case 2:
        add_text(script, "\x16\x03\x01");
        add_look_alike(script, 200);
        break;
    default:
        break;
    }
}

/* Writes the script in random pieces, and looks at what is out each time. */
static void play(struct script *script)
{
    static const uint32_t SIZES[] = {1, 3, 50, 2000, UINT32_MAX};
    struct fake *fake = fake_new();
    struct host_session *session = fake_session();
    struct host_sink sink = {fake_write, fake};
    uint32_t size = PICK(script, SIZES);
    size_t at = 0;

    fake->random = 1 + pick(script, 1000000);
    fake->percent = pick(script, 3) * 30;
    while (at < script->in_length) {
        size_t left = script->in_length - at;
        size_t part = 1 + pick(script, size);
        ssize_t sent = fake_send(fake, session, script->in + at,
                                 part < left ? part : left);

        if (sent <= 0 && pick(script, 4) == 0)
            sent = host_write(session, NULL, 0, &sink);
        if (sent <= 0)
            continue;
        at += (size_t)sent;
        assert_true(fake->length >= script->floor[at]);
    }
    assert_int_equal(fake->length, script->out_length);
    assert_memory_equal(fake->out, script->out, fake->length);
    host_free(session);
    free(fake);
}

static void writes_random_sequences_as_their_generator_says(void **state)
{
    uint32_t seed = SEED;

    (void)state;
    print_message("# seed %u, %d sequences\n", seed, SEQUENCES);
    for (int i = 0; i < SEQUENCES; i++) {
        struct script *script = calloc(1, sizeof(*script));

        assert_non_null(script);
        fake_random(&seed, 2);
        script->random = seed;
        add_sequence(script);
        play(script);
        free(script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_an_overlong_line_without_reading_its_tail),
        cmocka_unit_test(gives_up_on_overlong_lines_that_matter),
        cmocka_unit_test(replaces_host_in_the_longest_line),
        cmocka_unit_test(writes_random_sequences_as_their_generator_says),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
