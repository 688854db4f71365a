/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addresses of host names: the hosts file first, then AAAA and A, each
 * family on its own. One book serves one discovery and asks for each name
 * once, whoever wants it (a question of discovery, a hop of the fetch).
 */
#ifndef NSS_MATRIX_ADDRESSES_H
#define NSS_MATRIX_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "dns.h"
#include "limit.h"
#include "loop.h"
#include "status.h"
#include "util.h"

struct addresses {
    enum dns_result result; /* DNS_TEMPORARY: none found, and a family failed */
    bool internal; /* a question could not be asked: we were short of something;
                      that nothing was found then says nothing */
    bool partial;  /* found, but one family failed or was too late */
    bool hosts_file;  /* that is where they are from */
    unsigned aliases; /* CNAMEs followed */
    uint32_t life;    /* seconds, by TTL or the limits */
    int ms;           /* what finding them took */
    unsigned count;
    struct address list[LIMIT_ADDRESSES]; /* IPv6 first, else as they came */
    char detail[200]; /* for people: "2 addresses", "NXDOMAIN", ... */
};

struct address_book;

/*
 * Called from loop_turn when a name that was wanted has become known, or
 * known early.
 */
typedef void address_book_changed(void *argument);

/*
 * A book over loop and dns (both borrowed); hosts_file is a path, normally
 * HOSTS_FILE. STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status address_book_new(struct loop *loop, struct dns *dns,
                                        const char *hosts_file,
                                        address_book_changed *changed,
                                        void *argument,
                                        struct address_book **ret_book);

/* From here on the book knows AF_INET or AF_INET6 alone (AF_UNSPEC: both). */
void address_book_limit(struct address_book *book, int family);

/* Cancels what is under way. NULL is accepted. */
void address_book_free(struct address_book *book);

/*
 * Wants the addresses of name (server_name_resolvable, lower case). Known at
 * once from the hosts file or if asked before; else changed will be called.
 * When one family has answered with addresses, the other is asked for once
 * more after LIMIT_FAMILY_EARLY_MS, and has LIMIT_FAMILY_GRACE_MS in all, or
 * as long again from then on as the first one took if that is longer. STATUS_OK
 * or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status address_book_want(struct address_book *book,
                                         const char *name);

/* What is known of name: the book's own; NULL if that is nothing yet. */
const struct addresses *address_book_get(const struct address_book *book,
                                         const char *name);

/*
 * The addresses of one family, where the other's answer is not there after
 * LIMIT_FAMILY_EARLY_MS (RFC 8305 section 3): good to connect to, but not yet
 * what is known of name. Gives how many there are; 0 once the name is known.
 */
unsigned address_book_early(const struct address_book *book, const char *name,
                            struct address ret_list[static LIMIT_ADDRESSES]);

#endif
