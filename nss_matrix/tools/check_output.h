/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms of a check's report, of which nothing is needed of the check once
 * they are written. Whatever came from a stranger is escaped
 * already, or passed the grammar of names.
 */
#ifndef NSS_MATRIX_CHECK_OUTPUT_H
#define NSS_MATRIX_CHECK_OUTPUT_H

#include <stdio.h>

#include "check.h"
#include "check_options.h"
#include "gather.h"

/* One server's check, as the forms need it. Pointers are borrowed. */
struct check_report {
    const char *name;          /* as it can be shown */
    const struct check *check; /* NULL: what was typed is no name */
    const char *reason;        /* then */
    const struct check_options *options;
};

/* The exit status of one, by the options. */
int check_output_status(const struct check_report *report);

/* "passed", ... with --expect taken into account, in one sentence. */
void check_output_verdict(const struct check_report *report, char *text,
                          size_t room);

/* `[ip6]:port`, `ip:port`; gives text. */
const char *check_output_place(const struct check_target *target,
                               char text[static ADDRESS_TEXT + 12]);

/* How many findings have that weight. */
unsigned check_output_count(const struct check *check,
                            enum check_weight weight);

void check_output_human(FILE *out, const struct check_report *report);

/* A round of --watch in which nothing changed is one line. */
void check_output_unchanged(FILE *out, const struct check_report *report);

/* Who failed, and how many of each. All zero: nobody. */
struct check_summary {
    int passed, failed, undecided, invalid;
    struct gather lines;
};

void check_output_summarize(struct check_summary *summary,
                            const struct check_report *report);

/* Prints it, and forgets it. */
void check_output_summary(FILE *out, struct check_summary *summary);

/* One line; format 1, doc/matrix-resolve-check.schema.json. */
void check_output_json(FILE *out, const struct check_report *report);

/* One line, in the shape of the official federation tester's report. */
void check_output_fedtester(FILE *out, const struct check_report *report);

/* TAP, numbered on from *number; without the plan. */
void check_output_tap(FILE *out, const struct check_report *report,
                      unsigned *number);

/* The plugin's lines; gives its exit status. */
int check_output_nagios(FILE *out, const struct check_report *report);

#endif
