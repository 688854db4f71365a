/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the network said, as pieces with their lives. */
#include "piece_make.h"

#include "well_known.h"

static enum finding finding_of(enum dns_result result)
{
    static const enum finding FINDINGS[] = {
        [DNS_FOUND] = FINDING_FOUND,
        [DNS_NONE] = FINDING_NONE,
        [DNS_TEMPORARY] = FINDING_TEMPORARY,
    };

    return FINDINGS[result];
}

static void set_life(struct piece *piece, int64_t now, int64_t life)
{
    int64_t most = piece->finding == FINDING_TEMPORARY ? LIMIT_OUR_FAILURE_S
                                                       : LIMIT_LIFE_S;

    piece->found = now;
    piece->expires = now + (life < most ? life : most);
}

static void *copy_list(const void *list, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);

    if (copy != NULL && list != NULL)
        memcpy(copy, list, count * size);
    return copy;
}

struct piece *piece_from_addresses(const char *name,
                                   const struct addresses *addresses,
                                   int64_t now)
{
    struct piece *piece = piece_new(PIECE_ADDRESSES, name);

    if (piece == NULL)
        return NULL;
    piece->finding = finding_of(addresses->result);
    piece->flags = (addresses->hosts_file ? PIECE_HOSTS : 0U) |
                   (addresses->aliases > 0 ? PIECE_ALIAS : 0U) |
                   (addresses->partial ? PIECE_PARTIAL : 0U) |
                   (addresses->internal ? PIECE_INTERNAL : 0U);
    piece->ms = addresses->ms;
    snprintf(piece->detail, sizeof(piece->detail), "%s", addresses->detail);
    set_life(piece, now, addresses->life);
    piece->address_count = addresses->count;
    piece->addresses =
        copy_list(addresses->list, addresses->count, sizeof(*piece->addresses));
    if (piece->addresses == NULL) {
        piece_free(piece);
        return NULL;
    }
    return piece;
}

struct piece *piece_from_srv(enum piece_kind kind, const char *name,
                             const struct dns_answer *answer, int64_t now,
                             srv_random *random, void *argument)
{
    struct piece *piece = piece_new(kind, name);

    if (piece == NULL)
        return NULL;
    piece->finding = finding_of(answer->result);
    piece->flags = answer->internal ? PIECE_INTERNAL : 0;
    snprintf(piece->detail, sizeof(piece->detail), "%s", answer->detail);
    set_life(piece, now, answer->ttl);
    piece->srv_count = answer->count;
    piece->srv = copy_list(answer->srv, answer->count, sizeof(*piece->srv));
    if (piece->srv == NULL) {
        piece_free(piece);
        return NULL;
    }
    srv_order(piece->srv, piece->srv_count, random, argument);
    return piece;
}

static int64_t failure_life(unsigned failures)
{
    int64_t life = LIMIT_FAILURE_FIRST_S;

    while (failures-- > 0 && life < LIMIT_FAILURE_LAST_S)
        life *= 2;
    return life < LIMIT_FAILURE_LAST_S ? life : LIMIT_FAILURE_LAST_S;
}

/* More than there will be; whoever reads pieces relies on the bound. */
static unsigned one_more(unsigned failures)
{
    return failures < PIECE_FAILURES_MAX ? failures + 1 : PIECE_FAILURES_MAX;
}

/*
 * Whether the document could not be had, rather than not being there: a host
 * without address serves none, and 404 and 410 say so.
 */
static bool is_transport(enum fetch_result result, int status)
{
    if (result == FETCH_HTTP)
        return status != 404 && status != 410;
    return result != FETCH_NO_ADDRESS && result != FETCH_BLOCKED;
}

static void judge_failure(struct piece *piece, enum fetch_result result,
                          int status, const char *detail)
{
    piece->finding = FINDING_FAILED;
    piece->flags |= is_transport(result, status) ? PIECE_TRANSPORT : 0U;
    piece->flags |= result == FETCH_OURS ? PIECE_OURS : 0U;
    snprintf(piece->detail, sizeof(piece->detail), "%s", detail);
}

/* False without memory: the document may be a good one. */
static bool judge_document(struct piece *piece,
                           const struct fetch_answer *answer)
{
    char reason[WELL_KNOWN_REASON_MAX];
    struct server_name delegated;

    switch (
        well_known_parse(answer->body, answer->length, &delegated, reason)) {
    case STATUS_OK:
        piece->finding = FINDING_FOUND;
        memcpy(piece->delegated, delegated.text, sizeof(delegated.text));
        snprintf(piece->detail, sizeof(piece->detail), "m.server is %.220s",
                 delegated.text);
        return true;
    case STATUS_INVALID:
        piece->finding = FINDING_INVALID;
        snprintf(piece->detail, sizeof(piece->detail), "%s", reason);
        return true;
    default:
        return false;
    }
}

/* gcc 12 forgets where the first one was put when it sees the second. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
static bool copy_hops(struct piece *piece, const struct fetch_answer *answer)
{
    piece->hops = calloc(answer->hop_count + 1, sizeof(*piece->hops));
    if (piece->hops == NULL)
        return false;
    for (unsigned i = 0; i < answer->hop_count; i++) {
        const struct fetch_hop *from = &answer->hops[i];
        struct piece_hop *to = &piece->hops[i];

        to->url = strdup(from->url != NULL ? from->url : "");
        if (to->url == NULL)
            return false;
        piece->hop_count++;
        to->status = from->status;
        to->ms = from->ms;
        memcpy(to->ip, from->ip, sizeof(to->ip));
    }
    return true;
}
#pragma GCC diagnostic pop

struct piece *piece_from_fetch(const char *host,
                               const struct fetch_answer *answer, int64_t now,
                               unsigned failures)
{
    struct piece *piece = piece_new(PIECE_WELL_KNOWN, host);

    if (piece == NULL || !copy_hops(piece, answer)) {
        piece_free(piece);
        return NULL;
    }
    piece->ms = answer->ms;
    piece->flags = answer->insecure ? PIECE_INSECURE : 0;
    if (answer->result != FETCH_OK) {
        judge_failure(piece, answer->result, answer->status, answer->detail);
    } else if (!judge_document(piece, answer)) {
        piece_free(piece);
        return NULL;
    }
    if (piece->finding == FINDING_FOUND) {
        set_life(piece, now, freshness_document_life(&answer->freshness, now));
    } else if ((piece->flags & PIECE_OURS) != 0) {
        piece->failures = failures;
        set_life(piece, now, LIMIT_OUR_FAILURE_S);
    } else {
        piece->failures = one_more(failures);
        set_life(piece, now, failure_life(failures));
    }
    return piece;
}
