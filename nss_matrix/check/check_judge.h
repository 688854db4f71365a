/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what was seen to rows and findings. Pure. */
#ifndef NSS_MATRIX_CHECK_JUDGE_H
#define NSS_MATRIX_CHECK_JUDGE_H

#include "check.h"

/* Judges a check in which everything is over; its verdict is set. */
void check_judge(struct check *check);

/* The rows of one target, and the findings in it. */
void check_judge_endpoint(struct check *check, struct check_target *target);
void check_judge_well_known(struct check *check, struct check_target *target);

/* The row, and the finding, of what this machine had not the means to test. */
void check_judge_untested(struct check *check, struct check_target *target,
                          enum check_stage stage, const char *why);

/* The TCP and TLS rows. False if nothing came after them. */
bool check_judge_connection(struct check *check, struct check_target *target);

/* The row of the key document, and the findings in it. */
void check_judge_keys(struct check *check, struct check_target *target);

/*
 * Adds a finding, or adds the target (NULL: none) to the equal one that is
 * there.
 */
void check_find(struct check *check, const struct check_target *target,
                enum check_weight weight, const char *code, const char *format,
                ...) PRINTF_LIKE(5, 6);

/* Adds a row to the target. */
void check_row_add(struct check_target *target, enum check_stage stage,
                   enum check_result result, int ms, const char *format, ...)
    PRINTF_LIKE(5, 6);

#endif
