/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * getaddrinfo. The list is made by the real one, which is given the cookies
 * as numeric text: service, hints, errors and the memory's layout, which
 * freeaddrinfo must know, stay glibc's.
 */
#include "resolve.h"

#include <arpa/inet.h>

#include "cookies.h"
#include "names.h"
#include "preload.h"
#include "real.h"
#include "targets.h"

REAL_LIBC_DECLARE(getaddrinfo);

static void util_free_list(struct addrinfo **list)
{
    if (*list != NULL)
        freeaddrinfo(*list);
}

/* What glibc does with what is about names: a number has none. */
static const int ABOUT_NAMES = AI_CANONNAME | AI_IDN | AI_CANONIDN;

/* The list so far, and what every part of it is asked with. */
struct building {
    const char *service;
    struct addrinfo hints; /* flags and family as the tool asked */
    struct addrinfo *first, **end;
    int error; /* of a cookie that gave nothing */
};

/* Appends what the real one makes of a cookie. */
static int append(struct building *building, const struct address *cookie)
{
    struct addrinfo hints = building->hints;
    struct addrinfo *part = NULL;
    char text[ADDRESS_TEXT];
    int error;

    hints.ai_flags = (hints.ai_flags & ~ABOUT_NAMES) | AI_NUMERICHOST;
    if (hints.ai_family == AF_UNSPEC)
        hints.ai_family = cookie->family;
    error = REAL_LIBC(getaddrinfo)(address_text(cookie, text),
                                   building->service, &hints, &part);
    if (error != 0)
        return error;
    *building->end = part;
    for (; part != NULL; part = part->ai_next) {
        part->ai_flags = building->hints.ai_flags;
        building->end = &part->ai_next;
    }
    return 0;
}

/* AI_ADDRCONFIG makes the real one refuse a family: another may do. */
static bool of_this_family(int error)
{
    return error == EAI_NONAME || error == EAI_ADDRFAMILY ||
           error == EAI_NODATA || error == EAI_FAMILY;
}

static int append_family(struct building *building,
                         const struct targets *targets, int family)
{
    for (unsigned i = 0; i < targets->count; i++) {
        int error = 0;

        if (family == AF_UNSPEC || targets->cookies[i].family == family)
            error = append(building, &targets->cookies[i]);
        if (error != 0 && !of_this_family(error))
            return error;
    }
    return 0;
}

static int build(struct building *building, const struct targets *targets)
{
    int family = building->hints.ai_family;
    int flags = building->hints.ai_flags;
    int error = append_family(building, targets, family);

    /* IPv4 in IPv6 clothes: if there is no IPv6, or everything is wanted. */
    if (error == 0 && family == AF_INET6 && (flags & AI_V4MAPPED) != 0 &&
        (building->first == NULL || (flags & AI_ALL) != 0))
        error = append_family(building, targets, AF_INET);
    return error == 0 && building->first == NULL ? EAI_NODATA : error;
}

int resolve_pseudo(const char *node, const char *service,
                   const struct addrinfo *hints, struct addrinfo **ret_list)
{
    AUTO(free_list) struct addrinfo *list = NULL;
    struct building building = {.service = service};
    struct targets targets;
    int saved = errno;
    enum status status;
    int error;

    /* "Is it an address?" aria2 would then send no SNI. */
    if (hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0)
        return EAI_NONAME;
    /* Without hints glibc's own are these. */
    building.hints.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG;
    if (hints != NULL)
        building.hints = *hints;
    if (building.hints.ai_family != AF_UNSPEC &&
        building.hints.ai_family != AF_INET &&
        building.hints.ai_family != AF_INET6)
        return EAI_FAMILY;
    status = targets_find(node, &targets);
    if (status != STATUS_OK)
        return targets_eai(status);
    building.end = &building.first;
    error = build(&building, &targets);
    list = building.first;
    if (error != EAI_SYSTEM)
        errno = saved;
    if (error != 0)
        return error;
    if ((building.hints.ai_flags & AI_CANONNAME) != 0) {
        list->ai_canonname = strdup(node);
        if (list->ai_canonname == NULL)
            return EAI_MEMORY;
    }
    *ret_list = TAKE(list);
    return 0;
}

bool resolve_is_numeric(const char *node)
{
    struct address address;
    struct in_addr old_style;

    return address_parse(node, &address) || inet_aton(node, &old_style) != 0;
}

/* What the name was called stays with the first that remains. */
static void drop_cookies(struct addrinfo **list)
{
    char *canonical = *list != NULL ? (*list)->ai_canonname : NULL;
    struct addrinfo **at = list;

    while (*at != NULL) {
        struct addrinfo *one = *at;

        if (!cookies_is_socket(one->ai_addr, one->ai_addrlen)) {
            at = &one->ai_next;
            continue;
        }
        *at = one->ai_next;
        one->ai_next = NULL;
        if (one->ai_canonname == canonical)
            one->ai_canonname = NULL;
        freeaddrinfo(one);
    }
    if (*list != NULL)
        (*list)->ai_canonname = canonical;
    else
        free(canonical);
}

int resolve_filter(const char *node, struct addrinfo **list)
{
    /* What was asked for as an address is no answer for a name. */
    if (node == NULL || resolve_is_numeric(node))
        return 0;
    drop_cookies(list);
    return *list == NULL ? EAI_NONAME : 0;
}

HOOK(int, getaddrinfo,
     (const char *restrict node, const char *restrict service,
      const struct addrinfo *restrict hints, struct addrinfo **restrict list))
{
    int error;

    if (node != NULL && names_is_pseudo(node, strlen(node)))
        return resolve_pseudo(node, service, hints, list);
    error = REAL_LIBC(getaddrinfo)(node, service, hints, list);
    return error == 0 ? resolve_filter(node, list) : error;
}
