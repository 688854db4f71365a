/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * c-ares (aria2, some builds of curl), which does DNS of its own. Its types
 * are written here as its ABI has them: no header of a library that a build
 * may lack. Callbacks are called before the function returns, as c-ares does
 * itself for a name it need not ask for.
 */
#include <netdb.h>

#include "hostent.h"
#include "names.h"
#include "preload.h"
#include "real.h"
#include "targets.h"

/* <ares.h>'s. */
enum ares_status {
    ARES_SUCCESS = 0,
    ARES_ENODATA = 1,
    ARES_ENOTFOUND = 4,
    ARES_ETIMEOUT = 12,
    ARES_ENOMEM = 15,
};

enum {
    ARES_AI_CANONNAME = 1 << 0,
    ARES_AI_NUMERICHOST = 1 << 1,
};

struct ares_addrinfo_hints {
    int ai_flags, ai_family, ai_socktype, ai_protocol;
};

struct ares_addrinfo_node {
    int ai_ttl, ai_flags, ai_family, ai_socktype, ai_protocol;
    unsigned ai_addrlen; /* ares_socklen_t */
    struct sockaddr *ai_addr;
    struct ares_addrinfo_node *ai_next;
};

/* Its beginning, which is all that is touched. */
struct ares_addrinfo {
    void *cnames;
    struct ares_addrinfo_node *nodes;
};

typedef void host_callback(void *argument, int status, int timeouts,
                           struct hostent *host);
typedef void list_callback(void *argument, int status, int timeouts,
                           struct ares_addrinfo *list);

void ares_gethostbyname(void *channel, const char *name, int family,
                        host_callback *callback, void *argument);
void ares_getaddrinfo(void *channel, const char *name, const char *service,
                      const struct ares_addrinfo_hints *hints,
                      list_callback *callback, void *argument);
void ares_freeaddrinfo(struct ares_addrinfo *list);

REAL_DECLARE(ares_gethostbyname);
REAL_DECLARE(ares_getaddrinfo);
REAL_DECLARE(ares_freeaddrinfo); /* not hooked, but called */

static int ares_status_of(enum status status)
{
    if (status == STATUS_OK)
        return ARES_SUCCESS;
    if (status == STATUS_NO_MEMORY)
        return ARES_ENOMEM;
    return targets_eai(status) == EAI_NONAME ? ARES_ENOTFOUND : ARES_ETIMEOUT;
}

HOOK(void, ares_gethostbyname,
     (void *channel, const char *name, int family, host_callback *callback,
      void *argument))
{
    __typeof__(&ares_gethostbyname) real = NULL;
    struct targets targets;
    struct hostent host;
    char room[HOSTENT_ROOM];
    struct hostent_buffer buffer = {room, sizeof(room)};
    enum status status;

    if (name == NULL || !names_is_pseudo(name, strlen(name))) {
        real = REAL(ares_gethostbyname);
        if (real != NULL)
            real(channel, name, family, callback, argument);
        else
            callback(argument, ARES_ENOTFOUND, 0, NULL);
        return;
    }
    status = targets_find(name, &targets);
    if (status != STATUS_OK) {
        callback(argument, ares_status_of(status), 0, NULL);
        return;
    }
    /* c-ares takes IPv6 where it may choose, and there is some. */
    if (family == AF_UNSPEC)
        family = targets_next(&targets, AF_INET6, 0) < targets.count ? AF_INET6
                                                                     : AF_INET;
    status = hostent_make(name, family, &targets, buffer, &host);
    if (status == STATUS_OK)
        callback(argument, ARES_SUCCESS, 0, &host);
    else
        callback(argument, ARES_ENODATA, 0, NULL);
}

/*
 * A list on its way: c-ares is given one cookie after the other, as numeric
 * text, and its nodes are put together, so that they are its own to free.
 */
struct collecting {
    __typeof__(&ares_getaddrinfo) real;
    __typeof__(&ares_freeaddrinfo) free;
    void *channel;
    char *service;
    struct ares_addrinfo_hints hints;
    list_callback *callback;
    void *argument;
    struct targets targets;
    unsigned next;
    struct ares_addrinfo *list;
};

static void util_free_collecting(struct collecting **collecting)
{
    if (*collecting != NULL)
        free((*collecting)->service);
    free(*collecting);
}

/* Appends the nodes of a list to the first list. */
static void append(struct collecting *collecting, struct ares_addrinfo *list)
{
    struct ares_addrinfo_node **end;

    if (collecting->list == NULL) {
        collecting->list = list;
        return;
    }
    end = &collecting->list->nodes;
    while (*end != NULL)
        end = &(*end)->ai_next;
    *end = TAKE(list->nodes);
    collecting->free(list);
}

/* Asks for the next cookie of the family, or is done. */
static void go_on(void *argument, int status, int timeouts,
                  struct ares_addrinfo *list)
{
    AUTO(free_collecting) struct collecting *collecting = argument;
    const struct targets *targets = &collecting->targets;
    struct ares_addrinfo_hints hints = collecting->hints;
    char text[ADDRESS_TEXT];

    (void)timeouts;
    if (status == ARES_SUCCESS && list != NULL)
        append(collecting, list);
    if (hints.ai_family != AF_UNSPEC)
        collecting->next =
            targets_next(targets, hints.ai_family, collecting->next);
    if (collecting->next < targets->count) {
        const struct address *cookie = &targets->cookies[collecting->next++];

        hints.ai_family = cookie->family;
        collecting->real(collecting->channel, address_text(cookie, text),
                         collecting->service, &hints, go_on, collecting);
        collecting = NULL; /* the next call's now */
        return;
    }
    if (collecting->list != NULL)
        status = ARES_SUCCESS;
    else if (status == ARES_SUCCESS)
        status = ARES_ENODATA;
    collecting->callback(collecting->argument, status, 0, collecting->list);
}

static enum status start(const char *name, const char *service,
                         const struct ares_addrinfo_hints *hints,
                         struct collecting **ret_collecting)
{
    AUTO(free_collecting)
    struct collecting *collecting = calloc(1, sizeof(*collecting));
    enum status status;

    if (collecting == NULL)
        return STATUS_NO_MEMORY;
    if (service != NULL) {
        collecting->service = strdup(service);
        if (collecting->service == NULL)
            return STATUS_NO_MEMORY;
    }
    if (hints != NULL)
        collecting->hints = *hints;
    /* "Is it an address?" No. */
    if ((collecting->hints.ai_flags & ARES_AI_NUMERICHOST) != 0)
        return STATUS_NOT_FOUND;
    /* A cookie's canonical name would be its digits. */
    collecting->hints.ai_flags &= ~ARES_AI_CANONNAME;
    status = targets_find(name, &collecting->targets);
    if (status == STATUS_OK)
        *ret_collecting = TAKE(collecting);
    return status;
}

HOOK(void, ares_getaddrinfo,
     (void *channel, const char *name, const char *service,
      const struct ares_addrinfo_hints *hints, list_callback *callback,
      void *argument))
{
    __typeof__(&ares_getaddrinfo) real = REAL(ares_getaddrinfo);
    __typeof__(&ares_freeaddrinfo) free_list = NULL;
    struct collecting *collecting;
    enum status status = STATUS_NOT_FOUND;

    if (real != NULL &&
        (name == NULL || !names_is_pseudo(name, strlen(name)))) {
        real(channel, name, service, hints, callback, argument);
        return;
    }
    free_list = REAL(ares_freeaddrinfo);
    if (real != NULL && free_list != NULL)
        status = start(name, service, hints, &collecting);
    if (status != STATUS_OK) {
        callback(argument, ares_status_of(status), 0, NULL);
        return;
    }
    collecting->real = real;
    collecting->free = free_list;
    collecting->channel = channel;
    collecting->callback = callback;
    collecting->argument = argument;
    go_on(collecting, ARES_SUCCESS, 0, NULL);
}
