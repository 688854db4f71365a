/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct hostent: making one of cookies, and taking them out of one. */
#ifndef NSS_MATRIX_HOSTENT_H
#define NSS_MATRIX_HOSTENT_H

#include <netdb.h>
#include <stddef.h>

#include "targets.h"
#include "util.h"

enum {
    /* Room for every answer: addresses, their pointers, name, alignment. */
    HOSTENT_ROOM = LIMIT_TARGETS * (16 + sizeof(char *)) + 4 * sizeof(char *) +
                   LIMIT_SERVER_NAME + 32,
};

/* The caller's. */
struct hostent_buffer {
    char *start;
    size_t size;
};

/*
 * Lays the cookies of one family into the buffer: no aliases, name as h_name.
 * STATUS_OK; STATUS_NOT_FOUND if there are none; STATUS_TOO_BIG.
 */
MUST_CHECK enum status hostent_make(const char *name, int family,
                                    const struct targets *targets,
                                    struct hostent_buffer buffer,
                                    struct hostent *ret_host);

/* Takes cookies out of an answer, in place; whether an address is left. */
bool hostent_drop_cookies(struct hostent *host);

#endif
