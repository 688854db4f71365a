/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The grammar of server names and of pseudo-hostnames. */
#include "server_name.h"

#include <limits.h>

static const char SUFFIX[] = ".matrix";
static const char IPV6_MARK[] = ".ipv6-literal";

/* Octets that are borrowed and not ended by a NUL. */
struct slice {
    const char *start;
    size_t length;
};

enum class {
    DIGIT = 1,
    HEX = 2,
    DNS = 4,
};

/*
 * Not <ctype.h>: its answers depend on the host program's locale. A table,
 * since every name in a record is looked at with every lookup.
 */
static const unsigned char CLASSES[UCHAR_MAX + 1] = {
    ['0' ... '9'] = DIGIT | HEX | DNS,
    ['A' ... 'F'] = HEX | DNS,
    ['G' ... 'Z'] = DNS,
    ['a' ... 'f'] = HEX | DNS,
    ['g' ... 'z'] = DNS,
    ['-'] = DNS,
    ['.'] = DNS,
};

static bool is(char c, enum class class)
{
    return (CLASSES[(unsigned char)c] & class) != 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool all_digits(struct slice slice)
{
    for (size_t i = 0; i < slice.length; i++)
        if (!is(slice.start[i], DIGIT))
            return false;
    return slice.length > 0;
}

/* inet_aton takes hexadecimal parts too: 0x7f.0x1 */
static bool is_number(struct slice label)
{
    if (all_digits(label))
        return true;
    if (label.length < 2 || label.start[0] != '0' ||
        lower(label.start[1]) != 'x')
        return false;
    for (size_t i = 2; i < label.length; i++)
        if (!is(label.start[i], HEX))
            return false;
    return true;
}

/* Nor strncasecmp, for the same reason. */
static bool ends_with(struct slice slice, const char *end)
{
    size_t length = strlen(end);

    if (slice.length <= length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(slice.start[slice.length - length + i]) != end[i])
            return false;
    return true;
}

static struct slice without_end(struct slice slice, size_t length)
{
    slice.length -= length;
    return slice;
}

/*
 * One last dot says that the name is absolute. Behind two there is an empty
 * label: a name of its own, which must not become the key of another.
 */
static struct slice without_last_dot(struct slice slice)
{
    if (slice.length > 1 && slice.start[slice.length - 1] == '.' &&
        slice.start[slice.length - 2] != '.')
        slice.length--;
    return slice;
}

static struct slice last_label(struct slice host)
{
    size_t at = host.length;

    while (at > 0 && host.start[at - 1] != '.')
        at--;
    return (struct slice){host.start + at, host.length - at};
}

/* port = 1*5DIGIT; 0 is in the grammar, but nothing can listen there. */
static bool parse_port(struct slice digits, uint16_t *ret_port)
{
    uint32_t port = 0;

    if (!all_digits(digits) || digits.length > 5)
        return false;
    for (size_t i = 0; i < digits.length; i++)
        port = port * 10 + (uint32_t)(digits.start[i] - '0');
    if (port == 0 || port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

/* Splits the host (brackets included) from the port. False if malformed. */
static bool split(struct slice text, struct slice *ret_host, uint16_t *ret_port)
{
    const char *colon;
    const char *after = text.start;

    if (text.length > 0 && text.start[0] == '[') {
        after = memchr(text.start, ']', text.length);
        if (after == NULL)
            return false;
        after++;
    }
    size_t rest = text.length - (size_t)(after - text.start);
    colon = rest > 0 ? memchr(after, ':', rest) : NULL;

    *ret_host = text;
    *ret_port = 0;
    if (colon == NULL)
        return after == text.start || rest == 0;
    ret_host->length = (size_t)(colon - text.start);
    if (after != text.start && colon != after)
        return false;
    return parse_port(
        (struct slice){colon + 1,
                       (size_t)(text.start + text.length - colon - 1)},
        ret_port);
}

bool server_name_resolvable(const char *host)
{
    size_t label = 0;
    size_t length = strlen(host);

    if (length == 0 || length > LIMIT_DNS_NAME)
        return false;
    for (size_t i = 0; i <= length; i++) {
        if (host[i] != '.' && host[i] != '\0') {
            label++;
            continue;
        }
        if (label == 0 || label > LIMIT_DNS_LABEL)
            return false;
        label = 0;
    }
    return true;
}

bool server_name_can_exist(const struct server_name *name)
{
    return name->kind == SERVER_NAME_IP || name->resolvable;
}

static bool parse_ip_literal(struct slice host, struct address *ret_address)
{
    char text[ADDRESS_TEXT];
    bool brackets = host.length >= 2 && host.start[0] == '[';
    struct address address;

    /* What cannot be one is known by its first octet. */
    if (!brackets && (host.length == 0 || !is(host.start[0], DIGIT)))
        return false;
    if (brackets)
        host = (struct slice){host.start + 1, host.length - 2};
    /* inet_pton would read up to a NUL. */
    if (memchr(host.start, '\0', host.length) != NULL ||
        !util_copy(text, sizeof(text), host.start, host.length) ||
        !address_parse(text, &address) ||
        brackets != (address.family == AF_INET6))
        return false;
    *ret_address = address;
    return true;
}

static bool is_host_name(struct slice host)
{
    struct slice bare = without_last_dot(host);

    for (size_t i = 0; i < host.length; i++)
        if (!is(host.start[i], DNS))
            return false;
    return host.length > 0 && !is_number(last_label(bare)) &&
           !ends_with(bare, SUFFIX);
}

static void set_host_name(struct slice host, struct server_name *name)
{
    struct slice bare = without_last_dot(host);

    for (size_t i = 0; i < bare.length; i++)
        name->host[i] = lower(bare.start[i]);
    name->host[bare.length] = '\0';
    name->kind = SERVER_NAME_HOST;
    name->resolvable = server_name_resolvable(name->host);
}

/* The key is the host without its last dot, then what followed the host. */
static void make_key(struct slice text, struct slice host,
                     struct server_name *name)
{
    size_t rest = text.length - host.length;
    size_t at = 0;

    if (name->kind == SERVER_NAME_HOST) {
        at = without_last_dot(host).length;
        memcpy(name->key, name->host, at);
    } else {
        for (; at < host.length; at++)
            /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): was parsed */
            name->key[at] = lower(text.start[at]);
    }
    memcpy(name->key + at, text.start + host.length, rest);
    name->key[at + rest] = '\0';
}

enum status server_name_parse(const char *text, size_t length,
                              struct server_name *ret_name)
{
    struct slice whole = {text, length};
    struct slice host;

    memset(ret_name, 0, sizeof(*ret_name));
    if (length == 0 || length > LIMIT_SERVER_NAME ||
        !split(whole, &host, &ret_name->port))
        return STATUS_INVALID;
    if (parse_ip_literal(host, &ret_name->address)) {
        ret_name->kind = SERVER_NAME_IP;
        address_text(&ret_name->address, ret_name->host);
    } else if (is_host_name(host)) {
        set_host_name(host, ret_name);
    } else {
        return STATUS_INVALID;
    }
    make_key(whole, host, ret_name);
    memcpy(ret_name->text, text, length);
    ret_name->host_length = (uint16_t)host.length;
    return STATUS_OK;
}

bool server_name_is_valid(const char *text)
{
    struct slice whole = {text, strlen(text)};
    struct address address;
    struct slice host;
    uint16_t port;

    return whole.length <= LIMIT_SERVER_NAME && split(whole, &host, &port) &&
           (parse_ip_literal(host, &address) || is_host_name(host));
}

bool server_name_is_host(const char *text)
{
    struct slice whole = {text, strlen(text)};
    struct address address;

    return whole.length <= LIMIT_SERVER_NAME &&
           !parse_ip_literal(whole, &address) && is_host_name(whole);
}

bool server_name_is_pseudo(const char *text, size_t length)
{
    return ends_with(without_last_dot((struct slice){text, length}), SUFFIX);
}

/* How many labels the slice has, and whether all of them are decimal. */
static bool decimal_labels(struct slice slice, size_t *ret_count)
{
    *ret_count = 0;
    for (;;) {
        struct slice label = last_label(slice);

        if (!all_digits(label))
            return false;
        (*ret_count)++;
        if (label.length == slice.length)
            return true;
        slice = without_end(slice, label.length + 1);
    }
}

/* `2001-db8--55` -> `[2001:db8::55]`; gives the length, 0 if it cannot be. */
static size_t write_ipv6(struct slice dashed, char *text, size_t room)
{
    if (dashed.length + 3 > room)
        return 0;
    text[0] = '[';
    for (size_t i = 0; i < dashed.length; i++) {
        if (dashed.start[i] == ':')
            return 0;
        text[i + 1] = dashed.start[i] == '-' ? ':' : dashed.start[i];
    }
    text[dashed.length + 1] = ']';
    return dashed.length + 2;
}

/* Takes a last label of digits off as the port; empty if there is none. */
static struct slice take_port(struct slice *name)
{
    struct slice label = last_label(*name);

    if (!all_digits(label) || label.length == name->length)
        return (struct slice){name->start, 0};
    *name = without_end(*name, label.length + 1);
    return label;
}

enum status server_name_from_pseudo(const char *text, size_t length,
                                    struct server_name *ret_name)
{
    char written[LIMIT_SERVER_NAME + 1];
    struct slice name = without_last_dot((struct slice){text, length});
    struct slice port = {text, 0};
    size_t labels;
    size_t at;

    if (!ends_with(name, SUFFIX))
        return STATUS_NOT_OURS;
    name = without_end(name, sizeof(SUFFIX) - 1);
    if (name.length > LIMIT_SERVER_NAME)
        return STATUS_INVALID;

    if (!decimal_labels(name, &labels) || labels != 4)
        port = take_port(&name);

    if (ends_with(name, IPV6_MARK)) {
        at = write_ipv6(without_end(name, sizeof(IPV6_MARK) - 1), written,
                        sizeof(written));
    } else {
        memcpy(written, name.start, name.length);
        at = name.length;
    }
    if (port.length > 0) {
        if (at + 1 + port.length > LIMIT_SERVER_NAME)
            return STATUS_INVALID;
        written[at++] = ':';
        memcpy(written + at, port.start, port.length);
        at += port.length;
    }
    /* A colon of the caller's own is no port: `h:8448.matrix` is malformed. */
    if (memchr(name.start, ':', name.length) != NULL)
        return STATUS_INVALID;
    return server_name_parse(written, at, ret_name);
}

enum status server_name_to_pseudo(const struct server_name *name,
                                  char *ret_text, size_t room)
{
    char host[LIMIT_SERVER_NAME + sizeof(IPV6_MARK)];
    char port[8] = "";
    int length;

    if (name->kind == SERVER_NAME_HOST &&
        ends_with((struct slice){name->host, strlen(name->host)}, IPV6_MARK))
        return STATUS_INVALID;
    snprintf(host, sizeof(host), "%.*s", (int)name->host_length, name->text);
    if (name->kind == SERVER_NAME_IP && name->address.family == AF_INET6) {
        snprintf(host, sizeof(host), "%s%s", name->host, IPV6_MARK);
        for (char *c = host; *c != '\0'; c++)
            if (*c == ':')
                *c = '-';
    } else if (name->kind == SERVER_NAME_HOST) {
        host[without_last_dot((struct slice){host, name->host_length}).length] =
            '\0';
    }
    if (name->port != 0)
        snprintf(port, sizeof(port), ".%u", name->port);
    length = snprintf(ret_text, room, "%s%s%s", host, port, SUFFIX);
    return length >= 0 && (size_t)length < room ? STATUS_OK : STATUS_TOO_BIG;
}
