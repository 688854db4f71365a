/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of fetch have in common: an authority, an HTTPS server whose
 * names stand in a hosts file, and a fetcher that trusts it. No DNS server.
 */
#ifndef NSS_MATRIX_TESTS_FETCH_WORLD_H
#define NSS_MATRIX_TESTS_FETCH_WORLD_H

#include "fetcher.h"
#include "tls_authority.h"
#include "tls_server.h"

/* The names in the hosts file; the server's certificate covers the first 4. */
#define FETCH_WORLD_HOSTS                                                      \
    "127.0.0.1 a.test b.test c.test -a.test uncovered.test\n"                  \
    "127.0.0.2 nobody.test two.test\n"                                         \
    "127.0.0.1 two.test\n"                                                     \
    "::1 six.test\n"                                                           \
    "127.0.0.1 six.test\n"
#define FETCH_WORLD_NAMES                                                      \
    "DNS:a.test,DNS:b.test,DNS:c.test,DNS:-a.test,DNS:two.test,DNS:six.test,"  \
    "IP:127.0.0.1"

struct fetch_world {
    char directory[32], ca[64], hosts[64];
    struct tls_authority *authority;
    struct tls_server *server;
    struct configuration configuration;
    struct loop *loop;
    struct dns *dns;
    struct address_book *book;
    struct fetcher *fetcher;
    struct fetch *fetch;
    bool done;
};

/* cmocka fixtures: *state becomes the world. */
int fetch_world_setup(void **state);
int fetch_world_teardown(void **state);

/* Makes the server anew: another certificate or manner. */
void fetch_world_server(struct fetch_world *world, SSL_CTX *context,
                        enum tls_server_mode mode);

/* Makes the fetcher anew, for a configuration that has changed. */
void fetch_world_fetcher(struct fetch_world *world);

/* Adds a reply that is text, in which PORT stands for the server's. */
void fetch_world_reply(struct fetch_world *world, const char *target,
                       const char *text, enum tls_server_end end);

/* Fetches https://HOST:PORT/TARGET from the server and waits for the answer. */
const struct fetch_answer *fetch_world_get(struct fetch_world *world,
                                           const char *host,
                                           const char *target);

/* The same for a whole URL. */
const struct fetch_answer *fetch_world_get_url(struct fetch_world *world,
                                               const char *url);

/* Waits for the answer of a fetch that was started with these as its call. */
void fetch_world_done(void *world);
const struct fetch_answer *fetch_world_wait(struct fetch_world *world);

/* Starts without waiting. */
void fetch_world_start(struct fetch_world *world, const char *host,
                       const char *target);

#endif
