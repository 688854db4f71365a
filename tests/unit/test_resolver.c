/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver: what it has under way before anything is answered, what it asks
 * for next, and what it does not wait for.
 */
#include "resolver.h"

#include "resolver_world.h"

#define FED "_matrix-fed._tcp."
#define OLD "_matrix._tcp."

static struct configuration configuration;
static struct resolver *resolver;
static struct resolution *resolution;
static struct server_name name;
static unsigned told;

static void tell(void *argument)
{
    assert_ptr_equal(argument, &told);
    told++;
}

/* As far as it gets without an answer. */
static void start(bool ahead)
{
    static const char NAME[] = "example.test";
    struct pieces none = {0};

    configuration.speculate = ahead;
    assert_int_equal(server_name_parse(NAME, strlen(NAME), &name), STATUS_OK);
    assert_int_equal(
        resolver_start(resolver, &name, &none, LIMIT_DISCOVERY_MS, &resolution),
        STATUS_OK);
    resolver_when_done(resolution, tell, &told);
    assert_int_equal(resolver_turn(resolver), STATUS_OK);
}

static int begin(void **state)
{
    (void)state;
    asked = told = 0;
    fetching.done = NULL;
    return resolver_new(&configuration, AF_UNSPEC, &resolver) == STATUS_OK ? 0
                                                                           : -1;
}

static unsigned under_way(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < asked; i++)
        count += questions[i].done != NULL;
    return count;
}

static int end(void **state)
{
    (void)state;
    resolver_end(TAKE(resolution));
    resolver_free(TAKE(resolver));
    assert_int_equal(under_way(), 0); /* cancelled */
    assert_null(fetching.done);
    return 0;
}

static void assert_asked(const char *host, ns_type type)
{
    if (find_question(host, type) == NULL)
        fail_msg("%s is not asked for", host);
}

static void assert_asked_addresses(const char *host)
{
    assert_asked(host, ns_t_aaaa);
    assert_asked(host, ns_t_a);
}

/* All that a host without port is asked for. */
static void assert_asked_all(const char *host)
{
    char service[sizeof(questions[0].name)];

    snprintf(service, sizeof(service), FED "%s", host);
    assert_asked(service, ns_t_srv);
    snprintf(service, sizeof(service), OLD "%s", host);
    assert_asked(service, ns_t_srv);
    assert_asked_addresses(host);
}

/* Done, with one target. */
static void assert_leads_to(const char *step, const char *ip, uint16_t port)
{
    const struct outcome *outcome = &resolver_discovery(resolution)->outcome;
    char text[ADDRESS_TEXT];

    assert_int_equal(told, 1);
    assert_string_equal(outcome->reason, "");
    assert_string_equal(outcome->step, step);
    assert_int_equal(outcome->target_count, 1);
    assert_string_equal(address_text(&outcome->targets[0].address, text), ip);
    assert_int_equal(outcome->targets[0].port, port);
}

static void all_questions_of_a_name_go_out_together(void **state)
{
    (void)state;
    start(true);
    assert_string_equal(fetching.host, "example.test");
    assert_asked_all("example.test");
    assert_int_equal(asked, 4);
}

static void the_fetch_hears_of_addresses_at_once(void **state)
{
    (void)state;
    start(true);
    assert_int_equal(fetching.advanced, 0);
    dns_gives_address("example.test", "192.0.2.1");
    assert_int_equal(fetching.advanced, 1);
}

static void targets_are_asked_for_while_the_document_is_under_way(void **state)
{
    (void)state;
    start(true);
    dns_gives_target(OLD "example.test", "old.test");
    assert_asked_addresses("old.test");
    dns_gives_target(FED "example.test", "fed.test");
    assert_asked_addresses("fed.test");
    assert_int_equal(asked, 8);
    dns_gives_address("old.test", "192.0.2.2");
    dns_gives_address("fed.test", "192.0.2.3");
    assert_int_equal(told, 0);
    web_gives(NULL);
    assert_leads_to("4", "192.0.2.3", 8443);
}

static void all_questions_of_a_delegate_go_out_together(void **state)
{
    (void)state;
    start(true);
    web_gives("delegate.test");
    assert_asked_all("delegate.test");
    assert_int_equal(asked, 8);
    dns_gives_target(OLD "delegate.test", "target.test");
    assert_asked_addresses("target.test");
    dns_gives_address("target.test", "192.0.2.4");
    assert_int_equal(told, 0); /* the new record may yet come */
    dns_gives_no(FED "delegate.test", ns_t_srv, DNS_NONE);
    assert_leads_to("3.4", "192.0.2.4", 8443);
}

static void the_plain_sequence_asks_one_after_the_other(void **state)
{
    (void)state;
    start(false);
    assert_asked_addresses("example.test"); /* to fetch the document */
    assert_int_equal(asked, 2);
    dns_gives_address("example.test", "192.0.2.1");
    assert_int_equal(asked, 2);
    web_gives("delegate.test");
    assert_asked(FED "delegate.test", ns_t_srv);
    assert_int_equal(asked, 3);
    dns_gives_no(FED "delegate.test", ns_t_srv, DNS_NONE);
    assert_asked(OLD "delegate.test", ns_t_srv);
    assert_int_equal(asked, 4);
    dns_gives_no(OLD "delegate.test", ns_t_srv, DNS_NONE);
    assert_asked_addresses("delegate.test");
    assert_int_equal(asked, 6);
    dns_gives_address("delegate.test", "192.0.2.4");
    assert_leads_to("3.5", "192.0.2.4", 8448);
}

static void the_end_waits_for_no_answer_that_it_does_not_need(void **state)
{
    (void)state;
    start(true);
    web_gives("192.0.2.5:8443");
    assert_leads_to("3.1", "192.0.2.5", 8443);
    assert_int_equal(under_way(), 4);
}

static void what_fails_and_is_not_needed_changes_nothing(void **state)
{
    (void)state;
    start(true);
    dns_gives_no(FED "example.test", ns_t_srv, DNS_TEMPORARY);
    dns_gives_no(OLD "example.test", ns_t_srv, DNS_TEMPORARY);
    dns_gives_no("example.test", ns_t_aaaa, DNS_TEMPORARY);
    dns_gives_no("example.test", ns_t_a, DNS_TEMPORARY);
    assert_int_equal(told, 0);
    web_gives("192.0.2.5:8443");
    assert_leads_to("3.1", "192.0.2.5", 8443);
}

static void what_comes_after_the_end_changes_nothing(void **state)
{
    (void)state;
    start(true);
    web_gives("192.0.2.5:8443");
    dns_gives_target(FED "example.test", "late.test");
    dns_gives_address("example.test", "192.0.2.1");
    dns_gives_no(OLD "example.test", ns_t_srv, DNS_TEMPORARY);
    assert_int_equal(asked, 4);
    assert_leads_to("3.1", "192.0.2.5", 8443);
}

#define RESOLVER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST(all_questions_of_a_name_go_out_together),
        RESOLVER_TEST(the_fetch_hears_of_addresses_at_once),
        RESOLVER_TEST(targets_are_asked_for_while_the_document_is_under_way),
        RESOLVER_TEST(all_questions_of_a_delegate_go_out_together),
        RESOLVER_TEST(the_plain_sequence_asks_one_after_the_other),
        RESOLVER_TEST(the_end_waits_for_no_answer_that_it_does_not_need),
        RESOLVER_TEST(what_fails_and_is_not_needed_changes_nothing),
        RESOLVER_TEST(what_comes_after_the_end_changes_nothing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
