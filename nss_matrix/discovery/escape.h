/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one escaper for whatever came from a stranger: everything becomes
 * printable ASCII on one line, so that neither a terminal, nor a one-line
 * record, nor JSON can be misled by it.
 */
#ifndef NSS_MATRIX_ESCAPE_H
#define NSS_MATRIX_ESCAPE_H

#include <stddef.h>

/*
 * Writes length octets of text into room octets: 0x20 to 0x7e as they are,
 * backslash doubled, others as \xNN; what does not fit ends in "...". The
 * result always ends in a NUL. room is at least 8.
 */
void escape_text(char *to, size_t room, const char *text, size_t length);

#endif
