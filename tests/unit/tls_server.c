/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTPS server for tests. One lock guards all that threads share. */
#include "tls_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    REPLIES_MAX = 32,
    CONNECTIONS_MAX = 64,
    HEAD_MAX = 4096,
};

struct reply {
    char *target, *octets;
    size_t length;
    enum tls_server_end end;
};

struct connection {
    struct tls_server *server;
    pthread_t thread;
    int fd;
};

struct tls_server {
    SSL_CTX *context;
    enum tls_server_mode mode;
    uint16_t port;
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    struct reply replies[REPLIES_MAX];
    unsigned reply_count;
    struct connection connections[CONNECTIONS_MAX];
    unsigned connection_count, requests;
    char last_request[HEAD_MAX];
};

static void must(bool good)
{
    if (!good) {
        perror("tls_server");
        abort();
    }
}

/* Reads up to the empty line, through TLS or without. False at the end. */
static bool read_head(SSL *ssl, int fd, char head[static HEAD_MAX])
{
    size_t length = 0;

    head[0] = '\0';
    while (strstr(head, "\r\n\r\n") == NULL && length + 1 < HEAD_MAX) {
        ssize_t got = ssl != NULL ? SSL_read(ssl, head + length, 1)
                                  : read(fd, head + length, 1);

        if (got <= 0)
            return false;
        head[++length] = '\0';
    }
    return true;
}

static const struct reply *find_reply(struct tls_server *server,
                                      const char *head)
{
    const struct reply *found = NULL;
    char target[HEAD_MAX];

    if (sscanf(head, "GET %4095s", target) != 1)
        return NULL;
    pthread_mutex_lock(&server->lock);
    server->requests++;
    snprintf(server->last_request, sizeof(server->last_request), "%s", head);
    for (unsigned i = 0; i < server->reply_count && found == NULL; i++)
        if (strcmp(server->replies[i].target, target) == 0)
            found = &server->replies[i];
    pthread_mutex_unlock(&server->lock);
    return found;
}

static void wait_for_end(int fd)
{
    char octet;

    while (read(fd, &octet, 1) > 0)
        continue;
}

static void serve_tls(struct tls_server *server, SSL *ssl, int fd)
{
    char head[HEAD_MAX];

    while (read_head(ssl, fd, head)) {
        const struct reply *reply = find_reply(server, head);

        if (reply == NULL)
            break;
        /* In two pieces, so that readers have to wait for the second. */
        SSL_write(ssl, reply->octets, (int)(reply->length / 2));
        SSL_write(ssl, reply->octets + reply->length / 2,
                  (int)(reply->length - reply->length / 2));
        if (reply->end == TLS_SERVER_HANGS)
            wait_for_end(fd);
        if (reply->end == TLS_SERVER_CUTS)
            return;
        if (reply->end != TLS_SERVER_KEEPS)
            break;
    }
    SSL_shutdown(ssl);
}

static bool tunnel(const struct tls_server *server, int fd)
{
    static const char YES[] = "HTTP/1.1 200 OK\r\nCache-Control: no-store"
                              "\r\n\r\n";
    static const char NO[] = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    char head[HEAD_MAX];

    if (!read_head(NULL, fd, head))
        return false;
    if (server->mode == TLS_SERVER_NO_PROXY)
        return write(fd, NO, sizeof(NO) - 1) < 0;
    return write(fd, YES, sizeof(YES) - 1) > 0;
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    struct tls_server *server = connection->server;
    SSL *ssl;

    if (server->mode == TLS_SERVER_STALLS)
        wait_for_end(connection->fd);
    else if (server->mode == TLS_SERVER_NORMAL ||
             tunnel(server, connection->fd)) {
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1},
                   sizeof(int));
        ssl = SSL_new(server->context);
        must(ssl != NULL && SSL_set_fd(ssl, connection->fd) == 1);
        if (SSL_accept(ssl) == 1)
            serve_tls(server, ssl, connection->fd);
        SSL_free(ssl);
    }
    shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static void *listen_on(void *argument)
{
    struct tls_server *server = argument;
    int fd;

    while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_mutex_lock(&server->lock);
        must(server->connection_count < CONNECTIONS_MAX);
        struct connection *connection =
            &server->connections[server->connection_count++];
        connection->server = server;
        connection->fd = fd;
        must(pthread_create(&connection->thread, NULL, serve, connection) == 0);
        pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}

struct tls_server *tls_server_new(SSL_CTX *context, enum tls_server_mode mode)
{
    struct tls_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(here);

    must(server != NULL);
    server->context = context;
    server->mode = mode;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server->listener >= 0);
    must(bind(server->listener, (struct sockaddr *)&here, length) == 0);
    must(listen(server->listener, 16) == 0);
    must(getsockname(server->listener, (struct sockaddr *)&here, &length) == 0);
    server->port = ntohs(here.sin_port);
    must(pthread_create(&server->thread, NULL, listen_on, server) == 0);
    return server;
}

void tls_server_free(struct tls_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    for (unsigned i = 0; i < server->connection_count; i++) {
        shutdown(server->connections[i].fd, SHUT_RDWR);
        pthread_join(server->connections[i].thread, NULL);
        close(server->connections[i].fd);
    }
    for (unsigned i = 0; i < server->reply_count; i++) {
        free(server->replies[i].target);
        free(server->replies[i].octets);
    }
    pthread_mutex_destroy(&server->lock);
    SSL_CTX_free(server->context);
    free(server);
}

uint16_t tls_server_port(const struct tls_server *server)
{
    return server->port;
}

void tls_server_reply(struct tls_server *server, const char *target,
                      const char *octets, size_t length,
                      enum tls_server_end end)
{
    struct reply reply = {strdup(target), malloc(length + 1), length, end};

    must(reply.target != NULL && reply.octets != NULL);
    memcpy(reply.octets, octets, length);
    pthread_mutex_lock(&server->lock);
    must(server->reply_count < REPLIES_MAX);
    server->replies[server->reply_count++] = reply;
    pthread_mutex_unlock(&server->lock);
}

unsigned tls_server_connections(struct tls_server *server)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

unsigned tls_server_requests(struct tls_server *server)
{
    unsigned count;

    pthread_mutex_lock(&server->lock);
    count = server->requests;
    pthread_mutex_unlock(&server->lock);
    return count;
}

void tls_server_last_request(struct tls_server *server, char *text, size_t room)
{
    pthread_mutex_lock(&server->lock);
    snprintf(text, room, "%s", server->last_request);
    pthread_mutex_unlock(&server->lock);
}
