/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands in for the shim: only whether it is loaded matters. */
#include <stdlib.h>

__attribute__((constructor)) static void say_so(void)
{
    setenv("RUN_SHIM", "loaded", 1);
}
