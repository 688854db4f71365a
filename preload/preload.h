/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every hook has in common. A hook is defined as
 *
 *     HOOK(int, connect, (int fd, const struct sockaddr *to, socklen_t length))
 *     {
 *         if (!cookies_is_socket(to, length))
 *             return REAL_LIBC(connect)(fd, to, length);
 *         ...
 *     }
 *
 * and the export list is generated from these marks (preload/exports), so
 * that none is forgotten and nothing else leaks. The rules:
 *
 * - the first thing in a hook is the question whether a pseudo-name or a
 *   cookie is in it; if not, the real call and nothing else;
 * - errno is the real call's, or says why we refused;
 * - no lock and no re-entry guard is held across a real call: the tool's own
 *   callbacks run inside it and must be served;
 * - no TLS library is linked or its header included: TLS objects are opaque,
 *   and their functions are found through the caller (real.h).
 */
#ifndef NSS_MATRIX_PRELOAD_H
#define NSS_MATRIX_PRELOAD_H

#include "util.h"

/* Defines a function that stands before a library's own of that name. */
#define HOOK(type, name, parameters)                                           \
    __attribute__((visibility("default"))) type name parameters;               \
    __attribute__((visibility("default"))) type name parameters

#endif
