/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do next about a name that was not found. */
#ifndef NSS_MATRIX_RESOLVE_ADVICE_H
#define NSS_MATRIX_RESOLVE_ADVICE_H

#include "resolve_output.h"

enum {
    RESOLVE_ADVICE_MAX = 600,
};

/* Writes the advice for an answer that is an error; "" where there is none. */
void resolve_advice(const struct resolve_answer *answer,
                    char ret_advice[static RESOLVE_ADVICE_MAX]);

#endif
