/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses this machine has a way to. */
#ifndef NSS_MATRIX_ROUTE_H
#define NSS_MATRIX_ROUTE_H

#include <stdbool.h>

#include "address.h"

/*
 * Whether packets to the address would leave this machine, by an unsent UDP
 * connect: what we cannot reach at all says nothing about the server. True if
 * that cannot be found out. errno is not kept.
 */
bool route_exists(const struct address *address);

#endif
