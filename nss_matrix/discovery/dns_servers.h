/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom to ask DNS questions, and how often: resolv.conf as libresolv read it,
 * or one server that was named.
 */
#ifndef NSS_MATRIX_DNS_SERVERS_H
#define NSS_MATRIX_DNS_SERVERS_H

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "status.h"
#include "util.h"

struct dns_server {
    struct sockaddr_storage address; /* an IPv6 zone (fe80::1%eth0) included */
    socklen_t length;
    char text[80]; /* for people: the port only if it is not 53 */
};

struct dns_servers {
    unsigned count; /* at least 1 */
    struct dns_server list[MAXNS];
    int timeout_ms;    /* of one try: `options timeout` */
    unsigned attempts; /* at each server: `options attempts` */
    bool rotate;       /* `options rotate` */
    bool tcp;          /* `options use-vc` */
};

/*
 * The servers of an initialised resolver state, or instead of them the one
 * that override, if not NULL, names: `ADDR`, `ADDR:PORT`, `[ADDR6]:PORT`.
 * STATUS_OK, STATUS_INVALID (override) or STATUS_UNAVAILABLE (no server).
 */
MUST_CHECK enum status dns_servers_read(const struct __res_state *state,
                                        const char *override,
                                        struct dns_servers *ret_servers);

#endif
