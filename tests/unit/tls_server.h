/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An HTTPS server for tests: on 127.0.0.1 at a port of the kernel's choice,
 * a thread for each connection, canned replies, and the ways in which servers
 * misbehave.
 */
#ifndef NSS_MATRIX_TESTS_TLS_SERVER_H
#define NSS_MATRIX_TESTS_TLS_SERVER_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

enum tls_server_mode {
    TLS_SERVER_NORMAL,
    TLS_SERVER_STALLS,   /* accepts, and never says a word */
    TLS_SERVER_PROXY,    /* answers a CONNECT itself, then is the server */
    TLS_SERVER_NO_PROXY, /* answers a CONNECT with 403 */
};

/* What comes after the reply. */
enum tls_server_end {
    TLS_SERVER_KEEPS,  /* the connection, for the next request */
    TLS_SERVER_CLOSES, /* it, with close_notify */
    TLS_SERVER_CUTS,   /* it, without */
    TLS_SERVER_HANGS,  /* nothing, for ever */
};

struct tls_server;

/* Starts; takes the context over. */
struct tls_server *tls_server_new(SSL_CTX *context, enum tls_server_mode mode);

/* Ends all its connections and threads. */
void tls_server_free(struct tls_server *server);

uint16_t tls_server_port(const struct tls_server *server);

/* Adds a reply for the request target: octets as they go out, copied. */
void tls_server_reply(struct tls_server *server, const char *target,
                      const char *octets, size_t length,
                      enum tls_server_end end);

/* How many connections were accepted, and requests read, so far. */
unsigned tls_server_connections(struct tls_server *server);
unsigned tls_server_requests(struct tls_server *server);

/* Copies the head of the last request. */
void tls_server_last_request(struct tls_server *server, char *text,
                             size_t room);

#endif
