/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache as the thin layer sees it: a directory with one file per server
 * name, one record in a file. Anything doubtful is a miss, never an error.
 * Nothing is written here and nothing is kept open (research: a kept
 * descriptor or mapping is what crashed other modules' hosts).
 */
#ifndef NSS_MATRIX_CACHE_READ_H
#define NSS_MATRIX_CACHE_READ_H

#include <stdint.h>
#include <sys/types.h>

#include "record.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/* Below a cache directory: this version's records lie here. */
#define CACHE_VERSION_DIRECTORY "v" RECORD_VERSION

/*
 * Reads the record for a server name from the system's cache in directory:
 * in force at now (seconds since 1970) and found under settings. The
 * directory must be writable by its owner alone, the file must be the
 * owner's or root's, a regular file, and writable by nobody else. STATUS_OK
 * or STATUS_MISS; at most 5 system calls, no allocation.
 */
MUST_CHECK enum status cache_read_system(const char *directory,
                                         const struct server_name *name,
                                         const struct settings *settings,
                                         int64_t now,
                                         struct record *ret_record);

/*
 * The same from the cache of the calling user, who must own the file:
 * $XDG_CACHE_HOME/nss-matrix, else $HOME/.cache/nss-matrix. Always a miss for
 * uid 0, which uses the system's alone. At most 5 system calls.
 */
MUST_CHECK enum status cache_read_user(const struct server_name *name,
                                       const struct settings *settings,
                                       int64_t now, struct record *ret_record);

/*
 * Writes the user's cache directory into path. STATUS_MISS if neither
 * variable holds an absolute path, STATUS_TOO_BIG if it does not fit.
 */
MUST_CHECK enum status cache_user_directory(char *path, size_t room);

/*
 * Opens a cache file for reading: no symbolic link, no waiting for a FIFO,
 * closed on exec, a regular file of owner or root that nobody else may
 * write. STATUS_OK with a descriptor that is the caller's, or STATUS_MISS.
 */
MUST_CHECK enum status cache_open(const char *path, uid_t owner, int *ret_fd);

/*
 * Whose files a cache directory may hold: its owner. STATUS_MISS if there is
 * no such directory or others may write to it.
 */
MUST_CHECK enum status cache_directory_owner(const char *directory,
                                             uid_t *ret_owner);

#endif
