/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A certificate that does not cover the name it must, in one line for people:
 * which names it has, as either library lists them, and which was needed.
 */
#ifndef NSS_MATRIX_MISMATCH_H
#define NSS_MATRIX_MISMATCH_H

#include <stddef.h>

#include "names.h"

enum {
    MISMATCH_TEXT = 400, /* there are certificates with hundreds of names */
};

/*
 * Append a DNS name, or an address of 4 or 16 octets (others have no name),
 * to a text that is empty at first. What does not fit becomes "...".
 */
void mismatch_add_name(char text[static MISMATCH_TEXT],
                       const unsigned char *octets, size_t length);
void mismatch_add_address(char text[static MISMATCH_TEXT],
                          const unsigned char *octets, size_t length);

/* Says the line; an empty text is a certificate without names. */
void mismatch_say(const struct names_answer *answer,
                  const char text[static MISMATCH_TEXT]);

#endif
