/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The poll loop. Level-triggered, so that an event which was not told, or was
 * told in vain, comes again. Timers are a pairing heap (Fredman and others,
 * 1986), whose links are in the timers: thousands when many names are under
 * way, and setting one cannot fail.
 */
#include "loop.h"

#include "deadline.h"

enum {
    BATCH = 32, /* events fetched at once; more wait for the next turn */
};

struct loop {
    int epoll;
    struct loop_timer *timers; /* the earliest; above all others */
    uint64_t turns;            /* timers that were ever set */
    int waiting, told;         /* of events: how many there are, were told */
    struct epoll_event events[BATCH];
};

enum status loop_new(struct loop **ret_loop)
{
    AUTO(free) struct loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return STATUS_NO_MEMORY;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return STATUS_UNAVAILABLE;
    *ret_loop = TAKE(loop);
    return STATUS_OK;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    util_close_fd(&loop->epoll);
    free(loop);
}

/*
 * Takes the watch's events out of the batch that is being told: its owner may
 * free it before their turn comes, or wait for other events by then.
 */
static void forget_waiting(struct loop *loop, const struct loop_watch *watch)
{
    for (int i = loop->told; i < loop->waiting; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

enum status loop_watch(struct loop *loop, struct loop_watch *watch, int fd,
                       uint32_t events, loop_ready *ready, void *argument)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int how = EPOLL_CTL_MOD;

    if (watch->loop != NULL && (watch->loop != loop || watch->fd != fd))
        loop_unwatch(watch);
    if (watch->loop == NULL)
        how = EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll, how, fd, &event) != 0)
        return STATUS_UNAVAILABLE;
    forget_waiting(loop, watch);
    *watch = (struct loop_watch){loop, fd, ready, argument};
    return STATUS_OK;
}

void loop_unwatch(struct loop_watch *watch)
{
    if (watch->loop == NULL)
        return;
    /* Fails only for a descriptor that is closed, which epoll forgot. */
    epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    forget_waiting(watch->loop, watch);
    *watch = (struct loop_watch){0};
}

/* Of timers due at the same time, the one that was set first. */
static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due < b->due || (a->due == b->due && a->turn < b->turn);
}

/* Puts the later of two heaps below the other. Either may be empty. */
static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
    struct loop_timer *top =
        b == NULL || (a != NULL && is_before(a, b)) ? a : b;
    struct loop_timer *below = top == a ? b : a;

    if (below == NULL)
        return top;
    below->previous = top;
    below->next = top->child;
    if (below->next != NULL)
        below->next->previous = below;
    top->child = below;
    return top;
}

/* One heap of a row of them: first by pairs, then the pairs from the last. */
static struct loop_timer *meld_row(struct loop_timer *row)
{
    struct loop_timer *pairs = NULL;
    struct loop_timer *heap = NULL;

    while (row != NULL) {
        struct loop_timer *one = row;
        struct loop_timer *other = one->next;

        row = other != NULL ? other->next : NULL;
        one->previous = one->next = NULL;
        if (other != NULL)
            other->previous = other->next = NULL;
        one = meld(one, other);
        one->next = pairs;
        pairs = one;
    }
    while (pairs != NULL) {
        struct loop_timer *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        heap = meld(heap, pair);
    }
    return heap;
}

void loop_set(struct loop *loop, struct loop_timer *timer, int64_t due,
              loop_due *call, void *argument)
{
    loop_unset(timer);
    *timer = (struct loop_timer){.loop = loop,
                                 .due = due,
                                 .call = call,
                                 .argument = argument,
                                 .turn = loop->turns++};
    loop->timers = meld(loop->timers, timer);
}

void loop_unset(struct loop_timer *timer)
{
    struct loop *loop = timer->loop;

    if (loop == NULL)
        return;
    if (loop->timers == timer) {
        loop->timers = meld_row(timer->child);
    } else {
        /* previous is the one above for the first of a row. */
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        loop->timers = meld(loop->timers, meld_row(timer->child));
    }
    *timer = (struct loop_timer){0};
}

bool loop_is_set(const struct loop_timer *timer)
{
    return timer->loop != NULL;
}

/* For epoll_wait: -1 is for ever. */
static int time_to_wait(const struct loop *loop)
{
    const struct loop_timer *timer = loop->timers;

    if (timer == NULL)
        return -1;
    int64_t now = deadline_clock();
    if (timer->due <= now)
        return 0;
    return timer->due - now > INT32_MAX ? INT32_MAX : (int)(timer->due - now);
}

/*
 * One a turn: a timer that sets itself anew for at once then keeps nobody
 * else waiting.
 */
static void tell_timer(const struct loop *loop)
{
    struct loop_timer *timer = loop->timers;

    if (timer == NULL || timer->due > deadline_clock())
        return;
    struct loop_timer due = *timer;
    loop_unset(timer);
    due.call(due.argument);
}

enum status loop_turn(struct loop *loop)
{
    int count =
        epoll_wait(loop->epoll, loop->events, BATCH, time_to_wait(loop));

    if (count < 0)
        return errno == EINTR ? STATUS_OK : STATUS_UNAVAILABLE;
    loop->waiting = count;
    for (loop->told = 0; loop->told < loop->waiting;) {
        const struct epoll_event *event = &loop->events[loop->told++];
        const struct loop_watch *watch = event->data.ptr;

        if (watch != NULL)
            watch->ready(watch->argument, event->events);
    }
    tell_timer(loop);
    return STATUS_OK;
}
