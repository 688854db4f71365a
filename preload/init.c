/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The constructor, which runs in every program under the shim, most of which
 * never see a pseudo-name: the shared mapping, which must be there before the
 * first fork, libc's functions, and one look at the environment.
 */
#include <sys/auxv.h>

#include "cookies.h"
#include "note.h"
#include "real.h"

__attribute__((constructor)) static void init(void)
{
    real_init();
    if (getauxval(AT_SECURE) != 0)
        return;
    cookies_init();
    note_init();
}
