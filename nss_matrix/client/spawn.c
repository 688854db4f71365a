/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clone dance. A child made by fork or posix_spawn always shows: its end
 * raises SIGCHLD or is taken by the host's wait(). A child cloned with exit
 * signal 0 shows to neither, but exec gives it SIGCHLD back. So a middle
 * process with exit signal 0, which does not exec and which we wait for with
 * __WCLONE, clones the helper and ends: the helper's parent is then init.
 *
 * Both clones share the host's memory until the exec (CLONE_VM|CLONE_VFORK:
 * the time does not grow with the host), so between here and there only
 * system calls are made, and every signal is blocked: a handler of the host
 * would run in its memory in the wrong process. In the host itself SIGSYS is
 * not: a sandbox that traps a call ends who has blocked it.
 */
#include "spawn.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ask.h"

enum {
    CHILD_STACK = 64 * 1024,
    GUARD = 64 * 1024,    /* a multiple of every page size */
    ENVIRONMENT_MAX = 10, /* the names below, the marker and NULL */
    VALUE_MAX = 4096,
    KERNEL_SIGSET = 8, /* octets, as rt_sigprocmask counts them */
};

/* By number: libc's own functions would change every thread of the host. */
enum {
#ifdef SYS_setresuid32 /* the other ones know 16 bits of an id */
    GET_USERS = SYS_getresuid32,
    GET_GROUPS = SYS_getresgid32,
    SET_USERS = SYS_setresuid32,
    SET_GROUPS = SYS_setresgid32,
    SET_MORE_GROUPS = SYS_setgroups32,
#else
    GET_USERS = SYS_getresuid,
    GET_GROUPS = SYS_getresgid,
    SET_USERS = SYS_setresuid,
    SET_GROUPS = SYS_setresgid,
    SET_MORE_GROUPS = SYS_setgroups,
#endif
};

/* The real, the effective and the saved one. */
struct ids {
    uint32_t real, effective, saved;
};

/* What a helper may know of the host's environment. */
static const char *const PASSED_ON[] = {
    "HOME=",
    "XDG_CACHE_HOME=",
    "NSS_MATRIX_CONF=",
    "NSS_MATRIX_SPEC=",
    "NSS_MATRIX_CA_FILE=",
    "NSS_MATRIX_CA_PATH=",
    "NSS_MATRIX_DNS=",
};

_Static_assert(ARRAY_SIZE(PASSED_ON) + 2 <= ENVIRONMENT_MAX, "room for all");

/* As rt_sigprocmask has it. */
struct mask {
    unsigned long words[KERNEL_SIGSET / sizeof(long)];
};

struct helper {
    int file;   /* to be executed */
    int socket; /* its end */
    char *argv[2];
    char *envp[ENVIRONMENT_MAX];
    char *grandchild_stack; /* the top of it */
    bool failed;            /* written by the children in our memory */
};

static bool sane_entry(const char *entry)
{
    size_t length = strnlen(entry, VALUE_MAX + 1);

    if (length > VALUE_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)entry[i] < ' ')
            return false;
    return true;
}

/* The one that getenv() would find; NULL if there is none. */
static char *find_entry(const char *name)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0)
            return *entry;
    return NULL;
}

/* The strings stay the host's: nothing is copied. */
static void make_environment(char *envp[ENVIRONMENT_MAX])
{
    static char marker[] = SPAWN_MARKER "=1";
    size_t count = 0;

    envp[count++] = marker;
    for (size_t i = 0; i < ARRAY_SIZE(PASSED_ON); i++) {
        char *entry = find_entry(PASSED_ON[i]);

        if (entry != NULL && sane_entry(entry))
            envp[count++] = entry;
    }
    envp[count] = NULL;
}

/* PID 1 and a subreaper would inherit the helper and be sent its SIGCHLD. */
static bool orphans_come_to_us(void)
{
    int subreaper = 0;

    return getpid() == 1 ||
           prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) != 0 ||
           subreaper != 0;
}

static enum status open_helper(const char *path, int *ret_file)
{
    AUTO(close_fd) int file = -1;
    struct stat found;

    file = open(path, O_PATH | O_CLOEXEC);
    ask_lift_fd(&file);
    if (file < 0 || fstat(file, &found) != 0 || !S_ISREG(found.st_mode) ||
        (found.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
        (found.st_uid != 0 && found.st_uid != geteuid()))
        return STATUS_UNAVAILABLE;
    *ret_file = TAKE_FD(file);
    return STATUS_OK;
}

static bool differ(const struct ids *ids)
{
    return ids->real != ids->effective || ids->saved != ids->effective;
}

/*
 * The groups besides may still be those of whom the host can become again
 * (seteuid without setgroups). It may leave them if it is permitted to, which
 * for such a host is not in effect; else they are what it works with itself.
 */
static void leave_other_groups(void)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data) != 0)
        return;
    data[0].effective |= data[0].permitted & (1U << CAP_SETGID);
    if (syscall(SYS_capset, &header, data) == 0)
        syscall(SET_MORE_GROUPS, 0, NULL);
}

/*
 * A host that works as another user (seteuid) has that user's rights, and the
 * helper no others: exec would give it every capability of a real uid 0. Asked
 * here and not in the host, whose sandbox may kill whoever asks.
 */
static bool be_effective_alone(void)
{
    struct ids user, group;

    if (syscall(GET_USERS, &user.real, &user.effective, &user.saved) != 0 ||
        syscall(GET_GROUPS, &group.real, &group.effective, &group.saved) != 0)
        return false;
    if (!differ(&user) && !differ(&group))
        return true;
    leave_other_groups();
    return syscall(SET_GROUPS, group.effective, group.effective,
                   group.effective) == 0 &&
           syscall(SET_USERS, user.effective, user.effective, user.effective) ==
               0;
}

/* As the helper-to-be, in memory that is the host's. Does not return. */
static int become_helper(void *argument)
{
    struct helper *helper = argument;
    long null;

    syscall(SYS_setsid);
    null = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
    /* dup3 refuses to copy a descriptor to itself. */
    if (null < 0 ||
        (null != STDERR_FILENO &&
         syscall(SYS_dup3, (int)null, STDERR_FILENO, 0) < 0) ||
        syscall(SYS_dup3, helper->socket, STDIN_FILENO, 0) < 0 ||
        syscall(SYS_dup3, helper->socket, STDOUT_FILENO, 0) < 0 ||
        (helper->file != 3 &&
         syscall(SYS_dup3, helper->file, 3, O_CLOEXEC) < 0) ||
        syscall(SYS_close_range, 4U, ~0U, 0U) != 0 ||
        syscall(SYS_chdir, "/") != 0 || !be_effective_alone()) {
        helper->failed = true;
        syscall(SYS_exit, 127);
    }
    syscall(SYS_execveat, 3, "", helper->argv, helper->envp, AT_EMPTY_PATH);
    helper->failed = true;
    syscall(SYS_exit, 127);
    return 127;
}

/*
 * glibc's own pthread_sigmask leaves two signals unblocked that it uses
 * itself; in a child that shares memory those must not be handled either.
 */
static bool change_mask(int how, const struct mask *mask, struct mask *ret_old)
{
    return syscall(SYS_rt_sigprocmask, how, mask, ret_old, sizeof(*mask)) == 0;
}

/* As the middle process: starts the helper and is gone. */
static int become_middle(void *argument)
{
    struct helper *helper = argument;
    struct mask all;

    memset(&all, 0xff, sizeof(all));
    if (!change_mask(SIG_BLOCK, &all, NULL) ||
        clone(become_helper, helper->grandchild_stack, CLONE_VM | CLONE_VFORK,
              helper) < 0)
        helper->failed = true;
    syscall(SYS_exit, 0);
    return 0;
}

/* Who may not wait would keep a dead child; we ourselves are none of ours. */
static bool may_wait(void)
{
    return waitpid(getpid(), NULL, __WCLONE | WNOHANG) < 0 && errno == ECHILD;
}

static enum status clone_twice(struct helper *helper, char *stacks)
{
    struct mask most;
    struct mask old;
    pid_t middle;
    pid_t waited = -1;

    memset(&most, 0xff, sizeof(most));
    most.words[0] &= ~(1UL << (SIGSYS - 1));
    helper->grandchild_stack = stacks + GUARD + CHILD_STACK;
    if (!may_wait() || !change_mask(SIG_BLOCK, &most, &old))
        return STATUS_UNAVAILABLE;
    middle =
        clone(become_middle, helper->grandchild_stack + GUARD + CHILD_STACK,
              CLONE_VM | CLONE_VFORK, helper);
    if (middle >= 0) {
        do
            waited = waitpid(middle, NULL, __WCLONE);
        while (waited < 0 && errno == EINTR);
    }
    (void)change_mask(SIG_SETMASK, &old, NULL);
    return middle >= 0 && !helper->failed ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* Two stacks, each above a page that must not be touched. */
static enum status with_stacks(struct helper *helper)
{
    size_t size = (size_t)2 * (GUARD + CHILD_STACK);
    enum status status = STATUS_UNAVAILABLE;
    char *stacks = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (stacks == MAP_FAILED)
        return status;
    if (mprotect(stacks, GUARD, PROT_NONE) == 0 &&
        mprotect(stacks + GUARD + CHILD_STACK, GUARD, PROT_NONE) == 0)
        status = clone_twice(helper, stacks);
    munmap(stacks, size);
    return status;
}

enum status spawn_helper(const char *file, int *ret_fd)
{
    static char name[] = "nss-matrix-helper";
    AUTO(close_fd) int executable = -1;
    AUTO(close_fd) int ours = -1;
    AUTO(close_fd) int theirs = -1;
    int pair[2];

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): only read, as libc itself does */
    if (getauxval(AT_SECURE) != 0 || getenv(SPAWN_MARKER) != NULL ||
        orphans_come_to_us() || open_helper(file, &executable) != STATUS_OK ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return STATUS_UNAVAILABLE;
    ours = pair[0];
    theirs = pair[1];
    ask_lift_fd(&ours);
    ask_lift_fd(&theirs);
    if (ours < 0 || theirs < 0)
        return STATUS_UNAVAILABLE;

    struct helper helper = {
        .file = executable, .socket = theirs, .argv = {name, NULL}};

    make_environment(helper.envp);
    if (with_stacks(&helper) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    *ret_fd = TAKE_FD(ours);
    return STATUS_OK;
}
