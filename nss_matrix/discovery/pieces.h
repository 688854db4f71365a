/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has been found out on the way to an answer: one piece for each
 * question, each with its own life. Discovery decides from pieces alone, so
 * a route whose SRV record has expired asks for that record again and for
 * nothing else. Their text form is the helper's memory beside the answer
 * record; only helpers and commands of the same user read it:
 *
 *     nss-matrix-pieces 1
 *     settings TOKEN               as in record.h
 *     piece KIND NAME FINDING @FOUND @EXPIRES FAILURES MS FLAGS
 *     detail TEXT
 *     delegated NAME               well-known found
 *     srv PRIORITY WEIGHT PORT NAME     in the order drawn; `-`: unusable
 *     address IP
 *     end
 *
 * `piece` to the last `address` once for each piece.
 */
#ifndef NSS_MATRIX_PIECES_H
#define NSS_MATRIX_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "dns.h"
#include "limit.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

enum piece_kind {
    PIECE_WELL_KNOWN, /* https://NAME/.well-known/matrix/server */
    PIECE_SRV_FED,    /* SRV _matrix-fed._tcp.NAME */
    PIECE_SRV_OLD,    /* SRV _matrix._tcp.NAME, deprecated */
    PIECE_ADDRESSES,  /* A and AAAA of NAME */
};

enum finding {
    FINDING_FOUND,     /* a delegation, records, addresses */
    FINDING_NONE,      /* DNS says that there are none */
    FINDING_TEMPORARY, /* DNS could not say */
    FINDING_FAILED,    /* well-known: everything but a 200 received whole */
    FINDING_INVALID,   /* well-known: 200 with a document that is none */
};

enum piece_flags {
    PIECE_TRANSPORT = 1, /* well-known: could not be had (TLS, transport ...) */
    PIECE_OURS = 2,      /* it failed for a reason of our own machine's */
    PIECE_HOSTS = 4,     /* addresses from the hosts file */
    PIECE_ALIAS = 8,     /* addresses by way of CNAMEs */
    PIECE_PARTIAL = 16,  /* addresses of one family could not be asked */
    PIECE_INSECURE = 32, /* well-known: certificate not verified, as told */
    PIECE_INTERNAL = 64, /* DNS: we were too short of something to ask it all */
};

/* One answer of a web server on the way to the document; not in the text. */
struct piece_hop {
    char *url; /* escaped */
    int status;
    char ip[ADDRESS_TEXT];
    int ms;
};

struct piece {
    enum piece_kind kind;
    char name[LIMIT_DNS_NAME + 1];
    enum finding finding;
    unsigned flags;
    int64_t found, expires; /* seconds since 1970 */
    unsigned failures; /* well-known: failures in a row, for the back-off */
    int ms;            /* what finding it took */
    bool remembered;   /* read from a cache file, not found just now */
    char detail[240];  /* for people, escaped */
    char delegated[LIMIT_SERVER_NAME + 1];
    unsigned srv_count;
    struct dns_srv *srv; /* in the order to try */
    unsigned address_count;
    struct address *addresses;
    unsigned hop_count;
    struct piece_hop *hops;
};

enum {
    /* well-known, both SRV of two names, addresses of those and of targets */
    PIECES_NEEDED = 1 + 4 + 2 + LIMIT_SRV_RECORDS,
    /* SRV targets of one set whose addresses are asked for ahead: strangers
     * may list many, and all for nothing */
    PIECES_AHEAD = 16,
    /* and as many again that were remembered, and may turn out no use; and
     * targets asked for ahead: of both sets of a name, of its delegate's old
     * set */
    PIECES_MAX = 2 * PIECES_NEEDED + 3 * PIECES_AHEAD,
    PIECE_FAILURES_MAX = 1000, /* where counting stops */
    PIECES_TEXT_MAX = 256 * 1024,
};

/* All zero: nothing is known. */
struct pieces {
    unsigned count;
    struct piece *list[PIECES_MAX];
};

/* A new piece, nothing found yet; NULL if there is no memory. */
struct piece *piece_new(enum piece_kind kind, const char *name);

/* NULL is accepted. */
void piece_free(struct piece *piece);

/* The piece for that question, the table's own; NULL if it is not known. */
struct piece *pieces_find(const struct pieces *pieces, enum piece_kind kind,
                          const char *name);

/*
 * Takes a piece into the table, in place of one for the same question.
 * STATUS_OK, or STATUS_TOO_BIG and the piece is freed.
 */
enum status pieces_put(struct pieces *pieces, struct piece *piece);

/* Takes the pieces whose life has ended by now out of the table. */
void pieces_drop_expired(struct pieces *pieces, int64_t now);

/*
 * Ends the pieces that are in the last quarter of their life, as if now were
 * their end: to be asked for anew together.
 */
void pieces_end_old(struct pieces *pieces, int64_t now);

/* Frees all pieces. */
void pieces_done(struct pieces *pieces);

/*
 * Writes the text form. STATUS_OK with a string that is the caller's;
 * STATUS_TOO_BIG or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status pieces_write(const struct pieces *pieces,
                                    const char *settings, char **ret_text,
                                    size_t *ret_length);

/*
 * Reads the text form (text[length] must be writable) found under settings,
 * into an empty table. Expired pieces too: their failures count. STATUS_OK;
 * STATUS_MISS if it is malformed or was found under other settings, with
 * the table left empty.
 */
MUST_CHECK enum status pieces_read(char *text, size_t length,
                                   const char *settings, int64_t now,
                                   struct pieces *ret_pieces);

#endif
