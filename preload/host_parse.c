/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Request lines, fields and bodies (RFC 9112). Where the RFC lets a recipient
 * be lenient, or wants an error, the session becomes opaque: a wrong guess
 * here would be a changed body.
 */
#include "host_parse.h"

#include <string.h>

#include "util.h"

/* The longest registered method has 17 octets. Cut off what is no HTTP. */
static const unsigned METHOD_LENGTH = 32;

/* Not <ctype.h> and <strings.h>: they obey the host program's locale, where
   "CONNECTION" need not be "connection" (Turkish). */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_token(char c)
{
    return host_parse_is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

bool host_parse_equal(const char *a, size_t a_length, const char *b,
                      size_t b_length)
{
    if (a_length != b_length)
        return false;
    for (size_t i = 0; i < a_length; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static enum host_parse_state method_octet(struct host_parse *parse, char c)
{
    static const char CONNECT[] = "CONNECT";
    unsigned at = parse->matched++;

    if (c == ' ') {
        parse->tunnel = parse->connect && at == sizeof(CONNECT) - 1;
        parse->matched = 0;
        return at > 0 ? HOST_PARSE_TARGET : HOST_PARSE_OPAQUE;
    }
    /* the NUL of CONNECT equals no token: longer methods are others */
    parse->connect =
        (at == 0 || parse->connect) && at < sizeof(CONNECT) && c == CONNECT[at];
    return is_token(c) && at < METHOD_LENGTH ? HOST_PARSE_METHOD
                                             : HOST_PARSE_OPAQUE;
}

static enum host_parse_state target_octet(struct host_parse *parse, char c)
{
    if (c == ' ') {
        bool empty = parse->matched == 0;

        parse->matched = 0;
        return empty ? HOST_PARSE_OPAQUE : HOST_PARSE_VERSION;
    }
    parse->matched = 1;
    return is_control(c) || c == '\t' ? HOST_PARSE_OPAQUE : HOST_PARSE_TARGET;
}

static enum host_parse_state version_octet(struct host_parse *parse, char c)
{
    static const char HTTP_1[] = "HTTP/1.";
    const unsigned minor = sizeof(HTTP_1) - 1;
    unsigned at = parse->matched++;

    if (at < minor)
        return c == HTTP_1[at] ? HOST_PARSE_VERSION : HOST_PARSE_OPAQUE;
    if (at == minor) {
        parse->old = c == '0';
        return host_parse_is_digit(c) ? HOST_PARSE_VERSION : HOST_PARSE_OPAQUE;
    }
    if (c == '\n')
        return HOST_PARSE_LINE;
    return c == '\r' && at == minor + 1 ? HOST_PARSE_VERSION
                                        : HOST_PARSE_OPAQUE;
}

static enum host_parse_state tail_octet(char c)
{
    if (c == '\n')
        return HOST_PARSE_LINE;
    return is_control(c) && c != '\r' ? HOST_PARSE_OPAQUE : HOST_PARSE_TAIL;
}

void host_parse_octet(struct host_parse *parse, char octet)
{
    switch (parse->state) {
    case HOST_PARSE_START:
        if (octet == '\r')
            parse->state = HOST_PARSE_START_LF;
        else if (octet != '\n')
            parse->state = method_octet(parse, octet);
        break;
    case HOST_PARSE_START_LF:
        parse->state = octet == '\n' ? HOST_PARSE_START : HOST_PARSE_OPAQUE;
        break;
    case HOST_PARSE_METHOD:
        parse->state = method_octet(parse, octet);
        break;
    case HOST_PARSE_TARGET:
        parse->state = target_octet(parse, octet);
        break;
    case HOST_PARSE_VERSION:
        parse->state = version_octet(parse, octet);
        break;
    default:
        parse->state = tail_octet(octet);
    }
}

/* Which field a line is, NONE if it is malformed; length is without line end,
   of a line cut short too. */
static enum host_parse_field field_of(const char *line, size_t length,
                                      struct host_parse_value *ret_value)
{
    static const struct {
        char name[sizeof("transfer-encoding")];
        enum host_parse_field field;
    } FIELDS[] = {
        {"host", HOST_PARSE_HOST},
        {"content-length", HOST_PARSE_LENGTH},
        {"transfer-encoding", HOST_PARSE_CODING},
        {"connection", HOST_PARSE_CONNECTION},
        {"upgrade", HOST_PARSE_UPGRADE},
    };
    size_t name = 0;
    size_t at, end = length;

    while (name < length && is_token(line[name]))
        name++;
    if (name == 0 || name == length || line[name] != ':')
        return HOST_PARSE_NONE;
    for (at = name; at < length; at++)
        if (is_control(line[at]))
            return HOST_PARSE_NONE;
    for (at = name + 1; at < end && host_parse_is_blank(line[at]); at++)
        continue;
    while (end > at && host_parse_is_blank(line[end - 1]))
        end--;
    *ret_value = (struct host_parse_value){at, end - at};
    for (size_t i = 0; i < ARRAY_SIZE(FIELDS); i++)
        if (host_parse_equal(line, name, FIELDS[i].name,
                             strlen(FIELDS[i].name)))
            return FIELDS[i].field;
    return HOST_PARSE_OTHER;
}

/* RFC 9112 6.3: equal lengths may be repeated on lines of their own. */
static bool judge_length(struct host_parse *parse, const char *value,
                         size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(value[i] - '0');

        if (!host_parse_is_digit(value[i]) ||
            number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (length == 0 || parse->chunked ||
        (parse->has_length && parse->left != number))
        return false;
    parse->has_length = true;
    parse->left = number;
    return true;
}

/* RFC 9112 6.1: in HTTP/1.0 a coding is a framing error. */
static bool judge_coding(struct host_parse *parse, const char *value,
                         size_t length)
{
    static const char CHUNKED[] = "chunked";

    if (parse->chunked || parse->has_length || parse->old ||
        !host_parse_equal(value, length, CHUNKED, sizeof(CHUNKED) - 1))
        return false;
    parse->chunked = true;
    return true;
}

/* Whether the comma-separated list holds the word `upgrade`. */
static bool has_upgrade(const char *list, size_t length)
{
    static const char UPGRADE[] = "upgrade";
    size_t at = 0;

    while (at < length) {
        size_t end = at;

        while (end < length && list[end] != ',' &&
               !host_parse_is_blank(list[end]))
            end++;
        if (host_parse_equal(list + at, end - at, UPGRADE, sizeof(UPGRADE) - 1))
            return true;
        at = end + 1;
    }
    return false;
}

static bool judge(struct host_parse *parse, const char *value, size_t length)
{
    switch (parse->field) {
    case HOST_PARSE_NONE:
        return false;
    case HOST_PARSE_LENGTH:
        return judge_length(parse, value, length);
    case HOST_PARSE_CODING:
        return judge_coding(parse, value, length);
    case HOST_PARSE_CONNECTION:
        parse->tunnel |= has_upgrade(value, length);
        return true;
    case HOST_PARSE_UPGRADE:
        parse->tunnel = true;
        return true;
    default:
        return true;
    }
}

static void end_message(struct host_parse *parse)
{
    *parse = (struct host_parse){.state = HOST_PARSE_START};
}

static void end_head(struct host_parse *parse)
{
    if (parse->tunnel)
        parse->state = HOST_PARSE_OPAQUE;
    else if (parse->chunked)
        parse->state = HOST_PARSE_CHUNK;
    else if (parse->left > 0)
        parse->state = HOST_PARSE_BODY;
    else
        end_message(parse);
}

enum host_parse_field host_parse_line(struct host_parse *parse,
                                      const char *line, size_t length,
                                      struct host_parse_value *ret_value)
{
    length--;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (length == 0) {
        end_head(parse);
        return HOST_PARSE_NONE;
    }

    struct host_parse_value value = {0, 0};
    parse->field = field_of(line, length, &value);
    if (!judge(parse, line + value.at, value.length))
        parse->state = HOST_PARSE_OPAQUE;
    *ret_value = value;
    return parse->field;
}

void host_parse_overlong(struct host_parse *parse, const char *line,
                         size_t length)
{
    struct host_parse_value value;

    /* its last octet may be the CR of a line end that is still to come */
    if (line[length - 1] == '\r')
        length--;
    parse->field = field_of(line, length, &value);
    host_parse_fold(parse);
}

void host_parse_fold(struct host_parse *parse)
{
    parse->state =
        parse->field == HOST_PARSE_OTHER ? HOST_PARSE_TAIL : HOST_PARSE_OPAQUE;
}

static int hex_digit(char c)
{
    if (host_parse_is_digit(c))
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* Behind the line with the size. */
static enum host_parse_state begin_chunk(const struct host_parse *parse)
{
    return parse->left > 0 ? HOST_PARSE_DATA : HOST_PARSE_TRAILER;
}

/* An octet of a chunk's first line (RFC 9112 7.1). */
static enum host_parse_state size_octet(struct host_parse *parse, char c)
{
    int digit = hex_digit(c);
    bool number =
        parse->state == HOST_PARSE_CHUNK || parse->state == HOST_PARSE_SIZE;

    if (number && digit >= 0) {
        if (parse->left > UINT64_MAX >> 4)
            return HOST_PARSE_OPAQUE;
        parse->left = parse->left << 4 | (uint64_t)digit;
        return HOST_PARSE_SIZE;
    }
    if (parse->state == HOST_PARSE_CHUNK)
        return HOST_PARSE_OPAQUE;
    if (c == '\n')
        return begin_chunk(parse);
    if (parse->state == HOST_PARSE_SIZE_LF)
        return HOST_PARSE_OPAQUE;
    if (c == '\r')
        return HOST_PARSE_SIZE_LF;
    if (parse->state == HOST_PARSE_EXT)
        return is_control(c) ? HOST_PARSE_OPAQUE : HOST_PARSE_EXT;
    if (c == ';')
        return HOST_PARSE_EXT;
    return host_parse_is_blank(c) ? HOST_PARSE_PAD : HOST_PARSE_OPAQUE;
}

/* An octet of a chunked body that is not data. */
static enum host_parse_state chunked_octet(struct host_parse *parse, char c)
{
    switch (parse->state) {
    case HOST_PARSE_DATA_END:
        if (c == '\r')
            return HOST_PARSE_DATA_LF;
        return c == '\n' ? HOST_PARSE_CHUNK : HOST_PARSE_OPAQUE;
    case HOST_PARSE_DATA_LF:
        return c == '\n' ? HOST_PARSE_CHUNK : HOST_PARSE_OPAQUE;
    case HOST_PARSE_TRAILER:
        if (c == '\n')
            return HOST_PARSE_START;
        if (c == '\r')
            return HOST_PARSE_TRAILER_LF;
        return is_control(c) ? HOST_PARSE_OPAQUE : HOST_PARSE_TRAILER_TAIL;
    case HOST_PARSE_TRAILER_LF:
        return c == '\n' ? HOST_PARSE_START : HOST_PARSE_OPAQUE;
    case HOST_PARSE_TRAILER_TAIL:
        if (c == '\n')
            return HOST_PARSE_TRAILER;
        return is_control(c) && c != '\r' ? HOST_PARSE_OPAQUE
                                          : HOST_PARSE_TRAILER_TAIL;
    default:
        return size_octet(parse, c);
    }
}

size_t host_parse_body(struct host_parse *parse, const char *data,
                       size_t length)
{
    size_t at = 0;

    while (at < length && parse->state != HOST_PARSE_START) {
        if (parse->state == HOST_PARSE_OPAQUE)
            return length;
        if (parse->state != HOST_PARSE_BODY &&
            parse->state != HOST_PARSE_DATA) {
            parse->state = chunked_octet(parse, data[at++]);
            continue;
        }
        size_t part = length - at < parse->left ? length - at : parse->left;
        at += part;
        parse->left -= part;
        if (parse->left == 0)
            parse->state = parse->state == HOST_PARSE_BODY
                               ? HOST_PARSE_START
                               : HOST_PARSE_DATA_END;
    }
    if (parse->state == HOST_PARSE_START)
        end_message(parse);
    return at;
}
