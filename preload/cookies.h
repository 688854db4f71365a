/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cookie addresses: what a tool is given for a target, standing for (name,
 * address, port). The kernel cannot route them (multicast), so whatever
 * bypasses the shim fails at once: 239.73.0.0/16 for IPv4 targets,
 * ff01::db8:0:0/96 for IPv6 ones; ::ffff:239.73.x.y is the same cookie as
 * 239.73.x.y, as the kernel sees it too.
 *
 * The table is shared across fork (lynx looks up in a child and connects in
 * its parent), append-only, without locks: one cookie for each distinct
 * (name, address, port), for ever. It holds nothing that verification rests
 * on: certificate names and Host come from the process's own answer
 * (names.h), so that a child cannot choose its parent's.
 */
#ifndef NSS_MATRIX_COOKIES_H
#define NSS_MATRIX_COOKIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address.h"
#include "limit.h"
#include "status.h"
#include "util.h"

enum {
    COOKIES_MAX = 65535, /* of each family */
};

/* What a cookie stands for. */
struct cookie {
    char key[LIMIT_SERVER_NAME + 1]; /* of the server name: server_name.h */
    struct address address;
    uint16_t port;
};

/*
 * Makes the shared table; in the constructor, before any fork. Without it
 * (no memory) every cookies_make says STATUS_TOO_BIG.
 */
void cookies_init(void);

/*
 * The cookie for a target, the same one every time. STATUS_OK;
 * STATUS_TOO_BIG if the table is full. No allocation, any thread.
 */
MUST_CHECK enum status cookies_make(const struct cookie *cookie,
                                    struct address *ret_address);

/* Whether the address is of a cookie range, known or not. */
bool cookies_is(const struct address *address);

/* The same for a socket address of any family; false if it is too short. */
bool cookies_is_socket(const struct sockaddr *to, socklen_t length);

/*
 * Whether any cookie of the same name stands for a target at that port: a
 * tool that was told a port of the answer may say it to each target.
 */
bool cookies_share_port(const struct address *address, uint16_t port);

/*
 * What a cookie stands for, as far as the table can be believed: a child may
 * have written to it, so names_check_target has the last word. STATUS_OK, or
 * STATUS_MISS: nobody made it.
 */
MUST_CHECK enum status cookies_find(const struct address *address,
                                    struct cookie *ret_cookie);

/* 64 bits that tell (name, address, port) apart; never 0. */
uint64_t cookies_hash(const char *key, const struct address *address,
                      uint16_t port);

#endif
