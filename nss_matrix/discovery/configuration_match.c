/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names and addresses the lists `insecure` and `deny` speak of. */
#include <strings.h>

#include "configuration.h"

static bool network_holds(const struct cidr *network,
                          const struct address *address)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (network->address.family != address->family ||
        memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 ||
           ((network->address.bytes[whole] ^ address->bytes[whole]) &
            (0xff00U >> rest) & 0xffU) == 0;
}

static bool entry_holds(const struct insecure *entry, const char *host)
{
    size_t length = strlen(host);
    size_t end = strlen(entry->name);
    struct address address;

    if (entry->name[0] == '\0')
        return address_parse(host, &address) &&
               network_holds(&entry->network, &address);
    if (!entry->suffix)
        return strcmp(host, entry->name) == 0;
    return length > end + 1 && host[length - end - 1] == '.' &&
           strcmp(host + length - end, entry->name) == 0;
}

bool configuration_is_insecure(const struct configuration *configuration,
                               const char *host)
{
    for (unsigned i = 0; i < configuration->insecure_count; i++)
        if (entry_holds(&configuration->insecure[i], host))
            return true;
    return false;
}

/*
 * The IPv4 address that an IPv6 one leads to: ::a.b.c.d and ::ffff:a.b.c.d
 * (RFC 4291), 2002:a.b.c.d:: (RFC 3056), 64:ff9b::a.b.c.d (RFC 6052).
 */
static bool embedded(const struct address *address, struct address *ret_v4)
{
    static const struct {
        unsigned char prefix[12];
        size_t length, at;
    } FORMS[] = {
        {{0}, 12, 12},
        {{[10] = 0xff, [11] = 0xff}, 12, 12},
        {{0x20, 0x02}, 2, 2},
        {{0x00, 0x64, 0xff, 0x9b}, 12, 12},
    };

    if (address->family != AF_INET6)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(FORMS); i++) {
        if (memcmp(address->bytes, FORMS[i].prefix, FORMS[i].length) == 0) {
            *ret_v4 = (struct address){.family = AF_INET};
            memcpy(&ret_v4->v4, address->bytes + FORMS[i].at,
                   sizeof(ret_v4->v4));
            return true;
        }
    }
    return false;
}

/* What connecting to nobody in particular leads to: oneself (Linux). */
static bool unspecified(const struct address *address,
                        struct address *ret_loopback)
{
    static const unsigned char ZEROS[16];
    bool v6 = address->family == AF_INET6;

    if (memcmp(address->bytes, ZEROS, v6 ? 16 : 4) != 0)
        return false;
    *ret_loopback = (struct address){.family = address->family};
    if (!v6)
        ret_loopback->bytes[0] = 127;
    ret_loopback->bytes[v6 ? 15 : 3] = 1;
    return true;
}

/* The address itself, and all that it stands for. Gives how many. */
static unsigned meanings(const struct address *address,
                         struct address ret_list[static 4])
{
    unsigned count = 1;

    ret_list[0] = *address;
    count += embedded(address, &ret_list[count]);
    for (unsigned i = count; i-- > 0;)
        count += unspecified(&ret_list[i], &ret_list[count]);
    return count;
}

bool configuration_denies(const struct configuration *configuration,
                          const struct address *address)
{
    struct address list[4];
    unsigned count = meanings(address, list);

    for (unsigned i = 0; i < configuration->deny_count; i++)
        for (unsigned j = 0; j < count; j++)
            if (network_holds(&configuration->deny[i], &list[j]))
                return true;
    return false;
}
