/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcurl's multi interface on the loop (libcurl-multi(3), "multi_socket").
 * Transfers that are over are told after curl has returned, so that whoever
 * is told may start and end others.
 */
#include "fetcher.h"

#include <dirent.h>

#include "deadline.h"

struct fetcher_socket {
    struct loop_watch watch;
    struct fetcher *fetcher;
    curl_socket_t fd;
    struct fetcher_socket *previous, *next;
};

static void tell_over(struct fetcher *fetcher)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(fetcher->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *private = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        const struct fetcher_task *task = (const void *)private;
        task->over(task->argument, code);
    }
}

static void act(struct fetcher *fetcher, curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(fetcher->multi, fd, events, &running);
    tell_over(fetcher);
}

static void socket_ready(void *argument, uint32_t events)
{
    /* curl may end the watch within the call. */
    const struct fetcher_socket *socket = argument;
    int ready = 0;

    if ((events & (EPOLLIN | EPOLLHUP)) != 0)
        ready |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0)
        ready |= CURL_CSELECT_OUT;
    if ((events & EPOLLERR) != 0)
        ready |= CURL_CSELECT_ERR;
    act(socket->fetcher, socket->fd, ready);
}

static void timer_due(void *argument)
{
    act(argument, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *argument)
{
    struct fetcher *fetcher = argument;

    (void)multi;
    if (ms < 0)
        loop_unset(&fetcher->timer);
    else
        loop_set(fetcher->loop, &fetcher->timer, deadline_clock() + ms,
                 timer_due, fetcher);
    return 0;
}

static void socket_free(struct fetcher_socket *socket)
{
    loop_unwatch(&socket->watch);
    if (socket->previous != NULL)
        socket->previous->next = socket->next;
    else
        socket->fetcher->sockets = socket->next;
    if (socket->next != NULL)
        socket->next->previous = socket->previous;
    free(socket);
}

static struct fetcher_socket *socket_new(struct fetcher *fetcher,
                                         curl_socket_t fd)
{
    struct fetcher_socket *socket = calloc(1, sizeof(*socket));

    if (socket == NULL)
        return NULL;
    socket->fetcher = fetcher;
    socket->fd = fd;
    socket->next = fetcher->sockets;
    if (socket->next != NULL)
        socket->next->previous = socket;
    fetcher->sockets = socket;
    curl_multi_assign(fetcher->multi, fd, socket);
    return socket;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *argument,
                     void *assigned)
{
    struct fetcher *fetcher = argument;
    struct fetcher_socket *socket = assigned;
    uint32_t events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            socket_free(socket);
        curl_multi_assign(fetcher->multi, fd, NULL);
        return 0;
    }
    if (socket == NULL)
        socket = socket_new(fetcher, fd);
    if (socket == NULL) {
        fetcher->broken = true;
        return -1;
    }
    if ((what & CURL_POLL_IN) != 0)
        events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        events |= EPOLLOUT;
    if (loop_watch(fetcher->loop, &socket->watch, fd, events, socket_ready,
                   socket) == STATUS_OK)
        return 0;
    fetcher->broken = true;
    return -1;
}

/* The name of a certificate as c_rehash links it: eight digits, dot, number. */
static bool is_hash_name(const char *name)
{
    return strlen(name) > 9 && strspn(name, "0123456789abcdef") == 8 &&
           name[8] == '.' && strspn(name + 9, "0123456789") == strlen(name + 9);
}

/*
 * The system's hashed directory, where OpenSSL reads only what it needs;
 * parsing the whole bundle would cost each process tens of milliseconds.
 */
static const char *hashed_ca_path(void)
{
    const char *path = curl_version_info(CURLVERSION_NOW)->capath;
    DIR *directory = path != NULL ? opendir(path) : NULL;
    const struct dirent *entry;
    bool hashed = false;

    if (directory == NULL)
        return NULL;
    while (!hashed && (entry = readdir(directory)) != NULL)
        hashed = is_hash_name(entry->d_name);
    closedir(directory);
    return hashed ? path : NULL;
}

/* The configuration was checked; what it lets pass has a host and a port. */
static enum status read_proxy(const char *text, struct server_name *ret_proxy)
{
    CURLU *url = curl_url();
    char *host = NULL;
    char *port = NULL;
    char authority[LIMIT_SERVER_NAME + 1] = "";
    enum status status = STATUS_UNAVAILABLE;

    if (url != NULL &&
        curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ==
            CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK) {
        snprintf(authority, sizeof(authority), "%s:%s", host, port);
        status = server_name_parse(authority, strlen(authority), ret_proxy);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return status == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status fetcher_new(struct loop *loop,
                        const struct configuration *configuration,
                        struct fetcher **ret_fetcher)
{
    AUTO(free) struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

    if (fetcher == NULL)
        return STATUS_NO_MEMORY;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return STATUS_UNAVAILABLE;
    fetcher->loop = loop;
    fetcher->configuration = configuration;
    fetcher->connect_ms = LIMIT_CONNECT_MS;
    fetcher->total_ms = LIMIT_FETCH_MS;
    fetcher->ca_path = hashed_ca_path();
    if (configuration->proxy != NULL &&
        read_proxy(configuration->proxy, &fetcher->proxy) != STATUS_OK) {
        curl_global_cleanup();
        return STATUS_UNAVAILABLE;
    }
    fetcher->multi = curl_multi_init();
    if (fetcher->multi == NULL) {
        curl_global_cleanup();
        return STATUS_NO_MEMORY;
    }
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
    *ret_fetcher = TAKE(fetcher);
    return STATUS_OK;
}

void fetcher_free(struct fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    curl_multi_cleanup(fetcher->multi);
    loop_unset(&fetcher->timer);
    while (fetcher->sockets != NULL)
        socket_free(fetcher->sockets);
    curl_global_cleanup();
    free(fetcher);
}

enum status fetcher_add(struct fetcher *fetcher, struct fetcher_task *task)
{
    curl_easy_setopt(task->easy, CURLOPT_PRIVATE, task);
    return curl_multi_add_handle(fetcher->multi, task->easy) == CURLM_OK
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

void fetcher_remove(struct fetcher *fetcher, struct fetcher_task *task)
{
    curl_multi_remove_handle(fetcher->multi, task->easy);
}

enum fetch_result fetcher_result(const struct fetcher *fetcher,
                                 enum fetch_result result)
{
    return fetcher->broken && result != FETCH_OK ? FETCH_INTERNAL : result;
}
