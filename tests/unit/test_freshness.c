/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long headers let an answer live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "freshness.h"
#include "limits.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW 784111777

/* The headers of text, one a line, and the life they give. */
static int64_t life_of(const char *text)
{
    struct freshness freshness = {0};

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        freshness_header(&freshness, text, length);
        text += length + (text[length] == '\n');
    }
    return freshness_life(&freshness, NOW);
}

struct sample {
    const char *headers;
    int64_t life;
};

static void assert_lives(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t life = life_of(samples[i].headers);

        if (life != samples[i].life)
            fail_msg("%s: %ld, not %ld", samples[i].headers, (long)life,
                     (long)samples[i].life);
    }
}

#define ASSERT_LIVES(...)                                                      \
    do {                                                                       \
        const struct sample samples[] = {__VA_ARGS__};                         \
        (void)state;                                                           \
        assert_lives(samples, sizeof(samples) / sizeof(samples[0]));           \
    } while (0)

static void says_nothing_without_headers(void **state)
{
    ASSERT_LIVES({"", -1}, {"Content-Type: application/json", -1},
                 {"Cache-Control: private, must-revalidate", -1},
                 {"Cache-Control: s-maxage=5", -1}, {"Age: 5", -1},
                 {"Cache-Control:", -1}, {"Cache-Control", -1},
                 {"X-Cache-Control: max-age=5", -1},
                 {"Date: Sun, 06 Nov 1994 08:49:37 GMT", -1});
}

static void reads_max_age_in_every_form(void **state)
{
    ASSERT_LIVES(
        {"Cache-Control: max-age=100", 100},
        {"cache-control:max-age=100\r", 100},
        {"CACHE-CONTROL: \t MAX-AGE=100 \t", 100},
        {"Cache-Control: max-age=\"100\"", 100},
        {"Cache-Control: public, max-age=100, foo=\"a,max-age=7\"", 100},
        {"Cache-Control: foo=\"a\\\",max-age=7\", max-age=100", 100},
        {"Cache-Control: ,, max-age=100,", 100},
        {"Cache-Control: public\nCache-Control: max-age=100", 100},
        {"Cache-Control: x-max-age=7, max-age=100", 100},
        {"Cache-Control: max-age=0", 0});
}

static void takes_the_smallest_of_several_max_ages(void **state)
{
    ASSERT_LIVES({"Cache-Control: max-age=100, max-age=50", 50},
                 {"Cache-Control: max-age=50\nCache-Control: max-age=100", 50});
}

static void takes_an_unreadable_max_age_for_stale(void **state)
{
    ASSERT_LIVES(
        {"Cache-Control: max-age", 0}, {"Cache-Control: max-age=", 0},
        {"Cache-Control: max-age=-5", 0}, {"Cache-Control: max-age=+5", 0},
        {"Cache-Control: max-age=5.5", 0}, {"Cache-Control: max-age=5s", 0},
        {"Cache-Control: max-age=5 5", 0}, {"Cache-Control: max-age=\"", 0},
        {"Cache-Control: max-age=\"\"", 0},
        {"Cache-Control: max-age=x, max-age=100", 0});
}

static void saturates_what_is_too_large(void **state)
{
    ASSERT_LIVES({"Cache-Control: max-age=9000000000", INT32_MAX},
                 {"Cache-Control: max-age=99999999999999999999999", INT32_MAX},
                 {"Cache-Control: max-age=100\nAge: 99999999999999999999", 0});
}

static void keeps_nothing_that_must_not_be_kept(void **state)
{
    ASSERT_LIVES({"Cache-Control: no-store", 0},
                 {"Cache-Control: max-age=100, No-Store", 0},
                 {"Cache-Control: no-cache\nCache-Control: max-age=100", 0},
                 {"Cache-Control: no-store=\"x\"", 0});
}

/* RFC 9111 section 5.2.2.4: it is about the field it names. */
static void passes_over_no_cache_for_a_field(void **state)
{
    ASSERT_LIVES(
        {"Cache-Control: no-cache=\"set-cookie\", max-age=100", 100},
        {"Cache-Control: no-cache=\"no-store, max-age=1\", max-age=100", 100},
        {"Cache-Control: no-cache=set-cookie", -1});
}

static void subtracts_the_age(void **state)
{
    ASSERT_LIVES({"Cache-Control: max-age=100\nAge: 30", 70},
                 {"Age: 30\nCache-Control: max-age=100", 70},
                 {"Cache-Control: max-age=100\nAge: 130", 0},
                 {"Cache-Control: max-age=100\nAge: 30, 90", 70},
                 {"Cache-Control: max-age=100\nAge: 30\nAge: 90", 70},
                 {"Cache-Control: max-age=100\nAge: soon", 100},
                 {"Cache-Control: max-age=100\nAge: -5", 100},
                 {"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nAge: 10", 50});
}

static void reads_expires_in_the_three_forms(void **state)
{
    ASSERT_LIVES({"Expires: Sun, 06 Nov 1994 08:50:37 GMT", 60},
                 {"Expires: Sunday, 06-Nov-94 08:50:37 GMT\r", 60},
                 {"expires: Sun Nov  6 08:50:37 1994", 60},
                 {"Expires: Sun, 06 Nov 1994 08:40:00 GMT", 0});
}

/* The server's clock may be wrong: what counts is the difference. */
static void measures_expires_by_the_servers_date(void **state)
{
    ASSERT_LIVES({"Expires: Sun, 06 Nov 1994 10:00:00 GMT\n"
                  "Date: Sun, 06 Nov 1994 09:58:20 GMT",
                  100},
                 {"Date: Tue, 06 Nov 1984 09:58:20 GMT\n"
                  "Expires: Tue, 06 Nov 1984 10:00:00 GMT",
                  100},
                 {"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nDate: today", 60});
}

static void takes_what_is_no_date_for_past(void **state)
{
    ASSERT_LIVES(
        {"Expires: 0", 0}, {"Expires: -1", 0}, {"Expires:", 0},
        {"Expires: never", 0}, {"Expires: 100", 0},
        {"Expires: 0\nDate: Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Expires: 0\nExpires: Sun, 06 Nov 1994 08:50:37 GMT", 0},
        {"Expires: Sun, 06 Nov 1994 08:50:37 GMT\nExpires: 0", 0},
        {"Expires: Sun, 06 Nov 1994 08:50:37 GMT and so on and so on and so "
         "on and so on and so on",
         0});
}

static void prefers_cache_control_to_expires(void **state)
{
    ASSERT_LIVES({"Expires: Sun, 06 Nov 1994 08:50:37 GMT\n"
                  "Cache-Control: max-age=100",
                  100},
                 {"Cache-Control: max-age=100\nExpires: 0", 100},
                 {"Cache-Control: private\n"
                  "Expires: Sun, 06 Nov 1994 08:50:37 GMT",
                  60});
}

static void reads_no_octet_behind_the_line(void **state)
{
    struct freshness freshness = {0};

    (void)state;
    freshness_header(&freshness, "Cache-Control: max-age=1000", 25);
    assert_int_equal(freshness_life(&freshness, NOW), 10);
    freshness_header(&freshness, "", 0);
}

static int64_t document_life_of(const char *header)
{
    struct freshness freshness = {0};

    freshness_header(&freshness, header, strlen(header));
    return freshness_document_life(&freshness, NOW);
}

static void keeps_documents_within_floor_and_cap(void **state)
{
    (void)state;
    assert_int_equal(document_life_of(""), 86400);
    assert_int_equal(document_life_of("Cache-Control: no-store"), 60);
    assert_int_equal(document_life_of("Cache-Control: max-age=59"), 60);
    assert_int_equal(document_life_of("Cache-Control: max-age=61"), 61);
    assert_int_equal(document_life_of("Cache-Control: max-age=172799"), 172799);
    assert_int_equal(document_life_of("Cache-Control: max-age=172801"), 172800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_without_headers),
        cmocka_unit_test(reads_max_age_in_every_form),
        cmocka_unit_test(takes_the_smallest_of_several_max_ages),
        cmocka_unit_test(takes_an_unreadable_max_age_for_stale),
        cmocka_unit_test(saturates_what_is_too_large),
        cmocka_unit_test(keeps_nothing_that_must_not_be_kept),
        cmocka_unit_test(passes_over_no_cache_for_a_field),
        cmocka_unit_test(subtracts_the_age),
        cmocka_unit_test(reads_expires_in_the_three_forms),
        cmocka_unit_test(measures_expires_by_the_servers_date),
        cmocka_unit_test(takes_what_is_no_date_for_past),
        cmocka_unit_test(prefers_cache_control_to_expires),
        cmocka_unit_test(reads_no_octet_behind_the_line),
        cmocka_unit_test(keeps_documents_within_floor_and_cap),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
