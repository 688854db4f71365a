/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and their text. */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

bool address_parse(const char *text, struct address *ret_address)
{
    bool v6 = strchr(text, ':') != NULL;
    struct address address = {.family = v6 ? AF_INET6 : AF_INET};

    if (inet_pton(address.family, text, address.bytes) != 1)
        return false;
    *ret_address = address;
    return true;
}

const char *address_text(const struct address *address,
                         char text[static ADDRESS_TEXT])
{
    return inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT);
}

size_t address_size(const struct address *address)
{
    return address->family == AF_INET ? sizeof(address->v4)
                                      : sizeof(address->v6);
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family &&
           memcmp(a->bytes, b->bytes, address_size(a)) == 0;
}

socklen_t address_to_socket(const struct address *address, in_port_t port,
                            struct sockaddr_storage *ret_socket)
{
    memset(ret_socket, 0, sizeof(*ret_socket));
    if (address->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)ret_socket;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        in->sin_addr = address->v4;
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_socket;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    in6->sin6_addr = address->v6;
    return sizeof(*in6);
}
