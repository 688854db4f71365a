/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libcurl that has its TLS from elsewhere than OpenSSL: what it says of
 * itself is changed here, in front of the real one.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetch_world.h"

#undef curl_easy_getinfo

static curl_sslbackend backend;

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO what, ...)
{
    static struct curl_tlssessioninfo session;
    CURLcode (*real)(CURL *, CURLINFO, ...);
    va_list rest;
    void *to;

    va_start(rest, what);
    to = va_arg(rest, void *);
    va_end(rest);
    *(void **)&real = dlsym(RTLD_NEXT, "curl_easy_getinfo");
    if (what != CURLINFO_TLS_SSL_PTR)
        return real(easy, what, to);
    session.backend = backend;
    *(struct curl_tlssessioninfo **)to = &session;
    return CURLE_OK;
}

static const struct fetch_answer *get(struct fetch_world *world,
                                      curl_sslbackend of)
{
    backend = of;
    fetch_world_reply(world, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    return fetch_world_get(world, "a.test", "/x");
}

static void asks_nobody_by_a_tls_that_it_cannot_bound(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer = get(world, CURLSSLBACKEND_GNUTLS);

    assert_int_equal(answer->result, FETCH_INTERNAL);
    assert_string_equal(answer->detail,
                        "libcurl: it has another TLS library than OpenSSL");
    assert_int_equal(tls_server_connections(world->server), 0);
}

static void asks_by_openssl(void **state)
{
    assert_int_equal(get(*state, CURLSSLBACKEND_OPENSSL)->result, FETCH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            asks_nobody_by_a_tls_that_it_cannot_bound, fetch_world_setup,
            fetch_world_teardown),
        cmocka_unit_test_setup_teardown(asks_by_openssl, fetch_world_setup,
                                        fetch_world_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("fetch_backend", tests, NULL, NULL);
}
