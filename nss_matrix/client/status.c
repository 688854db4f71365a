/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of outcomes. */
#include "status.h"

#include <stddef.h>
#include <string.h>

#include "util.h"

static const struct {
    const char *name;
    enum status status;
} ERRORS[] = {
    [ERROR_NONE] = {"none", STATUS_OK},
    [ERROR_INVALID_SERVER_NAME] = {"invalid-server-name", STATUS_INVALID},
    [ERROR_NO_ADDRESS] = {"no-address", STATUS_NOT_FOUND},
    [ERROR_SERVICE_DISABLED] = {"service-disabled", STATUS_NOT_FOUND},
    [ERROR_NO_USABLE_SRV] = {"no-usable-srv", STATUS_NOT_FOUND},
    [ERROR_ABORTED_INVALID_WELL_KNOWN] = {"aborted-invalid-well-known",
                                          STATUS_NOT_FOUND},
    [ERROR_BLOCKED_ADDRESS] = {"blocked-address", STATUS_NOT_FOUND},
    [ERROR_DNS_TEMPORARY] = {"dns-temporary", STATUS_TRY_AGAIN},
    [ERROR_TIMEOUT] = {"timeout", STATUS_TRY_AGAIN},
    [ERROR_INTERNAL] = {"internal", STATUS_UNAVAILABLE},
};

static const struct {
    const char *name;
    int exit;
} STATUSES[] = {
    [STATUS_OK] = {"ok", 0},
    [STATUS_INVALID] = {"invalid", 2},
    [STATUS_NOT_FOUND] = {"not-found", 1},
    [STATUS_TRY_AGAIN] = {"try-again", 4},
    [STATUS_UNAVAILABLE] = {"unavailable", 5},
};

const char *error_name(enum error error)
{
    return ERRORS[error].name;
}

bool error_from_name(const char *name, enum error *ret_error)
{
    for (size_t i = 0; i < ARRAY_SIZE(ERRORS); i++) {
        if (strcmp(ERRORS[i].name, name) == 0) {
            *ret_error = (enum error)i;
            return true;
        }
    }
    return false;
}

enum status error_status(enum error error)
{
    return ERRORS[error].status;
}

const char *status_name(enum status status)
{
    return status < ARRAY_SIZE(STATUSES) ? STATUSES[status].name
                                         : STATUSES[STATUS_UNAVAILABLE].name;
}

int status_exit(enum status status)
{
    return status < ARRAY_SIZE(STATUSES) ? STATUSES[status].exit
                                         : STATUSES[STATUS_UNAVAILABLE].exit;
}
