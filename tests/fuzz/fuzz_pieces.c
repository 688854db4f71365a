/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pieces file, a helper's memory beside the record. What is taken keeps
 * the grammar and every bound; written anew it is read again, and what is
 * written from that is the same to the octet.
 */
#include "fuzz.h"

#include "pieces.h"

static const char SETTINGS[] = "conf=none,overrides=none";

static void check_piece(const struct piece *piece)
{
    FUZZ_CHECK(server_name_is_host(piece->name));
    FUZZ_CHECK(server_name_resolvable(piece->name));
    FUZZ_CHECK(piece->found <= piece->expires);
    FUZZ_CHECK(piece->expires <= FUZZ_NOW + LIMIT_LIFE_S);
    FUZZ_CHECK(piece->failures <= PIECE_FAILURES_MAX && piece->ms >= 0);
    FUZZ_CHECK(fuzz_printable(piece->detail));
    FUZZ_CHECK(piece->delegated[0] == '\0' ||
               server_name_is_valid(piece->delegated));
    FUZZ_CHECK(piece->srv_count <= LIMIT_SRV_RECORDS);
    FUZZ_CHECK(piece->address_count <= LIMIT_ADDRESSES);
    for (unsigned i = 0; i < piece->srv_count; i++)
        FUZZ_CHECK(piece->srv[i].target[0] == '\0' ||
                   strcmp(piece->srv[i].target, ".") == 0 ||
                   server_name_is_host(piece->srv[i].target));
    FUZZ_CHECK(piece->finding != FINDING_FOUND || piece->delegated[0] != '\0' ||
               piece->srv_count + piece->address_count > 0);
}

/* False if text is not taken; the text that is written of it else. */
static bool rewrite(const char *octets, size_t length, char **ret_text,
                    size_t *ret_length)
{
    struct pieces pieces = {0};
    char *text = malloc(length + 1);

    FUZZ_CHECK(text != NULL);
    memcpy(text, octets, length);
    enum status status = pieces_read(text, length, SETTINGS, FUZZ_NOW, &pieces);
    free(text);
    FUZZ_CHECK(status == STATUS_OK || pieces.count == 0);
    if (status != STATUS_OK)
        return false;
    FUZZ_CHECK(pieces.count <= PIECES_MAX);
    for (unsigned i = 0; i < pieces.count; i++) {
        check_piece(pieces.list[i]);
        FUZZ_CHECK(pieces_find(&pieces, pieces.list[i]->kind,
                               pieces.list[i]->name) == pieces.list[i]);
    }
    FUZZ_CHECK(pieces_write(&pieces, SETTINGS, ret_text, ret_length) ==
               STATUS_OK);
    pieces_done(&pieces);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(free) char *text = NULL;
    AUTO(free) char *again = NULL;
    size_t length, other;

    if (size > PIECES_TEXT_MAX / 2 ||
        !rewrite((const char *)data, size, &text, &length))
        return 0;
    FUZZ_CHECK(rewrite(text, length, &again, &other));
    FUZZ_CHECK(length == other && memcmp(text, again, length) == 0);
    return 0;
}
