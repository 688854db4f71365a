/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cookie table: one cookie per target, and a bound. */
#include "cookies_world.h"

#include <sys/un.h>

static void gives_a_target_the_same_cookie_every_time(void **state)
{
    (void)state;
    assert_string_equal(made("a.test", "192.0.2.1", 8448),
                        made("a.test", "192.0.2.1", 8448));
    assert_string_equal(made("a.test", "2001:db8::1", 8448),
                        made("a.test", "2001:db8::1", 8448));
}

static void tells_name_address_and_port_apart(void **state)
{
    (void)state;
    const char *first = made("a.test", "192.0.2.1", 8448);

    assert_string_not_equal(first, made("b.test", "192.0.2.1", 8448));
    assert_string_not_equal(first, made("a.test", "192.0.2.2", 8448));
    assert_string_not_equal(first, made("a.test", "192.0.2.1", 8449));
    assert_int_equal(atomic_load(&table->v4.used), 4);
}

static void counts_from_one_in_each_family(void **state)
{
    (void)state;
    assert_string_equal(made("a.test", "192.0.2.1", 1), "239.73.0.1");
    assert_string_equal(made("a.test", "2001:db8::1", 1), "ff01::db8:0:1");
    assert_string_equal(made("a.test", "192.0.2.2", 1), "239.73.0.2");
}

static void knows_its_ranges(void **state)
{
    static const char *const inside[] = {
        "239.73.0.0", "239.73.255.255",      "ff01::db8:0:0",
        "239.73.1.2", "ff01::db8:ffff:ffff", "::ffff:239.73.1.2",
    };
    static const char *const outside[] = {
        "239.72.255.255", "239.74.0.0",        "ff01::db7:0:1",
        "ff01::db9:0:1",  "ff02::db8:0:1",     "ff01::1:db8:0:1",
        "::239.73.1.2",   "::ffff:239.74.1.2", "192.0.2.1",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
        struct address address = address_of(inside[i]);
        assert_true(cookies_is(&address));
    }
    for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
        struct address address = address_of(outside[i]);
        assert_false(cookies_is(&address));
    }
}

static void knows_them_in_socket_addresses(void **state)
{
    struct sockaddr_storage to;
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/x"};
    struct address v4 = address_of("239.73.0.9");
    struct address v6 = address_of("ff01::db8:0:9");
    socklen_t length = address_to_socket(&v4, 443, &to);

    (void)state;
    assert_true(cookies_is_socket((struct sockaddr *)&to, length));
    assert_false(cookies_is_socket((struct sockaddr *)&to, length - 1));
    assert_false(cookies_is_socket((struct sockaddr *)&to, 1));
    assert_false(cookies_is_socket((struct sockaddr *)&to, 0));
    assert_false(cookies_is_socket(NULL, length));
    assert_false(cookies_is_socket((struct sockaddr *)&local, sizeof(local)));
    length = address_to_socket(&v6, 443, &to);
    assert_true(cookies_is_socket((struct sockaddr *)&to, length));
    assert_true(cookies_is_socket((struct sockaddr *)&to, length - 4));
    assert_false(cookies_is_socket((struct sockaddr *)&to, length - 5));
}

static void finds_what_a_cookie_stands_for(void **state)
{
    struct cookie cookie;
    struct address address = address_of(made("a.test:7", "192.0.2.1", 8448));

    (void)state;
    assert_int_equal(cookies_find(&address, &cookie), STATUS_OK);
    assert_string_equal(cookie.key, "a.test:7");
    assert_int_equal(cookie.port, 8448);
    struct address real = address_of("192.0.2.1");
    assert_true(address_equal(&cookie.address, &real));
    address = address_of(made("[2001:db8::1]", "2001:db8::1", 1));
    assert_int_equal(cookies_find(&address, &cookie), STATUS_OK);
    assert_string_equal(cookie.key, "[2001:db8::1]");
    real = address_of("2001:db8::1");
    assert_true(address_equal(&cookie.address, &real));
}

static void a_name_shares_the_ports_of_its_targets(void **state)
{
    struct address first = address_of(made("ports.test", "192.0.2.1", 8443));

    (void)state;
    made("ports.test", "2001:db8::1", 8444);
    made("other.test", "192.0.2.1", 8445);
    assert_true(cookies_share_port(&first, 8443));
    assert_true(cookies_share_port(&first, 8444));
    assert_false(cookies_share_port(&first, 8445));
    assert_false(cookies_share_port(&first, 8446));
}

static void finds_an_ipv4_cookie_in_ipv6_clothes(void **state)
{
    struct cookie cookie;
    struct address address = address_of("::ffff:239.73.0.1");

    (void)state;
    made("a.test", "192.0.2.1", 8448);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_OK);
    assert_int_equal(cookie.address.family, AF_INET);
}

static void does_not_know_what_nobody_made(void **state)
{
    static const char *const unknown[] = {
        "239.73.0.0",    "239.73.0.2",    "239.73.255.255",
        "ff01::db8:0:0", "ff01::db8:0:2", "ff01::db8:1:1",
    };
    struct cookie cookie;

    (void)state;
    made("a.test", "192.0.2.1", 8448);
    made("a.test", "2001:db8::1", 8448);
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
        struct address address = address_of(unknown[i]);
        assert_int_equal(cookies_find(&address, &cookie), STATUS_MISS);
    }
}

static void without_a_table_there_are_no_cookies(void **state)
{
    struct table *kept = TAKE(table);
    struct address address = address_of("239.73.0.1");
    struct cookie cookie;

    (void)state;
    assert_string_equal(made("a.test", "192.0.2.1", 1), "none");
    assert_int_equal(cookies_find(&address, &cookie), STATUS_MISS);
    table = kept;
}

static void a_full_table_refuses_what_is_new_and_keeps_what_it_has(void **state)
{
    struct address address;
    struct cookie cookie;

    (void)state;
    for (unsigned i = 0; i < COOKIES_MAX; i++) {
        cookie = numbered(i);
        assert_int_equal(cookies_make(&cookie, &address), STATUS_OK);
    }
    for (unsigned i = 0; i < 1000; i++) {
        cookie = numbered(COOKIES_MAX + i);
        assert_int_equal(cookies_make(&cookie, &address), STATUS_TOO_BIG);
    }
    cookie = numbered(4711);
    assert_int_equal(cookies_make(&cookie, &address), STATUS_OK);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_OK);
    assert_int_equal(cookie.address.bytes[3], 4711 % 256);
    assert_string_equal(made("full.test", "2001:db8::1", 1), "ff01::db8:0:1");
}

static void names_have_a_bound_too(void **state)
{
    char key[LIMIT_SERVER_NAME + 1];
    struct address address;
    enum status status = STATUS_OK;
    unsigned count = 0;

    (void)state;
    memset(key, 'a', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    for (; status == STATUS_OK && count < COOKIES_MAX; count++) {
        struct cookie cookie;

        snprintf(key, 6, "%05u", count);
        key[5] = 'a';
        cookie = target(key, "192.0.2.1", 1);
        status = cookies_make(&cookie, &address);
    }
    assert_int_equal(status, STATUS_TOO_BIG);
    assert_true(count > 16000);
    assert_int_equal(cookies_find(&address, &(struct cookie){0}), STATUS_OK);
}

/* A thousand servers, each with its DNS turning among 24 addresses. */
static void a_monitor_does_not_fill_it(void **state)
{
    char key[64];
    struct address address;

    (void)state;
    for (unsigned visit = 0; visit < 100; visit++) {
        for (unsigned server = 0; server < 1000; server++) {
            struct cookie cookie;

            snprintf(key, sizeof(key), "server%u.test", server);
            cookie = target(key, "198.51.100.1", 8448);
            cookie.address.bytes[3] = (unsigned char)(visit % 24);
            assert_int_equal(cookies_make(&cookie, &address), STATUS_OK);
        }
    }
    assert_int_equal(atomic_load(&table->v4.used), 24000);
    assert_true(atomic_load(&table->names_used) < 16 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(gives_a_target_the_same_cookie_every_time),
        WITH_TABLE(tells_name_address_and_port_apart),
        WITH_TABLE(counts_from_one_in_each_family),
        cmocka_unit_test(knows_its_ranges),
        cmocka_unit_test(knows_them_in_socket_addresses),
        WITH_TABLE(finds_what_a_cookie_stands_for),
        WITH_TABLE(a_name_shares_the_ports_of_its_targets),
        WITH_TABLE(finds_an_ipv4_cookie_in_ipv6_clothes),
        WITH_TABLE(does_not_know_what_nobody_made),
        WITH_TABLE(without_a_table_there_are_no_cookies),
        WITH_TABLE(a_full_table_refuses_what_is_new_and_keeps_what_it_has),
        WITH_TABLE(names_have_a_bound_too),
        WITH_TABLE(a_monitor_does_not_fill_it),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
