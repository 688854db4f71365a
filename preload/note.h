/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shim's word to people: whole lines on stderr, by one write(), never
 * stdio. `matrix-run -q` (NSS_MATRIX_NOTES=quiet) silences them, `-v`
 * (NSS_MATRIX_NOTES=verbose) adds a line per name. A program that was started
 * without a stderr is told nothing.
 */
#ifndef NSS_MATRIX_NOTE_H
#define NSS_MATRIX_NOTE_H

#include <stdbool.h>

#include "util.h"

enum {
    NOTE_MAX = 1024, /* a longer line is cut */
};

/*
 * Reads the environment (secure_getenv), and shares with children what has
 * been said; in the constructor, before any fork. errno is kept.
 */
void note_init(void);

/*
 * Says why a call was refused: `matrix-run: ...`. errno is kept. The same
 * line is not said again within a minute, by this process or its children.
 * Octets that are not printable become `?`.
 */
void note_refusal(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same, but said only under -v, and once for all. */
void note_verbose(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
