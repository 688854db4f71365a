/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What fuzz targets share. A target is one LLVMFuzzerTestOneInput that states
 * what must hold for any octets; libFuzzer looks for octets for which it does
 * not (scripts/fuzz), replay.c reads those that were found or chosen before.
 */
#ifndef NSS_MATRIX_FUZZ_H
#define NSS_MATRIX_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FUZZ_NOW = 1700000000, /* what targets take for the present */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise is a crash that names itself. */
#define FUZZ_CHECK(promise)                                                    \
    do {                                                                       \
        if (!(promise)) {                                                      \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__,         \
                    #promise);                                                 \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* Whether text is what may go to a terminal and into a record. */
static inline bool fuzz_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* Both NULL, or the same text. */
static inline bool fuzz_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * The length of the next slice of what is left (at least 1), drawn from the
 * input itself, so that the fuzzer chooses it.
 */
static inline size_t fuzz_slice(const uint8_t *data, size_t size, size_t at)
{
    size_t left = size - at;
    size_t drawn = 1 + data[(at * 7 + 3) % size] * 31U % left;

    return drawn < left ? drawn : left;
}

#endif
