/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver of discoveries: finds out what each wishes to know, with one
 * poll loop for all, DNS, the hosts file and HTTPS. Knows no cache.
 */
#ifndef NSS_MATRIX_RESOLVER_H
#define NSS_MATRIX_RESOLVER_H

#include "configuration.h"
#include "discovery.h"
#include "loop.h"
#include "pieces.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

struct resolver;
struct resolution; /* one discovery under way */

/*
 * Called once, from resolver_turn, when the outcome is there. It must not end
 * the resolution: that is for after the turn.
 */
typedef void resolver_done(void *argument);

/*
 * A resolver under a configuration (borrowed, must outlive it); family is
 * AF_UNSPEC, or AF_INET or AF_INET6 to know of no other addresses. STATUS_OK;
 * STATUS_INVALID: the configured DNS server is none; STATUS_NO_MEMORY;
 * STATUS_UNAVAILABLE: no epoll, no resolv.conf that libresolv takes.
 */
MUST_CHECK enum status resolver_new(const struct configuration *configuration,
                                    int family, struct resolver **ret_resolver);

/* All resolutions must have been freed. NULL is accepted. */
void resolver_free(struct resolver *resolver);

/* Its loop, for what its owner waits for besides. */
struct loop *resolver_loop(struct resolver *resolver);

/* Turns the loop once; what is under way gets on. As loop_turn. */
MUST_CHECK enum status resolver_turn(struct resolver *resolver);

/*
 * Starts the discovery of name (borrowed, must outlive it) from pieces that
 * are known; they are taken over and *known is empty afterwards. Expired
 * ones are dropped, but the well-known's failures go on counting. It ends by
 * itself after limit_ms, at most LIMIT_DISCOVERY_MS. STATUS_OK or
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status resolver_start(struct resolver *resolver,
                                      const struct server_name *name,
                                      struct pieces *known, int limit_ms,
                                      struct resolution **ret_resolution);

/* Says whom to call when the outcome is there. Before the next turn. */
void resolver_when_done(struct resolution *resolution, resolver_done *done,
                        void *argument);

/* The discovery, the resolution's own; its outcome counts once it is done. */
struct discovery *resolver_discovery(struct resolution *resolution);

/* Whether anything was asked of the network or the hosts file. */
bool resolver_asked(const struct resolution *resolution);

/* Cancels what is under way, and frees it. NULL is accepted. */
void resolver_end(struct resolution *resolution);

#endif
