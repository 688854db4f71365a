/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module in hosts that lack something or are disturbed: every system call
 * refused in turn, few descriptors, no stdio, a timer that rings
 * every millisecond, jumps out of lookups wherever they are. A lookup has its
 * answer or is to be tried again, and the host is none the worse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "own_module.h"

enum {
    LAST_CALL = 470, /* newer ones than we know of */
    JUMPS = 200,
    RINGS = 200, /* lookups while it rings */
    LATE_MS = 2000,
    CANNOT = 77, /* exit status: not possible here */
};

static bool is_an_answer(enum nss_status status)
{
    return status == NSS_STATUS_SUCCESS || status == NSS_STATUS_TRYAGAIN;
}

static bool same_mask(const sigset_t *before)
{
    sigset_t after;

    if (sigprocmask(SIG_SETMASK, NULL, &after) != 0)
        return true; /* that is the call which is refused */
    for (int number = 1; number < NSIG; number++)
        if (sigismember(before, number) != sigismember(&after, number))
            return false;
    return true;
}

/* One system call, and how it fails. */
struct refusal {
    unsigned call;
    unsigned error;
};

static int enter(const struct refusal *refusal)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refusal->call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | refusal->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_SIZE(filter), filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
               ? -1
               : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int highest_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    if (fd >= 0)
        close(fd);
    return fd;
}

/* A miss, so that socket and helper are tried; and a hit. */
static int look_up_refused(const void *argument)
{
    const struct refusal *refusal = argument;
    int before = highest_descriptor();
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    if (enter(refusal) != 0)
        return CANNOT;
    if (!is_an_answer(call("spawned.example.matrix")) ||
        !is_an_answer(call(NAME)))
        return 1;
    if (!same_mask(&mask))
        return 2;
    if (refusal->call != SYS_dup && refusal->call != SYS_close &&
        highest_descriptor() != before)
        return 3;
    /* A middle process that could not be waited for shows to __WALL alone. */
    return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : 4;
}

static void every_system_call_may_be_refused(void **state)
{
    static const unsigned ERRORS[] = {EPERM, ENOSYS};
    bool both = getenv("NSS_MATRIX_LONG") != NULL;
    unsigned refused = 0;

    (void)state;
    if ((SANITIZED || under_valgrind()) && not_looked_at("they need more"))
        return;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    world_have_helper();
    for (size_t i = 0; i < ARRAY_SIZE(ERRORS); i++) {
        for (unsigned nr = i == 0 || both ? 0 : LAST_CALL; nr < LAST_CALL;
             nr++) {
            struct refusal refusal = {nr, ERRORS[i]};
            int status;

            if (nr == SYS_exit_group) /* the test's own */
                continue;
            status = in_a_child(look_up_refused, &refusal);
            if (status == CANNOT && not_looked_at("no seccomp here"))
                return;
            if (status != 0)
                fail_msg("call %u refused: %d", nr, status);
            refused++;
        }
    }
    counts_figure("system calls refused in turn", refused);
}

/* The calls listed and no other; the child's own end comes besides. */
static int enter_with_only(const unsigned *calls, unsigned count)
{
    enum {
        CALLS_MAX = 8
    };
    struct sock_filter filter[CALLS_MAX + 3] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    struct sock_fprog program = {(unsigned short)(count + 3), filter};

    assert_in_range(count, 1, CALLS_MAX);
    for (unsigned i = 0; i < count; i++)
        filter[1 + i] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, calls[i], (unsigned char)(count - i), 0);
    filter[1 + count] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[2 + count] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
               ? -1
               : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int look_up_reading_only(const void *argument)
{
    static const unsigned READING[] = {SYS_openat, SYS_newfstatat,
                                       SYS_fstat,  SYS_read,
                                       SYS_close,  SYS_exit_group};

    (void)argument;
    if (enter_with_only(READING, ARRAY_SIZE(READING)) != 0)
        return CANNOT;
    return call(NAME) == NSS_STATUS_SUCCESS ? 0 : 1;
}

/* Whatever else a hit called would be the end of its process. */
static void a_hit_in_the_systems_cache_only_reads(void **state)
{
    int status;

    (void)state;
    if ((SANITIZED || under_valgrind()) && not_looked_at("they need more"))
        return;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    status = in_a_child(look_up_reading_only, NULL);
    if (status == CANNOT && not_looked_at("no seccomp here"))
        return;
    assert_int_equal(status, 0);
}

static int with_limits(int resource, const rlim_t *limit)
{
    struct rlimit set = {*limit, *limit};

    return setrlimit(resource, &set);
}

static int look_up_without_descriptors(const void *argument)
{
    if (with_limits(RLIMIT_NOFILE, argument) != 0)
        return CANNOT;
    return is_an_answer(call("spawned.example.matrix")) &&
                   is_an_answer(call(NAME)) && waitpid(-1, NULL, 0) == -1
               ? 0
               : 1;
}

static void descriptors_may_run_out_anywhere(void **state)
{
    (void)state;
    if (under_valgrind() && not_looked_at("valgrind has limits of its own"))
        return;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    world_have_helper();
    for (rlim_t limit = 0; limit < 12; limit++)
        assert_int_equal(in_a_child(look_up_without_descriptors, &limit), 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

static int closed_stdio(const void *argument)
{
    unsigned closed = *(const unsigned *)argument;

    for (int fd = 0; fd < 3; fd++)
        if ((closed & 1U << fd) != 0)
            close(fd);
        else if (!is_open(fd)) /* before us */
            closed |= 1U << fd;
    if (call("spawned.example.matrix") != NSS_STATUS_SUCCESS ||
        call(NAME) != NSS_STATUS_SUCCESS)
        return 1;
    for (int fd = 0; fd < 3; fd++)
        if (is_open(fd) == ((closed & 1U << fd) != 0))
            return 2;
    return 0;
}

static void stdio_may_be_closed(void **state)
{
    (void)state;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "12", 1);
    for (unsigned closed = 0; closed < 8; closed++)
        if (in_a_child(closed_stdio, &closed) != 0)
            fail_msg("with %u closed", closed);
    /* the same through the system's socket */
    pid_t server = own_serve(own_serve_one);
    setenv("NSS_MATRIX_HELPER", place("no-helper"), 1);
    for (unsigned closed = 0; closed < 8; closed++)
        if (in_a_child(closed_stdio, &closed) != 0)
            fail_msg("with %u closed", closed);
    own_stop(server);
}

static volatile sig_atomic_t rings;

static void ring(int number)
{
    (void)number;
    rings++;
}

static void ring_every(long us)
{
    struct itimerval often = {{0, us}, {0, us}};

    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* Without SA_RESTART: every call of ours is interrupted. */
static void a_timer_every_millisecond_changes_nothing(void **state)
{
    struct sigaction action = {.sa_handler = ring};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    pid_t server = own_serve(own_serve_one);
    int64_t start;

    (void)state;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "12", 1);
    sigaction(SIGALRM, &action, NULL);
    ring_every(1000);
    for (unsigned i = 0; i < counts_of(RINGS); i++) {
        assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
        assert_int_equal(call("asked.example.matrix"), NSS_STATUS_SUCCESS);
        assert_int_equal(call("hangs-up.example.matrix"), NSS_STATUS_SUCCESS);
        assert_int_equal(call("half.example.matrix"), NSS_STATUS_TRYAGAIN);
    }
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
    start = deadline_clock();
    assert_int_equal(call("silent.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_in_range(deadline_clock() - start, 200, 200 + LATE_MS);
    ring_every(0);
    /* Not as it was: under valgrind one may still be on its way. */
    sigaction(SIGALRM, &ignore, NULL);
    assert_true(rings > 100);
    own_stop(server);
    counts_figure("lookups with an alarm every millisecond",
                  4 * counts_of(RINGS) + 1);
}

static sigjmp_buf way_out;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(way_out, 1);
}

/* Its timer rings at another moment of the lookup each time. */
static int jump_out_often(const void *argument)
{
    struct sigaction action = {.sa_handler = jump_out};
    unsigned jumps = *(const unsigned *)argument;
    volatile unsigned jumped = 0;
    int before = highest_descriptor();
    sigset_t mask;

    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (volatile unsigned i = 0; i < jumps; i++) {
        if (sigsetjmp(way_out, 1) == 0) {
            struct itimerval soon = {.it_value = {0, 20 + i * 97 % 5000}};

            setitimer(ITIMER_REAL, &soon, NULL);
            (void)call("silent.misbehaves.example.matrix");
        } else {
            jumped++;
        }
        setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
        if (!same_mask(&mask))
            return 1;
        if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
            return 2;
    }
    if (call(NAME) != NSS_STATUS_SUCCESS)
        return 3;
    /* who jumps over us cannot be helped to close what we had open */
    if (highest_descriptor() > before + 4 * (int)jumps)
        return 4;
    return jumped > jumps / 2 ? 0 : 5;
}

static void jumps_out_of_lookups_spoil_no_later_one(void **state)
{
    unsigned jumps = counts_of(JUMPS);

    (void)state;
    own_have("example.org", "target 192.0.2.1 8448 0 0 -\n");
    world_have_helper();
    assert_int_equal(in_a_child(jump_out_often, &jumps), 0);
    counts_figure("jumps out of a lookup", jumps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OWN_WORLD(every_system_call_may_be_refused),
        IN_OWN_WORLD(a_hit_in_the_systems_cache_only_reads),
        IN_OWN_WORLD(descriptors_may_run_out_anywhere),
        IN_OWN_WORLD(stdio_may_be_closed),
        IN_OWN_WORLD(a_timer_every_millisecond_changes_nothing),
        IN_OWN_WORLD(jumps_out_of_lookups_spoil_no_later_one),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss cage", tests, own_make,
                                       world_remove);
}
