/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the function that a hook stands before. libc's are found once, in
 * the constructor. A TLS library's is found through the object that called
 * the hook: dlsym(RTLD_NEXT) misses libraries opened RTLD_LOCAL (Python,
 * Perl, Ruby, GIO), and "any loaded libssl" is wrong when there are two.
 */
#ifndef NSS_MATRIX_REAL_H
#define NSS_MATRIX_REAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "util.h"

enum {
    REAL_OBJECTS_MAX = 32, /* callers remembered per function */
};

/*
 * What has been found for one function: static, zero but for its name, one
 * beside each hook. Append-only; any thread may look.
 */
struct real {
    const char *name;
    struct real_found {
        _Atomic(void *) function;   /* written first; NULL: free */
        _Atomic(const char *) path; /* of the caller's object */
    } found[REAL_OBJECTS_MAX];
};

/*
 * The real function for a call that returns to caller
 * (__builtin_return_address(0)): the one that the dynamic linker would have
 * given the caller without us, in the version that the caller asks for; last,
 * the only candidate among all loaded objects. NULL if there is none or more
 * than one, and never the hook itself: the hook then fails its call. errno is
 * kept. Does not allocate once found.
 */
void *real_find(struct real *real, const void *caller);

/*
 * Whether caller lies in the same object as function: a TLS library calling
 * itself. A hint only, since return addresses lie after tail calls.
 */
bool real_is_own_call(const void *caller, const void *function);

/* libc's function of that name. NULL if there is none. */
void *real_libc(const char *name);

/*
 * A function of libc's, found in the constructor: there is but one libc. All
 * of them stand in a section of their own.
 */
struct real_once {
    const char *name;
    _Atomic(void *) function;
};

/* Finds all of them; in the constructor. errno is kept. */
void real_init(void);

/* Finds one that is called before the constructor ran; aborts without it. */
void *real_once(struct real_once *once);

/* In a hook: the real function, typed as the hook is. */
#define REAL(function)                                                         \
    ((__typeof__(&(function)))real_find(&real_##function,                      \
                                        __builtin_return_address(0)))

/* Beside a hook: where its real function is remembered. */
#define REAL_DECLARE(function)                                                 \
    static struct real real_##function = {.name = #function}

/* The same for a function of libc's, which is never NULL. */
#define REAL_LIBC(function)                                                    \
    ((__typeof__(&(function)))real_once(&real_libc_##function))

#define REAL_LIBC_DECLARE(function)                                            \
    __attribute__((section("real_libc"),                                       \
                   used)) static struct real_once real_libc_##function = {     \
        .name = #function}

#endif
