/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built module in programs that may not make every system call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "nss_host.h"

/* A sandbox: the calls listed give what follows, all others the opposite. */
struct sandbox {
    const int *calls;
    unsigned count;
    bool refuses_them; /* else it allows them alone */
    const char *name;
    enum nss_status wanted;
};

static int enter(const struct sandbox *sandbox)
{
    enum {
        CALLS_MAX = 16
    };
    struct sock_filter filter[CALLS_MAX + 3];
    struct sock_fprog program = {.filter = filter};
    const unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
    const unsigned allow = SECCOMP_RET_ALLOW;
    unsigned at = 0;

    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < sandbox->count; i++)
        filter[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)sandbox->calls[i],
            (unsigned char)(sandbox->count - i), 0);
    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_RET | BPF_K, sandbox->refuses_them ? allow : refuse);
    filter[at++] = (struct sock_filter)BPF_STMT(
        BPF_RET | BPF_K, sandbox->refuses_them ? refuse : allow);
    program.len = (unsigned short)at;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
                   prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0
               ? -1
               : 0;
}

static int look_up_in_sandbox(const void *argument)
{
    const struct sandbox *sandbox = argument;

    if (enter(sandbox) != 0)
        return 77;
    return call(sandbox->name) == sandbox->wanted ? 0 : 1;
}

static void a_hit_needs_no_more_than_reading_a_file(void **state)
{
    static const int NEEDED[] = {
        SYS_openat, SYS_newfstatat, SYS_fstat,      SYS_read,
        SYS_close,  SYS_geteuid,    SYS_exit_group, SYS_clock_gettime,
    };
    struct sandbox sandbox = {.calls = NEEDED,
                              .count = ARRAY_SIZE(NEEDED),
                              .name = NAME,
                              .wanted = NSS_STATUS_SUCCESS};
    int status;

    (void)state;
    if (SANITIZED && not_looked_at("sanitizers need more"))
        return;
    world_have_targets("example.org", TARGETS);
    status = in_a_child(look_up_in_sandbox, &sandbox);
    if (status == 77 && not_looked_at("no seccomp here"))
        return;
    assert_int_equal(status, 0);
}

static void a_sandbox_that_refuses_a_call_is_survived(void **state)
{
    static const int REFUSED[] = {
        SYS_clone,    SYS_socketpair, SYS_rt_sigprocmask, SYS_mmap,
        SYS_mprotect, SYS_openat,     SYS_prctl,          SYS_recvfrom,
        SYS_sendto,   SYS_execveat,
#ifdef SYS_poll /* newer architectures have ppoll alone */
        SYS_poll,
#else
        SYS_ppoll,
#endif
    };

    (void)state;
    if (SANITIZED && not_looked_at("sanitizers need more"))
        return;
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
    for (size_t i = 0; i < ARRAY_SIZE(REFUSED); i++) {
        struct sandbox sandbox = {.calls = &REFUSED[i],
                                  .count = 1,
                                  .refuses_them = true,
                                  .name = "spawned.example.matrix",
                                  .wanted = NSS_STATUS_TRYAGAIN};
        int status = in_a_child(look_up_in_sandbox, &sandbox);

        if (status == 77 && not_looked_at("no seccomp here"))
            return;
        if (status != 0)
            fail_msg("call %d refused: %d", REFUSED[i], status);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_hit_needs_no_more_than_reading_a_file),
        IN_WORLD(a_sandbox_that_refuses_a_call_is_survived),
    };

    if (under_valgrind()) {
        print_message("1..0 # SKIP what it looks at is not valgrind's\n");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss sandbox", tests, world_make,
                                       world_remove);
}
