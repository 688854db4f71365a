/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a key document is worth. The keys and signatures were made once by
 * python3-signedjson; tests/check/oracle.test compares with it at large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "key_document.h"

#define PUBLIC "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI"
static const char SIGNED[] =
    "{\"old_verify_keys\": {}, \"server_name\": \"example.org\", "
    "\"valid_until_ts\": 1900000000000, \"verify_keys\": {\"ed25519:a\": "
    "{\"key\": \"XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI\"}}, "
    "\"signatures\": {\"example.org\": {\"ed25519:a\": "
    "\"5NmBM9lez+a007Ms8n5tNlYqodMvtad9sNcwE7YnhI8oWtyZzPncj2AXmJRT2zIEaGcZ+"
    "Hj5Sprd7F2Rq/zpDA\"}}}";

static struct key_document document;

static enum status read_document(const char *text)
{
    char reason[KEY_DOCUMENT_REASON_MAX];

    return key_document_read(text, strlen(text), &document, reason);
}

/* SIGNED with the first `from` replaced by `to`. */
static void read_changed(const char *from, const char *to)
{
    const char *at = strstr(SIGNED, from);
    char text[2048];

    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - SIGNED), SIGNED, to,
             at + strlen(from));
    assert_int_equal(read_document(text), STATUS_OK);
}

static void verifies_what_is_signed(void **state)
{
    (void)state;
    assert_int_equal(read_document(SIGNED), STATUS_OK);
    assert_string_equal(document.server_name, "example.org");
    assert_true(document.has_valid_until);
    assert_int_equal(document.valid_until_ms, 1900000000000);
    assert_int_equal(document.key_count, 1);
    assert_string_equal(document.keys[0].id, "ed25519:a");
    assert_true(key_document_has_key(&document));
    assert_true(key_document_is_signed(&document));
    key_document_done(&document);
}

static void sees_every_change(void **state)
{
    (void)state;
    read_changed("1900000000000", "1900000000001");
    assert_false(key_document_is_signed(&document));
    assert_string_equal(document.keys[0].fault,
                        "has a signature that does not match the document");
    key_document_done(&document);
    read_changed("{\"old_verify_keys\"", "{\"x\":1,\"old_verify_keys\"");
    assert_false(key_document_is_signed(&document));
    key_document_done(&document);
}

static void lets_what_is_not_covered_change(void **state)
{
    (void)state;
    read_changed("{\"old_verify_keys\"",
                 " {\"unsigned\" : {\"age\":1},\n\"old_verify_keys\"");
    assert_true(key_document_is_signed(&document));
    key_document_done(&document);
}

static void wants_the_signature_of_every_key(void **state)
{
    (void)state;
    read_changed("\"verify_keys\": {", "\"verify_keys\": {\"ed25519:b\":{"
                                       "\"key\":\"" PUBLIC "\"},");
    assert_int_equal(document.key_count, 2);
    assert_string_equal(document.keys[0].fault, "has not signed the document");
    assert_false(key_document_is_signed(&document));
    key_document_done(&document);
}

static void wants_the_signature_under_its_own_name(void **state)
{
    (void)state;
    read_changed("\"signatures\": {\"example.org\"",
                 "\"signatures\": {\"example.com\"");
    assert_string_equal(document.keys[0].fault, "has not signed the document");
    key_document_done(&document);
}

/* As every other member: whoever reads it otherwise reads another document. */
static void takes_the_last_signature_whatever_it_is(void **state)
{
    (void)state;
    read_changed("zpDA\"}", "zpDA\", \"ed25519:a\": 5}");
    assert_string_equal(document.keys[0].fault, "has not signed the document");
    key_document_done(&document);
    read_changed("zpDA\"}", "zpDA\"}, \"example.org\": 5");
    assert_string_equal(document.keys[0].fault, "has not signed the document");
    key_document_done(&document);
}

static void judges_keys_by_length_and_alphabet(void **state)
{
    (void)state;
    read_changed(PUBLIC, PUBLIC "=");
    assert_string_equal(document.keys[0].fault, "is not unpadded base64");
    assert_false(key_document_has_key(&document));
    key_document_done(&document);
    read_changed(PUBLIC, "AAAA");
    assert_string_equal(document.keys[0].fault, "is 3 octets long, not 32");
    key_document_done(&document);
}

static void has_no_use_for_other_algorithms(void **state)
{
    (void)state;
    read_changed("{\"ed25519:a\": {\"key\"", "{\"curve25519:a\": {\"key\"");
    assert_int_equal(document.key_count, 1);
    assert_false(key_document_has_key(&document));
    assert_false(key_document_is_signed(&document));
    key_document_done(&document);
}

static void says_what_has_no_canonical_form(void **state)
{
    (void)state;
    read_changed("1900000000000", "1.9e12");
    assert_false(document.canonical);
    assert_false(document.has_valid_until);
    assert_false(key_document_is_signed(&document));
    assert_null(document.text);
    key_document_done(&document);
}

static void counts_keys_that_are_too_many(void **state)
{
    char text[4096] = "{\"verify_keys\":{\"ed25519:0\":{}";

    (void)state;
    for (int i = 1; i < KEY_DOCUMENT_KEYS + 3; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 ",\"ed25519:%d\":{}", i);
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "}}");
    assert_int_equal(read_document(text), STATUS_OK);
    assert_int_equal(document.key_count, KEY_DOCUMENT_KEYS);
    assert_int_equal(document.more_keys, 3);
    key_document_done(&document);
}

static void escapes_what_strangers_write(void **state)
{
    (void)state;
    assert_int_equal(
        read_document("{\"server_name\":\"a\\u001b[2J\\u0000\","
                      "\"verify_keys\":{\"ed25519:\\n\":{\"key\":\"\\t\"}}}"),
        STATUS_OK);
    assert_string_equal(document.server_name, "a\\x1b[2J\\x00");
    assert_string_equal(document.keys[0].id, "ed25519:\\x0a");
    key_document_done(&document);
}

static size_t compared;

/* Before libc's, for what the key document compares. */
int memcmp(const void *one, const void *other, size_t length)
{
    const volatile unsigned char *a = one;
    const volatile unsigned char *b = other;

    compared++;
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

/* clang's for whether they are equal. */
int bcmp(const void *one, const void *other, size_t length)
{
    return memcmp(one, other, length);
}

static void does_not_compare_each_key_with_each(void **state)
{
    enum {
        KEYS = 3000,
        ROOM = 2 * KEYS * 16
    };
    char *text = malloc(ROOM);
    size_t at = 0;

    (void)state;
    assert_non_null(text);
    at += (size_t)snprintf(text, ROOM, "{\"verify_keys\":{");
    for (unsigned i = 0; i < 2 * KEYS; i++)
        at += (size_t)snprintf(text + at, ROOM - at, "%s\"e:%04u\":1",
                               i > 0 ? "," : "", i % KEYS);
    snprintf(text + at, ROOM - at, "}}");
    compared = 0;
    assert_int_equal(read_document(text), STATUS_OK);
    assert_int_equal(document.key_count, KEY_DOCUMENT_KEYS);
    assert_int_equal(document.more_keys, KEYS - KEY_DOCUMENT_KEYS);
    assert_string_equal(document.keys[0].id, "e:0000");
    /* Three times sorted: for both texts that are written, and for the keys. */
    assert_in_range(compared, KEYS, 2 * KEYS * 3 * 16);
    key_document_done(&document);
    free(text);
}

static void refuses_what_is_no_object(void **state)
{
    (void)state;
    assert_int_equal(read_document("[]"), STATUS_INVALID);
    assert_int_equal(read_document("<html>"), STATUS_INVALID);
    assert_int_equal(read_document("{} {}"), STATUS_INVALID);
    assert_int_equal(read_document(""), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_what_is_signed),
        cmocka_unit_test(sees_every_change),
        cmocka_unit_test(lets_what_is_not_covered_change),
        cmocka_unit_test(wants_the_signature_of_every_key),
        cmocka_unit_test(wants_the_signature_under_its_own_name),
        cmocka_unit_test(takes_the_last_signature_whatever_it_is),
        cmocka_unit_test(judges_keys_by_length_and_alphabet),
        cmocka_unit_test(has_no_use_for_other_algorithms),
        cmocka_unit_test(says_what_has_no_canonical_form),
        cmocka_unit_test(counts_keys_that_are_too_many),
        cmocka_unit_test(escapes_what_strangers_write),
        cmocka_unit_test(does_not_compare_each_key_with_each),
        cmocka_unit_test(refuses_what_is_no_object),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
