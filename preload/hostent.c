/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct hostent in a buffer of any size and alignment. */
#include "hostent.h"

#include <stdint.h>

#include "cookies.h"

/* Takes size octets, aligned for pointers, off the buffer; NULL: too small. */
static void *take(struct hostent_buffer *buffer, size_t size)
{
    size_t pad = -(uintptr_t)buffer->start % sizeof(char *);
    char *taken = buffer->start + pad;

    if (buffer->size < pad || buffer->size - pad < size)
        return NULL;
    buffer->start = taken + size;
    buffer->size -= pad + size;
    return taken;
}

static unsigned count_of(const struct targets *targets, int family)
{
    unsigned count = 0;

    for (unsigned i = 0; i < targets->count; i++)
        count += targets->cookies[i].family == family;
    return count;
}

enum status hostent_make(const char *name, int family,
                         const struct targets *targets,
                         struct hostent_buffer buffer, struct hostent *ret_host)
{
    unsigned count = count_of(targets, family);
    size_t size = family == AF_INET ? 4 : 16;
    char **list = take(&buffer, (count + 2) * sizeof(char *));
    char *octets = take(&buffer, count * size);
    char *copy = take(&buffer, strlen(name) + 1);
    unsigned at = 0;

    if (count == 0)
        return STATUS_NOT_FOUND;
    if (list == NULL || octets == NULL || copy == NULL)
        return STATUS_TOO_BIG;
    for (unsigned i = 0; i < targets->count; i++) {
        if (targets->cookies[i].family != family)
            continue;
        list[at] = octets + at * size;
        memcpy(list[at++], targets->cookies[i].bytes, size);
    }
    list[count] = NULL;
    list[count + 1] = NULL; /* an empty list of aliases */
    memcpy(copy, name, strlen(name) + 1);
    *ret_host = (struct hostent){
        .h_name = copy,
        .h_aliases = &list[count + 1],
        .h_addrtype = family,
        .h_length = (int)size,
        .h_addr_list = list,
    };
    return STATUS_OK;
}

bool hostent_drop_cookies(struct hostent *host)
{
    struct address address = {.family = host->h_addrtype};
    char **to = host->h_addr_list;

    if (host->h_length != (int)address_size(&address))
        return true;
    for (char **from = to; *from != NULL; from++) {
        memcpy(address.bytes, *from, (size_t)host->h_length);
        if (!cookies_is(&address))
            *to++ = *from;
    }
    *to = NULL;
    return to != host->h_addr_list;
}
