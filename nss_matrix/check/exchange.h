/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to one address: TCP, TLS, one GET, all timed and bounded,
 * on our loop. Certificates are judged, not required: a stage that fails
 * does not hide what comes after it, as long as anything can come. The
 * program must ignore SIGPIPE.
 */
#ifndef NSS_MATRIX_EXCHANGE_H
#define NSS_MATRIX_EXCHANGE_H

#include "address.h"
#include "http_response.h"
#include "loop.h"
#include "tls_report.h"

/* How far it came. */
enum exchange_stage {
    EXCHANGE_ROUTE, /* this machine has no way there, descriptor or memory */
    EXCHANGE_TCP,
    EXCHANGE_TLS,
    EXCHANGE_HTTP,
    EXCHANGE_WHOLE,
};

/* Pointers are borrowed and must outlive the exchange. */
struct exchange_plan {
    struct loop *loop;
    SSL_CTX *tls;
    struct address address;
    uint16_t port;
    const char *tls_name;  /* "": no SNI */
    const char *cert_name; /* what the certificate must cover */
    const char *host;      /* the Host header */
    const char *path;
    const char *agent;
    int limit_ms;
};

/* Called once, from loop_turn, when it is over. */
typedef void exchange_over(void *argument);

/* All zero: not started. The caller's; must not move until exchange_end. */
struct exchange {
    struct exchange_plan plan;
    enum exchange_stage stage; /* the one under way, or that failed */
    bool over, timed_out;
    char fault[240];             /* of that stage; "" when it is whole */
    int tcp_ms, tls_ms, http_ms; /* each stage's own; 0 if it was not reached */
    struct tls_report tls;       /* once past EXCHANGE_TLS */
    struct http_response response; /* whole, or without a body */
    int64_t clock_seen; /* our clock when the head came, seconds since 1970 */
    int fd;
    SSL *ssl;
    struct loop_watch watch;
    struct loop_timer deadline;
    int64_t stage_start;
    unsigned memory_failures; /* of OpenSSL's, before the handshake */
    char request[1024];
    size_t sent;
    exchange_over *tell;
    void *argument;
};

/* Starts it. What cannot be started is over at once, and told later. */
void exchange_start(struct exchange *exchange, const struct exchange_plan *plan,
                    exchange_over *tell, void *argument);

/* Ends it if it is under way, and frees what it owns. */
void exchange_end(struct exchange *exchange);

#endif
