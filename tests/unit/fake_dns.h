/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small DNS server on the test's own loop, UDP and TCP on one port of
 * 127.0.0.1. What it does with each question is a letter of its script; the
 * last letter stays.
 *
 *   a  answers: 192.0.2.1, ttl 300
 *   b  the same, an octet at a time (TCP)
 *   c  answers with an alias alone, to x.NAME, ttl 200
 *   d  drops the question
 *   e  sends half an answer, then hangs up (TCP)
 *   f  FORMERR    n  NOTIMP    r  REFUSED    s  SERVFAIL    x  NXDOMAIN
 *   i  answers with a wrong id first, then rightly
 *   m  sends a malformed answer
 *   o  answers another question (TCP)
 *   q  answers another question first, then rightly
 *   t  truncates
 *   z  sends a single octet first, then answers rightly
 */
#ifndef NSS_MATRIX_TEST_FAKE_DNS_H
#define NSS_MATRIX_TEST_FAKE_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "dns_servers.h"
#include "dns_writer.h"
#include "loop.h"

enum {
    FAKE_DNS_LOG = 64,
};

struct fake_dns {
    struct loop *loop;
    const char *script;
    char *log; /* every server that is asked adds its letter */
    char letter;
    in_port_t port;
    unsigned asked;             /* UDP and TCP together */
    unsigned asked_tcp;         /* TCP alone */
    char name[NS_MAXDNAME];     /* of the last question, as it was written */
    uint16_t ids[FAKE_DNS_LOG]; /* of the first questions */
    in_port_t ports[FAKE_DNS_LOG];
    struct sockaddr_in peer; /* of the last datagram */
    int udp, tcp, stream;
    struct loop_watch udp_watch, tcp_watch, stream_watch;
    bool octetwise;
    size_t got, sent;
    unsigned char in[512];
    struct dns_writer question, answer;
};

/* Opens its ports and begins to serve. */
void fake_dns_start(struct fake_dns *server, struct loop *loop,
                    const char *script);

/* Closes the TCP port: connections are refused. */
void fake_dns_refuse_tcp(struct fake_dns *server);

/* Closes everything. */
void fake_dns_stop(struct fake_dns *server);

/* The server as it is asked. */
struct dns_server fake_dns_address(const struct fake_dns *server);

#endif
