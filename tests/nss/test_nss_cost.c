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
#include <sys/prctl.h>
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
#define SEEN __attribute__((visibility("default")))

/* Counts what the module allocates: ours comes before libc's, if it is seen. */
static _Atomic unsigned allocations;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
SEEN void *malloc(size_t size);
SEEN void *calloc(size_t count, size_t size);
SEEN void *realloc(void *old, size_t size);

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
    char *volatile one = strdup("x"); /* allocated by another object */
    free(one);
    assert_int_equal(allocations, before + 1); /* it does count */
#endif
}

/* The child to be watched: two markers, and the lookup between them. */
static void be_traced(const char *name)
{
    /* Who was root is not to be looked into, unless it says so. */
    prctl(PR_SET_DUMPABLE, 1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(2);
    raise(SIGSTOP);
    syscall(SYS_getppid);
    call(name);
    syscall(SYS_getppid);
    _exit(0);
}

enum {
    PATHS_MAX = 16,
};

/* What a lookup opened, in its own words. */
struct opened {
    unsigned count;
    char path[PATHS_MAX][PATH_MAX];
};

/* The path that the child gives to openat, which has just been entered. */
static void take_path(pid_t child, uint64_t at, struct opened *opened)
{
    char *path = opened->path[opened->count++ % PATHS_MAX];
    size_t length = 0;

    do {
        long word = ptrace(PTRACE_PEEKDATA, child, at + length, NULL);

        memcpy(path + length, &word, sizeof(word));
        length += sizeof(word);
    } while (memchr(path + length - sizeof(long), '\0', sizeof(long)) == NULL &&
             length < PATH_MAX);
    path[PATH_MAX - 1] = '\0';
}

/*
 * How many system calls a lookup makes, and what it opens if somebody wants to
 * know; -1 if that cannot be watched here.
 */
static int watch_calls(const char *name, struct opened *opened)
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
        if (markers == 1 && opened != NULL && info.entry.nr == SYS_openat)
            take_path(child, info.entry.args[1], opened);
    }
}

static int count_calls(const char *name)
{
    return watch_calls(name, NULL);
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

/* So none opens a file, and none starts a process. */
static void other_names_and_bad_names_make_none(void **state)
{
    static const char *const NAMES[] = {"foreign.example",
                                        "",
                                        ".",
                                        "..",
                                        "matrix",
                                        ".matrix",
                                        "matrix.",
                                        "xmatrix",
                                        "a.matrix.example",
                                        "../../etc/passwd.matrix",
                                        "/etc/passwd.matrix",
                                        "a/b.matrix",
                                        "a\nb.matrix",
                                        "a\nwait 1.matrix",
                                        "a b.matrix",
                                        "a\001b.matrix",
                                        "a%b.matrix",
                                        "b\xc3\xbc"
                                        "cher.matrix",
                                        "[::1].matrix",
                                        "h:8448.matrix",
                                        "127.1.matrix",
                                        "...matrix",
                                        "..matrix",
                                        "a..b.matrix",
                                        "x.matrix.matrix"};
    static char huge[100000 + 1];

    (void)state;
    world_have_helper();
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        int count = count_calls(NAMES[i]);

        if (count < 0 && not_looked_at("no ptrace here"))
            return;
        if (count != 0)
            fail_msg("%d system calls for '%s'", count, NAMES[i]);
    }
    memset(huge, 'a', sizeof(huge) - 1);
    assert_int_equal(count_calls(huge), 0);
    memcpy(huge + sizeof(huge) - 8, ".matrix", 7);
    assert_int_equal(count_calls(huge), 0);
    /* in the grammar, but a label is longer than DNS allows */
    assert_int_equal(count_calls(huge + sizeof(huge) - 1 - 254), 0);
}

static void odd_names_of_ours_lead_out_of_no_cache(void **state)
{
    static const char *const NAMES[] = {
        "-x.matrix",     "A.Matrix.",     "a..matrix",
        "--help.matrix", "passwd.matrix", "--1.ipv6-literal.8448.matrix"};
    static struct opened opened;
    const char *cache = place("cache/nss-matrix/v1/");

    (void)state;
    world_have_targets("example.org", TARGETS);
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        opened.count = 0;
        if (watch_calls(NAMES[i], &opened) < 0 &&
            not_looked_at("no ptrace here"))
            return;
        assert_in_range(opened.count, 1, PATHS_MAX);
        if (strncmp(opened.path[0], cache, strlen(cache)) != 0 ||
            strchr(opened.path[0] + strlen(cache), '/') != NULL)
            fail_msg("'%s' opens %s", NAMES[i], opened.path[0]);
        /* besides it, the helper's place alone */
        for (unsigned j = 1; j < opened.count; j++)
            assert_string_equal(opened.path[j], getenv("NSS_MATRIX_HELPER"));
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
        IN_WORLD(odd_names_of_ours_lead_out_of_no_cache),
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
