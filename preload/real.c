/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dynamic linker looks for a symbol first in the global scope, which for
 * us is RTLD_NEXT, then among the dependencies of the object that refers to
 * it, which a handle of that object searches (without preloaded libraries).
 * Both in the version that the object asks for: where two copies of a library
 * are loaded, a caller whose other calls go to one must not be sent to the
 * other with that one's objects.
 */
#include "real.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>

#include "real_version.h"

/* All that REAL_LIBC_DECLARE made; the linker knows where they are. */
extern struct real_once __start_real_libc[]
    __attribute__((visibility("hidden")));
extern struct real_once __stop_real_libc[]
    __attribute__((visibility("hidden")));

/* glibc 2.35 has it, in its loader: weak, so that libc is all we need. */
#if __GLIBC_PREREQ(2, 35)
#pragma weak _dl_find_object
#endif

/*
 * The object an address lies in, NULL if in none: code made at run time.
 * dladdr1 looks for the symbol too, which is much for every call.
 */
static const struct link_map *object_of(const void *address)
{
    struct link_map *map;
    Dl_info info;

#if __GLIBC_PREREQ(2, 35)
    struct dl_find_object found;

    if (_dl_find_object != NULL)
        return _dl_find_object((void *)address, &found) == 0
                   ? found.dlfo_link_map
                   : NULL;
#endif
    return dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 ? map
                                                                        : NULL;
}

/* A call at the very end of an object returns to behind it. */
static const struct link_map *caller_of(const void *caller)
{
    return object_of((const char *)caller - 1);
}

bool real_is_own_call(const void *caller, const void *function)
{
    const struct link_map *object = caller_of(caller);

    return object != NULL && object == object_of(function);
}

/* Our own hook is never the real function. */
static void *not_ours(void *function)
{
    return function != NULL && object_of(function) ==
                                   object_of((void *)(uintptr_t)real_find)
               ? NULL
               : function;
}

static void *look_up(void *scope, const char *name, const char *version)
{
    return not_ours(version != NULL ? dlvsym(scope, name, version)
                                    : dlsym(scope, name));
}

/* Among an object's dependencies. It is loaded: nothing is read or run. */
static void *look_up_from(const char *object, const char *name,
                          const char *version)
{
    void *handle = dlopen(object, RTLD_LAZY | RTLD_NOLOAD);
    void *function;

    if (handle == NULL)
        return NULL;
    function = look_up(handle, name, version);
    dlclose(handle);
    return function;
}

/*
 * The path of the object that is number index, copied: nothing may be looked
 * up from within dl_iterate_phdr, whose lock comes after dlopen's.
 */
struct nth {
    unsigned index;
    char path[PATH_MAX];
};

static int visit(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct nth *nth = argument;

    (void)size;
    if (nth->index-- > 0)
        return 0;
    if (!util_copy(nth->path, sizeof(nth->path), info->dlpi_name,
                   strlen(info->dlpi_name)))
        nth->path[0] = '\0';
    return 1;
}

/* The one function of that name, wherever it is; NULL if there are two. */
static void *only_candidate(const char *name)
{
    void *only = NULL;

    for (unsigned i = 0;; i++) {
        struct nth nth = {.index = i};
        void *function;

        if (dl_iterate_phdr(visit, &nth) == 0)
            return only;
        /* The program's handle would find our hook, and RTLD_NEXT was asked. */
        if (nth.path[0] == '\0')
            continue;
        function = look_up_from(nth.path, name, NULL);
        if (function != NULL && only != NULL && function != only)
            return NULL;
        if (function != NULL)
            only = function;
    }
}

static void *search(const char *name, const struct link_map *caller)
{
    const char *version = caller != NULL ? real_version(caller, name) : NULL;
    void *function = look_up(RTLD_NEXT, name, version);

    if (function == NULL && caller != NULL && caller->l_name[0] != '\0')
        function = look_up_from(caller->l_name, name, version);
    if (function == NULL)
        function = only_candidate(name);
    return function;
}

/* What is remembered must not be unloaded: dlclose() would leave it dangling.
 */
static void keep_loaded(const void *function)
{
    const struct link_map *object = object_of(function);
    void *handle;

    if (object == NULL || object->l_name[0] == '\0')
        return;
    handle = dlopen(object->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle != NULL)
        dlclose(handle);
}

/*
 * Remembered by the caller's path: its link map may be freed, and then be
 * another object's. Two threads may both remember it, which does no harm.
 */
static void remember(struct real *real, const struct link_map *object,
                     void *function)
{
    AUTO(free) char *path = strdup(object->l_name);

    for (unsigned i = 0; path != NULL && i < REAL_OBJECTS_MAX; i++) {
        struct real_found *found = &real->found[i];
        void *nobody = NULL;

        if (atomic_compare_exchange_strong(&found->function, &nobody, function))
            atomic_store(&found->path, TAKE(path));
    }
}

static void *recall(struct real *real, const struct link_map *object)
{
    for (unsigned i = 0; i < REAL_OBJECTS_MAX; i++) {
        struct real_found *found = &real->found[i];
        void *function =
            atomic_load_explicit(&found->function, memory_order_acquire);
        const char *path =
            atomic_load_explicit(&found->path, memory_order_acquire);

        if (function == NULL)
            return NULL;
        if (path != NULL && strcmp(path, object->l_name) == 0)
            return function;
    }
    return NULL;
}

void *real_find(struct real *real, const void *caller)
{
    const struct link_map *object = caller_of(caller);
    void *function = object != NULL ? recall(real, object) : NULL;
    int saved = errno;

    if (function != NULL)
        return function;
    function = search(real->name, object);
    if (function != NULL && object != NULL) {
        keep_loaded(function);
        remember(real, object, function);
    }
    errno = saved;
    return function;
}

void *real_libc(const char *name)
{
    return look_up(RTLD_NEXT, name, NULL);
}

void *real_once(struct real_once *once)
{
    void *function =
        atomic_load_explicit(&once->function, memory_order_acquire);

    if (function == NULL) {
        int saved = errno;

        function = real_libc(once->name);
        if (function == NULL)
            abort();
        atomic_store(&once->function, function);
        errno = saved;
    }
    return function;
}

/* What is missing may never be called (before 2.34 getaddrinfo_a is not in
 * libc). */
void real_init(void)
{
    int saved = errno;

    /* cppcheck-suppress comparePointers ; the linker's ends of one section */
    for (struct real_once *once = __start_real_libc; once < __stop_real_libc;
         once++)
        atomic_store(&once->function, real_libc(once->name));
    errno = saved;
}
