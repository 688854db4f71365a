/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clock that can be put forward and stopped, in place of libc's: what would
 * be waited for is over at once, or never. Include it in one file of a test
 * program.
 */
#ifndef NSS_MATRIX_TEST_FAKE_CLOCK_H
#define NSS_MATRIX_TEST_FAKE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t fake_clock_ahead_s;
static int64_t fake_clock_stopped_ms; /* where it stands; 0: it goes on */

/* Libraries see it too: libcurl's time is the test's. */
__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_now);

    if (fake_clock_stopped_ms != 0)
        *ret_now = (struct timespec){fake_clock_stopped_ms / 1000,
                                     fake_clock_stopped_ms % 1000 * 1000000};
    ret_now->tv_sec += fake_clock_ahead_s;
    return result;
}

/* From now on only the test moves it, and every clock shows the same. */
static inline void fake_clock_stop(void)
{
    struct timespec now;

    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    fake_clock_stopped_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
