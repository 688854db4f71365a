/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* matrix-resolve's command line. */
#ifndef NSS_MATRIX_RESOLVE_OPTIONS_H
#define NSS_MATRIX_RESOLVE_OPTIONS_H

#include <stdbool.h>

#include "option.h"
#include "settings.h"
#include "util.h"

enum resolve_command {
    RESOLVE_RESOLVE,
    RESOLVE_CACHE_SHOW,
    RESOLVE_CACHE_FLUSH,
};

enum resolve_form {
    RESOLVE_BLOCK, /* for people */
    RESOLVE_TRACE, /* for people, every step */
    RESOLVE_SHORT, /* ip, port, TLS name, Host: tab-separated rows */
    RESOLVE_JSON,
    RESOLVE_CURL,
    RESOLVE_OPENSSL,
};

struct resolve_options {
    enum resolve_command command;
    enum resolve_form form;
    bool form_given;
    enum option_colour colour;
    struct overrides overrides; /* the environment's, then the options' */
    int family;                 /* AF_UNSPEC, AF_INET, AF_INET6 */
    bool no_cache;
    int timeout_ms;
    const char *user_agent; /* NULL: our own */
    const char *file;       /* NULL: names are arguments; - is stdin */
    int jobs;               /* names under way at the same time */
    bool ordered;           /* answers in the order of the names */
    bool all;               /* cache flush --all */
    int name_count;
    char **names;
};

/*
 * Reads the command line; argv is permuted and names point into it. Prints
 * help, version, or what is wrong, and ends the process, where that is all
 * there is to do (status 0 or 2).
 */
void resolve_options_read(int argc, char **argv,
                          struct resolve_options *ret_options);

#endif
