/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* matrix-resolve: which of its commands is it? */
#include <signal.h>

#include "check_run.h"
#include "openssl_memory.h"
#include "resolve_cache.h"
#include "resolve_options.h"
#include "resolve_run.h"
#include "standard.h"

/* What could not be written was not said. */
static int finish(int status)
{
    standard_flush("matrix-resolve", 5);
    return status;
}

int main(int argc, char **argv)
{
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct resolve_options options;

    standard_open();
    openssl_memory_watch();
    /* OpenSSL writes to connections that servers have closed. */
    sigaction(SIGPIPE, &ignored, NULL);
    /* A cache file that may not be so large is none; the answer is said. */
    sigaction(SIGXFSZ, &ignored, NULL);
    if (check_run_wanted(argc, argv))
        return check_run(argc, argv);
    resolve_options_read(argc, argv, &options);
    switch (options.command) {
    case RESOLVE_CACHE_SHOW:
        return finish(resolve_cache_show(&options));
    case RESOLVE_CACHE_FLUSH:
        return finish(resolve_cache_flush(&options));
    default:
        return resolve_run(&options);
    }
}
