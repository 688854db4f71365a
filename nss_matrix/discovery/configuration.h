/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/nss-matrix.conf: lines of `key value`, # begins a comment. Everything
 * works without the file. A bad line is an error that names file, line and
 * what was expected; nothing is guessed. Overrides (settings.h) win.
 */
#ifndef NSS_MATRIX_CONFIGURATION_H
#define NSS_MATRIX_CONFIGURATION_H

#include <stdbool.h>

#include "address.h"
#include "limit.h"
#include "settings.h"
#include "status.h"
#include "util.h"

/* Which text of the discovery process. */
enum spec {
    SPEC_DRAFT, /* 31 January 2019, with later additions; the default */
    SPEC_V1,    /* the released text, v1.19 */
};

/* A network: the first bits of address. */
struct cidr {
    struct address address;
    unsigned bits;
};

/* One `insecure` line. */
struct insecure {
    char name[LIMIT_SERVER_NAME + 1]; /* lower case; "" if it is a network */
    bool suffix;                      /* *.NAME: any name below */
    struct cidr network;              /* matches IP literals only */
};

enum {
    CONFIGURATION_LIST_MAX = 256, /* lines of `insecure`, and of `deny` */
    CONFIGURATION_ERROR_MAX = 512,
};

struct configuration {
    enum spec spec;
    int timeout_ms;   /* what an NSS caller waits; 0 if not set */
    char *ca_file;    /* NULL: the system's store */
    char *ca_path;    /* NULL: the system's store */
    char *proxy;      /* NULL: none; http:// or https:// or socks5h:// URL */
    char *dns;        /* NULL: as resolv.conf says */
    char *user_agent; /* NULL: our own */
    bool cache;       /* `cache no` switches files off */
    bool speculate;   /* ask ahead what may be needed */
    struct insecure *insecure;
    unsigned insecure_count;
    struct cidr *deny;
    unsigned deny_count;
};

/*
 * Reads the file at settings_conf_path(overrides), which may be absent unless
 * the override names it, by an absolute path, then applies the overrides, which
 * are checked as the file's values are; one of the two for certificates
 * replaces both of the file's. STATUS_OK, or STATUS_UNAVAILABLE with a sentence
 * in error that names the place
 * ("/etc/nss-matrix.conf:3: `spec`: expected draft or v1, not `v2`"), or
 * STATUS_NO_MEMORY. Free with configuration_done in any case.
 */
MUST_CHECK enum status
configuration_load(const struct overrides *overrides,
                   struct configuration *ret_configuration,
                   char error[static CONFIGURATION_ERROR_MAX]);

/* Frees what it owns. */
void configuration_done(struct configuration *configuration);

/* "draft" or "v1". */
const char *spec_name(enum spec spec);

/* The spec of that name; false if there is none. */
bool spec_from_name(const char *name, enum spec *ret_spec);

/*
 * Whether certificates are not to be verified for host: a lower-case host
 * name or the text of an IP literal.
 */
bool configuration_is_insecure(const struct configuration *configuration,
                               const char *host);

/*
 * Whether `deny` forbids connecting to address. IPv4 inside IPv6 (mapped,
 * compatible, 6to4, NAT64 64:ff9b::/96) is also judged as what it holds.
 */
bool configuration_denies(const struct configuration *configuration,
                          const struct address *address);

#endif
