/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One GET with one easy handle: its options and its callbacks. */
#include "transfer.h"

#include <sys/socket.h>

#include "openssl_memory.h"
#include "tls_limit.h"
#include "wire.h"

enum {
    RECEIVE_ROOM = 4096, /* documents are small, lists of names long */
    PIN_ROOM = LIMIT_DNS_NAME + LIMIT_ADDRESSES * (ADDRESS_TEXT + 3) + 16,
};

bool transfer_is_redirect(const struct transfer *transfer)
{
    switch (transfer->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return true;
    default:
        return false;
    }
}

static void begin_head(struct transfer *transfer)
{
    long status = 0;

    curl_easy_getinfo(transfer->task.easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->status = (int)status;
    transfer->freshness = (struct freshness){0};
    transfer->head_whole = false;
}

/* Only a redirect's connection is of use to what comes after it. */
static void end_head(struct transfer *transfer)
{
    transfer->head_whole = transfer->status >= 200;
    if (transfer->status == 200)
        curl_easy_setopt(transfer->task.easy, CURLOPT_FORBID_REUSE, 1L);
}

/*
 * Gets the status line, each header, the empty line; the same again for each
 * response (1xx come first); and the trailers, which say nothing about the
 * life of an answer (RFC 9110 section 6.5.1).
 */
static size_t on_header(char *line, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t length = size * count;

    transfer->head_octets += length;
    if (transfer->head_octets > LIMIT_HEADERS) {
        transfer->head_too_large = true;
        return 0;
    }
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0 && !transfer->head_whole)
        begin_head(transfer);
    else if (transfer->head_whole)
        return length;
    else if (line[0] != '\r' && line[0] != '\n')
        freshness_header(&transfer->freshness, line, length);
    else
        end_head(transfer);

    /* Nobody reads the page that comes with an error: hang up. */
    return transfer->head_whole && transfer->status != 200 &&
                   !transfer_is_redirect(transfer)
               ? 0
               : length;
}

/*
 * Gets the body without its codings. That of a redirect is read to keep the
 * connection for the next hop, and forgotten.
 */
static size_t on_body(char *octets, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t length = size * count;
    char *longer;

    if (length > LIMIT_BODY - transfer->length) {
        transfer->body_too_large = true;
        return 0;
    }
    if (transfer->status == 200) {
        longer = realloc(transfer->body, transfer->length + length + 1);
        if (longer == NULL) {
            transfer->no_memory = true;
            return 0;
        }
        memcpy(longer + transfer->length, octets, length);
        longer[transfer->length + length] = '\0';
        transfer->body = longer;
    }
    transfer->length += length;
    return length;
}

static bool read_socket_address(const struct sockaddr *from, size_t length,
                                struct address *ret_address, uint16_t *ret_port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    *ret_address = (struct address){.family = from->sa_family};
    if (from->sa_family == AF_INET && length >= sizeof(v4)) {
        memcpy(&v4, from, sizeof(v4));
        ret_address->v4 = v4.sin_addr;
        *ret_port = ntohs(v4.sin_port);
        return true;
    }
    if (from->sa_family == AF_INET6 && length >= sizeof(v6)) {
        memcpy(&v6, from, sizeof(v6));
        ret_address->v6 = v6.sin6_addr;
        *ret_port = ntohs(v6.sin6_port);
        return true;
    }
    return false;
}

/* The last word on where curl connects to: whatever led it there. */
static curl_socket_t on_open(void *argument, curlsocktype purpose,
                             struct curl_sockaddr *to)
{
    struct transfer *transfer = argument;
    struct address address;
    uint16_t port;
    int fd;

    (void)purpose;
    if (!read_socket_address(&to->addr, to->addrlen, &address, &port))
        return CURL_SOCKET_BAD;
    /* The administrator chose the proxy, no stranger did. */
    if (transfer->fetcher->proxy.text[0] == '\0' &&
        configuration_denies(transfer->fetcher->configuration, &address)) {
        transfer->denied = true;
        return CURL_SOCKET_BAD;
    }
    fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd < 0) {
        /* A family that this system lacks is no more than an address less. */
        transfer->no_memory |= errno != EAFNOSUPPORT;
        return CURL_SOCKET_BAD;
    }
    transfer->tried++;
    transfer->last = address;
    transfer->last_port = port;
    return fd;
}

/* For the server and for an https: proxy: each has a context of its own. */
static CURLcode on_handshake(CURL *easy, void *context, void *argument)
{
    struct transfer *transfer = argument;

    (void)easy;
    /* curl has a time for this only when the handshake is over too. */
    transfer->handshaking = true;
    if (tls_limit_set(context) == STATUS_OK)
        return CURLE_OK;
    transfer->no_memory = true;
    return CURLE_OUT_OF_MEMORY;
}

/* Every host name is pinned; if one were not, curl must not ask anybody. */
static int on_resolve(void *state, void *reserved, void *argument)
{
    const struct transfer *transfer = argument;

    (void)state;
    (void)reserved;
    return transfer->resolve != NULL;
}

/*
 * +HOST:PORT:ADDRESS,[ADDRESS6] - or nothing for an IP literal. The sign lets
 * a host begin with another: `-` alone would take an entry away. (That such an
 * entry ages, in a minute, does not matter: no transfer takes as long.)
 */
static bool list_targets(struct transfer *transfer,
                         const struct transfer_targets *targets)
{
    const struct server_name *proxy = &transfer->fetcher->proxy;
    bool proxied = proxy->text[0] != '\0';
    const struct server_name *name = proxied ? proxy : &transfer->url->name;
    char line[PIN_ROOM];
    char text[ADDRESS_TEXT];
    struct wire_writer writer = wire_writer(line, sizeof(line));

    if (name->kind == SERVER_NAME_IP)
        return true;
    wire_put(&writer, "+");
    wire_put(&writer, name->host);
    wire_put(&writer, ":");
    wire_put_number(&writer, proxied ? proxy->port : transfer->url->port, 0);
    for (unsigned i = 0; i < targets->count; i++) {
        bool v6 = targets->list[i].family == AF_INET6;

        wire_put(&writer, i == 0 ? ":" : ",");
        wire_put(&writer, v6 ? "[" : "");
        wire_put(&writer, address_text(&targets->list[i], text));
        wire_put(&writer, v6 ? "]" : "");
    }
    transfer->resolve = writer.failed ? NULL : curl_slist_append(NULL, line);
    return transfer->resolve != NULL;
}

/*
 * Pins the host to the targets, for this transfer alone: what the transfers of
 * a long list share, curl would keep to the end, and look through each time.
 */
static bool pin(struct transfer *transfer,
                const struct transfer_targets *targets)
{
    transfer->pinned = curl_share_init();
    return transfer->pinned != NULL &&
           curl_share_setopt(transfer->pinned, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
           list_targets(transfer, targets);
}

/* True if all of these could be set: most fail for want of memory alone. */
static bool set_request(CURL *easy, const struct transfer *transfer)
{
    const struct configuration *configuration =
        transfer->fetcher->configuration;
    const char *agent = configuration->user_agent != NULL
                            ? configuration->user_agent
                            : "nss-matrix/" VERSION;

    /* An empty proxy and no-proxy keep the environment's from being read. */
    return curl_easy_setopt(easy, CURLOPT_URL, transfer->url->text) == 0 &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == 0 &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            (long)CURL_HTTP_VERSION_1_1) == 0 &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, agent) == 0 &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == 0 &&
           curl_easy_setopt(easy, CURLOPT_PROXY,
                            configuration->proxy != NULL ? configuration->proxy
                                                         : "") == 0 &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == 0 &&
           curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == 0 &&
           curl_easy_setopt(easy, CURLOPT_SHARE, transfer->pinned) == 0 &&
           curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->resolve) == 0 &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == 0 &&
           curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_ROOM) ==
               0 &&
           curl_easy_setopt(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
                            (long)LIMIT_ATTEMPT_MS) == 0;
}

/*
 * Whom to trust, for the server and for an https: * and that only, else the
 * system's hashed directory, else curl's own default.
 */
static bool set_trust(CURL *easy, const struct transfer *transfer)
{
    const struct configuration *configuration =
        transfer->fetcher->configuration;
    const char *file = configuration->ca_file;
    const char *path = configuration->ca_path;
    bool configured = file != NULL || path != NULL;

    if (!configured)
        path = transfer->fetcher->ca_path;
    if (transfer->insecure &&
        (curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) != 0 ||
         curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) != 0))
        return false;
    if (file == NULL && path == NULL)
        return true;
    return curl_easy_setopt(easy, CURLOPT_CAINFO, file) == 0 &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, path) == 0 &&
           curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file) == 0 &&
           curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, path) == 0;
}

static bool set_callbacks(CURL *easy, struct transfer *transfer)
{
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_handshake) ==
               0 &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer) == 0 &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) == 0 &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == 0 &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == 0 &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == 0 &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == 0 &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == 0 &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == 0 &&
           curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION,
                            on_resolve) == 0 &&
           curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, transfer) == 0;
}

/* A server is kept within bounds in OpenSSL's terms: see tls_limit.h. */
static bool has_openssl(CURL *easy)
{
    const struct curl_tlssessioninfo *session = NULL;

    return curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) ==
               CURLE_OK &&
           session != NULL && session->backend == CURLSSLBACKEND_OPENSSL;
}

enum status transfer_start(struct transfer *transfer, struct fetcher *fetcher,
                           const struct fetch_url *url,
                           const struct transfer_targets *targets,
                           size_t head_octets)
{
    CURL *easy;

    *transfer = (struct transfer){
        .fetcher = fetcher,
        .task = transfer->task,
        .url = url,
        .insecure =
            configuration_is_insecure(fetcher->configuration, url->name.host),
        .head_octets = head_octets,
        .memory_failures = openssl_memory_failures(),
    };
    memcpy(transfer->error, "out of memory", sizeof("out of memory"));
    if (!pin(transfer, targets))
        return STATUS_NO_MEMORY;
    easy = curl_easy_init();
    if (easy == NULL)
        return STATUS_NO_MEMORY;
    if (!has_openssl(easy)) {
        curl_easy_cleanup(easy);
        snprintf(transfer->error, sizeof(transfer->error),
                 "it has another TLS library than OpenSSL");
        return STATUS_UNAVAILABLE;
    }
    if (curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)targets->connect_ms) != 0 ||
        !set_request(easy, transfer) || !set_trust(easy, transfer) ||
        !set_callbacks(easy, transfer)) {
        curl_easy_cleanup(easy);
        return STATUS_NO_MEMORY;
    }
    transfer->task.easy = easy;
    return fetcher_add(fetcher, &transfer->task);
}

void transfer_done(struct transfer *transfer)
{
    if (transfer->task.easy != NULL) {
        fetcher_remove(transfer->fetcher, &transfer->task);
        curl_easy_cleanup(transfer->task.easy);
        transfer->task.easy = NULL;
    }
    curl_share_cleanup(TAKE(transfer->pinned));
    curl_slist_free_all(TAKE(transfer->resolve));
    free(TAKE(transfer->body));
}

const char *transfer_location(const struct transfer *transfer)
{
    struct curl_header *header;

    if (curl_easy_header(transfer->task.easy, "Location", 0, CURLH_HEADER, -1,
                         &header) != CURLHE_OK ||
        header->value[0] == '\0')
        return NULL;
    return header->value;
}

void transfer_peer(const struct transfer *transfer,
                   char text[static ADDRESS_TEXT])
{
    const char *ip = NULL;

    curl_easy_getinfo(transfer->task.easy, CURLINFO_PRIMARY_IP, &ip);
    if (ip == NULL || !util_copy(text, ADDRESS_TEXT, ip, strlen(ip)))
        text[0] = '\0';
}
