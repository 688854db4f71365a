/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in which SRV records are to be tried (RFC 2782): by priority,
 * and within one priority drawn at random by weight. Pure.
 */
#ifndef NSS_MATRIX_SRV_H
#define NSS_MATRIX_SRV_H

#include <stdint.h>

#include "dns.h"

/* Gives a number from 0 to most, each as likely. Chance is an argument. */
typedef uint32_t srv_random(void *argument, uint32_t most);

/*
 * Orders count records in place, weights drawn as RFC 2782 says: records of
 * weight 0 come first in each drawing, so that they have a small chance.
 */
void srv_order(struct dns_srv *records, unsigned count, srv_random *random,
               void *argument);

/* An srv_random on the kernel's random numbers; argument is not used. */
uint32_t srv_random_kernel(void *argument, uint32_t most);

#endif
