/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pass over the octets (UTF-8, RFC 3629), then one over the text with an
 * eye on strings, nesting and numbers (RFC 8259).
 */
#include "well_known_text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "limit.h"

static const char BOM[] = "\xef\xbb\xbf";

/* Where the second pass is. */
struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_json_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool well_known_text_is_blank(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_json_blank(body[i]))
            return false;
    return true;
}

/* The length of the character that begins there; 0 if there is none. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xe0) == 0xc0 ? 2
                  : (text[0] & 0xf0) == 0xe0 ? 3
                  : (text[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    uint32_t point;

    if (size <= 1)
        return size;
    if (size > length)
        return 0;
    point = text[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3fU);
    }
    /* Overlong forms, surrogates, beyond Unicode: RFC 3629 section 3. */
    if (point < LEAST[size] || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return size;
}

static const char *octets_fault(const char *body, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t size =
            utf8_length((const unsigned char *)body + at, length - at);

        if (size == 0)
            return "is not UTF-8";
        if (body[at] == '\0')
            return "contains a NUL octet";
        at += size;
    }
    return NULL;
}

/* The cursor is behind \u. cJSON reads a \u without four digits as NUL. */
static const char *unicode_fault(struct cursor *cursor)
{
    if (cursor->end - cursor->at < 4)
        return "ends within a string";
    for (int i = 0; i < 4; i++)
        if (!is_hex(cursor->at[i]))
            return "has a \\u without four hexadecimal digits";
    if (memcmp(cursor->at, "0000", 4) == 0)
        return "contains an escaped NUL";
    cursor->at += 4;
    return NULL;
}

/* The cursor is behind the opening quotation mark, and ends behind the other.
 */
static const char *string_fault(struct cursor *cursor)
{
    while (cursor->at < cursor->end) {
        char c = *cursor->at++;
        const char *fault;

        if (c == '"')
            return NULL;
        if ((unsigned char)c < ' ')
            return "has a control character in a string";
        if (c != '\\' || cursor->at == cursor->end)
            continue;
        if (*cursor->at++ != 'u')
            continue;
        fault = unicode_fault(cursor);
        if (fault != NULL)
            return fault;
    }
    return "ends within a string";
}

static bool skip_digits(struct cursor *cursor)
{
    const char *start = cursor->at;

    while (cursor->at < cursor->end && is_digit(*cursor->at))
        cursor->at++;
    return cursor->at > start;
}

static bool skip_one_of(struct cursor *cursor, const char *set)
{
    if (cursor->at == cursor->end || strchr(set, *cursor->at) == NULL)
        return false;
    cursor->at++;
    return true;
}

/* cJSON asks strtod, which knows 01 and 1. (RFC 8259 section 6 does not). */
static const char *number_fault(struct cursor *cursor)
{
    skip_one_of(cursor, "-");
    if (!skip_one_of(cursor, "0") && !skip_digits(cursor))
        return "has a number that is none";
    if (skip_one_of(cursor, ".") && !skip_digits(cursor))
        return "has a number that is none";
    if (skip_one_of(cursor, "eE")) {
        skip_one_of(cursor, "+-");
        if (!skip_digits(cursor))
            return "has a number that is none";
    }
    if (cursor->at < cursor->end && is_digit(*cursor->at))
        return "has a number that is none";
    return NULL;
}

static const char *text_fault(struct cursor cursor)
{
    unsigned depth = 0;

    while (cursor.at < cursor.end) {
        char c = *cursor.at++;
        const char *fault = NULL;

        if (c == '"') {
            fault = string_fault(&cursor);
        } else if (c == '-' || is_digit(c)) {
            cursor.at--;
            fault = number_fault(&cursor);
        } else if (c == '{' || c == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                fault = "is nested too deeply";
        } else if (c == '}' || c == ']') {
            /* What follows must be blank, which the caller sees to. */
            if (depth <= 1)
                return NULL;
            depth--;
        } else if ((unsigned char)c < ' ' && !is_json_blank(c)) {
            /* cJSON skips any of them as a blank. */
            fault = "has a control character";
        }
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

const char *well_known_text_fault(const char *body, size_t length)
{
    bool marked = length >= 3 && memcmp(body, BOM, 3) == 0;
    struct cursor first = {body + (marked ? 3 : 0), body + length};

    if (length > LIMIT_BODY)
        return "is too large";
    while (first.at < first.end && is_json_blank(*first.at))
        first.at++;
    if (first.at == first.end)
        return "is empty";
    if (*first.at == '<')
        return first.end - first.at >= 5 &&
                       strncasecmp(first.at, "<?xml", 5) == 0
                   ? "is XML, not JSON"
                   : "is HTML, not JSON";
    if (marked)
        return "begins with a byte-order mark";

    const char *fault = octets_fault(body, length);
    if (fault != NULL)
        return fault;
    return text_fault((struct cursor){body, body + length});
}
