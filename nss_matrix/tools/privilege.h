/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a helper gives up before it meets strangers. Root's: groups, gid, uid
 * and every capability, with no way back; another user's: capabilities. Whom
 * root's becomes is the service's user, else nobody. In a user namespace that
 * maps no such user there is none to become; then the capabilities go, which
 * is all there is.
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

/*
 * For who is not root: gives up the capabilities that a host may have let its
 * programs inherit (ambient ones). Makes no call that a sandbox could refuse
 * where there are none. STATUS_OK, or STATUS_UNAVAILABLE if some are left.
 */
MUST_CHECK enum status privilege_drop_inherited(void);

#endif
