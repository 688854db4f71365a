/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Discovery's inner half: wishes, warnings, failures, and how targets come
 * from SRV records and addresses. Used by discovery.c and discovery_end.c
 * alone.
 */
#ifndef NSS_MATRIX_DISCOVERY_TARGETS_H
#define NSS_MATRIX_DISCOVERY_TARGETS_H

#include "discovery.h"

/* The trace's word for a kind of piece. Static. */
const char *discovery_stage(enum piece_kind kind);

/* Wants a piece, unless it is known or wanted already. */
void discovery_wish(struct discovery *discovery, enum piece_kind kind,
                    const char *name);

/*
 * Wants the addresses of the first PIECES_AHEAD usable targets; srv may be
 * NULL.
 */
void discovery_wish_targets(struct discovery *discovery,
                            const struct piece *srv);

/*
 * The piece that a step rests on, told in the trace. NULL, and a wish, if it
 * is not known yet.
 */
const struct piece *discovery_need(struct discovery *discovery,
                                   enum piece_kind kind, const char *name,
                                   const char *step);

/* Tells of a step that was not taken, and because of what. */
void discovery_skip(struct discovery *discovery, const char *stage,
                    const char *target, const char *because, ...)
    PRINTF_LIKE(4, 5);

/*
 * Adds a warning, `code: sentence`; one that is there already, or beyond
 * LIMIT_WARNINGS, is dropped.
 */
void discovery_warn(struct discovery *discovery, const char *format, ...)
    PRINTF_LIKE(2, 3);

/*
 * Ends in an error with a sentence: no targets and no names. Gives
 * DISCOVERY_DONE.
 */
enum discovery_state discovery_fail(struct discovery *discovery,
                                    enum error error, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds one target: like, but at address; beyond LIMIT_TARGETS it is dropped. */
void discovery_add_target(struct discovery *discovery,
                          const struct address *address,
                          const struct target *like);

/* Targets from the addresses of host (steps 2, 3.2, 3.5, 6). */
enum discovery_state discovery_use_host(struct discovery *discovery,
                                        const char *host, uint16_t port);

/* Targets from SRV records, or what their absence means (3.3, 3.4, 4, 5). */
enum discovery_state discovery_use_srv(struct discovery *discovery,
                                       const struct piece *srv);

/*
 * Whatever the steps rest on ends with its first piece (discovery_end.c). One
 * that ended while the others were being found still serves this once.
 */
void discovery_use_lives(struct discovery *discovery, int64_t now);

#endif
