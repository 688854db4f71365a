/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Root as another user, for files alone. The kernel does not say whether the
 * ids for files were set (setfsuid(2)), so they are asked for.
 */
#include "cache_act.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By number, since libc's own changes every thread. */
#ifdef SYS_setgroups32 /* the other one knows 16 bits of an id */
#define SET_GROUPS SYS_setgroups32
#else
#define SET_GROUPS SYS_setgroups
#endif

enum {
    NO_GROUP = 65534, /* the kernel's, too, for those it cannot name */
};

void util_cache_acting(struct cache_acting *acting)
{
    if (acting->as_owner) {
        setfsuid(geteuid());
        setfsgid(getegid());
    }
    if (acting->groups != NULL)
        (void)!syscall(SET_GROUPS, acting->count, acting->groups);
    free(acting->groups);
    *acting = (struct cache_acting){0};
}

/* root:root 0775 is not for the cache's owner either. */
static bool leave_groups(struct cache_acting *acting)
{
    AUTO(free) gid_t *groups = NULL;
    int count = getgroups(0, NULL);

    if (count <= 0)
        return count == 0;
    groups = malloc((size_t)count * sizeof(*groups));
    if (groups == NULL || getgroups(count, groups) != count ||
        syscall(SET_GROUPS, 0, NULL) != 0)
        return false;
    acting->groups = TAKE(groups);
    acting->count = count;
    return true;
}

/*
 * Without CAP_SETUID or CAP_SETGID, as services may be, nothing is set. Where
 * the directory's group was left root's, root's group is not its owner's.
 */
static bool take_ids(uid_t user, gid_t group)
{
    if (group == 0)
        group = NO_GROUP;
    setfsgid(group);
    setfsuid(user);
    return setfsgid((gid_t)-1) == (int)group &&
           setfsuid((uid_t)-1) == (int)user;
}

/* Root's rights over files go with its id, unless who started us forbade it. */
static bool rights_stay(void)
{
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    return bits < 0 || (bits & SECBIT_NO_SETUID_FIXUP) != 0;
}

enum status cache_act(const struct cache_place *place,
                      struct cache_acting *ret_acting)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    struct stat found;

    if (geteuid() != 0 || !place->system ||
        stat(place->directory, &found) != 0 || found.st_uid == 0)
        return STATUS_OK;
    acting.as_owner = true;
    if (rights_stay() || !leave_groups(&acting) ||
        !take_ids(found.st_uid, found.st_gid)) {
        errno = EPERM;
        return STATUS_UNAVAILABLE;
    }
    *ret_acting = acting;
    acting = (struct cache_acting){0};
    return STATUS_OK;
}
