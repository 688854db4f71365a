/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of SRV records, with numbers that are drawn as the test says. */
#include "srv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What is to be drawn, and the upper ends that were asked for. */
struct script {
    const uint32_t *numbers;
    unsigned drawn;
    uint32_t most[LIMIT_SRV_RECORDS];
};

static uint32_t scripted(void *argument, uint32_t most)
{
    struct script *script = argument;

    script->most[script->drawn] = most;
    assert_true(script->numbers[script->drawn] <= most);
    return script->numbers[script->drawn++];
}

static struct dns_srv record(unsigned priority, unsigned weight, char name)
{
    return (struct dns_srv){.priority = (uint16_t)priority,
                            .weight = (uint16_t)weight,
                            .target = {name}};
}

static void assert_order(const struct dns_srv *records, const char *names)
{
    for (unsigned i = 0; names[i] != '\0'; i++)
        assert_int_equal(records[i].target[0], names[i]);
}

static void orders_by_priority_whatever_the_weights(void **state)
{
    struct dns_srv records[] = {record(20, 9, 'c'), record(5, 0, 'a'),
                                record(65535, 65535, 'd'), record(10, 1, 'b')};
    const uint32_t numbers[] = {0, 1, 9, 65535};
    struct script script = {.numbers = numbers};

    (void)state;
    srv_order(records, 4, scripted, &script);
    assert_order(records, "abcd");
}

static void picks_the_first_whose_running_sum_reaches_the_number(void **state)
{
    /* running sums: a 3, b 4, c 10 */
    static const struct {
        uint32_t number;
        char first;
    } CASES[] = {{0, 'a'}, {3, 'a'}, {4, 'b'}, {5, 'c'}, {10, 'c'}};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct dns_srv records[] = {record(1, 3, 'a'), record(1, 1, 'b'),
                                    record(1, 6, 'c')};
        const uint32_t numbers[] = {CASES[i].number, 0, 0};
        struct script script = {.numbers = numbers};

        srv_order(records, 3, scripted, &script);
        assert_int_equal(records[0].target[0], CASES[i].first);
        assert_int_equal(script.most[0], 10);
    }
}

static void draws_each_next_one_from_those_that_are_left(void **state)
{
    struct dns_srv records[] = {record(1, 3, 'a'), record(1, 1, 'b'),
                                record(1, 6, 'c'), record(1, 2, 'd')};
    /* of 12: b; a c d of 11: d; a c of 9: c; a of 3 */
    const uint32_t numbers[] = {4, 10, 4, 3};
    const uint32_t sums[] = {12, 11, 9, 3};
    struct script script = {.numbers = numbers};

    (void)state;
    srv_order(records, 4, scripted, &script);
    assert_order(records, "bdca");
    assert_memory_equal(script.most, sums, sizeof(sums));
}

static void puts_weight_0_first_so_that_it_has_a_small_chance(void **state)
{
    const uint32_t zeros[] = {0, 0, 0};
    const uint32_t ones[] = {1, 0, 0};
    struct dns_srv records[] = {record(1, 5, 'a'), record(1, 0, 'z'),
                                record(1, 5, 'b')};
    struct dns_srv same[3];
    struct script script = {.numbers = zeros};

    (void)state;
    memcpy(same, records, sizeof(same));
    srv_order(records, 3, scripted, &script);
    assert_order(records, "zab");
    script = (struct script){.numbers = ones};
    srv_order(same, 3, scripted, &script);
    assert_order(same, "azb");
}

static void keeps_every_record_whatever_is_drawn(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct dns_srv records[LIMIT_SRV_RECORDS];
        unsigned seen[LIMIT_SRV_RECORDS] = {0};

        for (unsigned i = 0; i < LIMIT_SRV_RECORDS; i++)
            records[i] = record(i % 5, i % 3 == 0 ? 0 : 65535 - i, (char)i);
        srv_order(records, LIMIT_SRV_RECORDS, srv_random_kernel, NULL);
        for (unsigned i = 0; i < LIMIT_SRV_RECORDS; i++) {
            seen[(unsigned)records[i].target[0]]++;
            assert_true(i == 0 ||
                        records[i - 1].priority <= records[i].priority);
        }
        for (unsigned i = 0; i < LIMIT_SRV_RECORDS; i++)
            assert_int_equal(seen[i], 1);
    }
}

static void accepts_none_and_one(void **state)
{
    struct dns_srv records[] = {record(1, 0, 'a')};
    const uint32_t numbers[] = {0};
    struct script script = {.numbers = numbers};

    (void)state;
    srv_order(records, 0, scripted, &script);
    assert_int_equal(script.drawn, 0);
    srv_order(records, 1, scripted, &script);
    assert_order(records, "a");
}

static void kernel_numbers_reach_both_ends_and_no_further(void **state)
{
    unsigned seen[3] = {0};

    (void)state;
    assert_int_equal(srv_random_kernel(NULL, 0), 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t number = srv_random_kernel(NULL, 2);

        assert_true(number <= 2);
        seen[number]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    srv_random_kernel(NULL, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_by_priority_whatever_the_weights),
        cmocka_unit_test(picks_the_first_whose_running_sum_reaches_the_number),
        cmocka_unit_test(draws_each_next_one_from_those_that_are_left),
        cmocka_unit_test(puts_weight_0_first_so_that_it_has_a_small_chance),
        cmocka_unit_test(keeps_every_record_whatever_is_drawn),
        cmocka_unit_test(accepts_none_and_one),
        cmocka_unit_test(kernel_numbers_reach_both_ends_and_no_further),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("srv", tests, NULL, NULL);
}
