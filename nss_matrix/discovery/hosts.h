/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hosts file, as the `files` source reads it (hosts(5)): an address, then
 * names; # begins a comment. Addresses of any file may be asked for, so that
 * tests have their own.
 */
#ifndef NSS_MATRIX_HOSTS_H
#define NSS_MATRIX_HOSTS_H

#include "address.h"
#include "limit.h"
#include "status.h"
#include "util.h"

#define HOSTS_FILE "/etc/hosts"

/*
 * Finds the addresses of name (any letter case) in the file at path: at most
 * LIMIT_ADDRESSES, in the file's order, without repeats; none if there is no
 * such file. Lines that are malformed are passed over. STATUS_OK; or
 * STATUS_UNAVAILABLE, with errno, if we are too short of something to look.
 */
MUST_CHECK enum status
hosts_find(const char *path, const char *name,
           struct address ret_list[static LIMIT_ADDRESSES],
           unsigned *ret_count);

#endif
