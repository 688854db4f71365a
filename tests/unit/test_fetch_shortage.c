/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fetch whose host's addresses could not all be asked for, for want of
 * something of ours. The address book is the test's own.
 */
#include "fetch_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct addresses said;

enum status address_book_new(struct loop *loop, struct dns *dns,
                             const char *hosts_file,
                             address_book_changed *changed, void *argument,
                             struct address_book **ret_book)
{
    (void)loop, (void)dns, (void)hosts_file, (void)changed, (void)argument;
    *ret_book = NULL;
    return STATUS_OK;
}

void address_book_free(struct address_book *book)
{
    (void)book;
}

enum status address_book_want(struct address_book *book, const char *name)
{
    (void)book, (void)name;
    return STATUS_OK;
}

const struct addresses *address_book_get(const struct address_book *book,
                                         const char *name)
{
    (void)book, (void)name;
    return &said;
}

unsigned address_book_early(const struct address_book *book, const char *name,
                            struct address ret_list[static LIMIT_ADDRESSES])
{
    (void)book, (void)name, (void)ret_list;
    return 0;
}

/* The book says so: ip is NULL for none, all is known or it is not. */
static enum fetch_result get(struct fetch_world *world, const char *ip,
                             bool known, const char *target)
{
    said = (struct addresses){.result = DNS_TEMPORARY, .internal = !known};
    if (ip != NULL) {
        said.result = DNS_FOUND;
        said.count = 1;
        assert_true(address_parse(ip, &said.list[0]));
    }
    return fetch_world_get(world, "a.test", target)->result;
}

static void no_address_is_no_failure_of_the_document(void **state)
{
    struct fetch_world *world = *state;

    assert_int_equal(get(world, NULL, false, "/x"), FETCH_INTERNAL);
    assert_int_equal(get(world, NULL, true, "/x"), FETCH_OURS);
}

/* Nobody listens at 127.0.0.2; the address that is not known may be better. */
static void nor_is_what_only_some_addresses_fail_in(void **state)
{
    struct fetch_world *world = *state;
    struct cidr deny = {.bits = 8};

    assert_int_equal(get(world, "127.0.0.2", false, "/x"), FETCH_INTERNAL);
    assert_int_equal(get(world, "127.0.0.2", true, "/x"), FETCH_TRANSPORT);
    assert_true(address_parse("127.0.0.0", &deny.address));
    world->configuration.deny = &deny;
    world->configuration.deny_count = 1;
    assert_int_equal(get(world, "127.0.0.2", false, "/x"), FETCH_INTERNAL);
    assert_int_equal(get(world, "127.0.0.2", true, "/x"), FETCH_BLOCKED);
}

static void what_a_server_answers_counts(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    fetch_world_reply(world, "/no",
                      "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_KEEPS);
    assert_int_equal(get(world, "127.0.0.1", false, "/x"), FETCH_OK);
    assert_int_equal(get(world, "127.0.0.1", false, "/no"), FETCH_HTTP);
}

int main(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            no_address_is_no_failure_of_the_document, fetch_world_setup,
            fetch_world_teardown),
        cmocka_unit_test_setup_teardown(nor_is_what_only_some_addresses_fail_in,
                                        fetch_world_setup,
                                        fetch_world_teardown),
        cmocka_unit_test_setup_teardown(what_a_server_answers_counts,
                                        fetch_world_setup,
                                        fetch_world_teardown),
    };

    sigaction(SIGPIPE, &ignore, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("fetch_shortage", tests, NULL, NULL);
}
