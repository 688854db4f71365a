/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A certificate that does not cover N, in a session whose tool may yet go on.
 * Tools that judge after the library (Node, w3m, links, libcurl) and tools
 * that were told not to verify look alike until they do something: who ends
 * the session, or the process, without having sent or got anything has refused
 * the certificate, and people are told why. Who goes on has not, and nothing
 * is said.
 */
#ifndef NSS_MATRIX_DOUBT_H
#define NSS_MATRIX_DOUBT_H

#include "mismatch.h"
#include "names.h"

struct doubt;

/*
 * A new one in place of an old one, with the names that the certificate has.
 * NULL without memory: nothing will be said. looked: the tool asked for it.
 */
void doubt_keep(struct doubt **doubt, const struct names_answer *answer,
                const char names[static MISMATCH_TEXT], bool looked);

/* The tool has looked at the result, or at the certificate; whether it has. */
void doubt_look(struct doubt *doubt);
bool doubt_looked(const struct doubt *doubt);

/* The tool has gone on: nothing is said. NULL is accepted by both. */
void doubt_settle(struct doubt **doubt);

/* The session is over: the line is said if the tool had looked. */
void doubt_end(struct doubt **doubt);

/* Whether there ever was one in this process: one load. */
bool doubt_any(void);

#endif
