/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two answers become one list, one life and one sentence. */
#include "addresses_combine.h"

#include <stdio.h>
#include <string.h>

void addresses_take(const struct dns_answer *answer,
                    struct addresses_family *ret_family)
{
    ret_family->result = answer->result;
    ret_family->internal = answer->internal;
    ret_family->ttl = answer->ttl;
    ret_family->aliases = answer->aliases;
    ret_family->count = answer->result == DNS_FOUND ? answer->count : 0;
    memcpy(ret_family->list, answer->addresses,
           ret_family->count * sizeof(*ret_family->list));
    snprintf(ret_family->detail, sizeof(ret_family->detail), "%.*s",
             (int)sizeof(ret_family->detail) - 1, answer->detail);
}

/* Adds the first `most` of the family's addresses that are not there yet. */
static void add_family(struct addresses *addresses,
                       const struct addresses_family *family, unsigned most)
{
    for (unsigned i = 0; i < family->count && most > 0; i++) {
        unsigned same = 0;

        while (same < addresses->count &&
               !address_equal(&addresses->list[same], &family->list[i]))
            same++;
        if (same < addresses->count)
            continue;
        addresses->list[addresses->count++] = family->list[i];
        most--;
    }
}

/* Neither family may crowd the other out. */
static void merge(struct addresses *addresses,
                  const struct addresses_family *v6,
                  const struct addresses_family *v4)
{
    unsigned half = LIMIT_ADDRESSES / 2;
    unsigned some = v4->count < half ? v4->count : half;

    add_family(addresses, v6, LIMIT_ADDRESSES - some);
    add_family(addresses, v4, LIMIT_ADDRESSES - addresses->count);
}

/* "2 addresses", "NXDOMAIN", "AAAA: SERVFAIL from 127.0.0.1; A: no data" */
static void describe(struct addresses *addresses,
                     const struct addresses_family *v6,
                     const struct addresses_family *v4)
{
    char *detail = addresses->detail;
    size_t room = sizeof(addresses->detail);
    const char *before = "";
    const char *why = "";

    if (addresses->partial) {
        before = v6->result == DNS_TEMPORARY ? "; AAAA: " : "; A: ";
        why = v6->result == DNS_TEMPORARY ? v6->detail : v4->detail;
    }
    if (addresses->count == 0 && strcmp(v6->detail, v4->detail) == 0)
        snprintf(detail, room, "%s", v6->detail);
    else if (addresses->count == 0)
        snprintf(detail, room, "AAAA: %s; A: %s", v6->detail, v4->detail);
    else
        snprintf(detail, room, "%u address%s%s%s", addresses->count,
                 addresses->count == 1 ? "" : "es", before, why);
}

static uint32_t shorter(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

void addresses_combine(struct addresses *ret_addresses,
                       const struct addresses_family *v6,
                       const struct addresses_family *v4)
{
    bool failed = v6->result == DNS_TEMPORARY || v4->result == DNS_TEMPORARY;

    ret_addresses->life = shorter(LIMIT_LIFE_S, shorter(v6->ttl, v4->ttl));
    if (failed)
        ret_addresses->life = shorter(ret_addresses->life, LIMIT_OUR_FAILURE_S);
    ret_addresses->aliases =
        v6->aliases > v4->aliases ? v6->aliases : v4->aliases;
    merge(ret_addresses, v6, v4);
    ret_addresses->internal = v6->internal || v4->internal;
    ret_addresses->partial = failed && ret_addresses->count > 0;
    ret_addresses->result = ret_addresses->count > 0 ? DNS_FOUND
                            : failed                 ? DNS_TEMPORARY
                                                     : DNS_NONE;
    describe(ret_addresses, v6, v4);
}
