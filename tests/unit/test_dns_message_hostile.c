/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS messages that are malformed, hostile, or not for us. */
#include "dns_message.h"

#include "dns_reading.h"

static void refuses_an_answer_that_is_not_to_the_question(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 300, "192.0.2.2");
    assert_int_equal(read_as("g.example", ns_t_a), DNS_NOT_OURS);
    assert_int_equal(read_as("h.example.org", ns_t_a), DNS_NOT_OURS);
    assert_int_equal(read_as("h.example", ns_t_aaaa), DNS_NOT_OURS);
    dns_writer_set(&w, 0, ID + 1);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 0, ID);
    dns_writer_set(&w, 2, 0x0100); /* no answer at all */
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 2, DNS_WRITER_REPLY | 0x2000); /* another opcode */
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 2, DNS_WRITER_REPLY);
    dns_writer_set(&w, 4, 2); /* two questions */
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 4, 1);
    dns_writer_set(&w, 12 + 11 + 2, ns_c_chaos);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 12 + 11 + 2, ns_c_in);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_READ);
}

static void without_a_question_says_only_that_it_failed(void **state)
{
    (void)state;
    begin_rcode("h.example", ns_t_a, ns_r_formerr);
    w.length = NS_HFIXEDSZ;
    dns_writer_set(&w, 4, 0);
    assert_failed("h.example", ns_t_a, "FORMERR");
    dns_writer_set(&w, 2, DNS_WRITER_REPLY | ns_r_notimpl);
    assert_failed("h.example", ns_t_a, "NOTIMP");
    dns_writer_set(&w, 2, DNS_WRITER_REPLY | ns_r_nxdomain);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
    dns_writer_set(&w, 2, DNS_WRITER_REPLY);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);
}

static void write_chain(unsigned length)
{
    char from[16] = "a0";
    char to[16];

    begin("a0", ns_t_a);
    for (unsigned i = 1; i <= length; i++) {
        snprintf(to, sizeof(to), "a%u", i);
        dns_writer_alias(&w, from, 100, to);
        memcpy(from, to, sizeof(from));
    }
    dns_writer_address(&w, from, 100, "192.0.2.1");
}

static void follows_so_many_aliases_and_no_more(void **state)
{
    (void)state;
    write_chain(LIMIT_ALIASES);
    assert_int_equal(read_as("a0", ns_t_a), DNS_READ);
    assert_int_equal(answer.aliases, LIMIT_ALIASES);
    write_chain(LIMIT_ALIASES + 1);
    assert_failed("a0", ns_t_a, "too long a chain of aliases");
}

static void fails_on_loops_of_aliases(void **state)
{
    (void)state;
    begin("a.example", ns_t_a);
    dns_writer_alias(&w, "a.example", 100, "a.example");
    assert_failed("a.example", ns_t_a, "too long a chain of aliases");
    begin("a.example", ns_t_a);
    dns_writer_alias(&w, "a.example", 100, "b.example");
    dns_writer_alias(&w, "b.example", 100, "a.example");
    assert_failed("a.example", ns_t_a, "too long a chain of aliases");
}

static void fails_on_an_alias_that_cannot_be_asked_for(void **state)
{
    char name[300];

    (void)state;
    begin("a.example", ns_t_a);
    dns_writer_alias(&w, "a.example", 100, "");
    assert_failed("a.example", ns_t_a, "malformed answer");
    memset(name, 'x', sizeof(name));
    for (unsigned i = 50; i < 254; i += 50)
        name[i] = '.';
    name[254] = '\0'; /* longer than a name may be, though each label is not */
    begin("a.example", ns_t_a);
    dns_writer_alias(&w, "a.example", 100, name);
    assert_failed("a.example", ns_t_a, "malformed answer");
}

static void fails_on_data_of_the_wrong_length(void **state)
{
    static const struct {
        ns_type type;
        unsigned length;
    } WRONG[] = {{ns_t_a, 3},    {ns_t_a, 5},     {ns_t_a, 0},
                 {ns_t_aaaa, 4}, {ns_t_srv, 0},   {ns_t_srv, 6},
                 {ns_t_srv, 8},  {ns_t_cname, 0}, {ns_t_cname, 2}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(WRONG); i++) {
        ns_type asked = WRONG[i].type == ns_t_cname ? ns_t_a : WRONG[i].type;

        begin("h.example", asked);
        size_t start = dns_writer_open(&w, DNS_WRITER_ANSWER, "h.example",
                                       WRONG[i].type, 300);
        dns_writer_put(&w, "\0\0\0\0\0\0\0\0\0\0\0\0", WRONG[i].length);
        dns_writer_close(&w, start);
        assert_failed("h.example", asked, "malformed answer");
    }
    begin("h.example", ns_t_a);
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "h.example", ns_t_cname, 300);
    dns_writer_name(&w, "g.example");
    dns_writer_8(&w, 0); /* after the name, nothing may follow */
    dns_writer_close(&w, start);
    assert_failed("h.example", ns_t_a, "malformed answer");
    begin("h.example", ns_t_a);
    start = dns_writer_open(&w, DNS_WRITER_AUTHORITY, "example", ns_t_soa, 300);
    dns_writer_put(&w, "\0\0\0\0", 4);
    dns_writer_close(&w, start);
    assert_failed("h.example", ns_t_a, "malformed answer");
}

static void fails_on_lengths_and_counts_past_the_end(void **state)
{
    (void)state;
    begin("h.example", ns_t_a);
    dns_writer_address(&w, "h.example", 300, "192.0.2.1");
    size_t length_at = w.length - 6;
    dns_writer_set(&w, length_at, 400);
    assert_failed("h.example", ns_t_a, "malformed answer");
    dns_writer_set(&w, length_at, 4);
    dns_writer_set(&w, DNS_WRITER_ANSWER, 0xffff);
    assert_failed("h.example", ns_t_a, "malformed answer");
}

static void survives_compression_loops(void **state)
{
    (void)state;
    /* the question's name points at itself */
    dns_writer_begin(&w, ID, DNS_WRITER_REPLY, "", ns_t_a);
    w.length = NS_HFIXEDSZ;
    dns_writer_pointer(&w, NS_HFIXEDSZ);
    dns_writer_32(&w, ns_t_a << 16 | ns_c_in);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_NOT_OURS);

    /* an owner's, and then a target's, at themselves and at each other */
    for (unsigned step = 0; step < 2; step++) {
        begin("h.example", ns_t_a);
        dns_writer_set(&w, DNS_WRITER_ANSWER, 1);
        size_t owner = w.length;
        dns_writer_pointer(&w, owner + 2 * step);
        dns_writer_pointer(&w, owner);
        dns_writer_put(&w, "\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 14);
        assert_failed("h.example", ns_t_a, "malformed answer");

        begin("h.example", ns_t_srv);
        size_t start =
            dns_writer_open(&w, DNS_WRITER_ANSWER, "h.example", ns_t_srv, 300);
        dns_writer_put(&w, "\0\1\0\2\0\3", 6);
        size_t target = w.length;
        dns_writer_put(&w, "\1a", 2 * step);
        dns_writer_pointer(&w, target);
        dns_writer_close(&w, start);
        assert_failed("h.example", ns_t_srv, "malformed answer");
    }
    begin("h.example", ns_t_a);
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "h.example", ns_t_cname, 300);
    dns_writer_pointer(&w, start);
    dns_writer_close(&w, start);
    assert_failed("h.example", ns_t_a, "malformed answer");
}

static void keeps_the_first_of_too_many_records(void **state)
{
    (void)state;
    begin("h", ns_t_srv);
    for (unsigned i = 0; i < 2900; i++) {
        size_t start = dns_writer_open(&w, DNS_WRITER_ANSWER, "h", ns_t_srv,
                                       i == 2000 ? 7 : 9);

        dns_writer_put(&w, "\0\1\0\2", 4);
        dns_writer_16(&w, i);
        dns_writer_name(&w, "h");
        dns_writer_close(&w, start);
    }
    assert_int_equal(read_as("h", ns_t_srv), DNS_READ);
    assert_int_equal(answer.count, LIMIT_SRV_RECORDS);
    for (unsigned i = 0; i < LIMIT_SRV_RECORDS; i++)
        assert_int_equal(answer.srv[i].port, i);
    assert_int_equal(answer.ttl, 7);

    begin("h", ns_t_a);
    for (unsigned i = 0; i < LIMIT_ADDRESSES + 1; i++)
        dns_writer_address(&w, "h", 300, "192.0.2.1");
    assert_int_equal(read_as("h", ns_t_a), DNS_READ);
    assert_int_equal(answer.count, LIMIT_ADDRESSES);
}

static void asks_again_when_truncated(void **state)
{
    (void)state;
    dns_writer_begin(&w, ID, DNS_WRITER_REPLY | DNS_WRITER_TRUNCATED,
                     "h.example", ns_t_a);
    assert_int_equal(read_as("h.example", ns_t_a), DNS_TRUNCATED);
    dns_writer_address(&w, "h.example", 300, "192.0.2.1");
    w.length -= 2; /* cut within a record that was counted */
    assert_int_equal(read_as("h.example", ns_t_a), DNS_TRUNCATED);
    dns_writer_set(&w, 2,
                   DNS_WRITER_REPLY | DNS_WRITER_TRUNCATED | ns_r_servfail);
    assert_failed("h.example", ns_t_a, "SERVFAIL");
    /* cut within the question: it cannot be told whose it is */
    dns_writer_set(&w, 2, DNS_WRITER_REPLY | DNS_WRITER_TRUNCATED);
    assert_int_equal(read_octets(20, "h.example", ns_t_a), DNS_NOT_OURS);
}

/* One message with something of everything. */
static void write_everything(void)
{
    begin("s.example", ns_t_srv);
    dns_writer_alias(&w, "s.example", 100, "t.example");
    size_t start =
        dns_writer_open(&w, DNS_WRITER_ANSWER, "t.example", ns_t_srv, 90);
    dns_writer_put(&w, "\0\1\0\2\0\3\2hs", 9);
    dns_writer_pointer(&w, DNS_WRITER_QUESTION);
    dns_writer_close(&w, start);
    dns_writer_srv(&w, "t.example", 80, "fed.example.net");
    dns_writer_soa(&w, "example", 70, 60);
}

static void is_malformed_wherever_it_is_cut(void **state)
{
    (void)state;
    write_everything();
    assert_int_equal(read_as("s.example", ns_t_srv), DNS_READ);
    assert_int_equal(answer.count, 2);
    for (size_t length = 0; length < w.length; length++) {
        enum dns_reading reading = read_octets(length, "s.example", ns_t_srv);

        assert_int_equal(reading, length < NS_HFIXEDSZ + 11 + NS_QFIXEDSZ
                                      ? DNS_NOT_OURS
                                      : DNS_FAILED);
    }
}

static void assert_sane(enum dns_reading reading)
{
    if (reading == DNS_NOT_OURS)
        return;
    assert_in_range(reading, DNS_READ, DNS_FAILED);
    assert_in_range(answer.result, DNS_FOUND, DNS_TEMPORARY);
    assert_in_range(answer.count, 0, LIMIT_SRV_RECORDS);
    assert_in_range(answer.ttl, 0, LIMIT_LIFE_S);
    assert_in_range(answer.aliases, 0, LIMIT_ALIASES);
    assert_non_null(memchr(answer.detail, '\0', sizeof(answer.detail)));
    if (reading == DNS_ALIAS)
        assert_in_range(strlen(alias), 1, LIMIT_DNS_NAME);
    for (unsigned i = 0; reading == DNS_READ && i < answer.count; i++)
        assert_in_range(strlen(answer.srv[i].target), 0, LIMIT_DNS_NAME);
}

static void is_sane_whatever_octet_is_changed(void **state)
{
    (void)state;
    write_everything();
    for (size_t at = 0; at < w.length; at++) {
        unsigned char octet = w.octets[at];

        for (unsigned change = 1; change < 256; change++) {
            w.octets[at] = (unsigned char)(octet ^ change);
            assert_sane(read_as("s.example", ns_t_srv));
        }
        w.octets[at] = octet;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_an_answer_that_is_not_to_the_question),
        cmocka_unit_test(without_a_question_says_only_that_it_failed),
        cmocka_unit_test(follows_so_many_aliases_and_no_more),
        cmocka_unit_test(fails_on_loops_of_aliases),
        cmocka_unit_test(fails_on_an_alias_that_cannot_be_asked_for),
        cmocka_unit_test(fails_on_data_of_the_wrong_length),
        cmocka_unit_test(fails_on_lengths_and_counts_past_the_end),
        cmocka_unit_test(survives_compression_loops),
        cmocka_unit_test(keeps_the_first_of_too_many_records),
        cmocka_unit_test(asks_again_when_truncated),
        cmocka_unit_test(is_malformed_wherever_it_is_cut),
        cmocka_unit_test(is_sane_whatever_octet_is_changed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("dns_message_hostile", tests, NULL,
                                       NULL);
}
