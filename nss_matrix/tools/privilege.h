/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What root's helper gives up before it meets strangers: groups, gid, uid and
 * every capability, with no way back. Whom it becomes is the service's user,
 * else nobody. In a user namespace that maps no such user there is none to
 * become; then the capabilities go, which is all there is.
 */
#ifndef NSS_MATRIX_PRIVILEGE_H
#define NSS_MATRIX_PRIVILEGE_H

#include <sys/types.h>

#include "status.h"
#include "util.h"

struct privilege_user {
    char name[32];
    uid_t uid;
    gid_t gid;
};

/*
 * Whom to become: the first of _nss-matrix (the packages' user), nss-matrix
 * and nobody that the file has (/etc/passwd: libc's own lookup may ask the
 * network), else 65534, the kernel's nobody. Never uid or gid 0.
 */
void privilege_find_user(const char *passwd, struct privilege_user *ret_user);

/*
 * Becomes user, for good. STATUS_OK; STATUS_MISS if no such user is mapped in
 * this user namespace: then still uid 0 here, without capabilities;
 * STATUS_UNAVAILABLE if it failed in part or whole: then meet nobody.
 */
MUST_CHECK enum status privilege_drop(const struct privilege_user *user);

#endif
