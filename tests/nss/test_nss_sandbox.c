/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built module in programs that may not make every system call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "nss_host.h"

/* A sandbox: the calls listed give what follows, all others the opposite. */
struct sandbox {
    const int *calls;
    unsigned count;
    bool refuses_them; /* else it allows them alone */
    bool traps;        /* by a signal, as browsers' do; else by EPERM alone */
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
    const unsigned refuse =
        sandbox->traps ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | EPERM;
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

static volatile sig_atomic_t trapped, trapped_elsewhere;
static pid_t host;

/* The call fails with EPERM; where its result lies is the processor's. */
static void refuse_trapped(int number, siginfo_t *information, void *context)
{
    ucontext_t *at = context;

    (void)number, (void)information;
    trapped++;
    /* by number, as who runs in the wrong process would see its own */
    if (syscall(SYS_getpid) != host)
        trapped_elsewhere++;
#if defined(__x86_64__)
    at->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
    at->uc_mcontext.regs[0] = (unsigned long long)-EPERM;
#else
    (void)at;
#endif
}

static bool can_trap(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
    return true;
#else
    return !not_looked_at("what a trapped call gives, on this processor");
#endif
}

static int look_up_in_sandbox(const void *argument)
{
    const struct sandbox *sandbox = argument;
    const struct sigaction refusing = {.sa_sigaction = refuse_trapped,
                                       .sa_flags = SA_SIGINFO};
    siginfo_t left;

    host = getpid();
    if (sandbox->traps && sigaction(SIGSYS, &refusing, NULL) != 0)
        return 2;
    if (enter(sandbox) != 0)
        return 77;
    if (call(sandbox->name) != sandbox->wanted)
        return 1;
    if (trapped_elsewhere != 0)
        return 3;
    if (sandbox->refuses_them && /* not wait4, which may be the refused one */
        waitid(P_ALL, 0, &left, WEXITED | WNOHANG | __WALL) != -1)
        return 4;
    /* The helper-to-be makes that call, which ends it and nobody else. */
    return sandbox->traps && trapped == 0 && sandbox->calls[0] != SYS_execveat
               ? 5
               : 0;
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

static void survive(bool traps)
{
    static const int REFUSED[] = {
        SYS_clone,    SYS_socketpair, SYS_rt_sigprocmask, SYS_mmap,
        SYS_mprotect, SYS_openat,     SYS_prctl,          SYS_recvfrom,
        SYS_sendto,   SYS_execveat,   SYS_wait4,
#ifdef SYS_poll /* newer architectures have ppoll alone */
        SYS_poll,
#else
        SYS_ppoll,
#endif
    };

    if (SANITIZED && not_looked_at("sanitizers need more"))
        return;
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
    for (size_t i = 0; i < ARRAY_SIZE(REFUSED); i++) {
        struct sandbox sandbox = {.calls = &REFUSED[i],
                                  .count = 1,
                                  .refuses_them = true,
                                  .traps = traps,
                                  .name = "spawned.example.matrix",
                                  .wanted = NSS_STATUS_TRYAGAIN};
        int status = in_a_child(look_up_in_sandbox, &sandbox);

        if (status == 77 && not_looked_at("no seccomp here"))
            return;
        if (status != 0)
            fail_msg("call %d refused: %d", REFUSED[i], status);
    }
}

static void a_sandbox_that_refuses_a_call_is_survived(void **state)
{
    (void)state;
    survive(false);
}

static void a_sandbox_that_traps_a_call_is_survived(void **state)
{
    (void)state;
    if (can_trap())
        survive(true);
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_hit_needs_no_more_than_reading_a_file),
        IN_WORLD(a_sandbox_that_refuses_a_call_is_survived),
        IN_WORLD(a_sandbox_that_traps_a_call_is_survived),
    };

    if (under_valgrind()) {
        print_message("1..0 # SKIP what it looks at is not valgrind's\n");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss sandbox", tests, world_make,
                                       world_remove);
}
