/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of pieces. Its text form is in pieces_text.c. */
#include "pieces.h"

struct piece *piece_new(enum piece_kind kind, const char *name)
{
    struct piece *piece = calloc(1, sizeof(*piece));

    if (piece == NULL ||
        !util_copy(piece->name, sizeof(piece->name), name, strlen(name))) {
        free(piece);
        return NULL;
    }
    piece->kind = kind;
    return piece;
}

void piece_free(struct piece *piece)
{
    if (piece == NULL)
        return;
    for (unsigned i = 0; i < piece->hop_count; i++)
        free(piece->hops[i].url);
    free(piece->hops);
    free(piece->srv);
    free(piece->addresses);
    free(piece);
}

static struct piece **find_slot(struct pieces *pieces, enum piece_kind kind,
                                const char *name)
{
    for (unsigned i = 0; i < pieces->count; i++)
        if (pieces->list[i]->kind == kind &&
            strcmp(pieces->list[i]->name, name) == 0)
            return &pieces->list[i];
    return NULL;
}

struct piece *pieces_find(const struct pieces *pieces, enum piece_kind kind,
                          const char *name)
{
    struct piece **slot = find_slot((struct pieces *)pieces, kind, name);

    return slot != NULL ? *slot : NULL;
}

enum status pieces_put(struct pieces *pieces, struct piece *piece)
{
    struct piece **slot = find_slot(pieces, piece->kind, piece->name);

    if (slot != NULL) {
        piece_free(*slot);
        *slot = piece;
        return STATUS_OK;
    }
    if (pieces->count == PIECES_MAX) {
        piece_free(piece);
        return STATUS_TOO_BIG;
    }
    pieces->list[pieces->count++] = piece;
    return STATUS_OK;
}

void pieces_drop_expired(struct pieces *pieces, int64_t now)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < pieces->count; i++) {
        if (pieces->list[i]->expires > now)
            pieces->list[kept++] = pieces->list[i];
        else
            piece_free(pieces->list[i]);
    }
    pieces->count = kept;
}

void pieces_end_old(struct pieces *pieces, int64_t now)
{
    for (unsigned i = 0; i < pieces->count; i++) {
        struct piece *piece = pieces->list[i];

        if (piece->expires > now &&
            piece->expires - now <= (piece->expires - piece->found) / 4)
            piece->expires = now;
    }
}

void pieces_done(struct pieces *pieces)
{
    for (unsigned i = 0; i < pieces->count; i++)
        piece_free(pieces->list[i]);
    pieces->count = 0;
}
