/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One exchange with one DNS server, over sockets that never wait. */
#include "dns_exchange.h"

#include <poll.h>
#include <sys/socket.h>

#include "deadline.h"
#include "limit.h"

void dns_exchange_init(struct dns_exchange *exchange, struct loop *loop,
                       dns_exchange_heard *heard, void *argument)
{
    exchange->loop = loop;
    exchange->heard = heard;
    exchange->argument = argument;
    exchange->fd = -1;
}

void dns_exchange_stop(struct dns_exchange *exchange)
{
    loop_unset(&exchange->timer);
    loop_unwatch(&exchange->watch);
    util_close_fd(&exchange->fd);
    free(TAKE(exchange->in));
}

/* Nothing of the exchange may be used after a call of heard. */
static void tell_broken(struct dns_exchange *exchange, int error)
{
    dns_exchange_stop(exchange);
    exchange->error = error;
    exchange->heard(exchange->argument, DNS_EXCHANGE_BROKEN, NULL, 0);
}

/* The socket is ready in vain, as any may be: it will be again. */
static bool is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void time_passed(void *argument);

/* Until it is time to send again, or to give up. A stream resends by itself. */
static void wait_on(struct dns_exchange *exchange)
{
    int64_t again = deadline_after(exchange->resend_ms);

    if (exchange->tcp || again > exchange->deadline)
        again = exchange->deadline;
    loop_set(exchange->loop, &exchange->timer, again, time_passed, exchange);
}

/*
 * Datagrams get lost, most of them in the queue of a server that cannot read
 * as fast as we ask (RFC 8085 section 3.1.1: a second at first, then double).
 */
static void time_passed(void *argument)
{
    struct dns_exchange *exchange = argument;

    if (deadline_left(exchange->deadline) == 0) {
        dns_exchange_stop(exchange);
        exchange->heard(exchange->argument, DNS_EXCHANGE_SILENT, NULL, 0);
        return;
    }
    if (send(exchange->fd, exchange->out + 2, exchange->length, MSG_NOSIGNAL) <
            0 &&
        !is_passing(errno)) {
        tell_broken(exchange, errno);
        return;
    }
    exchange->resend_ms *= 2;
    wait_on(exchange);
}

void dns_exchange_hurry(struct dns_exchange *exchange)
{
    if (exchange->fd >= 0 && !exchange->tcp)
        loop_set(exchange->loop, &exchange->timer, deadline_clock(),
                 time_passed, exchange);
}

bool dns_exchange_has_come(const struct dns_exchange *exchange)
{
    struct pollfd come = {.fd = exchange->fd, .events = POLLIN};

    return exchange->fd >= 0 && poll(&come, 1, 0) > 0;
}

static void receive_datagram(void *argument, uint32_t events)
{
    struct dns_exchange *exchange = argument;
    unsigned char message[NS_MAXMSG];
    ssize_t got = recv(exchange->fd, message, sizeof(message), 0);

    (void)events;
    if (got >= 0)
        exchange->heard(exchange->argument, DNS_EXCHANGE_MESSAGE, message,
                        (size_t)got);
    else if (!is_passing(errno)) /* ICMP: nobody listens there */
        tell_broken(exchange, errno);
}

/* How many octets are missing: first of the length, then of the message. */
static size_t missing(const struct dns_exchange *exchange)
{
    if (exchange->got < 2)
        return 2 - exchange->got;
    return 2 + (size_t)ns_get16(exchange->in) - exchange->got;
}

static void receive_stream(void *argument, uint32_t events)
{
    struct dns_exchange *exchange = argument;
    ssize_t got =
        recv(exchange->fd, exchange->in + exchange->got, missing(exchange), 0);

    (void)events;
    if (got <= 0) {
        if (got == 0 || !is_passing(errno))
            tell_broken(exchange, got == 0 ? 0 : errno);
        return;
    }
    exchange->got += (size_t)got;
    if (exchange->got < 2 || missing(exchange) > 0)
        return;
    size_t length = exchange->got - 2;
    exchange->got = 0;
    exchange->heard(exchange->argument, DNS_EXCHANGE_MESSAGE, exchange->in + 2,
                    length);
}

static void send_stream(void *argument, uint32_t events)
{
    struct dns_exchange *exchange = argument;
    size_t whole = 2 + exchange->length;
    ssize_t sent = send(exchange->fd, exchange->out + exchange->sent,
                        whole - exchange->sent, MSG_NOSIGNAL);

    (void)events;
    if (sent < 0) { /* also for what became of connect() */
        if (!is_passing(errno))
            tell_broken(exchange, errno);
        return;
    }
    exchange->sent += (size_t)sent;
    if (exchange->sent == whole &&
        loop_watch(exchange->loop, &exchange->watch, exchange->fd, EPOLLIN,
                   receive_stream, exchange) != STATUS_OK)
        tell_broken(exchange, errno);
}

/* 0 or an errno. */
static int start(struct dns_exchange *exchange, const struct dns_server *server)
{
    const struct sockaddr *address = (const struct sockaddr *)&server->address;
    int type = exchange->tcp ? SOCK_STREAM : SOCK_DGRAM;
    bool connected;

    if (exchange->tcp && (exchange->in = malloc(2 + NS_MAXMSG)) == NULL)
        return ENOMEM;
    exchange->fd =
        socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (exchange->fd < 0)
        return errno;
    connected = connect(exchange->fd, address, server->length) == 0;
    if (!connected && (!exchange->tcp || errno != EINPROGRESS))
        return errno;
    if (!exchange->tcp && send(exchange->fd, exchange->out + 2,
                               exchange->length, MSG_NOSIGNAL) < 0)
        return errno;
    if (loop_watch(exchange->loop, &exchange->watch, exchange->fd,
                   exchange->tcp ? EPOLLOUT : EPOLLIN,
                   exchange->tcp ? send_stream : receive_datagram,
                   exchange) != STATUS_OK)
        return errno;
    return 0;
}

enum status dns_exchange_start(struct dns_exchange *exchange,
                               const struct dns_server *server, bool tcp,
                               int64_t deadline)
{
    dns_exchange_stop(exchange);
    exchange->tcp = tcp;
    exchange->sent = exchange->got = 0;
    exchange->out[0] = (unsigned char)(exchange->length >> 8);
    exchange->out[1] = (unsigned char)exchange->length;
    exchange->error = start(exchange, server);
    if (exchange->error != 0) {
        dns_exchange_stop(exchange);
        return STATUS_UNAVAILABLE;
    }
    exchange->deadline = deadline;
    exchange->resend_ms = LIMIT_DNS_RESEND_MS;
    wait_on(exchange);
    return STATUS_OK;
}
