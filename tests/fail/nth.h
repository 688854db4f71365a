/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nth.c and nth_host.c share with whoever runs them: a file, mapped,
 * whose name is in NTH_FILE.
 */
#ifndef NSS_MATRIX_TESTS_FAIL_NTH_H
#define NSS_MATRIX_TESTS_FAIL_NTH_H

#include <stdint.h>

/* As 32-bit numbers of the machine's order, then text: nth.py reads it. */
struct nth_shared {
    uint32_t fail;        /* the first call to fail */
    uint32_t run;         /* how many fail; 0: none */
    uint32_t calls;       /* made so far */
    uint32_t failed;      /* that have */
    int32_t live;         /* allocations of ours not freed yet */
    uint32_t descriptors; /* open when the program ended */
    uint32_t ended;       /* the program ran its destructors */
    char name[40];        /* the first that failed */
};

#endif
