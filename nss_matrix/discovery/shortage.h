/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a call failed because this process or this machine is short of
 * something. Then nothing is known: neither that somebody did not answer, nor
 * that there is nothing.
 */
#ifndef NSS_MATRIX_SHORTAGE_H
#define NSS_MATRIX_SHORTAGE_H

#include <errno.h>
#include <stdbool.h>

static inline bool shortage_is(int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC: /* epoll_ctl: watches */
    case EAGAIN: /* connect: ports */
        return true;
    default:
        return false;
    }
}

#endif
