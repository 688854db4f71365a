/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the shim keeps of sessions of a library that has no place for it
 * (GnuTLS): a map from the session's address to a value. Without locks, so
 * that a fork in any moment leaves a whole map; the places are never freed,
 * only used again. A session is one thread's at a time, as with the library:
 * two threads may add, find and remove at once, but not the same session.
 */
#ifndef NSS_MATRIX_SESSIONS_H
#define NSS_MATRIX_SESSIONS_H

#include "util.h"

/*
 * The value of a session, NULL if it has none. As long as no session has one
 * this is one load.
 */
void *sessions_find(const void *session);

/*
 * Gives a session that has no value one, which is not NULL. False: no memory,
 * and the value is still the caller's.
 */
MUST_CHECK bool sessions_add(const void *session, void *value);

/* Takes the value out and gives it back; NULL if there is none. */
void *sessions_remove(const void *session);

#endif
