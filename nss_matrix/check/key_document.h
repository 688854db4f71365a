/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The document at /_matrix/key/v2/server (server-server API, "Publishing
 * Keys"): the name it is for, until when it holds, and its signing keys, each
 * with what its signature over the canonical JSON is worth. Pure but for the
 * cryptography, which is OpenSSL's.
 */
#ifndef NSS_MATRIX_KEY_DOCUMENT_H
#define NSS_MATRIX_KEY_DOCUMENT_H

#include "json_tree.h"
#include "limit.h"

enum {
    KEY_DOCUMENT_KEYS = 16, /* more are not judged, and that is said */
    KEY_DOCUMENT_REASON_MAX = 200,
};

/* One key in verify_keys. */
struct key_document_key {
    char id[100];    /* escaped; "ed25519:auto" */
    char public[60]; /* escaped, as it was written */
    bool ed25519;    /* by its id */
    bool valid_key;  /* 32 octets in unpadded base64 */
    bool is_signed;  /* there is a signature by it */
    bool signature_matches;
    char fault[120]; /* "" or what is wrong: "is 31 octets long, not 32" */
};

struct key_document {
    bool is_named;
    char server_name[LIMIT_SERVER_NAME + 45]; /* escaped */
    bool has_valid_until;
    int64_t valid_until_ms; /* since 1970 */
    bool canonical;         /* it has a canonical form, which can be signed */
    char canonical_fault[KEY_DOCUMENT_REASON_MAX];
    unsigned key_count;
    struct key_document_key keys[KEY_DOCUMENT_KEYS];
    unsigned more_keys;
    char *text; /* in canonical form, signatures included; NULL: has none */
};

/*
 * Reads and verifies length octets of body. STATUS_OK: it is a JSON object,
 * and the fields say what it is worth; STATUS_INVALID with a reason that fits
 * into "the document ..."; STATUS_NO_MEMORY. Clear with key_document_done.
 */
MUST_CHECK enum status
key_document_read(const char *body, size_t length,
                  struct key_document *ret_document,
                  char ret_reason[static KEY_DOCUMENT_REASON_MAX]);

/* Frees what it owns. */
void key_document_done(struct key_document *document);

/* Whether it has an ed25519 key of 32 octets. */
bool key_document_has_key(const struct key_document *document);

/* Whether it has a key, and every ed25519 key has signed it validly. */
bool key_document_is_signed(const struct key_document *document);

#endif
