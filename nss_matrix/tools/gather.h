/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that has to wait until other text is out. */
#ifndef NSS_MATRIX_GATHER_H
#define NSS_MATRIX_GATHER_H

#include <stdio.h>

/* All zero: empty. Clear with gather_done. */
struct gather {
    FILE *stream; /* NULL: not begun */
    char *text;
    size_t length;
};

/* The stream to write to. Without memory the process ends with status 5. */
FILE *gather_stream(struct gather *gather);

/* Prints what was written, and is empty. Ends the process likewise. */
void gather_print(struct gather *gather, FILE *out);

/* Frees what it owns. */
void gather_done(struct gather *gather);

#endif
