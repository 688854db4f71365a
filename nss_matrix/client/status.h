/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How things end: the errors a discovery can have, what each lets the caller
 * do, and the one mapping from there to exit statuses. The mapping to NSS is
 * the table in module/nss.c. Nobody else maps.
 */
#ifndef NSS_MATRIX_STATUS_H
#define NSS_MATRIX_STATUS_H

#include <stdbool.h>

/*
 * What the caller can do about it. The first five are the outcomes of a
 * lookup; the rest stay inside the program.
 */
enum status {
    STATUS_OK,
    STATUS_INVALID,     /* the input is wrong: do not try again */
    STATUS_NOT_FOUND,   /* there is none: do not try again soon */
    STATUS_TRY_AGAIN,   /* temporary: a retry may help */
    STATUS_UNAVAILABLE, /* our own fault: helper, configuration, memory */
    STATUS_NOT_OURS,    /* not a name under .matrix: ask somebody else */
    STATUS_TOO_BIG,     /* does not fit the room that was given */
    STATUS_NO_MEMORY,
    STATUS_MISS, /* a cache or a table has none */
};

/* Why a discovery ended as it did. The order is that of the table inside. */
enum error {
    ERROR_NONE,
    ERROR_INVALID_SERVER_NAME,
    ERROR_NO_ADDRESS,
    ERROR_SERVICE_DISABLED, /* SRV target "." (RFC 2782) */
    ERROR_NO_USABLE_SRV,    /* SRV found, no target has an address or a port */
    ERROR_ABORTED_INVALID_WELL_KNOWN, /* draft only: step 3 stops discovery */
    ERROR_BLOCKED_ADDRESS,            /* `deny` left nothing */
    ERROR_DNS_TEMPORARY,
    ERROR_TIMEOUT,
    ERROR_INTERNAL,
};

/* "no-address" and the like; ERROR_NONE is "none". Static text. */
const char *error_name(enum error error);

/* The error of that name; false if there is none. */
bool error_from_name(const char *name, enum error *ret_error);

/* The status an error stands for; never one of the inner ones. */
enum status error_status(enum error error);

/* "ok", "not-found" and the like, for the five outcomes. Static text. */
const char *status_name(enum status status);

/* The exit status of the commands for one of the five outcomes: 0 to 5. */
int status_exit(enum status status);

#endif
