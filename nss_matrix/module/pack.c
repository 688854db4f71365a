/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tiny allocator in the caller's buffer, and the two forms of an answer. */
#include "pack.h"

#include <stdalign.h>
#include <stdint.h>

/* The addresses of an answer, chosen before any size is computed. */
struct chosen {
    unsigned count;
    struct address address[LIMIT_NSS_TARGETS];
};

struct pack pack_into(char *buffer, size_t size)
{
    return (struct pack){buffer, size, false};
}

/*
 * Aligned by the absolute address: a caller's buffer may begin anywhere. NULL
 * if it does not fit, and from then on always.
 */
static void *take(struct pack *pack, size_t size, size_t alignment)
{
    size_t gap = -(uintptr_t)pack->next & (alignment - 1);
    char *taken;

    if (pack->failed || gap > pack->left || size > pack->left - gap) {
        pack->failed = true;
        return NULL;
    }
    taken = pack->next + gap;
    pack->next = taken + size;
    pack->left -= gap + size;
    return taken;
}

static char *take_copy(struct pack *pack, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = take(pack, size, 1);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static bool is_chosen(const struct chosen *chosen,
                      const struct address *address)
{
    for (unsigned i = 0; i < chosen->count; i++)
        if (address_equal(&chosen->address[i], address))
            return true;
    return false;
}

/* How many addresses of each family may be chosen. */
struct allowed {
    unsigned v4, v6;
};

static void choose(const struct record *record, struct allowed allowed,
                   struct chosen *ret_chosen)
{
    uint16_t best = 0;

    ret_chosen->count = 0;
    for (unsigned i = 0;
         i < record->target_count && ret_chosen->count < LIMIT_NSS_TARGETS;
         i++) {
        struct record_target target = record_target(record, i);
        unsigned *left =
            target.address.family == AF_INET6 ? &allowed.v6 : &allowed.v4;

        if (i == 0)
            best = target.priority;
        if (target.priority != best || *left == 0 ||
            is_chosen(ret_chosen, &target.address))
            continue;
        ret_chosen->address[ret_chosen->count++] = target.address;
        --*left;
    }
}

static struct allowed all_of(int family)
{
    if (family == AF_INET)
        return (struct allowed){.v4 = LIMIT_NSS_TARGETS};
    return (struct allowed){.v6 = LIMIT_NSS_TARGETS};
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Half for each, and what one does not use is the other's: a machine that has
 * one family alone must not get the other's addresses only.
 */
static struct allowed share(const struct record *record)
{
    struct chosen one;
    struct allowed allowed;

    choose(record, all_of(AF_INET), &one);
    allowed.v6 = LIMIT_NSS_TARGETS - least(one.count, LIMIT_NSS_TARGETS / 2);
    choose(record, all_of(AF_INET6), &one);
    allowed.v4 = LIMIT_NSS_TARGETS - least(one.count, allowed.v6);
    return allowed;
}

enum status pack_hostent(struct pack *pack, const struct record *record,
                         const char *asked, int family,
                         struct hostent *ret_host)
{
    size_t size =
        family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    struct chosen chosen;

    choose(record, all_of(family), &chosen);
    if (chosen.count == 0)
        return STATUS_NOT_FOUND;

    char **aliases = take(pack, sizeof(char *), alignof(char *));
    char **list =
        take(pack, (chosen.count + 1) * sizeof(char *), alignof(char *));
    char *octets = take(pack, chosen.count * size, alignof(struct in6_addr));
    char *name = take_copy(pack, asked);

    if (pack->failed)
        return STATUS_TOO_BIG;
    aliases[0] = NULL;
    for (unsigned i = 0; i < chosen.count; i++)
        list[i] = memcpy(octets + i * size, chosen.address[i].bytes, size);
    list[chosen.count] = NULL;
    *ret_host = (struct hostent){.h_name = name,
                                 .h_aliases = aliases,
                                 .h_addrtype = family,
                                 .h_length = (int)size,
                                 .h_addr_list = list};
    return STATUS_OK;
}

/* The scope is always 0: an index there broke NFS mounts (nss-mdns 69). */
static void fill_tuple(struct gaih_addrtuple *tuple, char *name,
                       const struct address *address)
{
    *tuple = (struct gaih_addrtuple){.name = name, .family = address->family};
    memcpy(tuple->addr, address->bytes, address_size(address));
}

enum status pack_tuples(struct pack *pack, const struct record *record,
                        const char *asked, struct gaih_addrtuple **list)
{
    struct gaih_addrtuple *first = *list;
    struct gaih_addrtuple *rest;
    struct chosen chosen;
    unsigned in_rest;

    choose(record, share(record), &chosen);
    if (chosen.count == 0)
        return STATUS_NOT_FOUND;

    in_rest = first != NULL ? chosen.count - 1 : chosen.count;
    rest = take(pack, in_rest * sizeof(*rest), alignof(struct gaih_addrtuple));
    char *name = take_copy(pack, asked);

    if (pack->failed)
        return STATUS_TOO_BIG;
    if (first == NULL)
        first = rest++;
    fill_tuple(first, name, &chosen.address[0]);
    *list = first;
    for (unsigned i = 1; i < chosen.count; i++, first = first->next) {
        first->next = rest++;
        fill_tuple(first->next, name, &chosen.address[i]);
    }
    return STATUS_OK;
}
