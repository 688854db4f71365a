/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records to be packed, and what was packed as text. */
#ifndef NSS_MATRIX_TESTS_PACK_LIST_H
#define NSS_MATRIX_TESTS_PACK_LIST_H

#include <arpa/inet.h>
#include <stdalign.h>

#include "pack.h"
#include "sample.h"

enum {
    ROOM = 2048,
    FIRST_BUFFER = 1024, /* what glibc offers first */
    POISON = 0x5a,
};

#define ASKED "Example.ORG.matrix."

/* In place: a record's strings point into itself. */
static inline void have(struct record *record, const char *targets)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);

    sample.targets = targets;
    sample_into(&sample, record);
    assert_int_equal(record_parse(record, SAMPLE_NOW), STATUS_OK);
}

static inline void list_one(int family, const void *octets, char *text)
{
    size_t length = strlen(text);

    assert_non_null(inet_ntop(family, octets, text + length, ADDRESS_TEXT));
    length = strlen(text);
    memcpy(text + length, " ", 2);
}

/* The texts of a hostent's addresses, one blank after each. */
static inline void list_hostent(const struct hostent *host, char *text)
{
    text[0] = '\0';
    for (char **each = host->h_addr_list; *each != NULL; each++)
        list_one(host->h_addrtype, *each, text);
}

static inline void list_tuples(const struct gaih_addrtuple *tuple, char *text)
{
    text[0] = '\0';
    for (; tuple != NULL; tuple = tuple->next)
        list_one(tuple->family, tuple->addr, text);
}

#define MIXED                                                                  \
    "target 192.0.2.1 1 10 0 -\ntarget 2001:db8::1 2 10 0 -\n"                 \
    "target 192.0.2.2 1 10 0 -\ntarget fe80::1 2 10 0 -\n"

#endif
