/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel looks up the route when a datagram's socket is connected. */
#include "route.h"

#include <errno.h>
#include <sys/socket.h>

#include "util.h"

enum {
    ANY_PORT = 443, /* it does not matter, but 0 is refused by some */
};

bool route_exists(const struct address *address)
{
    struct sockaddr_storage to;
    socklen_t length = address_to_socket(address, ANY_PORT, &to);
    AUTO(close_fd)
    int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno != EAFNOSUPPORT;
    return connect(fd, (const struct sockaddr *)&to, length) == 0 ||
           (errno != ENETUNREACH && errno != EADDRNOTAVAIL &&
            errno != EHOSTUNREACH);
}
