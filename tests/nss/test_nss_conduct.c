/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the built module behaves in a process that is not its own: system calls,
 * heap, stack, threads, forks, descriptors, sandboxes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "deadline.h"
#include "module_world.h"

#define NAME "example.org.matrix"
#define TARGETS "target 192.0.2.1 8448 0 0 -\ntarget 2001:db8::1 8448 0 0 -\n"

enum {
    ROOM = 1024,
    HIT_CALLS = 8, /* system calls */
    STACK_LIMIT = 8 * 1024,
    TOLERANCE_MS = 1000,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool SANITIZED = true;
#else
static const bool SANITIZED = false;

/* Counts what the module allocates: ours comes before libc's. */
static _Atomic unsigned allocations;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

static bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

static bool not_looked_at(const char *why)
{
    print_message("# not looked at: %s\n", why);
    return true;
}

static enum nss_status call(const char *name)
{
    char buffer[ROOM];
    struct gaih_addrtuple *list = NULL;
    int errno_value, h_errno_value;

    return hooks.by_name4(name, &list, buffer, sizeof(buffer), &errno_value,
                          &h_errno_value, NULL);
}

static enum nss_status call_v4(const char *name)
{
    char buffer[ROOM];
    struct hostent host;
    int errno_value, h_errno_value;

    return hooks.by_name(name, &host, buffer, sizeof(buffer), &errno_value,
                         &h_errno_value);
}

static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* Runs it in a child; its exit status, or -1 if a signal ended it. */
static int in_a_child(int (*what)(const void *), const void *argument)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0)
        _exit(what(argument));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_hit_allocates_nothing(void **state)
{
    (void)state;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    world_have_targets("example.org", TARGETS);
    unsigned before = allocations;
    assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
    assert_int_equal(call_v4(NAME), NSS_STATUS_SUCCESS);
    assert_int_equal(call("foreign.example"), NSS_STATUS_UNAVAIL);
    assert_int_equal(call("a_b.matrix"), NSS_STATUS_NOTFOUND);
    assert_int_equal(call("missing.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_int_equal(allocations, before);
    void *volatile one = malloc(1);
    free(one);
    assert_int_equal(allocations, before + 1); /* it does count */
#endif
}

/* The child to be watched: two markers, and the lookup between them. */
static void be_traced(const char *name)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(2);
    raise(SIGSTOP);
    syscall(SYS_getppid);
    call(name);
    syscall(SYS_getppid);
    _exit(0);
}

/* How many system calls a lookup makes; -1 if that cannot be watched here. */
static int count_calls(const char *name)
{
    struct __ptrace_syscall_info info;
    pid_t child = fork();
    unsigned markers = 0;
    int count = 0;
    int status;

    assert_true(child >= 0);
    if (child == 0)
        be_traced(name);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
        return -1;
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0)
            return -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status))
            return markers == 2 ? count : -1;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) <= 0)
            return -1;
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        if (info.entry.nr == SYS_getppid)
            markers++;
        else if (markers == 1)
            count++;
    }
}

static void a_hit_makes_few_system_calls(void **state)
{
    char conf[2 * PLACE_MAX];
    int with_override, without;

    (void)state;
    snprintf(conf, sizeof(conf), "%s", getenv("NSS_MATRIX_CONF"));
    world_have_targets("example.org", TARGETS);
    with_override = count_calls(NAME);
    unsetenv("NSS_MATRIX_CONF");
    world_have_targets("example.org", TARGETS);
    without = count_calls(NAME); /* a miss in the system's cache before it */
    setenv("NSS_MATRIX_CONF", conf, 1);
    if (with_override < 0 && not_looked_at("no ptrace here"))
        return;
    assert_in_range(with_override, 3, HIT_CALLS);
    assert_in_range(without, 3, HIT_CALLS);
}

static void other_names_and_bad_names_make_none(void **state)
{
    static const char *const NAMES[] = {
        "foreign.example", "",           "matrix", "../../etc/passwd.matrix",
        "a\nb.matrix",     "a..b.matrix"};

    (void)state;
    world_have_helper();
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        int count = count_calls(NAMES[i]);

        if (count < 0 && not_looked_at("no ptrace here"))
            return;
        assert_int_equal(count, 0);
    }
}

/* What a thread does with a painted stack. */
struct painted {
    const char *name; /* NULL: nothing */
    enum nss_status status;
};

static void *call_painted(void *argument)
{
    struct painted *painted = argument;

    if (painted->name != NULL)
        painted->status = call(painted->name);
    return NULL;
}

/* How much of a thread's stack was ever written to. */
static size_t stack_used(struct painted *painted)
{
    size_t size = 256 * 1024;
    size_t unused = 0;
    pthread_attr_t attributes;
    pthread_t thread;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    assert_ptr_not_equal(stack, MAP_FAILED);
    memset(stack, 0x5a, size);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, size), 0);
    assert_int_equal(
        pthread_create(&thread, &attributes, call_painted, painted), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    while (unused < size && stack[unused] == 0x5a)
        unused++;
    munmap(stack, size);
    return size - unused;
}

static void the_stack_stays_below_8_kib(void **state)
{
    struct painted nothing = {.name = NULL};
    struct painted hit = {.name = NAME};
    struct painted spawned = {.name = "spawned.example.matrix"};
    size_t base, used;

    (void)state;
    if (SANITIZED && not_looked_at("sanitizers need more"))
        return;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    base = stack_used(&nothing);
    used = stack_used(&hit) - base - ROOM;
    assert_int_equal(hit.status, NSS_STATUS_SUCCESS);
    print_message("# stack of a hit: %zu\n", used);
    assert_in_range(used, 1, STACK_LIMIT);
    used = stack_used(&spawned) - base - ROOM;
    assert_int_equal(spawned.status, NSS_STATUS_SUCCESS);
    print_message("# stack of a spawn: %zu\n", used);
    assert_in_range(used, 1, STACK_LIMIT);
}

static void a_helper_is_spawned_and_leaves_no_child(void **state)
{
    unsigned before = count_descriptors();

    (void)state;
    world_have_helper();
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(call("spawned.example.matrix"), NSS_STATUS_SUCCESS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(count_descriptors(), before);
}

static void a_helper_that_fails_is_to_be_tried_again(void **state)
{
    int64_t start = deadline_clock();

    (void)state;
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "0.1", 1);
    assert_int_equal(call("closes.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_int_equal(call("half.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_int_equal(call("silent.example.matrix"), NSS_STATUS_TRYAGAIN);
    assert_in_range(deadline_clock() - start, 100, 300 + TOLERANCE_MS);
}

static void below_a_helper_nothing_is_found(void **state)
{
    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    setenv("NSS_MATRIX_IN_HELPER", "1", 1);
    assert_int_equal(call(NAME), NSS_STATUS_NOTFOUND);
    unsetenv("NSS_MATRIX_IN_HELPER");
}

static int look_up_in_child(const void *argument)
{
    (void)argument;
    return call(NAME) == NSS_STATUS_SUCCESS ? 0 : 1;
}

static void *look_up_often(void *argument)
{
    unsigned *failures = argument;

    for (unsigned i = 0; i < 200; i++) {
        if (call(NAME) != NSS_STATUS_SUCCESS)
            ++*failures;
        if (call_v4("missing.example.matrix") != NSS_STATUS_TRYAGAIN)
            ++*failures;
    }
    return NULL;
}

static void threads_and_forks_do_not_disturb_it(void **state)
{
    unsigned before = count_descriptors();
    unsigned failures[16] = {0};
    pthread_t threads[16];

    (void)state;
    world_have_targets("example.org", TARGETS);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, look_up_often, &failures[i]), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(in_a_child(look_up_in_child, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
    assert_int_equal(count_descriptors(), before);
}

static void loading_it_often_keeps_nothing(void **state)
{
    unsigned before = count_descriptors();

    (void)state;
    world_have_targets("example.org", TARGETS);
    for (unsigned i = 0; i < 100; i++) {
        void *module = dlopen(hooks_module(), RTLD_NOW | RTLD_LOCAL);

        assert_non_null(module);
        assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
        dlclose(module);
    }
    assert_int_equal(call(NAME), NSS_STATUS_SUCCESS);
    assert_int_equal(count_descriptors(), before);
}

static void without_descriptors_it_is_to_be_tried_again(void **state)
{
    struct rlimit before, none;
    enum nss_status status;

    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = call(NAME);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, NSS_STATUS_TRYAGAIN);
}

static sigjmp_buf way_out;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(way_out, 1);
}

/* As programs do that time getaddrinfo out with alarm(). */
static int jump_out_of_a_lookup(const void *argument)
{
    struct sigaction action = {.sa_handler = jump_out};
    struct itimerval soon = {.it_value = {0, 30000}};
    sigset_t before, after;

    (void)argument;
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_SETMASK, NULL, &before);
    if (sigsetjmp(way_out, 1) == 0) {
        setitimer(ITIMER_REAL, &soon, NULL);
        call("silent.example.matrix");
        return 1;
    }
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&before, number) != sigismember(&after, number))
            return 2;
    return call(NAME) == NSS_STATUS_SUCCESS ? 0 : 3;
}

static void a_jump_out_of_a_lookup_spoils_no_later_one(void **state)
{
    (void)state;
    world_have_targets("example.org", TARGETS);
    world_have_helper();
    assert_int_equal(in_a_child(jump_out_of_a_lookup, NULL), 0);
}

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
        IN_WORLD(a_hit_allocates_nothing),
        IN_WORLD(a_hit_makes_few_system_calls),
        IN_WORLD(other_names_and_bad_names_make_none),
        IN_WORLD(the_stack_stays_below_8_kib),
        IN_WORLD(a_helper_is_spawned_and_leaves_no_child),
        IN_WORLD(a_helper_that_fails_is_to_be_tried_again),
        IN_WORLD(below_a_helper_nothing_is_found),
        IN_WORLD(threads_and_forks_do_not_disturb_it),
        IN_WORLD(loading_it_often_keeps_nothing),
        IN_WORLD(without_descriptors_it_is_to_be_tried_again),
        IN_WORLD(a_jump_out_of_a_lookup_spoils_no_later_one),
        IN_WORLD(a_hit_needs_no_more_than_reading_a_file),
        IN_WORLD(a_sandbox_that_refuses_a_call_is_survived),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (under_valgrind()) {
        print_message("1..0 # SKIP what it looks at is not valgrind's\n");
        return 0;
    }
    return cmocka_run_group_tests_name("nss conduct", tests, world_make,
                                       world_remove);
}
