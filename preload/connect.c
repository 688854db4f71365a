/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * connect, and the calls that connect on the way (TCP Fast Open): a cookie
 * becomes its target's address and port. The socket is not looked at but for
 * its type, nothing is remembered of it, and whether it blocks, EINPROGRESS
 * and all errors are the kernel's. Refused, with ECONNREFUSED and one line of
 * explanation: a port that is neither 443 nor of the answer, a datagram
 * socket, a cookie that nobody here made, a target that is not in this
 * process's own answer.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "cookies.h"
#include "names.h"
#include "note.h"
#include "preload.h"
#include "real.h"
#include "server_name.h"

enum {
    HTTP_PORT = 80,
    HTTPS_PORT = 443,
};

REAL_LIBC_DECLARE(connect);
REAL_LIBC_DECLARE(sendto);
REAL_LIBC_DECLARE(sendmsg);
REAL_LIBC_DECLARE(sendmmsg);

/* Where a call really goes. */
struct destination {
    struct sockaddr_storage to;
    socklen_t length;
};

/* The address in a socket address that is a cookie's, and its port. */
static struct address read_cookie(const struct sockaddr *from,
                                  uint16_t *ret_port)
{
    struct address address = {.family = from->sa_family};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (from->sa_family == AF_INET) {
        memcpy(&v4, from, sizeof(v4));
        address.v4 = v4.sin_addr;
        *ret_port = ntohs(v4.sin_port);
        return address;
    }
    memcpy(&v6, from, offsetof(struct sockaddr_in6, sin6_scope_id));
    address.v6 = v6.sin6_addr;
    *ret_port = ntohs(v6.sin6_port);
    return address;
}

/* NAME.matrix, for people. */
static const char *pseudo_of(const char *key, char text[static NAMES_PSEUDO])
{
    struct server_name name;

    if (server_name_parse(key, strlen(key), &name) != STATUS_OK ||
        server_name_to_pseudo(&name, text, NAMES_PSEUDO) != STATUS_OK)
        return "a name that is none";
    return text;
}

static bool port_is_allowed(const struct address *address,
                            const struct cookie *cookie, uint16_t port)
{
    char pseudo[NAMES_PSEUDO];

    if (port == HTTPS_PORT || port == cookie->port ||
        cookies_share_port(address, port))
        return true;
    pseudo_of(cookie->key, pseudo);
    if (port == HTTP_PORT)
        note_refusal("%s: port 80 refused: there is no http:// here, use "
                     "https://%s/",
                     pseudo, pseudo);
    else
        note_refusal("%s: port %u refused: discovery says %u, and https://%s/ "
                     "goes there; another port is part of the name: "
                     "NAME.%u.matrix",
                     pseudo, port, cookie->port, pseudo, port);
    return false;
}

static bool target_is_ours(const struct cookie *cookie)
{
    char pseudo[NAMES_PSEUDO];
    char address[ADDRESS_TEXT];
    enum status status =
        names_check_target(cookie->key, &cookie->address, cookie->port);

    if (status == STATUS_OK)
        return true;
    note_refusal("%s: connection to %s port %u refused: %s",
                 pseudo_of(cookie->key, pseudo),
                 address_text(&cookie->address, address), cookie->port,
                 status == STATUS_NOT_FOUND ? "not in its answer"
                                            : "its answer is not to be had");
    return false;
}

/* False, and errno set: what is no socket fails as the kernel says. */
static bool is_stream(int fd, const struct cookie *cookie)
{
    char pseudo[NAMES_PSEUDO];
    int type;
    socklen_t size = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return false;
    if (type == SOCK_STREAM)
        return true;
    note_refusal("%s: refused: not TCP (no HTTP/3 here)",
                 pseudo_of(cookie->key, pseudo));
    errno = ECONNREFUSED;
    return false;
}

/* The target in the clothes that the socket's family wants. */
static void write_target(const struct cookie *cookie, int family,
                         struct destination *ret_destination)
{
    struct address address = cookie->address;

    if (family == AF_INET6 && address.family == AF_INET) {
        address = (struct address){.family = AF_INET6};
        address.bytes[10] = address.bytes[11] = 0xff;
        memcpy(address.bytes + 12, &cookie->address.v4,
               sizeof(cookie->address.v4));
    }
    ret_destination->length =
        address_to_socket(&address, cookie->port, &ret_destination->to);
}

/* Where a call with a cookie goes. False, and errno set, if nowhere. */
static bool find_destination(int fd, const struct sockaddr *from,
                             struct destination *ret_destination)
{
    struct cookie cookie;
    char text[ADDRESS_TEXT];
    uint16_t port;
    struct address address = read_cookie(from, &port);
    int saved = errno;

    if (cookies_find(&address, &cookie) != STATUS_OK) {
        note_refusal("%s refused: this process was not given that address",
                     address_text(&address, text));
        errno = ECONNREFUSED;
        return false;
    }
    if (!is_stream(fd, &cookie))
        return false;
    if (!port_is_allowed(&address, &cookie, port) || !target_is_ours(&cookie)) {
        errno = ECONNREFUSED;
        return false;
    }
    write_target(&cookie, from->sa_family, ret_destination);
    errno = saved;
    return true;
}

HOOK(int, connect, (int fd, const struct sockaddr *to, socklen_t length))
{
    struct destination real;

    if (!cookies_is_socket(to, length))
        return REAL_LIBC(connect)(fd, to, length);
    if (!find_destination(fd, to, &real))
        return -1;
    return REAL_LIBC(connect)(fd, (struct sockaddr *)&real.to, real.length);
}

HOOK(ssize_t, sendto,
     (int fd, const void *octets, size_t size, int flags,
      const struct sockaddr *to, socklen_t length))
{
    struct destination real;

    if (!cookies_is_socket(to, length))
        return REAL_LIBC(sendto)(fd, octets, size, flags, to, length);
    if (!find_destination(fd, to, &real))
        return -1;
    return REAL_LIBC(sendto)(fd, octets, size, flags,
                             (struct sockaddr *)&real.to, real.length);
}

HOOK(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))
{
    struct destination real;
    struct msghdr copy;

    if (message == NULL ||
        !cookies_is_socket(message->msg_name, message->msg_namelen))
        return REAL_LIBC(sendmsg)(fd, message, flags);
    if (!find_destination(fd, message->msg_name, &real))
        return -1;
    copy = *message;
    copy.msg_name = &real.to;
    copy.msg_namelen = real.length;
    return REAL_LIBC(sendmsg)(fd, &copy, flags);
}

static bool one_is_cookie(const struct mmsghdr *messages, unsigned count)
{
    for (unsigned i = 0; messages != NULL && i < count; i++)
        if (cookies_is_socket(messages[i].msg_hdr.msg_name,
                              messages[i].msg_hdr.msg_namelen))
            return true;
    return false;
}

/* One by one, if one of them needs a copy: the kernel does no more. */
HOOK(int, sendmmsg,
     (int fd, struct mmsghdr *messages, unsigned count, int flags))
{
    if (!one_is_cookie(messages, count))
        return REAL_LIBC(sendmmsg)(fd, messages, count, flags);
    for (unsigned i = 0; i < count; i++) {
        int saved = errno;
        ssize_t sent = sendmsg(fd, &messages[i].msg_hdr, flags);

        if (sent < 0 && i > 0)
            errno = saved; /* some were sent: it is no error */
        if (sent < 0)
            return i > 0 ? (int)i : -1;
        messages[i].msg_len = (unsigned)sent;
    }
    return (int)count;
}
