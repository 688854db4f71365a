/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bounded cursor for writing text, and one for reading it line by line.
 * Both remember the first failure: call, call, call, look once. Without
 * stdio, so that a few octets of stack do for it.
 */
#ifndef NSS_MATRIX_WIRE_H
#define NSS_MATRIX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_INLINE static inline __attribute__((always_inline))

struct wire_writer {
    char *text;
    size_t room;
    size_t length;
    bool failed; /* something did not fit; text is then not to be used */
};

/* Starts an empty text in room octets; text always ends in a NUL. */
static inline struct wire_writer wire_writer(char *text, size_t room)
{
    if (room > 0)
        text[0] = '\0';
    return (struct wire_writer){text, room, 0, room == 0};
}

static inline void wire_put_octets(struct wire_writer *writer,
                                   const char *octets, size_t length)
{
    if (writer->failed || length >= writer->room - writer->length) {
        writer->failed = true;
        return;
    }
    memcpy(writer->text + writer->length, octets, length);
    writer->length += length;
    writer->text[writer->length] = '\0';
}

static inline void wire_put(struct wire_writer *writer, const char *text)
{
    wire_put_octets(writer, text, strlen(text));
}

/* Writes number in decimal, with leading zeros up to width digits. */
static inline void wire_put_number(struct wire_writer *writer, uint64_t number,
                                   unsigned width)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (at > 0 && sizeof(digits) - at < width)
        /* cppcheck-suppress arrayIndexOutOfBoundsCond ; at is above 0 */
        digits[--at] = '0';
    wire_put_octets(writer, digits + at, sizeof(digits) - at);
}

struct wire_reader {
    char *next; /* what was not read yet */
    char *end;
    bool failed;
};

/*
 * Reads length octets of text, which are cut into strings in place. text has
 * room for one octet more, which becomes the NUL that failures point at.
 */
static inline struct wire_reader wire_reader(char *text, size_t length)
{
    text[length] = '\0';
    return (struct wire_reader){text, text + length, false};
}

/*
 * The next field, ended by a NUL in place of the octet that ended it. Fails,
 * and gives "", when the octet is not there or the field holds a NUL.
 */
static inline char *wire_take(struct wire_reader *reader, char ending)
{
    char *field = reader->next;
    char *at;

    if (reader->failed)
        return reader->end;
    at = memchr(field, ending, (size_t)(reader->end - field));
    if (at == NULL || memchr(field, '\0', (size_t)(at - field)) != NULL) {
        reader->failed = true;
        return reader->end;
    }
    *at = '\0';
    reader->next = at + 1;
    return field;
}

/*
 * Whether the rest begins with word; if so it is passed over. A word is mostly
 * a literal: where it is seen to be one, no function is called for it.
 */
WIRE_INLINE bool wire_skip(struct wire_reader *reader, const char *word)
{
    size_t length = strlen(word);

    if (reader->failed || (size_t)(reader->end - reader->next) < length ||
        memcmp(reader->next, word, length) != 0)
        return false;
    reader->next += length;
    return true;
}

/* As wire_skip, but what is not there is a failure. */
WIRE_INLINE void wire_expect(struct wire_reader *reader, const char *word)
{
    if (!wire_skip(reader, word))
        reader->failed = true;
}

enum {
    WIRE_DIGITS = 19, /* as many always fit in 64 bits */
};

/*
 * A decimal number up to max, in at most WIRE_DIGITS, ended by the octet, in
 * whose place comes a NUL. Fails on anything else. One look at each octet: a
 * record is half numbers.
 */
static inline uint64_t wire_take_number(struct wire_reader *reader, char ending,
                                        uint64_t max)
{
    char *at = reader->next;
    uint64_t number = 0;

    /* The text's own NUL ends the loop where nothing else does. */
    for (; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    if (reader->failed || at == reader->next || at == reader->end ||
        at - reader->next > WIRE_DIGITS || number > max || *at != ending) {
        reader->failed = true;
        return 0;
    }
    *at = '\0';
    reader->next = at + 1;
    return number;
}

#endif
