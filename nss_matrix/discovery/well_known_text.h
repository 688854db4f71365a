/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a JSON text must not have and cJSON would let pass or misread: octets
 * that are not UTF-8, NULs, control characters, bad \u escapes (it reads them
 * as NUL), deep nesting, numbers that are none. Names HTML as such. Pure.
 */
#ifndef NSS_MATRIX_WELL_KNOWN_TEXT_H
#define NSS_MATRIX_WELL_KNOWN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * NULL if length octets of body can be given to cJSON, else what is wrong:
 * static text that fits into "the document ...". Not a whole grammar: cJSON
 * still has to agree.
 */
const char *well_known_text_fault(const char *body, size_t length);

/* Whether there are only JSON's blanks. */
bool well_known_text_is_blank(const char *body, size_t length);

#endif
