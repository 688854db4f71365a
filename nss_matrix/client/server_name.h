/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Matrix server names, `hostname[:port]`, and their pseudo-hostnames under
 * the suffix `.matrix`. The grammar is that of the Matrix appendices
 * ("Server Name"), without what C libraries would read as an address in
 * another notation: a host whose last label is a number must be four plain
 * decimals. No I/O, no allocation; safe on any octets.
 */
#ifndef NSS_MATRIX_SERVER_NAME_H
#define NSS_MATRIX_SERVER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "limit.h"
#include "status.h"
#include "util.h"

enum server_name_kind {
    SERVER_NAME_HOST, /* a host name; may be one that DNS cannot hold */
    SERVER_NAME_IP,   /* an IP literal: address is set */
};

struct server_name {
    enum server_name_kind kind;
    uint16_t port;        /* 0 if none was given */
    bool resolvable;      /* DNS can hold the host name (labels 1 to 63) */
    uint16_t host_length; /* of the host in text, brackets included */
    struct address address;
    char text[LIMIT_SERVER_NAME + 1]; /* as it was written */
    char key[LIMIT_SERVER_NAME + 1];  /* lower case, without a last dot of the
                                         host: what caches and looks up */
    char host[LIMIT_SERVER_NAME + 1]; /* the key's host: no port, no brackets;
                                         an IP literal in its canonical text */
};

/*
 * Reads a server name. STATUS_OK, or STATUS_INVALID: *ret_name, which is
 * written in place to spare the stack, is then not to be used. Text need not
 * end in NUL; length is in octets.
 */
MUST_CHECK enum status server_name_parse(const char *text, size_t length,
                                         struct server_name *ret_name);

/*
 * Whether server_name_parse would take text, and whether it would take it as
 * a host name without a port: for who has no stack to spare for the struct.
 */
bool server_name_is_valid(const char *text);
bool server_name_is_host(const char *text);

/*
 * Reads a pseudo-hostname: the suffix `.matrix` in any case, one last dot
 * allowed. STATUS_OK; STATUS_NOT_OURS if the suffix is not there;
 * STATUS_INVALID if it is, before something that is no server name. The
 * forms, in the order they are tried: four decimal labels are an IPv4
 * literal, a fifth its port; `2001-db8--55.ipv6-literal[.PORT]` is an IPv6
 * literal; a last label of digits is the port; anything else is the name.
 */
MUST_CHECK enum status server_name_from_pseudo(const char *text, size_t length,
                                               struct server_name *ret_name);

/* Whether text ends in the suffix with something before it. No I/O. */
bool server_name_is_pseudo(const char *text, size_t length);

/*
 * Writes the pseudo-hostname for name: what a tool under the shim or NSS is
 * asked for. STATUS_TOO_BIG if it does not fit in room; STATUS_INVALID for a
 * host name that ends in `.ipv6-literal`, which would be read as an address.
 */
MUST_CHECK enum status server_name_to_pseudo(const struct server_name *name,
                                             char *ret_text, size_t room);

/*
 * Whether there can be such a server: an IP literal, or a name that DNS can
 * hold. Of others nobody is asked, and none has a file: `..` is a name too.
 */
bool server_name_can_exist(const struct server_name *name);

/* Whether DNS can hold the host name: labels of 1 to 63, 253 in all. */
bool server_name_resolvable(const char *host);

#endif
