/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an answer depends on besides the network: the configuration file and
 * the overrides of one process. The thin layer compares, it never parses: it
 * looks at the file's identity (one stat) and takes a record only if the
 * settings are those it would ask with. So an answer found under one
 * configuration is never served under another.
 */
#ifndef NSS_MATRIX_SETTINGS_H
#define NSS_MATRIX_SETTINGS_H

#include <stdbool.h>

#include "limit.h"
#include "util.h"

/* Where the environment's settings are; each is NULL if it is not set. */
struct overrides {
    const char *conf;    /* NSS_MATRIX_CONF: instead of /etc/nss-matrix.conf */
    const char *spec;    /* NSS_MATRIX_SPEC: draft or v1 */
    const char *ca_file; /* NSS_MATRIX_CA_FILE: PEM */
    const char *ca_path; /* NSS_MATRIX_CA_PATH: hashed directory */
    const char *dns; /* NSS_MATRIX_DNS: ADDR[:PORT] instead of resolv.conf */
};

struct settings {
    bool overridden; /* then the system cache and socket are not for us */
    char token[LIMIT_SETTINGS];
};

/*
 * The overrides in this process's environment; none in secure mode
 * (AT_SECURE). The strings are the environment's.
 */
void settings_overrides(struct overrides *ret_overrides);

/*
 * The settings as they are now, by one stat() of the configuration file. The
 * token is printable and without blanks:
 * `conf=INODE.SIZE.SECONDS.NANOSECONDS,overrides=HASH`, where an absent file
 * is `conf=none` and no override `overrides=none`. HASH is 64 bits of FNV-1a
 * over all of them: it tells settings of one user apart, it is no signature.
 */
void settings_now(const struct overrides *overrides,
                  struct settings *ret_settings);

/* The path of the configuration file that is in force. */
const char *settings_conf_path(const struct overrides *overrides);

#endif
