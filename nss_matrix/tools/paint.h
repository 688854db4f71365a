/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colour for terminals. Words always say the same without it: it is off
 * where the output is no terminal, NO_COLOR is set, or TERM is dumb.
 */
#ifndef NSS_MATRIX_PAINT_H
#define NSS_MATRIX_PAINT_H

#include <stdint.h>
#include <stdio.h>

#include "option.h"

enum paint {
    PAINT_PLAIN,
    PAINT_STRONG,
    PAINT_GOOD,
    PAINT_WARN,
    PAINT_BAD,
    PAINT_FAINT
};

/* Decides once, for stdout: colour, and how wide it is. */
void paint_decide(enum option_colour wish);

/* The sequence that turns a colour on, PAINT_PLAIN turns it off; or "". */
const char *paint(enum paint colour);

/* The terminal's width; 0 if stdout is none, and lines need not be broken. */
size_t paint_columns(void);

/*
 * The rest of a line behind width columns, and its end; on a terminal broken
 * between words to fit.
 */
void paint_wrapped(FILE *out, const char *text, size_t width);

/* How far a long list is. */
struct paint_progress {
    unsigned long done, failed;
    double part; /* of the whole; 0: nobody knows */
    int64_t ms;  /* since it began */
};

/*
 * Writes the one line that says so, over the one before; not in the first
 * second, nor where stderr is no terminal. NULL: takes the line away.
 */
void paint_progress(const struct paint_progress *progress);

#endif
