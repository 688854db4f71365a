/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people type for a server, what is wrong with it, and lists of it. */
#ifndef NSS_MATRIX_RESOLVE_NAME_H
#define NSS_MATRIX_RESOLVE_NAME_H

#include <stdint.h>

#include "limit.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

enum {
    RESOLVE_NAME_LINE = 16 * 1024, /* what is read of a line */
};

/* Names that are arguments, or the lines of a stream of any length. */
struct resolve_name_source {
    char **names; /* arguments that were not taken yet */
    int count;
    int fd; /* the stream's, or -1; borrowed */
    bool ended;
    int error;            /* the errno that ended it; 0: its end did */
    bool in_word;         /* the rest of a long line is passed over */
    int64_t taken, total; /* names or octets; total 0: nobody knows */
    size_t start, length; /* what was read and not taken */
    char text[RESOLVE_NAME_LINE];
};

enum resolve_name_next {
    RESOLVE_NAME_TAKEN,
    RESOLVE_NAME_LATER, /* the stream has none yet: wait until fd is readable */
    RESOLVE_NAME_END,
};

/*
 * Reads a server name out of `example.org`, `@user:example.org`,
 * `#room:example.org`, `https://example.org:8448/path` or
 * `example.org.matrix`. STATUS_OK, or STATUS_INVALID with a sentence,
 * escaped, that says what is wrong and what would be right.
 */
MUST_CHECK enum status resolve_name_read(const char *typed,
                                         struct server_name *ret_name,
                                         char ret_reason[static LIMIT_REASON]);

/*
 * Opens a list of names; `-` is standard input. STATUS_OK with a descriptor
 * that is the caller's, or STATUS_INVALID with errno: not there, not ours to
 * read, a directory.
 */
MUST_CHECK enum status resolve_name_open(const char *file, int *ret_fd);

/* The names that are arguments, or those in a stream if fd is none of -1. */
void resolve_name_source(struct resolve_name_source *source, char **names,
                         int count, int fd);

/*
 * Takes the next name: an argument, or the first word of a line that is not
 * empty and does not begin with #. Never waits. *ret_typed is the source's
 * own until the next call.
 */
enum resolve_name_next resolve_name_next(struct resolve_name_source *source,
                                         const char **ret_typed);

#endif
