/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getaddrinfo for pseudo-hostnames, for the hooks that stand before it. */
#ifndef NSS_MATRIX_RESOLVE_H
#define NSS_MATRIX_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>

#include "util.h"

/*
 * As getaddrinfo for a node that is a pseudo-hostname: the same results,
 * codes and ownership (freeaddrinfo). errno is kept, but for EAI_SYSTEM.
 */
MUST_CHECK int resolve_pseudo(const char *node, const char *service,
                              const struct addrinfo *hints,
                              struct addrinfo **ret_list);

/*
 * Takes cookies out of the answer for an ordinary name: somebody's DNS has
 * them there. 0, or EAI_NONAME if nothing is left.
 */
MUST_CHECK int resolve_filter(const char *node, struct addrinfo **list);

/* Whether node is an address in digits, which is no lookup. */
bool resolve_is_numeric(const char *node);

#endif
