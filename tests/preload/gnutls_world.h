/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of the GnuTLS hooks: an authority, certificates of any names, and
 * a server in a thread behind a socket pair, all in the process that is under
 * the shim; so the server's sessions, which are nobody's business, are under
 * it too. Only discovery is done outside, in the private federation.
 */
#ifndef NSS_MATRIX_GNUTLS_WORLD_H
#define NSS_MATRIX_GNUTLS_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>

/* Names in the private federation, and what discovery makes of them. */
#define WORLD_NAME "delegated.tools.test.matrix"
#define WORLD_N "matrix.delegated.tools.test"
#define WORLD_HOST "matrix.delegated.tools.test:8443"
#define WORLD_OTHER "wildcard.tools.test.matrix"
#define WORLD_OTHER_N "node1.wildcard.tools.test"
#define WORLD_SRV "srv.tools.test.matrix"
#define WORLD_SRV_N "srv.tools.test"
#define WORLD_IP "ip.tools.test.matrix"
#define WORLD_IP_N "198.51.100.5"
#define WORLD_IP6 "ip6.tools.test.matrix"
#define WORLD_IP6_N "2001:db8:1::6"
#define WORLD_NOWHERE "nothing.tools.test.matrix"

#define WORLD_WITH_NUL "x.matrix0.b.test"

enum {
    WORLD_NAMES = 8,
    WORLD_ROOM = 4 * 1024 * 1024, /* octets that a server takes */
};

/*
 * A certificate for a server, by the authority. Names are "DNS:x", "IP:x",
 * "URI:x" or "OTHER:oid"; the 0 of WORLD_WITH_NUL
 * becomes a NUL.
 */
gnutls_x509_crt_t world_certificate(const char *common_name,
                                    const char *const names[WORLD_NAMES]);

/* A list of trusted certificates with the authority on it. */
gnutls_x509_trust_list_t world_trusted(void);

struct world_server {
    int fd; /* the client's end */
    pthread_t thread;
    int own_fd;
    gnutls_x509_crt_t certificate;
    bool is_tls12;
    bool takes_early;
    /* after world_end() */
    int error; /* of the handshake */
    char sni[300];
    char protocol[32]; /* chosen: h2 if it was offered, else http/1.1 */
    bool resumed;
    size_t early; /* of the octets: how many came as early data */
    size_t length;
    char *octets;
};

/* Starts a server; its certificate, which it takes, may be NULL: for N. */
void world_start(struct world_server *server, gnutls_x509_crt_t certificate);

/* Ends the client's side and waits for the server's. */
void world_end(struct world_server *server);
void world_done(struct world_server *server);

/* A client's session that trusts the authority. */
gnutls_session_t world_client(struct world_server *server);

/* Hands over the name as tools do. */
int world_name(gnutls_session_t session, const char *name);

/* The whole handshake: 0, or its fatal error. */
int world_handshake(gnutls_session_t session);

/* Sends all octets by gnutls_record_send(), and again what was blocked. */
bool world_send(gnutls_session_t session, const char *octets, size_t length);

/* A session with a server. */
struct world_line {
    struct world_server server;
    gnutls_session_t session;
};

/* Opens one for a name; NULL: without. */
void world_open(struct world_line *line, const char *name);

/* Ends it; the server must have got just that. */
void world_close(struct world_line *line, const char *wanted, size_t length);

#define WORLD_HEAD(host) "GET / HTTP/1.1\r\nHost: " host "\r\nA: b\r\n\r\n"

/* A request for WORLD_NAME, and as it is to arrive; there is room for more. */
struct world_request {
    char *sent, *got;
    size_t sent_length, got_length;
};

/* Makes one with a body of that many pseudo-random octets. */
struct world_request world_request(size_t body);
void world_request_done(struct world_request *request);

#endif
