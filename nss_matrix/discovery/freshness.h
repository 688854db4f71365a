/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long HTTP headers let an answer live (RFC 9111, as a private cache):
 * Cache-Control max-age less Age, no-store and no-cache, else Expires less
 * Date. Pure; fed line by line.
 */
#ifndef NSS_MATRIX_FRESHNESS_H
#define NSS_MATRIX_FRESHNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: no header seen. */
struct freshness {
    bool no_store; /* or no-cache */
    bool has_max_age;
    int64_t max_age; /* seconds, saturating; the smallest of several */
    bool has_age;
    int64_t age; /* seconds, saturating */
    bool has_expires;
    int64_t expires; /* seconds since 1970; no date at all is long ago */
    bool has_date;
    int64_t date;
};

/* Takes one header line, `Name: value`, with or without its line end. */
void freshness_header(struct freshness *freshness, const char *line,
                      size_t length);

/*
 * The life in seconds from now (seconds since 1970) that the headers give: 0
 * for "not reusable", -1 if they say nothing.
 */
int64_t freshness_life(const struct freshness *freshness, int64_t now);

/*
 * The life of a well-known document: what the headers give, else 24 hours;
 * never under LIMIT_DOCUMENT_FLOOR_S (a resolver without any memory would
 * fetch for every connection), never over LIMIT_LIFE_S.
 */
int64_t freshness_document_life(const struct freshness *freshness, int64_t now);

#endif
