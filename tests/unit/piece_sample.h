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
#include <ctype.h>
#include <netinet/in.h>

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

static inline void piece_sample_assert_name(const char *name)
{
    assert_in_range(strlen(name), 1, LIMIT_SERVER_NAME);
    for (; *name != '\0'; name++)
        assert_true(isalnum((unsigned char)*name) ||
                    strchr(".-:[]", *name) != NULL);
}

static inline void piece_sample_assert_lists(const struct piece *piece)
{
    bool document = piece->kind == PIECE_WELL_KNOWN;
    bool addresses = piece->kind == PIECE_ADDRESSES;
    bool found = piece->finding == FINDING_FOUND;

    assert_int_equal(piece->delegated[0] != '\0', found && document);
    assert_int_equal(piece->address_count > 0, found && addresses);
    assert_int_equal(piece->srv_count > 0, found && !document && !addresses);
    assert_in_range(piece->address_count, 0, LIMIT_ADDRESSES);
    assert_in_range(piece->srv_count, 0, LIMIT_SRV_RECORDS);
    if (found && document) {
        piece_sample_assert_name(piece->delegated);
        assert_true(server_name_is_valid(piece->delegated));
    }
    for (unsigned i = 0; i < piece->address_count; i++)
        assert_true(piece->addresses[i].family == AF_INET ||
                    piece->addresses[i].family == AF_INET6);
    for (unsigned i = 0; i < piece->srv_count; i++)
        assert_true(piece->srv[i].target[0] == '\0' ||
                    strcmp(piece->srv[i].target, ".") == 0 ||
                    server_name_is_host(piece->srv[i].target));
}

/* What discovery relies on, whoever wrote the file. */
static inline void piece_sample_assert_sound(const struct piece *piece)
{
    bool document = piece->kind == PIECE_WELL_KNOWN;

    piece_sample_assert_name(piece->name);
    assert_true(server_name_is_host(piece->name));
    assert_true(server_name_resolvable(piece->name));
    assert_true(piece->found <= piece->expires);
    assert_true(piece->expires <= PIECE_SAMPLE_NOW + LIMIT_LIFE_S);
    assert_in_range(piece->failures, 0, PIECE_FAILURES_MAX);
    assert_true(piece->finding != FINDING_NONE || !document);
    assert_true(piece->finding != FINDING_INVALID || document);
    for (const char *c = piece->detail; *c != '\0'; c++)
        assert_true(*c >= ' ' && *c <= '~');
    piece_sample_assert_lists(piece);
}

#endif
