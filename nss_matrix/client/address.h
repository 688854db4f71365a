/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One IPv4 or IPv6 address, without a port. Never an IPv6 zone, never one of
 * inet_aton's short forms.
 */
#ifndef NSS_MATRIX_ADDRESS_H
#define NSS_MATRIX_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct address {
    int family; /* AF_INET or AF_INET6 */
    union {
        struct in_addr v4;
        struct in6_addr v6;
        unsigned char bytes[16];
    };
};

enum {
    ADDRESS_TEXT = INET6_ADDRSTRLEN, /* room for any address and its NUL */
};

/*
 * Reads an address as inet_pton does: four plain decimals, or IPv6 without
 * brackets. False if text is neither; *ret_address is then untouched.
 */
bool address_parse(const char *text, struct address *ret_address);

/* Writes the address in the form of RFC 5952, without brackets; gives text. */
const char *address_text(const struct address *address,
                         char text[static ADDRESS_TEXT]);

/* 4 or 16: how many of bytes are the address. */
size_t address_size(const struct address *address);

bool address_equal(const struct address *a, const struct address *b);

/* The address with a port as connect() wants it; gives the length. */
socklen_t address_to_socket(const struct address *address, in_port_t port,
                            struct sockaddr_storage *ret_socket);

#endif
