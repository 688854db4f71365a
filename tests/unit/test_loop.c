/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The poll loop, over pipes and a clock that can be put forward. */
#include "loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deadline.h"
#include "fake_clock.h"

enum {
    FAR_MS = 3600 * 1000
};

static struct loop *loop;

/* What was told, in order, one letter each. */
static char told[64];

/* A watch over a pipe and a timer, on the heap: freed is freed. */
struct thing {
    char letter;
    int in, out;
    struct loop_watch watch;
    struct loop_timer timer;
    struct thing *victim; /* is freed when this is told */
    uint32_t events;
};

static int make_loop(void **state)
{
    (void)state;
    told[0] = '\0';
    fake_clock_ahead_s = 0;
    return loop_new(&loop) == STATUS_OK ? 0 : -1;
}

static int free_loop(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static struct thing *thing_new(char letter)
{
    struct thing *thing = calloc(1, sizeof(*thing));
    int pipe[2];

    assert_non_null(thing);
    assert_int_equal(pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
    thing->letter = letter;
    thing->in = pipe[0];
    thing->out = pipe[1];
    return thing;
}

static void thing_free(struct thing *thing)
{
    loop_unwatch(&thing->watch);
    loop_unset(&thing->timer);
    util_close_fd(&thing->in);
    util_close_fd(&thing->out);
    free(thing);
}

static void tell(struct thing *thing)
{
    size_t length = strlen(told);

    assert_true(length + 1 < sizeof(told));
    told[length] = thing->letter;
    told[length + 1] = '\0';
    if (thing->victim != NULL)
        thing_free(TAKE(thing->victim));
}

static void ready(void *argument, uint32_t events)
{
    struct thing *thing = argument;

    thing->events = events;
    tell(thing);
}

static void due(void *argument)
{
    tell(argument);
}

static void make_ready(struct thing *thing)
{
    assert_int_equal(write(thing->out, "x", 1), 1);
}

static void watch(struct thing *thing)
{
    assert_int_equal(
        loop_watch(loop, &thing->watch, thing->in, EPOLLIN, ready, thing),
        STATUS_OK);
}

static void set(struct thing *thing, int ms)
{
    loop_set(loop, &thing->timer, deadline_after(ms), due, thing);
}

static void turn(void)
{
    assert_int_equal(loop_turn(loop), STATUS_OK);
}

static void tells_what_is_ready_and_nothing_else(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    watch(a);
    watch(b);
    make_ready(b);
    turn();
    assert_string_equal(told, "b");
    assert_int_equal(b->events, EPOLLIN);
    turn(); /* level-triggered: nobody has read it */
    assert_string_equal(told, "bb");
    thing_free(a);
    thing_free(b);
}

static void tells_a_hang_up(void **state)
{
    struct thing *a = thing_new('a');

    (void)state;
    watch(a);
    util_close_fd(&a->out);
    turn();
    assert_int_equal(a->events, EPOLLHUP);
    thing_free(a);
}

static void does_not_tell_one_that_was_freed_in_the_same_batch(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    watch(a);
    watch(b);
    make_ready(a);
    make_ready(b);
    a->victim = b;
    b->victim = a;
    turn(); /* whichever comes first frees the other */
    assert_int_equal(strlen(told), 1);
    thing_free(told[0] == 'a' ? a : b);
}

static void may_free_itself_when_told(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    a->victim = a;
    watch(a);
    make_ready(a);
    turn();
    b->victim = b;
    set(b, 0);
    turn();
    assert_string_equal(told, "ab");
}

/* Watches the other one for what it is not ready for. */
static void rewatch_other(void *argument, uint32_t events)
{
    struct thing *other = ((struct thing *)argument)->victim;

    (void)events;
    assert_int_equal(
        loop_watch(loop, &other->watch, other->in, 0, ready, other), STATUS_OK);
}

static void does_not_tell_events_that_are_no_longer_wanted(void **state)
{
    struct thing *things[] = {thing_new('a'), thing_new('b')};

    (void)state;
    for (int i = 0; i < 2; i++) {
        things[i]->victim = things[!i];
        assert_int_equal(loop_watch(loop, &things[i]->watch, things[i]->in,
                                    EPOLLIN, rewatch_other, things[i]),
                         STATUS_OK);
        make_ready(things[i]);
    }
    turn(); /* whichever comes first silences the other */
    assert_string_equal(told, "");
    thing_free(things[0]);
    thing_free(things[1]);
}

static void changes_the_events_of_a_watch(void **state)
{
    struct thing *a = thing_new('a');

    (void)state;
    watch(a);
    make_ready(a);
    assert_int_equal(loop_watch(loop, &a->watch, a->in, 0, ready, a),
                     STATUS_OK);
    set(a, 0);
    a->letter = 't';
    turn();
    assert_string_equal(told, "t");
    thing_free(a);
}

static void is_unavailable_for_a_file(void **state)
{
    struct loop_watch watched = {0};
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(loop_watch(loop, &watched, fd, EPOLLIN, ready, NULL),
                     STATUS_UNAVAILABLE);
    assert_null(watched.loop);
    loop_unwatch(&watched);
    close(fd);
}

static void calls_timers_in_the_order_they_are_due(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');
    struct thing *c = thing_new('c');

    (void)state;
    /* Far apart, however slowly these three lines are run. */
    set(b, FAR_MS + FAR_MS / 4);
    set(c, FAR_MS + FAR_MS / 2);
    set(a, FAR_MS);
    fake_clock_ahead_s += 2 * FAR_MS / 1000;
    turn();
    turn();
    turn();
    assert_string_equal(told, "abc");
    assert_false(loop_is_set(&a->timer));
    thing_free(a);
    thing_free(b);
    thing_free(c);
}

static void calls_timers_of_one_time_in_the_order_they_were_set(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    loop_set(loop, &a->timer, 1, due, a);
    loop_set(loop, &b->timer, 1, due, b);
    turn();
    turn();
    assert_string_equal(told, "ab");
    thing_free(a);
    thing_free(b);
}

static void does_not_call_a_timer_early_or_twice(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    set(a, FAR_MS);
    make_ready(b);
    watch(b);
    turn();
    assert_string_equal(told, "b");
    fake_clock_ahead_s += FAR_MS / 1000;
    turn();
    turn();
    assert_string_equal(told, "bbab");
    thing_free(a);
    thing_free(b);
}

static void waits_until_a_timer_is_due(void **state)
{
    struct thing *a = thing_new('a');
    int64_t until = deadline_after(20);

    (void)state;
    loop_set(loop, &a->timer, until, due, a);
    turn();
    assert_string_equal(told, "a");
    assert_true(deadline_clock() >= until);
    thing_free(a);
}

static void moves_and_unsets_timers(void **state)
{
    struct thing *things[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        things[i] = thing_new((char)('a' + i));
        set(things[i], 0);
    }
    loop_unset(&things[1]->timer);
    loop_unset(&things[1]->timer);
    assert_false(loop_is_set(&things[1]->timer));
    set(things[0], FAR_MS);
    assert_true(loop_is_set(&things[0]->timer));
    turn();
    assert_string_equal(told, "c");
    fake_clock_ahead_s += FAR_MS / 1000;
    turn();
    assert_string_equal(told, "ca");
    for (int i = 0; i < 3; i++)
        thing_free(things[i]);
}

static void again(void *argument)
{
    struct thing *thing = argument;

    tell(thing);
    set(thing, 0);
}

static void a_timer_that_sets_itself_anew_starves_nobody(void **state)
{
    struct thing *a = thing_new('a');
    struct thing *b = thing_new('b');

    (void)state;
    loop_set(loop, &a->timer, 0, again, a);
    watch(b);
    make_ready(b);
    turn();
    turn();
    assert_string_equal(told, "baba");
    thing_free(a);
    thing_free(b);
}

static void tells_more_than_one_batch_of_descriptors(void **state)
{
    struct thing *things[50];

    (void)state;
    for (int i = 0; i < 50; i++) {
        things[i] = thing_new('x');
        watch(things[i]);
        make_ready(things[i]);
    }
    for (int turns = 0; turns < 3; turns++) {
        told[0] = '\0';
        turn();
    }
    for (int i = 0; i < 50; i++) {
        assert_true(things[i]->events != 0);
        thing_free(things[i]);
    }
}

int main(void)
{
#define LOOP_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, make_loop, free_loop)
    const struct CMUnitTest tests[] = {
        LOOP_TEST(tells_what_is_ready_and_nothing_else),
        LOOP_TEST(tells_a_hang_up),
        LOOP_TEST(does_not_tell_one_that_was_freed_in_the_same_batch),
        LOOP_TEST(may_free_itself_when_told),
        LOOP_TEST(does_not_tell_events_that_are_no_longer_wanted),
        LOOP_TEST(changes_the_events_of_a_watch),
        LOOP_TEST(is_unavailable_for_a_file),
        LOOP_TEST(calls_timers_in_the_order_they_are_due),
        LOOP_TEST(calls_timers_of_one_time_in_the_order_they_were_set),
        LOOP_TEST(does_not_call_a_timer_early_or_twice),
        LOOP_TEST(waits_until_a_timer_is_due),
        LOOP_TEST(moves_and_unsets_timers),
        LOOP_TEST(a_timer_that_sets_itself_anew_starves_nobody),
        LOOP_TEST(tells_more_than_one_batch_of_descriptors),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    alarm(60); /* a loop that waits for ever is a failure */
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
