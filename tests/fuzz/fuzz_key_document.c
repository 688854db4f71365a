/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key documents and canonical JSON. What has a canonical form is, read from
 * it, the same document with the same verdict; a canonical form is sorted, its
 * own canonical form, and never longer than the document.
 */
#include "fuzz.h"

#include "canonical_json.h"
#include "key_document.h"

static const char *const NOTHING[] = {NULL};

/* By their octets, which is by code point in UTF-8; and none twice. */
static void check_sorted(const struct json_value *object)
{
    const struct json_value *at = object->first;

    for (; at != NULL && at->next != NULL; at = at->next) {
        size_t shorter = at->key_length < at->next->key_length
                             ? at->key_length
                             : at->next->key_length;
        int order = memcmp(at->key, at->next->key, shorter);

        FUZZ_CHECK(order < 0 ||
                   (order == 0 && at->key_length < at->next->key_length));
    }
}

static void check_order(const char *form, size_t length)
{
    char fault[JSON_TREE_REASON_MAX];
    struct json_tree tree;

    FUZZ_CHECK(json_tree_read(form, length, &tree, fault) == STATUS_OK);
    for (size_t i = 0; i < tree.count; i++)
        if (tree.values[i].kind == JSON_OBJECT)
            check_sorted(&tree.values[i]);
    json_tree_done(&tree);
}

/* The canonical form of length octets of text, or NULL. */
static char *canonical(const char *text, size_t length, size_t *ret_length)
{
    char fault[JSON_TREE_REASON_MAX] = "";
    char reason[CANONICAL_JSON_REASON_MAX] = "";
    struct json_tree tree;
    char *form = NULL;

    if (json_tree_read(text, length, &tree, fault) == STATUS_OK) {
        if (canonical_json_write(&tree, NOTHING, &form, ret_length, reason) !=
            STATUS_OK)
            FUZZ_CHECK(form == NULL && reason[0] != '\0');
    } else {
        FUZZ_CHECK(fault[0] != '\0');
    }
    FUZZ_CHECK(fuzz_printable(fault) && fuzz_printable(reason));
    json_tree_done(&tree);
    return form;
}

static void check_canonical(const char *form, size_t length)
{
    size_t size = 0;
    bool quoted = false;

    AUTO(free) char *again = canonical(form, length, &size);
    FUZZ_CHECK(again != NULL && size == length);
    FUZZ_CHECK(memcmp(again, form, length) == 0);
    check_order(form, length);
    for (size_t i = 0; i < length; i++) {
        FUZZ_CHECK((unsigned char)form[i] >= ' ');
        FUZZ_CHECK(quoted || form[i] != ' ');
        if (quoted && form[i] == '\\')
            i++;
        else if (form[i] == '"')
            quoted = !quoted;
    }
}

static void check_key(const struct key_document *document,
                      const struct key_document_key *key)
{
    FUZZ_CHECK(fuzz_printable(key->id) && fuzz_printable(key->public));
    FUZZ_CHECK(fuzz_printable(key->fault));
    FUZZ_CHECK(!key->valid_key || key->ed25519);
    FUZZ_CHECK(!key->signature_matches ||
               (key->valid_key && key->is_signed && document->canonical));
    FUZZ_CHECK(!key->ed25519 ||
               (key->fault[0] == '\0') == key->signature_matches);
}

static void check_document(const struct key_document *document)
{
    FUZZ_CHECK(document->canonical == (document->text != NULL));
    FUZZ_CHECK(document->canonical == (document->canonical_fault[0] == '\0'));
    FUZZ_CHECK(fuzz_printable(document->canonical_fault));
    FUZZ_CHECK(fuzz_printable(document->server_name));
    FUZZ_CHECK(document->key_count <= KEY_DOCUMENT_KEYS);
    FUZZ_CHECK(document->more_keys == 0 ||
               document->key_count == KEY_DOCUMENT_KEYS);
    for (unsigned i = 0; i < document->key_count; i++)
        check_key(document, &document->keys[i]);
}

static void check_same(const struct key_document *a,
                       const struct key_document *b)
{
    FUZZ_CHECK(a->is_named == b->is_named);
    FUZZ_CHECK(strcmp(a->server_name, b->server_name) == 0);
    FUZZ_CHECK(a->has_valid_until == b->has_valid_until);
    FUZZ_CHECK(a->valid_until_ms == b->valid_until_ms);
    FUZZ_CHECK(a->canonical == b->canonical);
    FUZZ_CHECK(a->key_count == b->key_count && a->more_keys == b->more_keys);
    /* Of too many keys others are the first. */
    if (a->more_keys > 0)
        return;
    FUZZ_CHECK(key_document_has_key(a) == key_document_has_key(b));
    FUZZ_CHECK(key_document_is_signed(a) == key_document_is_signed(b));
}

/* Read from its canonical form it is the same document. */
static void check_again(const struct key_document *document, const char *form,
                        size_t length)
{
    char reason[KEY_DOCUMENT_REASON_MAX] = "";
    struct key_document again;

    FUZZ_CHECK(key_document_read(form, length, &again, reason) == STATUS_OK);
    check_document(&again);
    check_same(document, &again);
    FUZZ_CHECK(strcmp(again.text, document->text) == 0);
    key_document_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *body = (const char *)data;
    char reason[KEY_DOCUMENT_REASON_MAX] = "";
    struct key_document document;
    size_t length = 0;

    if (size > LIMIT_BODY)
        return 0;
    AUTO(free) char *form = canonical(body, size, &length);
    if (form != NULL) {
        FUZZ_CHECK(length <= size);
        check_canonical(form, length);
    }
    enum status status = key_document_read(body, size, &document, reason);
    FUZZ_CHECK(status == STATUS_OK || reason[0] != '\0');
    FUZZ_CHECK(fuzz_printable(reason));
    if (status == STATUS_OK) {
        check_document(&document);
        FUZZ_CHECK(document.canonical == (form != NULL));
        if (form != NULL)
            check_again(&document, form, length);
    }
    key_document_done(&document);
    return 0;
}
