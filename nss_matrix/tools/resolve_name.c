/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what people type to a server name. */
#include "resolve_name.h"

#include "address.h"
#include "escape.h"

/* What is wrong with a name, first match first. */
static const char *find_fault(const char *name, size_t length)
{
    const char *colon = memchr(name, ':', length);
    struct address address;
    char text[ADDRESS_TEXT];

    if (length == 0)
        return "it is empty";
    if (length > LIMIT_SERVER_NAME)
        return "it is longer than 255 octets";
    if (util_copy(text, sizeof(text), name, length) &&
        address_parse(text, &address) && address.family == AF_INET6)
        return "an IPv6 address stands in brackets: [2001:db8::1]";
    if (memchr(name, '_', length) != NULL)
        return "a server name has no underscore";
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return "it has a blank or octets that are not printable ASCII; "
                   "an international name is written in its xn-- form";
    if (server_name_is_pseudo(name,
                              colon != NULL ? (size_t)(colon - name) : length))
        return "a server cannot be below .matrix, which is the suffix of "
               "pseudo-hostnames; theirs have the port before it: "
               "example.org.8448.matrix";
    if (colon != NULL)
        return "the port after the colon is a number from 1 to 65535";
    return "a server name is a host name of letters, digits, `-` and `.`, an "
           "IPv4 address in four decimals or an IPv6 address in brackets, "
           "then perhaps :port";
}

/* Cuts URL, user and room down to the server's part. */
static const char *find_server(const char *typed, size_t *ret_length)
{
    const char *start = typed;
    const char *scheme = strstr(typed, "://");
    const char *colon = strchr(typed, ':');
    const char *at;
    size_t length;

    if (scheme != NULL) {
        start = scheme + 3;
        length = strcspn(start, "/?#");
        /* A name and a password in a URL are neither used nor shown. */
        at = memrchr(start, '@', length);
        *ret_length = at != NULL ? length - (size_t)(at + 1 - start) : length;
        return at != NULL ? at + 1 : start;
    }
    if (typed[0] != '\0' && strchr("@#!", typed[0]) != NULL && colon != NULL)
        start = colon + 1;
    *ret_length = strlen(start);
    return start;
}

enum status resolve_name_read(const char *typed, struct server_name *ret_name,
                              char ret_reason[static LIMIT_REASON])
{
    size_t length;
    const char *server = find_server(typed, &length);
    char shown[120];
    enum status status = server_name_from_pseudo(server, length, ret_name);

    if (status != STATUS_OK)
        status = server_name_parse(server, length, ret_name);
    if (status == STATUS_OK)
        return STATUS_OK;
    escape_text(shown, sizeof(shown), server, length);
    snprintf(ret_reason, LIMIT_REASON, "`%s` is not a Matrix server name: %s",
             shown, find_fault(server, length));
    return STATUS_INVALID;
}
