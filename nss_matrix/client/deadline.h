/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One point on the monotonic clock that everything in a lookup obeys. */
#ifndef NSS_MATRIX_DEADLINE_H
#define NSS_MATRIX_DEADLINE_H

#include <stdint.h>
#include <time.h>

/* Milliseconds on the monotonic clock. */
static inline int64_t deadline_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The point ms milliseconds from now. */
static inline int64_t deadline_after(int ms)
{
    return deadline_clock() + ms;
}

/* What is left until the deadline, for poll(): never negative. */
static inline int deadline_left(int64_t deadline)
{
    int64_t left = deadline - deadline_clock();

    return left < 0 ? 0 : (int)left;
}

#endif
