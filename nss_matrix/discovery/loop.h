/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one poll loop (epoll) that drives everything in a helper or command:
 * descriptors and timers, whose structs their owners embed. Not for threads.
 */
#ifndef NSS_MATRIX_LOOP_H
#define NSS_MATRIX_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "status.h"
#include "util.h"

struct loop;

/* Called when the descriptor is ready for events (EPOLLIN, EPOLLOUT ...). */
typedef void loop_ready(void *argument, uint32_t events);

/* Called when the timer is due. */
typedef void loop_due(void *argument);

/* All zero: not watched. Owned by the caller, and must not move. */
struct loop_watch {
    struct loop *loop;
    int fd;
    loop_ready *ready;
    void *argument;
};

/* All zero: not set. Owned by the caller, and must not move. */
struct loop_timer {
    struct loop *loop;
    int64_t due; /* on the clock of deadline.h */
    loop_due *call;
    void *argument;
    uint64_t turn;                              /* of those with the same due */
    struct loop_timer *previous, *next, *child; /* in the heap */
};

/* STATUS_OK, STATUS_NO_MEMORY or STATUS_UNAVAILABLE (no epoll). */
MUST_CHECK enum status loop_new(struct loop **ret_loop);

/* Nothing may be watched or set any more. NULL is accepted. */
void loop_free(struct loop *loop);

/*
 * Watches fd, which stays the caller's, until loop_unwatch. A watch that is
 * watched already changes its events. STATUS_OK or STATUS_UNAVAILABLE.
 */
MUST_CHECK enum status loop_watch(struct loop *loop, struct loop_watch *watch,
                                  int fd, uint32_t events, loop_ready *ready,
                                  void *argument);

/*
 * Stops watching; before the descriptor is closed. Safe in any callback, also
 * for a descriptor whose event is waiting to be told: it is not told.
 */
void loop_unwatch(struct loop_watch *watch);

/* Sets or moves the timer: it is called once, at due or as soon as may be. */
void loop_set(struct loop *loop, struct loop_timer *timer, int64_t due,
              loop_due *call, void *argument);

/* Unsets the timer; harmless if it is not set. */
void loop_unset(struct loop_timer *timer);

/* Whether the timer is set. */
bool loop_is_set(const struct loop_timer *timer);

/*
 * Waits for what comes first and tells it: at least one descriptor or timer,
 * unless a signal handler ran. STATUS_OK or STATUS_UNAVAILABLE.
 */
MUST_CHECK enum status loop_turn(struct loop *loop);

#endif
