/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The three stages, each until it would block. */
#include "exchange.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>

#include "deadline.h"
#include "openssl_memory.h"
#include "route.h"
#include "tls_limit.h"

static void advance(struct exchange *exchange, uint32_t events);

static void ready(void *argument, uint32_t events)
{
    advance(argument, events);
}

/* Ends at the stage it is in; the owner is told by the loop. */
static void fail(struct exchange *exchange, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The same for what this machine lacks: it says nothing of the server. */
static void fail_here(struct exchange *exchange, const char *fault)
{
    fail(exchange, "%s", fault);
    exchange->stage = EXCHANGE_ROUTE;
}

static int *stage_ms(struct exchange *exchange)
{
    switch (exchange->stage) {
    case EXCHANGE_TLS:
        return &exchange->tls_ms;
    case EXCHANGE_HTTP:
        return &exchange->http_ms;
    default:
        return &exchange->tcp_ms;
    }
}

static void end_stage(struct exchange *exchange)
{
    int64_t now = deadline_clock();

    *stage_ms(exchange) = (int)(now - exchange->stage_start);
    exchange->stage_start = now;
}

static void told(void *argument)
{
    struct exchange *exchange = argument;

    exchange->tell(exchange->argument);
}

static void finish(struct exchange *exchange)
{
    exchange->over = true;
    loop_unwatch(&exchange->watch);
    util_close_fd(&exchange->fd);
    SSL_free(exchange->ssl);
    exchange->ssl = NULL;
    if (exchange->stage == EXCHANGE_WHOLE)
        http_response_keep_body(&exchange->response);
    else
        http_response_drop_body(&exchange->response);
    loop_set(exchange->plan.loop, &exchange->deadline, deadline_clock(), told,
             exchange);
}

/* OpenSSL did, since the handshake began. */
static bool lacked_memory(const struct exchange *exchange)
{
    return exchange->ssl != NULL &&
           openssl_memory_failures() != exchange->memory_failures;
}

static void fail(struct exchange *exchange, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(exchange->fault, sizeof(exchange->fault), format, values);
    va_end(values);
    end_stage(exchange);
    if (lacked_memory(exchange)) {
        snprintf(exchange->fault, sizeof(exchange->fault), "out of memory");
        exchange->stage = EXCHANGE_ROUTE;
    }
    finish(exchange);
}

static void late(void *argument)
{
    static const char *const WAITED[] = {
        [EXCHANGE_ROUTE] = "no connection",
        [EXCHANGE_TCP] = "no answer (a firewall drops the packets, or nobody "
                         "is there)",
        [EXCHANGE_TLS] = "connected, but no TLS handshake",
        [EXCHANGE_HTTP] = "no whole answer",
    };
    struct exchange *exchange = argument;

    exchange->timed_out = true;
    fail(exchange, "%s within %d.%d s", WAITED[exchange->stage],
         exchange->plan.limit_ms / 1000, exchange->plan.limit_ms % 1000 / 100);
}

/* Waits for what OpenSSL wants. False if it wants nothing: it failed. */
static bool wait_for_tls(struct exchange *exchange, int result)
{
    int why = SSL_get_error(exchange->ssl, result);
    uint32_t events = why == SSL_ERROR_WANT_READ    ? EPOLLIN
                      : why == SSL_ERROR_WANT_WRITE ? EPOLLOUT
                                                    : 0;

    if (events == 0)
        return false;
    if (loop_watch(exchange->plan.loop, &exchange->watch, exchange->fd, events,
                   ready, exchange) != STATUS_OK)
        fail_here(exchange, "our own system cannot wait for it");
    return true;
}

static void fail_handshake(struct exchange *exchange, int result)
{
    int saved = errno;
    unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);

    if (ERR_GET_REASON(error) == SSL_R_TLSV1_UNRECOGNIZED_NAME)
        fail(exchange, "the server has no host of the TLS name %s",
             exchange->plan.tls_name[0] != '\0'
                 ? exchange->plan.tls_name
                 : "that is sent for an IP address: none");
    else if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER ||
             ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST)
        fail(exchange, "what answers there does not speak TLS");
    else if (ERR_GET_REASON(error) == SSL_R_EXCESSIVE_MESSAGE_SIZE)
        fail(exchange,
             "the server sends too much in the handshake: %d KiB of "
             "certificates are read",
             TLS_REPORT_CERTIFICATES / 1024);
    else if (ERR_GET_REASON(error) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)
        fail(exchange, "the server does not speak HTTP/1.1 (ALPN), which "
                       "Matrix servers need");
    else if (words != NULL)
        fail(exchange, "the handshake failed: %s", words);
    else if (result == 0 || saved == 0)
        fail(exchange, "the server closed the connection in the handshake");
    else
        fail(exchange, "the handshake failed: %s", strerror(saved));
    ERR_clear_error();
}

static void handshake(struct exchange *exchange);
static void ask(struct exchange *exchange);

static void start_handshake(struct exchange *exchange)
{
    const char *name = exchange->plan.tls_name;

    end_stage(exchange);
    exchange->stage = EXCHANGE_TLS;
    exchange->memory_failures = openssl_memory_failures();
    exchange->ssl = SSL_new(exchange->plan.tls);
    if (exchange->ssl == NULL || SSL_set_fd(exchange->ssl, exchange->fd) != 1 ||
        (name[0] != '\0' &&
         SSL_set_tlsext_host_name(exchange->ssl, name) != 1)) {
        fail_here(exchange, "out of memory");
        return;
    }
    SSL_set_connect_state(exchange->ssl);
    /* Or the server would not be asked for timestamps. */
    SSL_enable_ct(exchange->ssl, SSL_CT_VALIDATION_PERMISSIVE);
    handshake(exchange);
}

/* connect(2): what comes from this machine alone, a firewall on it included. */
static bool is_ours(int error)
{
    switch (error) {
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAGAIN: /* no free port */
    case ENOBUFS:
    case ENOMEM:
    case EACCES:
    case EPERM:
        return true;
    default:
        return false;
    }
}

static void fail_to_connect(struct exchange *exchange, int error)
{
    if (is_ours(error))
        fail_here(exchange, strerror(error));
    else
        fail(exchange, "%s",
             error == ECONNREFUSED ? "connection refused" : strerror(error));
}

static void connected(struct exchange *exchange)
{
    socklen_t length = sizeof(int);
    int error = 0;

    getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0) {
        start_handshake(exchange);
        return;
    }
    fail_to_connect(exchange, error);
}

static void handshake(struct exchange *exchange)
{
    int result;

    errno = 0;
    ERR_clear_error();
    result = SSL_do_handshake(exchange->ssl);
    if (result != 1) {
        if (!wait_for_tls(exchange, result))
            fail_handshake(exchange, result);
        return;
    }
    end_stage(exchange);
    tls_report_read(exchange->ssl, exchange->plan.cert_name, time(NULL),
                    &exchange->tls);
    if (lacked_memory(exchange)) {
        fail_here(exchange, "out of memory");
        return;
    }
    exchange->stage = EXCHANGE_HTTP;
    ask(exchange);
}

static void succeed(struct exchange *exchange)
{
    end_stage(exchange);
    exchange->stage = EXCHANGE_WHOLE;
    finish(exchange);
}

/* The server's end of the connection may be the end of the body. */
static void end_response(struct exchange *exchange)
{
    struct http_response *response = &exchange->response;

    if (tls_limit_is_passed(exchange->ssl))
        fail(exchange, "%s", TLS_LIMIT_WORDS);
    else if (http_response_end(response) == HTTP_WHOLE)
        succeed(exchange);
    else
        fail(exchange, "the answer %s", response->fault);
}

static void receive(struct exchange *exchange)
{
    struct http_response *response = &exchange->response;
    char octets[16 * 1024];

    for (;;) {
        int got;

        ERR_clear_error();
        got = SSL_read(exchange->ssl, octets, sizeof(octets));
        if (got <= 0) {
            if (!wait_for_tls(exchange, got))
                end_response(exchange);
            return;
        }
        if (!response->head_whole)
            exchange->clock_seen = time(NULL);
        switch (http_response_feed(response, octets, (size_t)got)) {
        case HTTP_WHOLE:
            succeed(exchange);
            return;
        case HTTP_BROKEN:
            fail(exchange, "the answer %s", response->fault);
            return;
        case HTTP_NO_MEMORY:
            fail_here(exchange, "out of memory");
            return;
        default:
            break;
        }
    }
}

static void ask(struct exchange *exchange)
{
    size_t length = strlen(exchange->request);

    while (exchange->sent < length) {
        int got;

        ERR_clear_error();
        got = SSL_write(exchange->ssl, exchange->request + exchange->sent,
                        (int)(length - exchange->sent));
        if (got <= 0) {
            if (!wait_for_tls(exchange, got))
                fail(exchange, "the server closed the connection before the "
                               "request");
            return;
        }
        exchange->sent += (size_t)got;
    }
    receive(exchange);
}

static void advance(struct exchange *exchange, uint32_t events)
{
    (void)events;
    switch (exchange->stage) {
    case EXCHANGE_TCP:
        connected(exchange);
        break;
    case EXCHANGE_TLS:
        handshake(exchange);
        break;
    default:
        ask(exchange);
    }
}

static void open_connection(struct exchange *exchange)
{
    const struct exchange_plan *plan = &exchange->plan;
    struct sockaddr_storage to;
    socklen_t length = address_to_socket(&plan->address, plan->port, &to);

    exchange->stage = EXCHANGE_ROUTE;
    if (!route_exists(&plan->address)) {
        fail(exchange, "this machine has no %s way there",
             plan->address.family == AF_INET6 ? "IPv6" : "IPv4");
        return;
    }
    exchange->fd = socket(plan->address.family,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (exchange->fd < 0) {
        fail(exchange, "no socket: %s", strerror(errno));
        return;
    }
    exchange->stage = EXCHANGE_TCP;
    if (connect(exchange->fd, (const struct sockaddr *)&to, length) != 0 &&
        errno != EINPROGRESS) {
        fail_to_connect(exchange, errno);
        return;
    }
    if (loop_watch(plan->loop, &exchange->watch, exchange->fd, EPOLLOUT, ready,
                   exchange) != STATUS_OK)
        fail_here(exchange, "our own system cannot wait for it");
}

void exchange_start(struct exchange *exchange, const struct exchange_plan *plan,
                    exchange_over *tell, void *argument)
{
    *exchange = (struct exchange){.plan = *plan,
                                  .fd = -1,
                                  .tell = tell,
                                  .argument = argument,
                                  .stage_start = deadline_clock()};
    snprintf(exchange->request, sizeof(exchange->request),
             "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %.300s\r\n"
             "Accept: application/json\r\nAccept-Encoding: identity\r\n"
             "Connection: close\r\n\r\n",
             plan->path, plan->host, plan->agent);
    loop_set(plan->loop, &exchange->deadline, deadline_after(plan->limit_ms),
             late, exchange);
    open_connection(exchange);
}

void exchange_end(struct exchange *exchange)
{
    if (exchange->plan.loop == NULL)
        return;
    loop_unset(&exchange->deadline);
    loop_unwatch(&exchange->watch);
    util_close_fd(&exchange->fd);
    SSL_free(exchange->ssl);
    exchange->ssl = NULL;
    http_response_done(&exchange->response);
}
