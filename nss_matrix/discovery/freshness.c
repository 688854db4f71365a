/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RFC 9111 as far as a private cache needs it that never revalidates:
 * sections 4.2.1 (which header counts), 4.2.3 (age), 5.2.2 (directives) and
 * 5.3 (Expires). HTTP dates are read by libcurl, whatever the locale.
 */
#include "freshness.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "limit.h"
#include "util.h"

enum {
    /* RFC 9111 section 1.2.2: larger than that is that. */
    SECONDS_MAX = INT32_MAX,
    DATE_MAX = 64,
};

/* Octets that are borrowed and not ended by a NUL. */
struct piece {
    const char *start;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && is_blank(piece.start[0])) {
        piece.start++;
        piece.length--;
    }
    while (piece.length > 0 && is_blank(piece.start[piece.length - 1]))
        piece.length--;
    return piece;
}

static bool is_word(struct piece piece, const char *word)
{
    return piece.length == strlen(word) &&
           strncasecmp(piece.start, word, piece.length) == 0;
}

/*
 * Cuts *rest at the first separator outside quotes and gives what was before
 * it. A quoted comma or equals sign separates nothing.
 */
static struct piece cut(struct piece *rest, char separator)
{
    struct piece before = {rest->start, 0};
    bool quoted = false;
    size_t at;

    for (at = 0; at < rest->length; at++) {
        char c = rest->start[at];

        if (quoted && c == '\\' && at + 1 < rest->length)
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == separator)
            break;
    }
    before.length = at;
    if (at < rest->length)
        at++;
    *rest = (struct piece){rest->start + at, rest->length - at};
    return trim(before);
}

/* delta-seconds: digits and nothing else, saturating. */
static bool read_seconds(struct piece digits, int64_t *ret_seconds)
{
    int64_t seconds = 0;

    if (digits.length == 0)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.start[i] < '0' || digits.start[i] > '9')
            return false;
        seconds = seconds * 10 + (digits.start[i] - '0');
        if (seconds > SECONDS_MAX)
            seconds = SECONDS_MAX;
    }
    *ret_seconds = seconds;
    return true;
}

static bool read_date(struct piece text, int64_t *ret_date)
{
    char date[DATE_MAX];
    time_t seconds;

    if (memchr(text.start, '\0', text.length) != NULL ||
        !util_copy(date, sizeof(date), text.start, text.length))
        return false;
    seconds = curl_getdate(date, NULL);
    if (seconds == -1)
        return false;
    *ret_date = seconds;
    return true;
}

/* Arguments may be tokens or quoted strings, whoever sends (section 5.2). */
static struct piece unquote(struct piece value)
{
    if (value.length >= 2 && value.start[0] == '"' &&
        value.start[value.length - 1] == '"')
        return (struct piece){value.start + 1, value.length - 2};
    return value;
}

static void take_max_age(struct freshness *freshness, struct piece value)
{
    int64_t seconds;

    /* Section 4.2.1: what cannot be read counts as stale. */
    if (!read_seconds(unquote(value), &seconds))
        seconds = 0;
    if (!freshness->has_max_age || seconds < freshness->max_age)
        freshness->max_age = seconds;
    freshness->has_max_age = true;
}

static void take_cache_control(struct freshness *freshness, struct piece list)
{
    while (list.length > 0) {
        struct piece value = cut(&list, ',');
        const char *end = value.start + value.length;
        struct piece name = cut(&value, '=');
        bool argument = name.start + name.length != end;

        /*
         * no-cache="FIELD" speaks of that header field alone (5.2.2.4), and
         * we keep none.
         */
        if (is_word(name, "no-store") ||
            (is_word(name, "no-cache") && !argument))
            freshness->no_store = true;
        else if (is_word(name, "max-age"))
            take_max_age(freshness, trim(value));
    }
}

/* Section 5.1: of a list the first counts; an invalid one is ignored. */
static void take_age(struct freshness *freshness, struct piece value)
{
    if (!freshness->has_age)
        freshness->has_age = read_seconds(cut(&value, ','), &freshness->age);
}

static void take_expires(struct freshness *freshness, struct piece value)
{
    int64_t expires;

    /* Section 5.3: what is no date, "0" above all, is in the past. */
    if (!read_date(value, &expires))
        expires = INT32_MIN;
    if (!freshness->has_expires || expires < freshness->expires)
        freshness->expires = expires;
    freshness->has_expires = true;
}

void freshness_header(struct freshness *freshness, const char *line,
                      size_t length)
{
    struct piece value = {line, length};
    struct piece name = cut(&value, ':');

    value = trim(value);
    if (is_word(name, "cache-control"))
        take_cache_control(freshness, value);
    else if (is_word(name, "age"))
        take_age(freshness, value);
    else if (is_word(name, "expires"))
        take_expires(freshness, value);
    else if (is_word(name, "date") && !freshness->has_date)
        freshness->has_date = read_date(value, &freshness->date);
}

int64_t freshness_life(const struct freshness *freshness, int64_t now)
{
    int64_t life;

    if (freshness->no_store)
        return 0;
    if (freshness->has_max_age)
        life = freshness->max_age;
    else if (freshness->has_expires)
        life =
            freshness->expires - (freshness->has_date ? freshness->date : now);
    else
        return -1;
    if (freshness->has_age)
        life -= freshness->age;
    return life > 0 ? life : 0;
}

int64_t freshness_document_life(const struct freshness *freshness, int64_t now)
{
    int64_t life = freshness_life(freshness, now);

    if (life < 0)
        return LIMIT_DOCUMENT_DEFAULT_S;
    if (life < LIMIT_DOCUMENT_FLOOR_S)
        return LIMIT_DOCUMENT_FLOOR_S;
    return life < LIMIT_LIFE_S ? life : LIMIT_LIFE_S;
}
