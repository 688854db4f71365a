/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connects as programs do, and prints where it got, or the error's name.
 *
 *   dial HOW [-4|-6] NAME PORT
 *
 * HOW: connect (each address in turn), nonblocking, twice, mapped (an IPv6
 * socket and ::ffff:), v6only-mapped (a socket for IPv6 alone), short (the
 * sockaddr_in6 without its scope), raw (the system call itself), sendto,
 * sendmsg, sendmmsg (with MSG_FASTOPEN; late-* without, which is too early or
 * too late for TCP), udp, udp-sendto, udp-sendmsg, udp-sendmmsg (without;
 * udp-mapped-* in an IPv6 socket and ::ffff:, udp-moving-* from a socket that
 * is connected to another address, as QUIC's are that move), closed (no such
 * descriptor), child (the lookup is in a child).
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    int family;
    struct sockaddr_storage to;
    socklen_t length;
};

enum {
    PLACES = 64,
};

static char octet[] = "x";

static bool is(const char *how, const char *what)
{
    return strcmp(how, what) == 0;
}

static bool is_udp(const char *how)
{
    return strncmp(how, "udp", 3) == 0;
}

static int place_all(const char *name, const char *port, int family,
                     struct place places[PLACES])
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int count = 0;
    int error = getaddrinfo(name, port, &hints, &list);

    if (error != 0)
        return printf("%s\n", gai_strerror(error)), 0;
    for (struct addrinfo *one = list; one != NULL && count < PLACES;
         one = one->ai_next, count++) {
        places[count].family = one->ai_family;
        places[count].length = one->ai_addrlen;
        memcpy(&places[count].to, one->ai_addr, one->ai_addrlen);
    }
    freeaddrinfo(list);
    return count;
}

/* As lynx: the child asks, and tells its parent through a pipe. */
static int place_all_in_child(const char *name, const char *port, int family,
                              struct place places[PLACES])
{
    int pair[2];
    int status;
    ssize_t got;

    if (pipe(pair) != 0)
        return 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int count = place_all(name, port, family, places);
        size_t size = (size_t)count * sizeof(*places);

        fflush(stdout);
        _exit(write(pair[1], places, size) != (ssize_t)size);
    }
    close(pair[1]);
    got = read(pair[0], places, PLACES * sizeof(*places));
    waitpid(child, &status, 0);
    return got > 0 && status == 0 ? (int)((size_t)got / sizeof(*places)) : 0;
}

static void wrap(struct place *place)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    memcpy(&v4, &place->to, sizeof(v4));
    v6.sin6_port = v4.sin_port;
    v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(v6.sin6_addr.s6_addr + 12, &v4.sin_addr, 4);
    memcpy(&place->to, &v6, sizeof(v6));
    place->family = AF_INET6;
    place->length = sizeof(v6);
}

static int wait_until_connected(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    int error = ETIMEDOUT;
    socklen_t size = sizeof(error);

    if (errno != EINPROGRESS)
        return -1;
    if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
        puts("has become blocking");
    if (poll(&one, 1, 5000) == 1)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    return error == 0 ? 0 : -1;
}

static int send_to(const char *how, int fd, struct place *place)
{
    bool plain = is_udp(how) || strncmp(how, "late-", 5) == 0;
    int flags = plain ? MSG_NOSIGNAL : MSG_FASTOPEN;
    struct iovec data = {octet, 1};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_name = &place->to,
                                               .msg_namelen = place->length,
                                               .msg_iov = &data,
                                               .msg_iovlen = 1}}};
    struct msghdr before;

    messages[1].msg_hdr = (struct msghdr){.msg_iov = &data, .msg_iovlen = 1};
    before = messages[0].msg_hdr;
    if (strstr(how, "sendto") != NULL)
        return (int)sendto(fd, octet, 1, flags, (struct sockaddr *)&place->to,
                           place->length);
    if (strstr(how, "sendmsg") != NULL)
        return (int)sendmsg(fd, &messages[0].msg_hdr, flags);
    int sent = sendmmsg(fd, messages, 2, flags);
    if (memcmp(&before, &messages[0].msg_hdr, sizeof(before)) != 0)
        puts("changed the caller's message");
    if (sent > 0)
        printf("sent %d: %u %u\n", sent, messages[0].msg_len,
               messages[1].msg_len);
    return sent;
}

/* To the discard port of this machine. */
static bool is_connected(int fd, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(9),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(9),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    return (family == AF_INET
                ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
                : connect(fd, (struct sockaddr *)&v6, sizeof(v6))) == 0;
}

static int dial(const char *how, int fd, struct place *place)
{
    const struct sockaddr *to = (struct sockaddr *)&place->to;
    int result;

    if (is(how, "raw"))
        return (int)syscall(SYS_connect, fd, to, place->length);
    if (strstr(how, "moving") != NULL && !is_connected(fd, place->family))
        puts("is connected nowhere");
    if (strstr(how, "send") != NULL)
        return send_to(how, fd, place);
    result = connect(fd, to, place->length);
    if (is(how, "nonblocking") && result != 0)
        return wait_until_connected(fd);
    if (is(how, "twice") && result == 0)
        return connect(fd, to, place->length);
    return result;
}

static void print_peer(int fd)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    char host[INET6_ADDRSTRLEN];
    char port[8];

    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
        getnameinfo((struct sockaddr *)&peer, length, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        printf("connected to %s %s\n", host, port);
}

static int try_one(const char *how, struct place *place)
{
    int type = is_udp(how) ? SOCK_DGRAM : SOCK_STREAM;
    int on = 1;
    int fd;

    if (strstr(how, "mapped") != NULL)
        wrap(place);
    if (is(how, "short"))
        place->length -= 4;
    if (is(how, "nonblocking"))
        type |= SOCK_NONBLOCK;
    fd = is(how, "closed") ? 999 : socket(place->family, type, 0);
    if (strncmp(how, "v6only", 6) == 0)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    errno = 0;
    if (dial(how, fd, place) >= 0) {
        if (errno != 0 && !is(how, "nonblocking"))
            printf("errno has become %s\n", strerrorname_np(errno));
        print_peer(fd);
        return 0;
    }
    puts(strerrorname_np(errno));
    close(fd);
    return 1;
}

int main(int argc, char **argv)
{
    static struct place places[PLACES];
    const char *how = argv[1];
    int family = AF_UNSPEC;
    int result = 1;
    int count;
    int at = 2;

    if (argc > at && is(argv[at], "-4"))
        family = AF_INET, at++;
    else if (argc > at && is(argv[at], "-6"))
        family = AF_INET6, at++;
    if (argc != at + 2)
        return 2;
    count = is(how, "child")
                ? place_all_in_child(argv[at], argv[at + 1], family, places)
                : place_all(argv[at], argv[at + 1], family, places);
    for (int i = 0; i < count && result != 0; i++) {
        result = try_one(how, &places[i]);
        if (!is(how, "connect"))
            break;
    }
    return result;
}
