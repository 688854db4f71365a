/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The form for Prometheus, which is written when all names are over. */
#ifndef NSS_MATRIX_CHECK_METRICS_H
#define NSS_MATRIX_CHECK_METRICS_H

#include "check_output.h"
#include "gather.h"

enum {
    CHECK_METRICS = 6,
};

/* All zero: nothing gathered. Clear with check_metrics_done. */
struct check_metrics {
    struct gather list[CHECK_METRICS];
};

/* Takes what is told of one name. */
void check_metrics_add(struct check_metrics *metrics,
                       const struct check_report *report);

/* Prints what was gathered, and forgets it. */
void check_metrics_print(struct check_metrics *metrics, FILE *out);

/* Frees what it owns. */
void check_metrics_done(struct check_metrics *metrics);

#endif
