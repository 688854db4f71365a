/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of `matrix-resolve check` and check_matrix_federation. */
#ifndef NSS_MATRIX_CHECK_OPTIONS_H
#define NSS_MATRIX_CHECK_OPTIONS_H

#include "resolve_options.h"

enum check_form {
    CHECK_HUMAN,
    CHECK_JSON,
    CHECK_FEDTESTER,
    CHECK_TAP,
    CHECK_NAGIOS,
    CHECK_PROMETHEUS,
};

struct check_options {
    enum check_form form;
    enum option_colour colour;
    struct overrides overrides;
    int family;
    int timeout_ms;
    int warn_days, critical_days;
    bool strict;
    bool expect_unreachable;
    int watch_s; /* 0: once */
    const char *user_agent;
    const char *file;        /* NULL: names are arguments */
    const char *host;        /* of -H */
    char *ca_file, *ca_path; /* malloc'ed, for overrides to point at */
    int name_count;
    char **names;
};

/* Reads the command line behind `check`; may end the process, as
 * resolve_options_read does (for the Nagios form, with status 3). */
void check_options_read(int argc, char **argv, bool plugin,
                        struct check_options *ret_options);

#endif
