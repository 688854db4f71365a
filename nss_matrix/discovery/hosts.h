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

#define HOSTS_FILE "/etc/hosts"

/*
 * Finds the addresses of name (any letter case) in the file at path: at most
 * LIMIT_ADDRESSES, in the file's order, without repeats. Gives their number;
 * 0 also if there is no such file. Lines that are malformed are passed over.
 */
unsigned hosts_find(const char *path, const char *name,
                    struct address ret_list[static LIMIT_ADDRESSES]);

#endif
