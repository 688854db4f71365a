/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dlopen without RTLD_DEEPBIND, under which a library (and all it brings
 * along: PHP's extensions) would see the TLS library before the shim.
 */
#include <dlfcn.h>

#include "preload.h"
#include "real.h"

REAL_LIBC_DECLARE(dlopen);

/*
 * The real one must be jumped to, not called: glibc takes the namespace,
 * RUNPATH and $ORIGIN to search by from its return address. A test looks for
 * the jump.
 */
#if defined(__has_attribute) && __has_attribute(musttail)
#define JUMP __attribute__((musttail)) return
#define WITH_JUMPS
#else
#define JUMP return
#define WITH_JUMPS __attribute__((optimize("O2")))
#endif

WITH_JUMPS HOOK(void *, dlopen, (const char *file, int mode))
{
    JUMP REAL_LIBC(dlopen)(file, mode & ~RTLD_DEEPBIND);
}
