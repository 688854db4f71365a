/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the messages, lines and bodies of an HTTP/1 client's outgoing octets
 * begin and end (RFC 9112): the grammar behind host.h, which holds the octets.
 * A struct of all zeros is at the start of a request. No memory, no I/O.
 */
#ifndef NSS_MATRIX_HOST_PARSE_H
#define NSS_MATRIX_HOST_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order matters: see the three functions that ask for a state. */
enum host_parse_state {
    /* for host_parse_octet(): heads, nothing to be held */
    HOST_PARSE_START,    /* nothing of a request yet */
    HOST_PARSE_START_LF, /* in an empty line before it (RFC 9112 2.2) */
    HOST_PARSE_METHOD,
    HOST_PARSE_TARGET,
    HOST_PARSE_VERSION,
    HOST_PARSE_TAIL, /* the rest of a field that matters to nobody */
    /* for host_parse_line(): lines of fields, to be held until they are whole;
       at their first octet host_parse_fold() if it is a blank */
    HOST_PARSE_LINE,
    /* for host_parse_body(): nothing to be held or changed */
    HOST_PARSE_BODY,
    HOST_PARSE_CHUNK,   /* the first digit of a size */
    HOST_PARSE_SIZE,    /* the others */
    HOST_PARSE_PAD,     /* blanks behind it */
    HOST_PARSE_EXT,     /* a chunk extension */
    HOST_PARSE_SIZE_LF, /* a LF must come */
    HOST_PARSE_DATA,
    HOST_PARSE_DATA_END, /* the line end behind a chunk */
    HOST_PARSE_DATA_LF,
    HOST_PARSE_TRAILER, /* at the start of a line */
    HOST_PARSE_TRAILER_LF,
    HOST_PARSE_TRAILER_TAIL,
    HOST_PARSE_OPAQUE, /* for good */
};

enum host_parse_field {
    HOST_PARSE_NONE, /* no field: the request line, the end of the head */
    HOST_PARSE_HOST,
    HOST_PARSE_LENGTH,
    HOST_PARSE_CODING,
    HOST_PARSE_CONNECTION,
    HOST_PARSE_UPGRADE,
    HOST_PARSE_OTHER,
};

struct host_parse {
    enum host_parse_state state;
    enum host_parse_field field; /* of the line before: may it be folded? */
    uint64_t left;               /* octets of the body or the chunk to come */
    unsigned matched;            /* octets of the method or the version */
    bool connect;                /* the method is CONNECT, as far as seen */
    bool old;                    /* HTTP/1.0 */
    bool has_length;
    bool chunked;
    bool tunnel; /* what follows the head may be anything */
};

/* Part of a line. */
struct host_parse_value {
    size_t at;
    size_t length;
};

static inline bool host_parse_is_blank(char octet)
{
    return octet == ' ' || octet == '\t';
}

static inline bool host_parse_is_digit(char octet)
{
    return octet >= '0' && octet <= '9';
}

/* Whether the lengths are equal and the octets too, but for ASCII case. */
bool host_parse_equal(const char *a, size_t a_length, const char *b,
                      size_t b_length);

/* Takes one octet of a state up to HOST_PARSE_TAIL. */
void host_parse_octet(struct host_parse *parse, char octet);

/*
 * Judges a whole line of a head, LF included. Gives the field, and in
 * *ret_value where its value is, without blanks around. The state afterwards
 * is that of the next octet.
 */
enum host_parse_field host_parse_line(struct host_parse *parse,
                                      const char *line, size_t length,
                                      struct host_parse_value *ret_value);

/*
 * Instead of host_parse_line(), for a line too long to hold: judges its
 * beginning. The rest is HOST_PARSE_TAIL, or opaque.
 */
void host_parse_overlong(struct host_parse *parse, const char *line,
                         size_t length);

/*
 * The next line of the head begins with a blank: it continues the field
 * before (obs-fold, RFC 9112 5.2). HOST_PARSE_TAIL, or opaque.
 */
void host_parse_fold(struct host_parse *parse);

/*
 * Takes octets of a state after HOST_PARSE_LINE up to the end of the message;
 * gives how many, at least one if there is one.
 */
size_t host_parse_body(struct host_parse *parse, const char *data,
                       size_t length);

#endif
