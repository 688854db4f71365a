/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the document, and verifying it with each of its own keys. */
#include "key_document.h"

#include <openssl/evp.h>

#include "canonical_json.h"
#include "escape.h"
#include "json_members.h"
#include "openssl_memory.h"

enum {
    KEY_OCTETS = 32,
    SIGNATURE_OCTETS = 64,
};

/* The octets that the signatures are over. */
struct payload {
    char *text;
    size_t length;
};

/*
 * Decodes unpadded base64 (RFC 4648 section 4) of at most room octets; gives
 * how many they are, or -1. Padding is refused: Go's servers do so too.
 */
static int decode(const struct json_value *value, unsigned char *to, int room)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789+/";
    unsigned bits = 0, have = 0;
    int count = 0;

    if (value->length % 4 == 1)
        return -1;
    for (size_t i = 0; i < value->length; i++) {
        const char *digit =
            value->text[i] == 0 ? NULL : strchr(DIGITS, value->text[i]);

        if (digit == NULL)
            return -1;
        bits = bits << 6 | (unsigned)(digit - DIGITS);
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (count < room)
                to[count] = (unsigned char)(bits >> have);
            count++;
        }
    }
    return count;
}

static bool verify(const unsigned char *public, const unsigned char *signature,
                   const struct payload *payload)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, KEY_OCTETS);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, SIGNATURE_OCTETS,
                                 (const unsigned char *)payload->text,
                                 payload->length) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

static void judge_signature(struct key_document_key *key,
                            const struct json_value *signature,
                            const unsigned char *public,
                            const struct payload *payload)
{
    unsigned char octets[SIGNATURE_OCTETS];

    if (signature == NULL) {
        snprintf(key->fault, sizeof(key->fault), "has not signed the document");
        return;
    }
    key->is_signed = true;
    if (decode(signature, octets, SIGNATURE_OCTETS) != SIGNATURE_OCTETS)
        snprintf(key->fault, sizeof(key->fault),
                 "has a signature that is not 64 octets in unpadded base64");
    else if (payload->text == NULL)
        snprintf(key->fault, sizeof(key->fault),
                 "cannot have signed a document without canonical form");
    else if (!verify(public, octets, payload))
        snprintf(key->fault, sizeof(key->fault),
                 "has a signature that does not match the document");
    else
        key->signature_matches = true;
}

/* The last member of that key, as everywhere: whatever it is. */
static const struct json_value *last_member(const struct json_value *object,
                                            const char *key, size_t key_length)
{
    const struct json_value *found = NULL;

    for (const struct json_value *at = object->first; at != NULL; at = at->next)
        if (at->key_length == key_length &&
            memcmp(at->key, key, key_length) == 0)
            found = at;
    return found;
}

/* signatures.SERVER_NAME.KEY_ID */
static const struct json_value *find_signature(const struct json_value *root,
                                               const struct json_value *name,
                                               const struct json_value *key)
{
    const struct json_value *all =
        json_tree_member(root, "signatures", JSON_OBJECT);
    const struct json_value *by =
        all != NULL && name != NULL ? last_member(all, name->text, name->length)
                                    : NULL;
    const struct json_value *signature =
        by != NULL && by->kind == JSON_OBJECT
            ? last_member(by, key->key, key->key_length)
            : NULL;

    return signature != NULL && signature->kind == JSON_STRING ? signature
                                                               : NULL;
}

static void read_key(struct key_document_key *key,
                     const struct json_value *member,
                     const struct json_value *signature,
                     const struct payload *payload)
{
    const struct json_value *text =
        json_tree_member(member, "key", JSON_STRING);
    unsigned char public[KEY_OCTETS];
    int octets;

    escape_text(key->id, sizeof(key->id), member->key, member->key_length);
    key->ed25519 =
        member->key_length > 8 && memcmp(member->key, "ed25519:", 8) == 0;
    if (text == NULL) {
        snprintf(key->fault, sizeof(key->fault), "has no \"key\"");
        return;
    }
    escape_text(key->public, sizeof(key->public), text->text, text->length);
    if (!key->ed25519)
        return;
    octets = decode(text, public, KEY_OCTETS);
    key->valid_key = octets == KEY_OCTETS;
    if (octets < 0)
        snprintf(key->fault, sizeof(key->fault), "is not unpadded base64");
    else if (!key->valid_key)
        snprintf(key->fault, sizeof(key->fault), "is %d octets long, not 32",
                 octets);
    else
        judge_signature(key, signature, public, payload);
}

/* Of equal keys the last counts, as it does for the signature. */
static enum status read_keys(struct key_document *document,
                             const struct json_value *root,
                             const struct payload *payload)
{
    AUTO(free) const struct json_value **list = NULL;
    const struct json_value *keys =
        json_tree_member(root, "verify_keys", JSON_OBJECT);
    const struct json_value *name =
        json_tree_member(root, "server_name", JSON_STRING);
    size_t count = 0;

    if (keys == NULL)
        return STATUS_OK;
    if (json_members(keys, &list, &count) != STATUS_OK)
        return STATUS_NO_MEMORY;
    json_members_as_they_stood(list, count);
    for (size_t i = 0; i < count; i++) {
        if (document->key_count == KEY_DOCUMENT_KEYS)
            document->more_keys++;
        else
            read_key(&document->keys[document->key_count++], list[i],
                     find_signature(root, name, list[i]), payload);
    }
    return STATUS_OK;
}

static void read_head(struct key_document *document,
                      const struct json_value *root)
{
    const struct json_value *name =
        json_tree_member(root, "server_name", JSON_STRING);
    const struct json_value *until =
        json_tree_member(root, "valid_until_ts", JSON_NUMBER);

    if (name != NULL) {
        document->is_named = true;
        escape_text(document->server_name, sizeof(document->server_name),
                    name->text, name->length);
    }
    document->has_valid_until =
        until != NULL && json_tree_integer(until, &document->valid_until_ms);
}

static enum status read_tree(const struct json_tree *tree,
                             struct key_document *document)
{
    static const char *const UNSIGNED[] = {"signatures", "unsigned", NULL};
    static const char *const NOTHING[] = {NULL};
    AUTO(free) char *signed_text = NULL;
    struct payload payload = {0};
    enum status status =
        canonical_json_write(tree, UNSIGNED, &signed_text, &payload.length,
                             document->canonical_fault);
    size_t length;

    if (status == STATUS_OK)
        status = canonical_json_write(tree, NOTHING, &document->text, &length,
                                      document->canonical_fault);
    if (status == STATUS_NO_MEMORY)
        return status;
    document->canonical = status == STATUS_OK;
    payload.text = document->canonical ? signed_text : NULL;
    read_head(document, &tree->values[0]);
    return read_keys(document, &tree->values[0], &payload);
}

enum status key_document_read(const char *body, size_t length,
                              struct key_document *ret_document,
                              char ret_reason[static KEY_DOCUMENT_REASON_MAX])
{
    unsigned failures = openssl_memory_failures();
    struct json_tree tree;
    enum status status;

    *ret_document = (struct key_document){.is_named = false};
    status = json_tree_read(body, length, &tree, ret_reason);
    if (status == STATUS_OK && tree.values[0].kind != JSON_OBJECT) {
        snprintf(ret_reason, KEY_DOCUMENT_REASON_MAX, "is no JSON object");
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        status = read_tree(&tree, ret_document);
    /* Or a good signature would pass for a wrong one. */
    if (openssl_memory_failures() != failures)
        status = STATUS_NO_MEMORY;
    json_tree_done(&tree);
    if (status != STATUS_OK)
        key_document_done(ret_document);
    return status;
}

void key_document_done(struct key_document *document)
{
    free(document->text);
    document->text = NULL;
}

bool key_document_has_key(const struct key_document *document)
{
    for (unsigned i = 0; i < document->key_count; i++)
        if (document->keys[i].valid_key)
            return true;
    return false;
}

bool key_document_is_signed(const struct key_document *document)
{
    bool any = false;

    for (unsigned i = 0; i < document->key_count; i++) {
        if (!document->keys[i].ed25519)
            continue;
        if (!document->keys[i].signature_matches)
            return false;
        any = true;
    }
    return any;
}
