/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often a test repeats what it repeats: as often as is claimed in
 * `scripts/test --long`, a tenth of it in every run, a few times under
 * valgrind. And how it says how often that was: doc/TESTING.md collects it.
 */
#ifndef NSS_MATRIX_TESTS_COUNTS_H
#define NSS_MATRIX_TESTS_COUNTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool counts_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* whole is a multiple of ten. */
static inline unsigned counts_of(unsigned whole)
{
    if (counts_under_valgrind())
        return whole < 200 ? 2 : whole / 100;
    return getenv("NSS_MATRIX_LONG") != NULL ? whole : whole / 10;
}

/* A line among the test's TAP. */
static inline void counts_figure(const char *name, double value)
{
    printf("# figure: %s = %.10g\n", name, value);
    fflush(stdout);
}

#endif
