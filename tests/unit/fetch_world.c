/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of the tests of fetch. */
#include "fetch_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    VALID_S = 3600,
};

static void book_changed(void *argument)
{
    struct fetch_world *world = argument;

    if (world->fetch != NULL)
        fetch_advance(world->fetch);
}

void fetch_world_done(void *world)
{
    ((struct fetch_world *)world)->done = true;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void fetch_world_server(struct fetch_world *world, SSL_CTX *context,
                        enum tls_server_mode mode)
{
    if (world->server != NULL)
        tls_server_free(world->server);
    if (context == NULL)
        context =
            tls_authority_context(world->authority, FETCH_WORLD_NAMES, VALID_S);
    world->server = tls_server_new(context, mode);
}

void fetch_world_fetcher(struct fetch_world *world)
{
    fetch_free(world->fetch);
    world->fetch = NULL;
    fetcher_free(world->fetcher);
    world->fetcher = NULL;
    assert_int_equal(
        fetcher_new(world->loop, &world->configuration, &world->fetcher),
        STATUS_OK);
}

int fetch_world_setup(void **state)
{
    /* As our commands do: OpenSSL writes to what the other side has closed. */
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct fetch_world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    sigaction(SIGPIPE, &ignored, NULL);
    snprintf(world->directory, sizeof(world->directory), "/tmp/fetch.XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(world->ca, sizeof(world->ca), "%s/ca.pem", world->directory);
    snprintf(world->hosts, sizeof(world->hosts), "%s/hosts", world->directory);
    write_file(world->hosts, FETCH_WORLD_HOSTS);
    world->authority = tls_authority_new();
    tls_authority_write(world->authority, world->ca);
    world->configuration.ca_file = world->ca;
    fetch_world_server(world, NULL, TLS_SERVER_NORMAL);
    assert_int_equal(loop_new(&world->loop), STATUS_OK);
    /* Port 1 of loopback refuses: whoever asks DNS gets DNS_TEMPORARY. */
    assert_int_equal(dns_new(world->loop, "127.0.0.1:1", &world->dns),
                     STATUS_OK);
    assert_int_equal(address_book_new(world->loop, world->dns, world->hosts,
                                      book_changed, world, &world->book),
                     STATUS_OK);
    fetch_world_fetcher(world);
    *state = world;
    return 0;
}

int fetch_world_teardown(void **state)
{
    struct fetch_world *world = *state;

    fetch_free(world->fetch);
    fetcher_free(world->fetcher);
    address_book_free(world->book);
    dns_free(world->dns);
    loop_free(world->loop);
    tls_server_free(world->server);
    tls_authority_free(world->authority);
    unlink(world->ca);
    unlink(world->hosts);
    rmdir(world->directory);
    free(world);
    return 0;
}

void fetch_world_reply(struct fetch_world *world, const char *target,
                       const char *text, enum tls_server_end end)
{
    char octets[4096];
    const char *port = strstr(text, "PORT");

    snprintf(octets, sizeof(octets), "%s", text);
    if (port != NULL)
        snprintf(octets + (port - text), sizeof(octets) - (size_t)(port - text),
                 "%u%s", tls_server_port(world->server), port + 4);
    tls_server_reply(world->server, target, octets, strlen(octets), end);
}

static void start_url(struct fetch_world *world, const char *url)
{
    fetch_free(world->fetch);
    world->fetch = NULL;
    world->done = false;
    assert_int_equal(fetch_start_url(world->fetcher, world->book, url,
                                     fetch_world_done, world, &world->fetch),
                     STATUS_OK);
    /* Whoever starts a fetch is not called from within. */
    assert_false(world->done);
    assert_null(fetch_answer(world->fetch));
}

static void url_of(const struct fetch_world *world, const char *host,
                   const char *target, char url[static 256])
{
    snprintf(url, 256, "https://%s:%u%s", host, tls_server_port(world->server),
             target);
}

void fetch_world_start(struct fetch_world *world, const char *host,
                       const char *target)
{
    char url[256];

    url_of(world, host, target, url);
    start_url(world, url);
}

const struct fetch_answer *fetch_world_wait(struct fetch_world *world)
{
    while (!world->done)
        assert_int_equal(loop_turn(world->loop), STATUS_OK);
    assert_non_null(fetch_answer(world->fetch));
    return fetch_answer(world->fetch);
}

const struct fetch_answer *fetch_world_get_url(struct fetch_world *world,
                                               const char *url)
{
    start_url(world, url);
    return fetch_world_wait(world);
}

const struct fetch_answer *fetch_world_get(struct fetch_world *world,
                                           const char *host, const char *target)
{
    char url[256];

    url_of(world, host, target, url);
    return fetch_world_get_url(world, url);
}
