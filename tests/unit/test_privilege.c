/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What root's helper gives up, looked at from inside processes that did, and
 * whom it becomes. Who is not root sees the second half alone.
 */
#include "privilege.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "place.h"

static const struct privilege_user NOBODY = {
    .name = "nobody", .uid = PLACE_NOBODY, .gid = PLACE_NOBODY};

/* The value of a field of /proc/self/status; "" if there is none. */
static const char *own_status(const char *field)
{
    static char line[512];
    size_t length = strlen(field);
    FILE *file = fopen("/proc/self/status", "re");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, field, length) == 0) {
            fclose(file);
            line[strcspn(line, "\n")] = '\0';
            return line + length + strspn(line + length, "\t ");
        }
    if (file != NULL)
        fclose(file);
    return "";
}

/* The first thing that is not as it must be; 0: all is. */
static int look_around(void)
{
    static const char *const SETS[] = {
        "CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};

    for (size_t i = 0; i < ARRAY_SIZE(SETS); i++)
        if (strspn(own_status(SETS[i]), "0") != 16)
            return 10 + (int)i;
    if (strcmp(own_status("Uid:"), "65534\t65534\t65534\t65534") != 0)
        return 20;
    if (strcmp(own_status("Gid:"), "65534\t65534\t65534\t65534") != 0)
        return 21;
    if (own_status("Groups:")[0] != '\0')
        return 22;
    if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
        return 23;
    return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 24;
}

static int drop_and_look(void)
{
    static const gid_t MANY[] = {0, 1, 4, 27};

    return setgroups(ARRAY_SIZE(MANY), MANY) == 0 &&
                   privilege_drop(&NOBODY) == STATUS_OK
               ? look_around()
               : 1;
}

/* As a program that keeps capabilities over a change of uid starts us. */
static int drop_under_securebits(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return 2;
    data[0].inheritable = data[0].permitted;
    data[1].inheritable = data[1].permitted;
    if (syscall(SYS_capset, &header, data) != 0 ||
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
        return 3;
    return privilege_drop(&NOBODY) == STATUS_OK ? look_around() : 1;
}

static int drop_without(unsigned capability)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return 2;
    data[0].effective &= ~(1U << capability);
    data[0].permitted &= ~(1U << capability);
    if (syscall(SYS_capset, &header, data) != 0)
        return 3;
    return privilege_drop(&NOBODY) == STATUS_UNAVAILABLE ? 0 : 1;
}

static int drop_without_setuid(void)
{
    return drop_without(CAP_SETUID);
}

static int drop_without_setgid(void)
{
    return drop_without(CAP_SETGID);
}

static bool write_map(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* A user namespace in which uid 0 is all there is. */
static int drop_alone(void)
{
    char uids[40], gids[40];

    snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
    snprintf(gids, sizeof(gids), "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER) != 0)
        return 77;
    if (!write_map("/proc/self/setgroups", "deny") ||
        !write_map("/proc/self/uid_map", uids) ||
        !write_map("/proc/self/gid_map", gids))
        return 77;
    if (privilege_drop(&NOBODY) != STATUS_MISS || geteuid() != 0)
        return 1;
    return strspn(own_status("CapEff:"), "0") == 16 &&
                   strspn(own_status("CapPrm:"), "0") == 16
               ? 0
               : 4;
}

/* The exit status of a process that does it. */
static int in_process(int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(act());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool is_root(void)
{
    if (getuid() != 0)
        print_message("# not looked at: who is not root has nothing to drop\n");
    return getuid() == 0;
}

static void nothing_of_root_is_left_and_none_comes_back(void **state)
{
    (void)state;
    if (is_root())
        assert_int_equal(in_process(drop_and_look), 0);
}

static void securebits_of_who_started_us_keep_nothing(void **state)
{
    (void)state;
    if (is_root())
        assert_int_equal(in_process(drop_under_securebits), 0);
}

static void half_a_drop_is_none(void **state)
{
    (void)state;
    if (!is_root())
        return;
    assert_int_equal(in_process(drop_without_setuid), 0);
    assert_int_equal(in_process(drop_without_setgid), 0);
}

static void alone_in_a_user_namespace_capabilities_go(void **state)
{
    int status = in_process(drop_alone);

    (void)state;
    if (status == 77)
        print_message("# not looked at: no user namespaces here\n");
    else
        assert_int_equal(status, 0);
}

static void find(const char *text, struct privilege_user *ret_user)
{
    place_file(place("passwd"), text, strlen(text), getuid());
    privilege_find_user(place("passwd"), ret_user);
}

static void the_services_user_comes_before_nobody(void **state)
{
    struct privilege_user user;

    (void)state;
    find("root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\n"
         "nss-matrix:x:501:601::/:/bin/false\n"
         "_nss-matrix:x:500:600::/:/bin/false\n",
         &user);
    assert_string_equal(user.name, "_nss-matrix");
    assert_int_equal(user.uid, 500);
    assert_int_equal(user.gid, 600);
    find("nss-matrix:x:501:601::/:/bin/false\nnobody:x:99:98::/:\n", &user);
    assert_int_equal(user.uid, 501);
    find("nobody:x:99:98::/:/bin/false\n", &user);
    assert_int_equal(user.uid, 99);
    assert_int_equal(user.gid, 98);
}

static void nobody_is_never_root(void **state)
{
    struct privilege_user user;

    (void)state;
    find("_nss-matrix:x:0:600::/:\nnss-matrix:x:500:0::/:\n", &user);
    assert_int_equal(user.uid, 65534);
    assert_int_equal(user.gid, 65534);
    privilege_find_user(place("none"), &user);
    assert_int_equal(user.uid, 65534);
}

int main(void)
{
    const struct CMUnitTest root[] = {
        cmocka_unit_test(nothing_of_root_is_left_and_none_comes_back),
        cmocka_unit_test(securebits_of_who_started_us_keep_nothing),
        cmocka_unit_test(half_a_drop_is_none),
        cmocka_unit_test(alone_in_a_user_namespace_capabilities_go),
        cmocka_unit_test(the_services_user_comes_before_nobody),
        cmocka_unit_test(nobody_is_never_root),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("privilege", root, place_make,
                                       place_remove);
}
