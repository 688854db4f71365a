/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text form of pieces: what a helper remembers for the next one. */
#include "pieces.h"

#include "wire.h"

static const char HEAD[] = "nss-matrix-pieces 1\n";

static const char *const KINDS[] = {
    [PIECE_WELL_KNOWN] = "well-known",
    [PIECE_SRV_FED] = "srv-fed",
    [PIECE_SRV_OLD] = "srv-old",
    [PIECE_ADDRESSES] = "addresses",
};

static const char *const FINDINGS[] = {
    [FINDING_FOUND] = "found",         [FINDING_NONE] = "none",
    [FINDING_TEMPORARY] = "temporary", [FINDING_FAILED] = "failed",
    [FINDING_INVALID] = "invalid",
};

static void put_field(struct wire_writer *writer, const char *before,
                      const char *text)
{
    wire_put(writer, before);
    wire_put(writer, text);
}

static void put_number(struct wire_writer *writer, const char *before,
                       uint64_t number)
{
    wire_put(writer, before);
    wire_put_number(writer, number, 0);
}

static void put_piece(struct wire_writer *writer, const struct piece *piece)
{
    char ip[ADDRESS_TEXT];

    put_field(writer, "piece ", KINDS[piece->kind]);
    put_field(writer, " ", piece->name);
    put_field(writer, " ", FINDINGS[piece->finding]);
    put_number(writer, " @", (uint64_t)piece->found);
    put_number(writer, " @", (uint64_t)piece->expires);
    put_number(writer, " ", piece->failures);
    put_number(writer, " ", (uint64_t)piece->ms);
    put_number(writer, " ", piece->flags);
    put_field(writer, "\ndetail ", piece->detail);
    wire_put(writer, "\n");
    if (piece->delegated[0] != '\0') {
        put_field(writer, "delegated ", piece->delegated);
        wire_put(writer, "\n");
    }
    for (unsigned i = 0; i < piece->srv_count; i++) {
        const struct dns_srv *srv = &piece->srv[i];

        put_number(writer, "srv ", srv->priority);
        put_number(writer, " ", srv->weight);
        put_number(writer, " ", srv->port);
        put_field(writer, " ", srv->target[0] != '\0' ? srv->target : "-");
        wire_put(writer, "\n");
    }
    for (unsigned i = 0; i < piece->address_count; i++) {
        put_field(writer, "address ", address_text(&piece->addresses[i], ip));
        wire_put(writer, "\n");
    }
}

enum status pieces_write(const struct pieces *pieces, const char *settings,
                         char **ret_text, size_t *ret_length)
{
    char *text = malloc(PIECES_TEXT_MAX);

    if (text == NULL)
        return STATUS_NO_MEMORY;
    struct wire_writer writer = wire_writer(text, PIECES_TEXT_MAX);

    wire_put(&writer, HEAD);
    put_field(&writer, "settings ", settings);
    wire_put(&writer, "\n");
    for (unsigned i = 0; i < pieces->count; i++)
        put_piece(&writer, pieces->list[i]);
    wire_put(&writer, "end\n");
    if (writer.failed) {
        free(text);
        return STATUS_TOO_BIG;
    }
    *ret_text = text;
    *ret_length = writer.length;
    return STATUS_OK;
}

/* The place of word in a list of names; fails the reader if it is in none. */
static unsigned take_word(struct wire_reader *reader, const char *const *names,
                          unsigned count)
{
    const char *word = wire_take(reader, ' ');

    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], word) == 0)
            return i;
    reader->failed = true;
    return 0;
}

static void take_text(struct wire_reader *reader, char ending, char *to,
                      size_t room)
{
    const char *text = wire_take(reader, ending);

    if (!util_copy(to, room, text, strlen(text)))
        reader->failed = true;
}

static bool can_be_asked_for(const char *name)
{
    return server_name_is_host(name) && server_name_resolvable(name);
}

static void take_srv(struct wire_reader *reader, struct piece *piece)
{
    struct dns_srv srv = {0};
    struct dns_srv *grown;

    srv.priority = (uint16_t)wire_take_number(reader, ' ', UINT16_MAX);
    srv.weight = (uint16_t)wire_take_number(reader, ' ', UINT16_MAX);
    srv.port = (uint16_t)wire_take_number(reader, ' ', UINT16_MAX);
    take_text(reader, '\n', srv.target, sizeof(srv.target));
    if (strcmp(srv.target, "-") == 0)
        srv.target[0] = '\0';
    if (srv.target[0] != '\0' && strcmp(srv.target, ".") != 0 &&
        !can_be_asked_for(srv.target))
        reader->failed = true;
    if (reader->failed || piece->srv_count == LIMIT_SRV_RECORDS ||
        (grown = reallocarray(piece->srv, piece->srv_count + 1,
                              sizeof(*grown))) == NULL) {
        reader->failed = true;
        return;
    }
    piece->srv = grown;
    piece->srv[piece->srv_count++] = srv;
}

static void take_address(struct wire_reader *reader, struct piece *piece)
{
    const char *text = wire_take(reader, '\n');
    struct address address;
    struct address *grown;

    if (reader->failed || piece->address_count == LIMIT_ADDRESSES ||
        !address_parse(text, &address) ||
        (grown = reallocarray(piece->addresses, piece->address_count + 1,
                              sizeof(*grown))) == NULL) {
        reader->failed = true;
        return;
    }
    piece->addresses = grown;
    piece->addresses[piece->address_count++] = address;
}

static void take_delegated(struct wire_reader *reader, struct piece *piece)
{
    struct server_name name;

    take_text(reader, '\n', piece->delegated, sizeof(piece->delegated));
    if (server_name_parse(piece->delegated, strlen(piece->delegated), &name) !=
        STATUS_OK)
        reader->failed = true;
}

static void take_piece(struct wire_reader *reader, struct piece *piece)
{
    take_text(reader, ' ', piece->name, sizeof(piece->name));
    piece->finding =
        (enum finding)take_word(reader, FINDINGS, ARRAY_SIZE(FINDINGS));
    wire_expect(reader, "@");
    piece->found = (int64_t)wire_take_number(reader, ' ', INT64_MAX);
    wire_expect(reader, "@");
    piece->expires = (int64_t)wire_take_number(reader, ' ', INT64_MAX);
    piece->failures =
        (unsigned)wire_take_number(reader, ' ', PIECE_FAILURES_MAX);
    piece->ms = (int)wire_take_number(reader, ' ', INT32_MAX);
    piece->flags = (unsigned)wire_take_number(reader, '\n', UINT8_MAX);
    piece->remembered = true;
    wire_expect(reader, "detail ");
    take_text(reader, '\n', piece->detail, sizeof(piece->detail));
    if (wire_skip(reader, "delegated "))
        take_delegated(reader, piece);
    while (wire_skip(reader, "srv "))
        take_srv(reader, piece);
    while (wire_skip(reader, "address "))
        take_address(reader, piece);
}

/* Each kind has its own ways to fail; discovery relies on it. */
static bool finding_fits(enum piece_kind kind, enum finding finding)
{
    bool of_document = finding == FINDING_FAILED || finding == FINDING_INVALID;

    return finding == FINDING_FOUND ||
           of_document == (kind == PIECE_WELL_KNOWN);
}

/* A piece that says "found" must hold what its kind promises, no other one. */
static bool piece_is_whole(const struct piece *piece, int64_t now)
{
    bool found = piece->finding == FINDING_FOUND;
    bool srv = piece->kind == PIECE_SRV_FED || piece->kind == PIECE_SRV_OLD;

    return piece->found <= piece->expires &&
           piece->expires <= now + LIMIT_LIFE_S &&
           can_be_asked_for(piece->name) &&
           finding_fits(piece->kind, piece->finding) &&
           (piece->delegated[0] != '\0') ==
               (found && piece->kind == PIECE_WELL_KNOWN) &&
           (piece->srv_count > 0) == (found && srv) &&
           (piece->address_count > 0) ==
               (found && piece->kind == PIECE_ADDRESSES);
}

/* What is read goes to terminals and into records. */
static bool printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n')
            return false;
    return true;
}

enum status pieces_read(char *text, size_t length, const char *settings,
                        int64_t now, struct pieces *ret_pieces)
{
    struct wire_reader reader = wire_reader(text, length);

    if (!printable(text, length))
        return STATUS_MISS;
    wire_expect(&reader, HEAD);
    wire_expect(&reader, "settings ");
    if (strcmp(wire_take(&reader, '\n'), settings) != 0)
        return STATUS_MISS;
    while (!reader.failed && wire_skip(&reader, "piece ")) {
        struct piece *piece = piece_new(
            (enum piece_kind)take_word(&reader, KINDS, ARRAY_SIZE(KINDS)), "");

        if (piece == NULL)
            break;
        take_piece(&reader, piece);
        if (!piece_is_whole(piece, now))
            reader.failed = true;
        if (pieces_put(ret_pieces, piece) != STATUS_OK)
            reader.failed = true;
    }
    wire_expect(&reader, "end\n");
    if (reader.failed || reader.next != reader.end) {
        pieces_done(ret_pieces);
        return STATUS_MISS;
    }
    return STATUS_OK;
}
