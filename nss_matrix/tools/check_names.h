/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a check is to go over: all of them, before it begins. */
#ifndef NSS_MATRIX_CHECK_NAMES_H
#define NSS_MATRIX_CHECK_NAMES_H

#include "check_options.h"
#include "status.h"

struct check_name {
    char *shown;  /* the server name, or what was typed instead, escaped */
    char *reason; /* why that is no server name; NULL: it is one */
};

/* All zero: none. Clear with check_names_done. */
struct check_names {
    int count;
    struct check_name *list;
    void *known; /* a tree of what is shown, where each is taken once */
};

/*
 * Reads the names of the command line, or of its list; for Prometheus one that
 * is shown as another was is left out: it would be the same metric again, for
 * which a collector refuses them all. STATUS_OK;
 * STATUS_INVALID: the list cannot be opened, STATUS_UNAVAILABLE: or read, with
 * errno; STATUS_NOT_FOUND: no name is in it; STATUS_NO_MEMORY. *names is to be
 * cleared in any case.
 */
MUST_CHECK enum status check_names_read(const struct check_options *options,
                                        struct check_names *names);

/* Frees what it owns. */
void check_names_done(struct check_names *names);

#endif
