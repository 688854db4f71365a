/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DNS messages say. */
#include "dns_message.h"

#include "dns_reading.h"

static void reads_addresses_in_their_order_with_the_least_ttl(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 300, "192.0.2.2");
    dns_writer_address(&w, "H.eXample", 200, "192.0.2.1");
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.result, DNS_FOUND);
    assert_int_equal(answer.count, 2);
    assert_address(0, "192.0.2.2");
    assert_address(1, "192.0.2.1");
    assert_int_equal(answer.ttl, 200);
    assert_int_equal(answer.aliases, 0);
    assert_string_equal(answer.detail, "2 records");

    begin("h.example", ns_t_aaaa);
    dns_writer_address(&w, "h.example", 300, "2001:db8::1");
    assert_int_equal(read_as("h.example", ns_t_aaaa), DNS_READ);
    assert_address(0, "2001:db8::1");
    assert_string_equal(answer.detail, "1 record");
}

static void takes_the_question_in_any_letter_case(void **state)
{
    (void)state;
    begin("H.Example", ns_t_a);
    dns_writer_address(&w, "h.example", 300, "192.0.2.2");
    assert_int_equal(read_as("h.eXAMPLE", ns_t_a), DNS_READ);
    assert_int_equal(answer.count, 1);
}

static void tells_the_rcodes_apart(void **state)
{
    static const struct {
        unsigned rcode;
        const char *detail;
    } FAILURES[] = {{ns_r_formerr, "FORMERR"},
                    {ns_r_servfail, "SERVFAIL"},
                    {ns_r_refused, "REFUSED"},
                    {ns_r_notauth, "RCODE 9"},
                    {15, "RCODE 15"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(FAILURES); i++) {
        begin_rcode("h.example", ns_t_a, FAILURES[i].rcode);
        dns_writer_address(&w, "h.example", 300, "192.0.2.2");
        assert_failed("h.example", ns_t_a, FAILURES[i].detail);
    }
    begin_rcode("h.example", ns_t_srv, ns_r_notimpl);
    assert_none("h.example", ns_t_srv, "NOTIMP");
    assert_int_equal(answer.ttl, LIMIT_NEGATIVE_S);
}

static void takes_the_life_of_a_negative_answer_from_its_soa(void **state)
{
    (void)state;
    begin_rcode("h.example", ns_t_a, ns_r_nxdomain);
    dns_writer_soa(&w, "example", 900, 300);
    assert_none("h.example", ns_t_a, "NXDOMAIN");
    assert_int_equal(answer.ttl, 300);
    begin("h.example", ns_t_a);
    dns_writer_soa(&w, "example", 200, 300);
    assert_none("h.example", ns_t_a, "no data");
    assert_int_equal(answer.ttl, 200);
    begin("h.example", ns_t_a);
    dns_writer_soa(&w, "", 5, 4); /* the root's */
    assert_none("h.example", ns_t_a, "no data");
    assert_int_equal(answer.ttl, 4);
    begin("h.example", ns_t_a);
    dns_writer_soa(&w, "ample", 5, 4); /* of a zone that the name is not in */
    assert_none("h.example", ns_t_a, "no data");
    assert_int_equal(answer.ttl, LIMIT_NEGATIVE_S);
}

static void without_soa_none_lives_by_the_limit(void **state)
{
    (void)state;
    begin_rcode("h.example", ns_t_a, ns_r_nxdomain);
    assert_none("h.example", ns_t_a, "NXDOMAIN");
    assert_int_equal(answer.ttl, LIMIT_NEGATIVE_S);
}

static void believes_no_records_beside_nxdomain(void **state)
{
    (void)state;
    begin_rcode("h.example", ns_t_a, ns_r_nxdomain);
    dns_writer_address(&w, "h.example", 300, "192.0.2.2");
    assert_none("h.example", ns_t_a, "NXDOMAIN");
}

static void a_referral_is_no_answer(void **state)
{
    (void)state;
    dns_writer_begin(&w, ID, 0x8000, "h.example", ns_t_a);
    assert_failed("h.example", ns_t_a, "referral");
    dns_writer_begin(&w, ID, 0x8000 | DNS_WRITER_AUTHORITATIVE, "h.example",
                     ns_t_a);
    assert_none("h.example", ns_t_a, "no data");
    dns_writer_begin(&w, ID, 0x8000, "h.example", ns_t_a);
    dns_writer_soa(&w, "example", 200, 300);
    assert_none("h.example", ns_t_a, "no data");
}

static void caps_the_ttl_and_takes_a_negative_one_for_0(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 0x7fffffff, "192.0.2.2");
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.ttl, LIMIT_LIFE_S);
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 0x80000000, "192.0.2.2");
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.ttl, 0);
}

static void follows_aliases_in_any_order(void **state)
{
    (void)state;
    begin("a.example", ns_t_a);
    dns_writer_address(&w, "c.example", 300, "192.0.2.2");
    dns_writer_alias(&w, "b.example", 100, "C.example");
    dns_writer_alias(&w, "a.example", 200, "b.example");
    assert_int_equal(read_as("a.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.result, DNS_FOUND);
    assert_int_equal(answer.aliases, 2);
    assert_int_equal(answer.ttl, 100);
    assert_address(0, "192.0.2.2");
}

static void gives_the_end_of_a_chain_that_leaves_the_message(void **state)
{
    (void)state;
    begin("a.example", ns_t_a);
    dns_writer_alias(&w, "a.example", 200, "b.example");
    dns_writer_alias(&w, "b.example", 100, "c.example.net");
    assert_int_equal(read_as("a.example", ns_t_a), DNS_ALIAS);
    assert_string_equal(alias, "c.example.net");
    assert_int_equal(answer.aliases, 2);
    assert_int_equal(answer.ttl, 100);
    dns_writer_soa(&w, "example", 5, 5); /* not the end's zone */
    assert_int_equal(read_as("a.example", ns_t_a), DNS_ALIAS);
    dns_writer_soa(&w, "example.net", 50, 60);
    assert_none("a.example", ns_t_a, "no data");
    assert_int_equal(answer.ttl, 50);
}

static void nxdomain_is_about_the_end_of_the_chain(void **state)
{
    (void)state;
    begin_rcode("a.example", ns_t_a, ns_r_nxdomain);
    dns_writer_alias(&w, "a.example", 20, "b.example.net");
    dns_writer_soa(&w, "example.net", 900, 900);
    assert_none("a.example", ns_t_a, "NXDOMAIN");
    assert_int_equal(answer.ttl, 20);
}

static void believes_no_records_of_other_names_types_and_classes(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "bank.example", 1, "192.0.2.66");
    dns_writer_alias(&w, "bank.example", 1, "evil.example");
    dns_writer_address(&w, "h.example", 300, "2001:db8::1");
    dns_writer_address(&w, "h.example", 300, "192.0.2.1");
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "h.example", ns_t_a, 1);
    dns_writer_set(&w, start - 8, ns_c_chaos);
    dns_writer_32(&w, 0);
    dns_writer_close(&w, start);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.count, 1);
    assert_address(0, "192.0.2.1");
    assert_int_equal(answer.ttl, 300);

    begin("h.example", ns_t_a);
    dns_writer_address(&w, "bank.example", 1, "192.0.2.66");
    assert_none("h.example", ns_t_a, "no data");
}

static void takes_records_from_the_answer_section_alone(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 300, "192.0.2.1");
    dns_writer_set(&w, DNS_WRITER_ANSWER, 0);
    dns_writer_set(&w, DNS_WRITER_ADDITIONAL, 1);
    assert_none("h.example", ns_t_a, "no data");
}

static void prefers_records_to_an_alias_beside_them(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_alias(&w, "h.example", 1, "evil.example");
    dns_writer_address(&w, "h.example", 300, "192.0.2.1");
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.aliases, 0);
}

static const char *read_target(const char *target)
{
    begin("_matrix._tcp.example", ns_t_srv);
    dns_writer_srv(&w, "_matrix._tcp.example", 300, target);
    assert_int_equal(read_as("_matrix._tcp.example", ns_t_srv), DNS_READ);
    assert_int_equal(answer.result, DNS_FOUND);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.srv[0].priority, 1);
    assert_int_equal(answer.srv[0].weight, 2);
    assert_int_equal(answer.srv[0].port, 8443);
    return answer.srv[0].target;
}

static void reads_srv_targets_in_lower_case(void **state)
{
    (void)state;
    assert_string_equal(read_target("Fed.Example.NET"), "fed.example.net");
    assert_string_equal(read_target("xn--bcher-kva.example"),
                        "xn--bcher-kva.example");
}

static void keeps_the_target_that_switches_a_service_off(void **state)
{
    (void)state;
    assert_string_equal(read_target(""), ".");
}

static void empties_targets_that_are_no_host_names(void **state)
{
    static const char *const TARGETS[] = {"a_b.example", "192.0.2.1",
                                          "a.0x7f",      "b\xc3\xbc.example",
                                          "a b.example", "evil\n.example",
                                          "a.b.matrix",  "a/b",
                                          "[::1]",       "h:1",
                                          "*.example"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TARGETS); i++)
        assert_string_equal(read_target(TARGETS[i]), "");
}

static void does_not_take_a_dot_within_a_label_for_a_separator(void **state)
{
    (void)state;
    begin("s.example", ns_t_srv);
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "s.example", ns_t_srv, 300);
    dns_writer_put(&w,
                   "\0\1\0\2\0\3"
                   "\3x.y"
                   "\7example",
                   6 + 4 + 9);
    dns_writer_close(&w, start);
    assert_int_equal(read_as("s.example", ns_t_srv), DNS_READ);
    assert_string_equal(answer.srv[0].target, "");
}

static void reads_a_compressed_srv_target(void **state)
{
    (void)state;
    begin("Fed.example", ns_t_srv);
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "fed.example", ns_t_srv, 300);
    dns_writer_put(&w, "\0\1\0\2\0\3\2hs", 9);
    dns_writer_pointer(&w, DNS_WRITER_QUESTION);
    dns_writer_close(&w, start);
    assert_int_equal(read_as("fed.example", ns_t_srv), DNS_READ);
    assert_string_equal(answer.srv[0].target, "hs.fed.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_addresses_in_their_order_with_the_least_ttl),
        cmocka_unit_test(takes_the_question_in_any_letter_case),
        cmocka_unit_test(tells_the_rcodes_apart),
        cmocka_unit_test(takes_the_life_of_a_negative_answer_from_its_soa),
        cmocka_unit_test(without_soa_none_lives_by_the_limit),
        cmocka_unit_test(believes_no_records_beside_nxdomain),
        cmocka_unit_test(a_referral_is_no_answer),
        cmocka_unit_test(caps_the_ttl_and_takes_a_negative_one_for_0),
        cmocka_unit_test(follows_aliases_in_any_order),
        cmocka_unit_test(gives_the_end_of_a_chain_that_leaves_the_message),
        cmocka_unit_test(nxdomain_is_about_the_end_of_the_chain),
        cmocka_unit_test(believes_no_records_of_other_names_types_and_classes),
        cmocka_unit_test(takes_records_from_the_answer_section_alone),
        cmocka_unit_test(prefers_records_to_an_alias_beside_them),
        cmocka_unit_test(reads_srv_targets_in_lower_case),
        cmocka_unit_test(keeps_the_target_that_switches_a_service_off),
        cmocka_unit_test(empties_targets_that_are_no_host_names),
        cmocka_unit_test(does_not_take_a_dot_within_a_label_for_a_separator),
        cmocka_unit_test(reads_a_compressed_srv_target),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("dns_message", tests, NULL, NULL);
}
