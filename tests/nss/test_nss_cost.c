/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a lookup costs its host: system calls, heap, stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "nss_host.h"

enum {
    /* System calls: stat of the configuration, geteuid, open, stat of the
     * directory, fstat, read, close. In the system's cache it is one less. */
    HIT_CALLS = 7,
    MISS_CALLS = 1, /* in the system's cache: open */
    STACK_LIMIT = 8 * 1024,
};

#if !SANITIZED
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

static void a_hit_allocates_nothing(void **state)
{
    (void)state;
#if !SANITIZED
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
    assert_int_equal(with_override, HIT_CALLS);
    assert_int_equal(without, HIT_CALLS + MISS_CALLS);
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

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_hit_allocates_nothing),
        IN_WORLD(a_hit_makes_few_system_calls),
        IN_WORLD(other_names_and_bad_names_make_none),
        IN_WORLD(the_stack_stays_below_8_kib),
    };

    if (under_valgrind()) {
        print_message("1..0 # SKIP what it looks at is not valgrind's\n");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss cost", tests, world_make,
                                       world_remove);
}
