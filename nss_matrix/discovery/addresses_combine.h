/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two families' answers say together. Inside the address book alone. */
#ifndef NSS_MATRIX_ADDRESSES_COMBINE_H
#define NSS_MATRIX_ADDRESSES_COMBINE_H

#include "addresses.h"

/* What is kept of one family's answer. All zero: no addresses found. */
struct addresses_family {
    enum dns_result result;
    bool internal; /* as in struct dns_answer */
    uint32_t ttl;
    unsigned aliases;
    unsigned count;
    struct address list[LIMIT_ADDRESSES];
    char detail[80];
};

/* Keeps what an answer says of addresses. */
void addresses_take(const struct dns_answer *answer,
                    struct addresses_family *ret_family);

/*
 * Fills in all but ms and hosts_file. Neither family crowds the other out.
 * The life of a "none" counts too: an AAAA record that is added later is to
 * be seen.
 */
void addresses_combine(struct addresses *ret_addresses,
                       const struct addresses_family *v6,
                       const struct addresses_family *v4);

#endif
