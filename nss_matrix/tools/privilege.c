/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving up root's rights. */
#include "privilege.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const char *const NAMES[] = {"_nss-matrix", "nss-matrix", "nobody"};

/* A line of the file if it names whom we want more than *best. */
static void consider(const struct passwd *entry, size_t *best,
                     struct privilege_user *user)
{
    for (size_t i = 0; i < *best; i++) {
        if (strcmp(entry->pw_name, NAMES[i]) != 0 || entry->pw_uid == 0 ||
            entry->pw_gid == 0)
            continue;
        *best = i;
        snprintf(user->name, sizeof(user->name), "%s", NAMES[i]);
        user->uid = entry->pw_uid;
        user->gid = entry->pw_gid;
    }
}

void privilege_find_user(const char *passwd, struct privilege_user *ret_user)
{
    AUTO(close_file) FILE *file = fopen(passwd, "re");
    size_t best = ARRAY_SIZE(NAMES);
    struct passwd *entry;

    *ret_user =
        (struct privilege_user){.name = "nobody", .uid = 65534, .gid = 65534};
    /* cppcheck-suppress fgetpwentCalled ; a helper has one thread */
    while (file != NULL && (entry = fgetpwent(file)) != NULL)
        consider(entry, &best, ret_user);
}

/* Whatever securebits the program that started us has set. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capset, &header, none) == 0;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) != 0 ||
           (data[0].permitted | data[1].permitted) != 0;
}

enum status privilege_drop_inherited(void)
{
    return has_capabilities() && !drop_capabilities() ? STATUS_UNAVAILABLE
                                                      : STATUS_OK;
}

/* Must fail, or what was given up can be taken again. */
static bool can_come_back(void)
{
    return setresuid((uid_t)-1, 0, (uid_t)-1) == 0 ||
           setresgid((gid_t)-1, 0, (gid_t)-1) == 0 || setgroups(0, NULL) == 0;
}

enum status privilege_drop(const struct privilege_user *user)
{
    bool groups = setgroups(0, NULL) == 0;

    /* Of these two calls the kernel says EINVAL for "not mapped here", and
     * for nothing else: never in the machine's own user namespace. */
    if (setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0)
        return errno == EINVAL && drop_capabilities() ? STATUS_MISS
                                                      : STATUS_UNAVAILABLE;
    if (!groups || !drop_capabilities() || can_come_back())
        return STATUS_UNAVAILABLE;
    /* Others who run as that user must not look into us. */
    prctl(PR_SET_DUMPABLE, 0);
    return STATUS_OK;
}
