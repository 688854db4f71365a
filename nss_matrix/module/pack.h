/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Laying a record into the caller's buffer, as struct hostent or as a list of
 * struct gaih_addrtuple, whatever the buffer's size and alignment are. An NSS
 * answer has neither ports nor an order that lasts (glibc sorts it anew), so
 * only the targets of the best priority go in: those of its first target.
 * Pure: no I/O, no allocation.
 */
#ifndef NSS_MATRIX_PACK_H
#define NSS_MATRIX_PACK_H

#include <netdb.h>
#include <nss.h>
#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "status.h"
#include "util.h"

/* What is left of the caller's buffer. */
struct pack {
    char *next;
    size_t left;
    bool failed; /* something did not fit: nothing more is handed out */
};

/* Starts with the whole buffer. */
struct pack pack_into(char *buffer, size_t size);

/*
 * The addresses of one family (AF_INET or AF_INET6), at most
 * LIMIT_NSS_TARGETS, none twice; the name as it was asked is h_name, and
 * there are no aliases. STATUS_OK; STATUS_NOT_FOUND if the record has no
 * address of that family; STATUS_TOO_BIG if the buffer is too small.
 */
MUST_CHECK enum status pack_hostent(struct pack *pack,
                                    const struct record *record,
                                    const char *asked, int family,
                                    struct hostent *ret_host);

/*
 * The same of both families; of more addresses than fit, half of each, or what
 * the other family leaves. If *list is not NULL it is the caller's and
 * becomes the first of the list (an old nscd does that); else *list becomes
 * the first. *list and **list are untouched unless STATUS_OK. 1024 octets, as
 * glibc offers first, are enough for every record.
 */
MUST_CHECK enum status pack_tuples(struct pack *pack,
                                   const struct record *record,
                                   const char *asked,
                                   struct gaih_addrtuple **list);

#endif
