/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many timers, set, moved and unset by chance, beside a plain list of them. */
#include "loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "deadline.h"

enum {
    TIMERS = 300,
    ROUNDS = 20000,
};

static struct {
    struct loop *loop;
    struct loop_timer timers[TIMERS];
    int64_t due[TIMERS]; /* -1: not set */
    unsigned set_at[TIMERS];
    unsigned sets, told, expected;
} world;

static uint64_t chance = UINT64_C(0x9e3779b97f4a7c15);

static unsigned draw(unsigned below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)(chance % below);
}

/* The one to be told next, by looking at all; TIMERS if there is none. */
static unsigned next_by_list(void)
{
    unsigned found = TIMERS;

    for (unsigned i = 0; i < TIMERS; i++)
        if (world.due[i] >= 0 &&
            (found == TIMERS || world.due[i] < world.due[found] ||
             (world.due[i] == world.due[found] &&
              world.set_at[i] < world.set_at[found])))
            found = i;
    return found;
}

static void due(void *argument)
{
    struct loop_timer *timer = argument;

    assert_false(loop_is_set(timer));
    assert_int_equal(timer - world.timers, world.expected);
    world.told++;
}

static void set(unsigned i)
{
    /* Long over, and many at the same time. */
    world.due[i] = draw(50);
    world.set_at[i] = world.sets++;
    loop_set(world.loop, &world.timers[i], world.due[i], due, &world.timers[i]);
}

static void unset(unsigned i)
{
    world.due[i] = -1;
    loop_unset(&world.timers[i]);
}

static void tell_one(void)
{
    unsigned before = world.told;

    world.expected = next_by_list();
    if (world.expected == TIMERS)
        return;
    assert_int_equal(loop_turn(world.loop), STATUS_OK);
    assert_int_equal(world.told, before + 1);
    world.due[world.expected] = -1;
}

static void tells_them_in_the_order_of_a_plain_list(void **state)
{
    (void)state;
    assert_int_equal(loop_new(&world.loop), STATUS_OK);
    memset(world.due, 0xff, sizeof(world.due));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned i = draw(TIMERS);

        switch (draw(4)) {
        case 0:
            tell_one();
            break;
        case 1:
            unset(i);
            break;
        default:
            set(i);
        }
        for (unsigned j = 0; round % 500 == 0 && j < TIMERS; j++)
            assert_int_equal(loop_is_set(&world.timers[j]), world.due[j] >= 0);
    }
    while (next_by_list() < TIMERS)
        tell_one();
    loop_free(world.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_them_in_the_order_of_a_plain_list),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("loop_timers", tests, NULL, NULL);
}
