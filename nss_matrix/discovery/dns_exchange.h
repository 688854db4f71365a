/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One exchange with one DNS server over the loop: a message out, messages in,
 * by UDP or TCP. Knows octets and their framing, not what they say.
 */
#ifndef NSS_MATRIX_DNS_EXCHANGE_H
#define NSS_MATRIX_DNS_EXCHANGE_H

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns_servers.h"
#include "loop.h"
#include "status.h"
#include "util.h"

enum dns_exchange_event {
    DNS_EXCHANGE_MESSAGE, /* one came; more may, until it is stopped */
    DNS_EXCHANGE_SILENT,  /* the deadline passed */
    DNS_EXCHANGE_BROKEN,  /* dns_exchange.error says why; nothing will come */
};

/*
 * Called from loop_turn; message is borrowed and empty but for MESSAGE. The
 * exchange may be stopped, started again or freed in it.
 */
typedef void dns_exchange_heard(void *argument, enum dns_exchange_event event,
                                const unsigned char *message, size_t length);

struct dns_exchange {
    struct loop *loop;
    dns_exchange_heard *heard;
    void *argument;
    int error; /* an errno; 0: the server hung up */

    struct loop_watch watch;
    struct loop_timer timer;
    int64_t deadline;
    int resend_ms; /* from one datagram to the next */
    int fd;
    bool tcp;
    size_t sent, got;
    /* What goes out, from out[2] on; length octets of it. Over TCP a message
       comes after its length (RFC 1035, 4.2.2). */
    size_t length;
    unsigned char out[2 + NS_PACKETSZ];
    unsigned char *in; /* of a stream: 2 + NS_MAXMSG octets; else NULL */
};

/* Sets what never changes. Nothing is open yet. */
void dns_exchange_init(struct dns_exchange *exchange, struct loop *loop,
                       dns_exchange_heard *heard, void *argument);

/*
 * Sends the message to server, from a socket and port of its own, and waits
 * for what comes back until deadline. A datagram is sent again, from there and
 * with the same id, after LIMIT_DNS_RESEND_MS of silence, then after twice as
 * long and so on. Stops what went on before. STATUS_OK, or STATUS_UNAVAILABLE
 * with error set.
 */
MUST_CHECK enum status dns_exchange_start(struct dns_exchange *exchange,
                                          const struct dns_server *server,
                                          bool tcp, int64_t deadline);

/*
 * Sends a datagram that is not answered yet again now, from the loop. Harmless
 * if none is, or if it is a stream.
 */
void dns_exchange_hurry(struct dns_exchange *exchange);

/* Whether something has come that the loop has not told yet. */
bool dns_exchange_has_come(const struct dns_exchange *exchange);

/* Ends it without a call; no descriptor stays. Harmless if none goes on. */
void dns_exchange_stop(struct dns_exchange *exchange);

#endif
