/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of the cookie table: a table for each test. The module is included,
 * not linked, because what other processes do to the table can only be played
 * from inside. Include it in one file of a test program.
 */
#ifndef NSS_MATRIX_TEST_COOKIES_WORLD_H
#define NSS_MATRIX_TEST_COOKIES_WORLD_H

#include "cookies.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static inline struct cookie target(const char *key, const char *ip,
                                   uint16_t port)
{
    struct cookie cookie = {.port = port};

    assert_true(util_copy(cookie.key, sizeof(cookie.key), key, strlen(key)));
    assert_true(address_parse(ip, &cookie.address));
    return cookie;
}

static inline const char *made(const char *key, const char *ip, uint16_t port)
{
    static char texts[4][ADDRESS_TEXT];
    static unsigned turn;
    struct cookie cookie = target(key, ip, port);
    struct address address;

    if (cookies_make(&cookie, &address) != STATUS_OK)
        return "none";
    return address_text(&address, texts[turn++ % 4]);
}

static inline struct address address_of(const char *text)
{
    struct address address;

    assert_true(address_parse(text, &address));
    return address;
}

/* cmocka's setup and teardown. */
static inline int new_table(void **state)
{
    (void)state;
    cookies_init();
    return table != NULL ? 0 : -1;
}

static inline int drop_table(void **state)
{
    (void)state;
    munmap(table, sizeof(*table));
    table = NULL;
    return 0;
}

/* One of very many. */
static inline struct cookie numbered(unsigned number)
{
    struct cookie cookie = target("full.test", "10.0.0.0", 8448);

    cookie.address.bytes[1] = (unsigned char)(number >> 16);
    cookie.address.bytes[2] = (unsigned char)(number >> 8);
    cookie.address.bytes[3] = (unsigned char)number;
    return cookie;
}

#define WITH_TABLE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, new_table, drop_table)

#endif
