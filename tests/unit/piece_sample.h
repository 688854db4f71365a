/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces as tests need them: good ones, to which a test adds what it is about.
 */
#ifndef NSS_MATRIX_TESTS_PIECE_SAMPLE_H
#define NSS_MATRIX_TESTS_PIECE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pieces.h"

enum {
    PIECE_SAMPLE_NOW = 1700000000,
};

/* Found 100 s ago, good for 300 s more. */
static inline struct piece *piece_sample(enum piece_kind kind, const char *name,
                                         enum finding finding)
{
    struct piece *piece = piece_new(kind, name);

    assert_non_null(piece);
    piece->finding = finding;
    piece->found = PIECE_SAMPLE_NOW - 100;
    piece->expires = PIECE_SAMPLE_NOW + 300;
    piece->ms = 42;
    snprintf(piece->detail, sizeof(piece->detail), "of %.200s", name);
    return piece;
}

static inline void piece_sample_put(struct pieces *pieces, struct piece *piece)
{
    assert_int_equal(pieces_put(pieces, piece), STATUS_OK);
}

static inline void piece_sample_address(struct piece *piece, const char *ip)
{
    struct address *grown = reallocarray(
        piece->addresses, piece->address_count + 1, sizeof(*grown));

    assert_non_null(grown);
    piece->addresses = grown;
    assert_true(address_parse(ip, &grown[piece->address_count++]));
}

static inline void piece_sample_srv(struct piece *piece, uint16_t priority,
                                    const char *target)
{
    struct dns_srv *grown =
        reallocarray(piece->srv, piece->srv_count + 1, sizeof(*grown));

    assert_non_null(grown);
    piece->srv = grown;
    grown += piece->srv_count++;
    *grown = (struct dns_srv){.priority = priority, .weight = 7, .port = 8443};
    assert_true(util_copy(grown->target, sizeof(grown->target), target,
                          strlen(target)));
}

#endif
