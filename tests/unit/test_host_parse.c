/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the Host writer takes for HTTP/1, and what it leaves alone. Each text
 * is written whole, in pieces of 1, 2, 3 and 7 octets, and cut in two at every
 * place; a request behind it shows whether the session still follows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_fake.h"
#include "util.h"

#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\nHost: " NAME "\r\n"
#define POSTED "POST / HTTP/1.1\r\nHost: " REAL "\r\n"
#define OWN "Host: " NAME "\r\n"
#define PUT_RIGHT "Host: " REAL "\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define END "\r\n"

/* A text with NULs in it, and its length. */
#define OCTETS(text) (text), sizeof(text) - 1

#define TEXT(string) ((struct fake_text){string, strlen(string)})

static void run_all(struct fake_text in, struct fake_text out, bool follows)
{
    static const size_t SIZES[] = {1, 2, 3, 7};

    for (size_t i = 0; i < ARRAY_SIZE(SIZES); i++)
        fake_run(in, out, follows, 0, SIZES[i]);
    for (size_t first = 0; first < in.length; first++)
        fake_run(in, out, follows, first, SIZE_MAX);
}

/* in comes out as out, and the next request is put right. */
static void follows(const char *in, const char *out)
{
    run_all(TEXT(in), TEXT(out), true);
}

static void follows_untouched(const char *in)
{
    follows(in, in);
}

/* in comes out as out, and all behind it passes untouched. */
static void gives_up(const char *in, const char *out)
{
    run_all(TEXT(in), TEXT(out), false);
}

static void gives_up_untouched(const char *in)
{
    gives_up(in, in);
}

static void replaces_own_host_only(void **state)
{
    (void)state;
    follows(GET OWN END, GET PUT_RIGHT END);
    follows_untouched(GET "Host: other.example" END END);
    follows_untouched(GET "Host: " NAME "x" END END);
    follows_untouched(GET "Host: x" NAME END END);
    follows_untouched(GET "Host: example.org.matri" END END);
    follows_untouched(GET "Host: other.org.matrix" END END);
    follows_untouched(GET "Host:" END END);
    follows_untouched(GET "X-Host: " NAME END "Hos: " NAME END END);
    follows_untouched(GET "Hosts: " NAME END "Referer: https://" NAME END END);
    follows_untouched(GET "Host: " NAME ", " NAME END END);
    follows_untouched(GET END);
}

static void ignores_case_last_dot_and_port(void **state)
{
    (void)state;
    follows(GET "hOsT: eXample.ORG.Matrix" END END, GET "hOsT: " REAL END END);
    follows(GET "Host: " NAME "." END END, GET PUT_RIGHT END);
    follows(GET "Host: " NAME ":443" END END, GET PUT_RIGHT END);
    follows(GET "Host: " NAME ".:8448" END END, GET PUT_RIGHT END);
    follows(GET "Host: " NAME ":" END END, GET PUT_RIGHT END);
    follows_untouched(GET "Host: " NAME ".." END END);
    follows_untouched(GET "Host: " NAME ":44a" END END);
    follows_untouched(GET "Host: " NAME ":1:2" END END);
}

static void keeps_white_space_around_the_value(void **state)
{
    (void)state;
    follows(GET "Host:" NAME END END, GET "Host:" REAL END END);
    follows(GET "Host: \t " NAME " \t" END END,
            GET "Host: \t " REAL " \t" END END);
}

static void follows_lines_that_end_in_lf_alone(void **state)
{
    (void)state;
    follows("GET / HTTP/1.1\nHost: " NAME "\nA: b\n\n",
            "GET / HTTP/1.1\nHost: " REAL "\nA: b\n\n");
}

static void follows_http_1_0(void **state)
{
    (void)state;
    follows("GET / HTTP/1.0\r\n" OWN END, "GET / HTTP/1.0\r\n" PUT_RIGHT END);
    follows("POST / HTTP/1.0\r\n" OWN "Content-Length: 3\r\n\r\nGET",
            "POST / HTTP/1.0\r\n" PUT_RIGHT "Content-Length: 3\r\n\r\nGET");
}

static void judges_each_of_several_hosts(void **state)
{
    (void)state;
    follows(GET "Host: a" END OWN "Host: b" END OWN END,
            GET "Host: a" END PUT_RIGHT "Host: b" END PUT_RIGHT END);
}

static void rewrites_only_host_of_absolute_form(void **state)
{
    (void)state;
    follows("GET https://" NAME "/ HTTP/1.1\r\n" OWN END,
            "GET https://" NAME "/ HTTP/1.1\r\n" PUT_RIGHT END);
    follows("OPTIONS * HTTP/1.1\r\n" OWN END,
            "OPTIONS * HTTP/1.1\r\n" PUT_RIGHT END);
}

static void skips_bodies_by_content_length(void **state)
{
    (void)state;
    follows(POST "Content-Length: 44\r\n\r\n" GET "Host: " NAME END END,
            POSTED "Content-Length: 44\r\n\r\n" GET "Host: " NAME END END);
    follows(POST "content-length:  002 \r\n\r\nab",
            POSTED "content-length:  002 \r\n\r\nab");
    follows(POST "Content-Length: 0\r\n\r\n",
            POSTED "Content-Length: 0\r\n\r\n");
    follows(POST "Content-Length: 2\r\nContent-Length: 02\r\n\r\nab",
            POSTED "Content-Length: 2\r\nContent-Length: 02\r\n\r\nab");
    follows(POST "Content-Length: 2\r\n\r\n\r\n\r\n",
            POSTED "Content-Length: 2\r\n\r\n\r\n\r\n");
}

static void skips_chunked_bodies_and_trailers(void **state)
{
    static const char BODY[] = "Transfer-Encoding: \tCHUNKED \r\n\r\n"
                               "1F\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
                               "\r\n00005;ext=\"1\"\r\nhello\r\n"
                               "2 \t;a\nhi\n1 \nx\r\n0\r\n";
    char in[512], out[512];
    static const char *const TRAILERS[] = {
        "\r\n", "\n", OWN "\r\n", "Host: " NAME "\n" OWN " folded\r\n\n"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TRAILERS); i++) {
        snprintf(in, sizeof(in), "%s%s%s", POST, BODY, TRAILERS[i]);
        snprintf(out, sizeof(out), "%s%s%s", POSTED, BODY, TRAILERS[i]);
        follows(in, out);
    }
}

static void expects_no_body_without_a_length(void **state)
{
    (void)state;
    follows(POST END POST END, POSTED END POSTED END);
}

static void passes_empty_lines_before_a_request(void **state)
{
    (void)state;
    follows("\r\n\n" GET OWN END "\r\n\r\n",
            "\r\n\n" GET PUT_RIGHT END "\r\n\r\n");
    gives_up_untouched("\r" GET OWN END);
    gives_up_untouched(" / HTTP/1.1\r\n" OWN END);
}

static void gives_up_on_what_is_no_http_1_request(void **state)
{
    (void)state;
    gives_up_untouched("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" GET OWN END);
    gives_up_untouched("GET /\r\n" OWN END);
    gives_up_untouched("GET / HTTP/2\r\n" OWN END);
    gives_up_untouched("GET / HTTP/1.x\r\n" OWN END);
    gives_up_untouched("GET / HTTP/1.11\r\n" OWN END);
    gives_up_untouched("GET / http/1.1\r\n" OWN END);
    gives_up_untouched("GET / HTTP/1.1 \r\n" OWN END);
    gives_up_untouched("GET / HTTP/1.1\r\r\n" OWN END);
    gives_up_untouched("GET  HTTP/1.1\r\n" OWN END);
    gives_up_untouched("GET\t/ HTTP/1.1\r\n" OWN END);
    gives_up_untouched("GET /\tx HTTP/1.1\r\n" OWN END);
    gives_up_untouched("G(T / HTTP/1.1\r\n" OWN END);
    gives_up_untouched("M23456789012345678901234567890123 / HTTP/1.1\r\n" OWN);
    follows("M2345678901234567890123456789012 / HTTP/1.1\r\n" OWN END,
            "M2345678901234567890123456789012 / HTTP/1.1\r\n" PUT_RIGHT END);
    gives_up_untouched("\x16\x03\x01\x02 / HTTP/1.1\r\n" OWN END);
    gives_up_untouched("EHLO " NAME "\r\n" GET OWN END);
}

static void gives_up_on_malformed_fields(void **state)
{
    (void)state;
    gives_up_untouched(GET "Host " NAME END OWN END);
    gives_up_untouched(GET "Host : " NAME END OWN END);
    gives_up_untouched(GET ": " NAME END OWN END);
    gives_up_untouched(GET "A b: c" END OWN END);
    gives_up_untouched(GET "A: b\rc" END OWN END);
    gives_up_untouched(GET "A: b\x7f" END OWN END);
    gives_up_untouched(GET "Host: " NAME "\r\r\n" OWN END);
    gives_up(GET OWN "A\r\n" OWN END, GET PUT_RIGHT "A\r\n" OWN END);
    follows(GET "A:\tb\xc3\xa9" END OWN END,
            GET "A:\tb\xc3\xa9" END PUT_RIGHT END);
}

static void gives_up_on_nul_in_a_head(void **state)
{
    static const struct fake_text TEXTS[] = {
        {OCTETS("GET /\0 HTTP/1.1\r\n" OWN END)},
        {OCTETS("G\0T / HTTP/1.1\r\n" OWN END)},
        {OCTETS(GET "A: \0\r\n" OWN END)},
        {OCTETS(GET "A\0: b\r\n" OWN END)},
        {OCTETS(GET "A: b\r\n c\0\r\n" OWN END)},
        {OCTETS(GET "Host: " NAME "\0\r\n" OWN END)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++)
        run_all(TEXTS[i], TEXTS[i], false);
}

static void gives_up_on_folded_fields_that_matter(void **state)
{
    (void)state;
    gives_up_untouched(GET "Host: " NAME END " x" END OWN END);
    gives_up_untouched(GET "Host: " NAME END "\t" END OWN END);
    gives_up_untouched(GET "Host:" END " " NAME END OWN END);
    gives_up_untouched(GET "Content-Length: 1" END " 2" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding: chunked" END " ,x" END OWN END);
    gives_up_untouched(GET "Connection: x," END " upgrade" END OWN END);
    gives_up_untouched(GET " " OWN END);
    follows(GET "A: b" END " " OWN "\t" OWN OWN END,
            GET "A: b" END " " OWN "\t" OWN PUT_RIGHT END);
}

static void gives_up_on_bad_lengths(void **state)
{
    static const char *const BAD[] = {"",
                                      "-1",
                                      "+1",
                                      "0x1",
                                      "1 2",
                                      "1,1",
                                      "1a",
                                      "18446744073709551616",
                                      "\"1\"",
                                      "1.0",
                                      "99999999999999999999"};
    char in[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        snprintf(in, sizeof(in), "%sContent-Length: %s\r\n%s\r\n", GET, BAD[i],
                 OWN);
        gives_up_untouched(in);
    }
    gives_up_untouched(GET "Content-Length: 1" END
                           "Content-Length: 2" END OWN END);
    gives_up_untouched(GET "Content-Length: 0" END
                           "Content-Length: 2" END OWN END);
}

static void takes_the_greatest_length(void **state)
{
    static const char HEAD[] =
        POSTED "Content-Length: 18446744073709551615\r\n\r\n";
    struct host_session *session = fake_session();
    struct fake *fake = fake_new();

    (void)state;
    fake_send_all(fake, session, HEAD, sizeof(HEAD) - 1, SIZE_MAX);
    fake_send_all(fake, session, OCTETS(GET OWN END), SIZE_MAX);
    assert_false(host_is_opaque(session));
    assert_memory_equal(fake->out + sizeof(HEAD) - 1, GET OWN END,
                        sizeof(GET OWN END) - 1);
    host_free(session);
    free(fake);
}

static void gives_up_on_codings_but_one_chunked(void **state)
{
    (void)state;
    gives_up_untouched(GET "Transfer-Encoding: gzip, chunked" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding: identity" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding:" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding: chunked;q=1" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding: chunked" END
                           "Transfer-Encoding: chunked" END OWN END);
    gives_up_untouched(GET "Transfer-Encoding: chunked" END
                           "Content-Length: 1" END OWN END);
    gives_up_untouched(GET "Content-Length: 0" END
                           "Transfer-Encoding: chunked" END OWN END);
    gives_up_untouched(
        "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" OWN END);
}

static void gives_up_on_broken_chunks(void **state)
{
    /* a lenient reader would find the last chunk behind them */
    static const char *const BAD[] = {"\r\n",
                                      "g\r\n",
                                      "-1\r\n",
                                      " 1\r\na\r\n",
                                      "0x1\r\na\r\n",
                                      "1\r\naX",
                                      "1\r\na\rX",
                                      "1\r\r\na\r\n",
                                      "1\rX\na\r\n",
                                      "1 x\r\na\r\n",
                                      "1;\rx\r\na\r\n",
                                      "1;\x01\r\na\r\n",
                                      "1\r\na\r\n;\r\n",
                                      "0\r\n\rX",
                                      "0\r\nA\x7f\r\n\r\n",
                                      "0\r\n\x01\r\n\r\n",
                                      "10000000000000000\r\n"};
    char in[256], out[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++) {
        bool last = strncmp(BAD[i], "0\r", 2) == 0;
        const char *end = last ? GET OWN END : "0\r\n\r\n" GET OWN END;

        snprintf(in, sizeof(in), "%s%s%s", POST CHUNKED, BAD[i], end);
        snprintf(out, sizeof(out), "%s%s%s", POSTED CHUNKED, BAD[i], end);
        gives_up(in, out);
    }
}

static void gives_up_after_an_upgrade_or_connect(void **state)
{
    (void)state;
    gives_up(GET "Upgrade: websocket" END OWN END GET OWN END,
             GET "Upgrade: websocket" END PUT_RIGHT END GET OWN END);
    gives_up(GET OWN "Connection: keep-alive,UPgrade" END END GET OWN END,
             GET PUT_RIGHT
             "Connection: keep-alive,UPgrade" END END GET OWN END);
    gives_up(GET OWN "Connection: \tupgrade ,x" END END,
             GET PUT_RIGHT "Connection: \tupgrade ,x" END END);
    gives_up("CONNECT " NAME ":443 HTTP/1.1\r\n" OWN END GET OWN END,
             "CONNECT " NAME ":443 HTTP/1.1\r\n" PUT_RIGHT END GET OWN END);
    follows(GET OWN "Connection: upgrades, xupgrade" END END GET OWN END,
            GET PUT_RIGHT
            "Connection: upgrades, xupgrade" END END GET PUT_RIGHT END);
    follows("CONNECTS / HTTP/1.1\r\n" OWN END "CONNEC / HTTP/1.1\r\n" END
            "connect / HTTP/1.1\r\n" OWN END,
            "CONNECTS / HTTP/1.1\r\n" PUT_RIGHT END "CONNEC / HTTP/1.1\r\n" END
            "connect / HTTP/1.1\r\n" PUT_RIGHT END);
}

static void forgets_the_last_request(void **state)
{
    (void)state;
    follows(POST "Content-Length: 1" END END "a" POST CHUNKED "0\r\n\r\n" POST
                 "Content-Length: 2" END END "ab",
            POSTED "Content-Length: 1" END END "a" POSTED CHUNKED
                   "0\r\n\r\n" POSTED "Content-Length: 2" END END "ab");
    follows("GET / HTTP/1.0\r\n\r\n" POST CHUNKED "0\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n" POSTED CHUNKED "0\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_own_host_only),
        cmocka_unit_test(ignores_case_last_dot_and_port),
        cmocka_unit_test(keeps_white_space_around_the_value),
        cmocka_unit_test(follows_lines_that_end_in_lf_alone),
        cmocka_unit_test(follows_http_1_0),
        cmocka_unit_test(judges_each_of_several_hosts),
        cmocka_unit_test(rewrites_only_host_of_absolute_form),
        cmocka_unit_test(skips_bodies_by_content_length),
        cmocka_unit_test(skips_chunked_bodies_and_trailers),
        cmocka_unit_test(expects_no_body_without_a_length),
        cmocka_unit_test(passes_empty_lines_before_a_request),
        cmocka_unit_test(gives_up_on_what_is_no_http_1_request),
        cmocka_unit_test(gives_up_on_malformed_fields),
        cmocka_unit_test(gives_up_on_nul_in_a_head),
        cmocka_unit_test(gives_up_on_folded_fields_that_matter),
        cmocka_unit_test(gives_up_on_bad_lengths),
        cmocka_unit_test(takes_the_greatest_length),
        cmocka_unit_test(gives_up_on_codings_but_one_chunked),
        cmocka_unit_test(gives_up_on_broken_chunks),
        cmocka_unit_test(gives_up_after_an_upgrade_or_connect),
        cmocka_unit_test(forgets_the_last_request),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
