/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The small DNS server of the tests. */
#include "fake_dns.h"

#include <netinet/tcp.h>
#include <resolv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct sockaddr_in loopback(in_port_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
}

static bool open_port(int type, in_port_t port, int *ret_fd)
{
    struct sockaddr_in address = loopback(port);

    *ret_fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(*ret_fd >= 0);
    if (bind(*ret_fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    util_close_fd(ret_fd);
    return false;
}

/* A letter of the script: what to do with this question. */
static char next_act(struct fake_dns *server)
{
    char act = server->script[0];

    if (server->script[1] != '\0')
        server->script++;
    return act;
}

/* Notes the question; false if it is none. */
static bool note(struct fake_dns *server, const unsigned char *octets,
                 size_t length)
{
    size_t logged = strlen(server->log);

    if (length < NS_HFIXEDSZ + 1 + NS_QFIXEDSZ || length > 512 ||
        dn_expand(octets, octets + length, octets + NS_HFIXEDSZ, server->name,
                  sizeof(server->name)) < 0)
        return false;
    server->question.length = 0;
    dns_writer_put(&server->question, octets, length);
    if (server->asked < FAKE_DNS_LOG)
        server->ids[server->asked] = (uint16_t)ns_get16(octets);
    server->asked++;
    assert_true(logged + 1 < FAKE_DNS_LOG);
    server->log[logged] = server->letter;
    server->log[logged + 1] = '\0';
    return true;
}

/* Writes the answer that act stands for. */
static void write_answer(struct fake_dns *server, char act)
{
    struct dns_writer *w = &server->answer;
    const unsigned char *question = server->question.octets;
    unsigned id = ns_get16(question);
    unsigned type = ns_get16(question + server->question.length - 4);
    static const char RCODES[] = "_fsxnr"; /* by number */
    const char *rcode = strchr(RCODES, act);
    unsigned flags = DNS_WRITER_REPLY;
    char target[NS_MAXDNAME + 2];

    if (rcode != NULL)
        flags |= (unsigned)(rcode - RCODES);
    if (act == 't')
        flags |= DNS_WRITER_TRUNCATED;
    dns_writer_begin(w, id, flags, act == 'o' ? "other.example" : server->name,
                     type);
    if (act == 'c') {
        snprintf(target, sizeof(target), "x.%s", server->name);
        dns_writer_alias(w, server->name, 200, target);
    } else if (act == 'm') {
        dns_writer_set(w, DNS_WRITER_ANSWER, 1);
        dns_writer_8(w, 77);
    } else if (rcode == NULL && act != 't') {
        dns_writer_address(w, server->name, 300, "192.0.2.1");
    }
}

static void send_datagram(const struct fake_dns *server, size_t length)
{
    assert_int_equal(sendto(server->udp, server->answer.octets, length, 0,
                            (const struct sockaddr *)&server->peer,
                            sizeof(server->peer)),
                     length);
}

static void serve_datagram(void *argument, uint32_t events)
{
    struct fake_dns *server = argument;
    socklen_t peer_length = sizeof(server->peer);
    unsigned char octets[513];
    ssize_t got = recvfrom(server->udp, octets, sizeof(octets), 0,
                           (struct sockaddr *)&server->peer, &peer_length);

    (void)events;
    if (got < 0)
        return;
    if (server->asked < FAKE_DNS_LOG)
        server->ports[server->asked] = ntohs(server->peer.sin_port);
    if (!note(server, octets, (size_t)got))
        fail_msg("%zd octets that are no question", got);
    char act = next_act(server);
    if (act == 'd')
        return;
    if (act == 'q') {
        write_answer(server, 'o');
        send_datagram(server, server->answer.length);
    }
    write_answer(server, act);
    if (act == 'i') {
        server->answer.octets[1] ^= 1;
        send_datagram(server, server->answer.length);
        server->answer.octets[1] ^= 1;
    }
    if (act == 'z')
        send_datagram(server, 1);
    send_datagram(server, server->answer.length);
}

static void hang_up(struct fake_dns *server)
{
    loop_unwatch(&server->stream_watch);
    util_close_fd(&server->stream);
}

static void send_stream(void *argument, uint32_t events)
{
    struct fake_dns *server = argument;
    size_t left = server->answer.length - server->sent;
    ssize_t sent = send(server->stream, server->answer.octets + server->sent,
                        server->octetwise && left > 0 ? 1 : left, MSG_NOSIGNAL);

    (void)events;
    if (sent > 0)
        server->sent += (size_t)sent;
    if (sent < 0 || server->sent == server->answer.length)
        hang_up(server);
}

static void serve_stream(void *argument, uint32_t events)
{
    struct fake_dns *server = argument;
    ssize_t got = recv(server->stream, server->in + server->got,
                       sizeof(server->in) - server->got, 0);

    (void)events;
    if (got <= 0) {
        hang_up(server);
        return;
    }
    server->got += (size_t)got;
    if (server->got < 2 || server->got < 2 + (size_t)ns_get16(server->in))
        return;
    if (!note(server, server->in + 2, server->got - 2))
        fail_msg("%zu octets that are no question", server->got);
    server->asked_tcp++;
    char act = next_act(server);
    if (act == 'd')
        return;
    write_answer(server, act);
    size_t length = server->answer.length;
    memmove(server->answer.octets + 2, server->answer.octets, length);
    dns_writer_set(&server->answer, 0, (unsigned)length);
    server->answer.length = act == 'e' ? length / 2 : length + 2;
    server->octetwise = act == 'b';
    server->sent = 0;
    assert_int_equal(loop_watch(server->loop, &server->stream_watch,
                                server->stream, EPOLLOUT, send_stream, server),
                     STATUS_OK);
}

static void accept_stream(void *argument, uint32_t events)
{
    struct fake_dns *server = argument;
    int one = 1;

    (void)events;
    hang_up(server);
    server->stream =
        accept4(server->tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (server->stream < 0)
        return;
    setsockopt(server->stream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    server->got = 0;
    assert_int_equal(loop_watch(server->loop, &server->stream_watch,
                                server->stream, EPOLLIN, serve_stream, server),
                     STATUS_OK);
}

void fake_dns_start(struct fake_dns *server, struct loop *loop,
                    const char *script)
{
    static char nobodys_log[FAKE_DNS_LOG];
    struct sockaddr_in address;
    socklen_t length = sizeof(address);

    memset(server, 0, sizeof(*server));
    nobodys_log[0] = '\0';
    server->log = nobodys_log;
    server->letter = '.';
    server->loop = loop;
    server->script = script;
    server->stream = server->udp = -1;
    /* The port that UDP got may be taken for TCP: then another. */
    do {
        util_close_fd(&server->udp);
        assert_true(open_port(SOCK_DGRAM, 0, &server->udp));
        assert_int_equal(
            getsockname(server->udp, (struct sockaddr *)&address, &length), 0);
        server->port = ntohs(address.sin_port);
    } while (!open_port(SOCK_STREAM, server->port, &server->tcp));
    assert_int_equal(listen(server->tcp, 8), 0);
    assert_int_equal(loop_watch(loop, &server->udp_watch, server->udp, EPOLLIN,
                                serve_datagram, server),
                     STATUS_OK);
    assert_int_equal(loop_watch(loop, &server->tcp_watch, server->tcp, EPOLLIN,
                                accept_stream, server),
                     STATUS_OK);
}

void fake_dns_refuse_tcp(struct fake_dns *server)
{
    loop_unwatch(&server->tcp_watch);
    util_close_fd(&server->tcp);
}

void fake_dns_stop(struct fake_dns *server)
{
    hang_up(server);
    fake_dns_refuse_tcp(server);
    loop_unwatch(&server->udp_watch);
    util_close_fd(&server->udp);
}

struct dns_server fake_dns_address(const struct fake_dns *server)
{
    struct dns_server asked = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in address = loopback(server->port);

    memcpy(&asked.address, &address, sizeof(address));
    snprintf(asked.text, sizeof(asked.text), "server %c", server->letter);
    return asked;
}
