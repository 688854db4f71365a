/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP responses as `check` reads them. How the octets are cut on the way
 * must not matter; a whole answer keeps every bound, and what it says of
 * itself is printable.
 */
#include "fuzz.h"

#include "http_response.h"

static void feed(struct http_response *response, const uint8_t *data,
                 size_t size, bool sliced)
{
    for (size_t at = 0; at < size;) {
        size_t part = sliced ? fuzz_slice(data, size, at) : size - at;

        http_response_feed(response, (const char *)data + at, part);
        at += part;
    }
    http_response_end(response);
}

static void check_response(const struct http_response *response)
{
    FUZZ_CHECK(response->state != HTTP_MORE);
    FUZZ_CHECK((response->state == HTTP_BROKEN) == (response->fault != NULL));
    FUZZ_CHECK(fuzz_printable(response->type));
    FUZZ_CHECK(fuzz_printable(response->location));
    FUZZ_CHECK(fuzz_printable(response->server));
    FUZZ_CHECK(response->body_length <= LIMIT_BODY);
    FUZZ_CHECK(response->raw_length <= HTTP_RESPONSE_MAX);
    if (response->state == HTTP_BROKEN)
        return;
    FUZZ_CHECK(response->head_whole);
    FUZZ_CHECK(response->status >= 200 && response->status <= 999);
    FUZZ_CHECK(response->body_start + response->body_length <=
               response->raw_length);
    FUZZ_CHECK(response->chunked || !response->has_length ||
               response->body_length == response->content_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response whole = {0};
    struct http_response sliced = {0};

    feed(&whole, data, size, false);
    feed(&sliced, data, size, true);
    check_response(&whole);
    check_response(&sliced);
    FUZZ_CHECK(whole.state == sliced.state);
    if (whole.state == HTTP_WHOLE) {
        FUZZ_CHECK(whole.status == sliced.status);
        FUZZ_CHECK(strcmp(whole.type, sliced.type) == 0);
        FUZZ_CHECK(strcmp(whole.location, sliced.location) == 0);
        FUZZ_CHECK(strcmp(whole.server, sliced.server) == 0);
        FUZZ_CHECK(whole.body_length == sliced.body_length);
        FUZZ_CHECK(memcmp(http_response_body(&whole),
                          http_response_body(&sliced), whole.body_length) == 0);
        FUZZ_CHECK(freshness_life(&whole.freshness, FUZZ_NOW) ==
                   freshness_life(&sliced.freshness, FUZZ_NOW));
    }
    http_response_done(&whole);
    http_response_done(&sliced);
    return 0;
}
