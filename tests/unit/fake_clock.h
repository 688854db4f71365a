/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A clock that can be put forward, in place of libc's: what would be waited
 * for is over at once. Include it in one file of a test program.
 */
#ifndef NSS_MATRIX_TEST_FAKE_CLOCK_H
#define NSS_MATRIX_TEST_FAKE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t fake_clock_ahead_s;

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_now);

    ret_now->tv_sec += fake_clock_ahead_s;
    return result;
}

#endif
