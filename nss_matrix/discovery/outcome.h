/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a discovery comes to: the targets in the order to try, and the three
 * names that belong to them; or an error and its reason.
 */
#ifndef NSS_MATRIX_OUTCOME_H
#define NSS_MATRIX_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "address.h"
#include "configuration.h"
#include "limit.h"
#include "status.h"

struct target {
    struct address address;
    uint16_t port, priority, weight; /* priority, weight: 0 without SRV */
    char name[LIMIT_DNS_NAME + 1];   /* whose address it is; "" for a literal */
};

enum {
    OUTCOME_WARNING_MAX = 320,
};

struct outcome {
    enum error error;
    const char *step; /* as v1.19 numbers them; static; "" if none decided */
    enum spec spec;
    char host[LIMIT_SERVER_NAME + 1];      /* of the key: see record.h */
    char tls_name[LIMIT_SERVER_NAME + 1];  /* "": no SNI is sent */
    char cert_name[LIMIT_SERVER_NAME + 1]; /* host name, or IP, no brackets */
    unsigned target_count;
    struct target targets[LIMIT_TARGETS];
    unsigned warning_count;
    char warnings[LIMIT_WARNINGS][OUTCOME_WARNING_MAX]; /* code: sentence */
    char reason[LIMIT_REASON]; /* of an error: a sentence, escaped */
    int64_t found;             /* the oldest piece, seconds since 1970 */
    int64_t expires;           /* the first piece to end */
};

/* Whether the targets are those of SRV records. */
static inline bool outcome_is_by_srv(const struct outcome *outcome)
{
    return outcome->step[0] == '4' || outcome->step[0] == '5' ||
           strcmp(outcome->step, "3.3") == 0 ||
           strcmp(outcome->step, "3.4") == 0;
}

#endif
