/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pieces out of what the network said: how each answer is judged, and how
 * long it lives. Pure. NULL means that there is no memory.
 */
#ifndef NSS_MATRIX_PIECE_MAKE_H
#define NSS_MATRIX_PIECE_MAKE_H

#include "addresses.h"
#include "dns.h"
#include "fetch.h"
#include "pieces.h"
#include "srv.h"

/* The addresses of name, found at now (seconds since 1970). */
struct piece *piece_from_addresses(const char *name,
                                   const struct addresses *addresses,
                                   int64_t now);

/*
 * SRV records, put in the order to try; chance comes in as srv.h wants it.
 * The order is drawn once and lives as long as the records.
 */
struct piece *piece_from_srv(enum piece_kind kind, const char *name,
                             const struct dns_answer *answer, int64_t now,
                             srv_random *random, void *argument);

/*
 * What the web server of host said. failures counts those in a row before
 * this one: a failure of theirs lives 60 s, doubling to 1 h; one of our own
 * network 10 s, uncounted.
 */
struct piece *piece_from_fetch(const char *host,
                               const struct fetch_answer *answer, int64_t now,
                               unsigned failures);

#endif
