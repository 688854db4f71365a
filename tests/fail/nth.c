/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LD_PRELOADed into a program, fails one call of those that can fail, or some
 * in a row: the n-th that our own code makes, counted over all forks, of all
 * or of the one that NTH_ONLY names. Ours is what returns into an object whose
 * file's name is in NTH_OBJECTS (with blanks between); what libcurl or OpenSSL
 * make of a failure of their own is not our subject. Counts allocations and
 * descriptors that are left, too. See nth.h, nth.py.
 */
#include "nth.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <link.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    RANGES = 32,
    SLOTS = 1 << 16, /* of the table of allocations; a power of two */
};

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void __libc_free(void *pointer);

static struct nth_shared *shared; /* NULL: not at work */
static const char *objects;
static const char *only; /* the only call that counts; NULL: all do */
static struct {
    uintptr_t from, to;
} ranges[RANGES];
static unsigned range_count;
static void *ours[SLOTS];

static bool is_listed(const char *path)
{
    const char *name = strrchr(path, '/');
    size_t length;

    name = name != NULL ? name + 1 : path;
    length = strlen(name);
    for (const char *at = objects; at != NULL && *at != '\0';) {
        size_t word = strcspn(at, " ");

        if (word == length && strncmp(at, name, word) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *argument)
{
    char self[512] = "";
    const char *path = info->dlpi_name;

    (void)size, (void)argument;
    if (path[0] == '\0' && readlink("/proc/self/exe", self, 511) > 0)
        path = self;
    for (int i = 0; is_listed(path) && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];

        if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0 ||
            range_count == RANGES)
            continue;
        ranges[range_count].from = info->dlpi_addr + header->p_vaddr;
        ranges[range_count].to = ranges[range_count].from + header->p_memsz;
        range_count++;
    }
    return 0;
}

static void find_objects(void)
{
    range_count = 0;
    dl_iterate_phdr(add_object, NULL);
}

static bool is_ours(const void *caller)
{
    for (unsigned i = 0; i < range_count; i++)
        if ((uintptr_t)caller >= ranges[i].from &&
            (uintptr_t)caller < ranges[i].to)
            return true;
    return false;
}

/* Counts a call; whether it is one to fail. */
static bool fails(const void *caller, const char *name, int error)
{
    uint32_t call;

    if (shared == NULL || !is_ours(caller) ||
        (only != NULL && strcmp(only, name) != 0))
        return false;
    call = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST);
    if (call < shared->fail || call - shared->fail >= shared->run)
        return false;
    if (shared->failed++ == 0)
        strncat(shared->name, name, sizeof(shared->name) - 1);
    errno = error;
    return true;
}

/* The table of what we allocated: open addressing, a hole is a 1. */
static void **find_slot(const void *pointer, bool to_put)
{
    size_t at = ((uintptr_t)pointer >> 4) * 2654435761U;

    for (size_t i = 0; i < SLOTS; i++) {
        void **slot = &ours[(at + i) & (SLOTS - 1)];

        if (*slot == pointer || (to_put && (uintptr_t)*slot <= 1))
            return slot;
        if (*slot == NULL)
            return NULL;
    }
    return NULL;
}

static void *note_new(const void *caller, void *pointer)
{
    void **slot;

    if (pointer == NULL || shared == NULL || !is_ours(caller))
        return pointer;
    slot = find_slot(pointer, true);
    if (slot != NULL && *slot != pointer) {
        *slot = pointer;
        __atomic_add_fetch(&shared->live, 1, __ATOMIC_SEQ_CST);
    }
    return pointer;
}

static void note_gone(const void *pointer)
{
    void **slot =
        pointer == NULL || shared == NULL ? NULL : find_slot(pointer, false);

    if (slot == NULL)
        return;
    *slot = (void *)(uintptr_t)1;
    __atomic_sub_fetch(&shared->live, 1, __ATOMIC_SEQ_CST);
}

#define CALLER __builtin_return_address(0)

EXPORT void *malloc(size_t size)
{
    return fails(CALLER, "malloc", ENOMEM)
               ? NULL
               : note_new(CALLER, __libc_malloc(size));
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails(CALLER, "calloc", ENOMEM)
               ? NULL
               : note_new(CALLER, __libc_calloc(count, size));
}

static void *reallocate(const void *caller, void *pointer, size_t size)
{
    void *moved = __libc_realloc(pointer, size);

    if (moved != NULL || size == 0)
        note_gone(pointer);
    return note_new(caller, moved);
}

EXPORT void *realloc(void *pointer, size_t size)
{
    return fails(CALLER, "realloc", ENOMEM) ? NULL
                                            : reallocate(CALLER, pointer, size);
}

EXPORT void *reallocarray(void *pointer, size_t count, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return fails(CALLER, "reallocarray", ENOMEM)
               ? NULL
               : reallocate(CALLER, pointer, all);
}

EXPORT void free(void *pointer)
{
    note_gone(pointer);
    __libc_free(pointer);
}

EXPORT char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy;

    if (fails(CALLER, "strdup", ENOMEM))
        return NULL;
    copy = note_new(CALLER, __libc_malloc(size));
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

int CRYPTO_set_mem_functions(void *allocate, void *reallocate, void *release);

/*
 * Refused, as it may be: else OpenSSL's allocations would be calls of ours, and
 * it loses some of its own where others fail. test_openssl_memory has them.
 */
EXPORT int CRYPTO_set_mem_functions(void *allocate, void *reallocate,
                                    void *release)
{
    (void)allocate, (void)reallocate, (void)release;
    return 0;
}

static void find_real(void);

/* Libraries are called before they are begun. */
#define REAL(name) (real_##name == NULL ? find_real() : (void)0, real_##name)

/* The real function: found at the start, since we are called in clones. */
#define FAILING(result, name, parameters, arguments, failure, error)           \
    static result(*real_##name) parameters;                                    \
    EXPORT result name parameters                                              \
    {                                                                          \
        return fails(CALLER, #name, error) ? (failure) : REAL(name) arguments; \
    }
#include "nth_calls.h"
#undef FAILING

/* Those with more arguments than they say. */
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_fcntl)(int, int, ...);
static int (*real_clone)(int (*)(void *), void *, int, void *, ...);

EXPORT int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails(CALLER, "open", EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails(CALLER, "openat", EMFILE)
               ? -1
               : REAL(openat)(directory, path, flags, mode);
}

EXPORT int fcntl(int fd, int what, ...)
{
    va_list rest;
    void *argument;

    va_start(rest, what);
    argument = va_arg(rest, void *);
    va_end(rest);
    return fails(CALLER, "fcntl", EMFILE) ? -1
                                          : REAL(fcntl)(fd, what, argument);
}

EXPORT int clone(int (*act)(void *), void *stack, int flags, void *argument,
                 ...)
{
    return fails(CALLER, "clone", EAGAIN)
               ? -1
               : REAL(clone)(act, stack, flags, argument);
}

static void *(*real_dlopen)(const char *, int);

/* What is loaded later may be ours. */
EXPORT void *dlopen(const char *path, int flags)
{
    void *handle = REAL(dlopen)(path, flags);

    if (shared != NULL)
        find_objects();
    return handle;
}

static void find_real(void)
{
#define FAILING(result, name, parameters, arguments, failure, error)           \
    *(void **)&real_##name = dlsym(RTLD_NEXT, #name);
#include "nth_calls.h"
#undef FAILING
    *(void **)&real_open = dlsym(RTLD_NEXT, "open");
    *(void **)&real_openat = dlsym(RTLD_NEXT, "openat");
    *(void **)&real_fcntl = dlsym(RTLD_NEXT, "fcntl");
    *(void **)&real_clone = dlsym(RTLD_NEXT, "clone");
    *(void **)&real_dlopen = dlsym(RTLD_NEXT, "dlopen");
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("NTH_FILE");
    int fd;
    void *map;

    find_real();
    objects = getenv("NTH_OBJECTS");
    only = getenv("NTH_ONLY");
    if (path == NULL || objects == NULL)
        return;
    find_objects();
    fd = real_open(path, O_RDWR | O_CLOEXEC);
    map = fd < 0 ? MAP_FAILED
                 : real_mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                             MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (map != MAP_FAILED)
        shared = map;
}

__attribute__((destructor)) static void end(void)
{
    unsigned open_now = 0;

    if (shared == NULL)
        return;
    for (int fd = 3; fd < 256; fd++)
        open_now += REAL(fcntl)(fd, F_GETFD) >= 0;
    shared->descriptors = open_now;
    shared->ended = 1;
}
