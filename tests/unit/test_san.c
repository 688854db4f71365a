/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names in a certificate, with the real OpenSSL and certificates that
 * nobody signed: what is judged here are names alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "san.h"

/* What names.c knows of, here. */
static struct names_answer answers[3];
static size_t answer_count;

bool names_is_pseudo(const char *text, size_t length)
{
    return server_name_is_pseudo(text, length);
}

bool names_each(names_visit *visit, void *argument)
{
    for (size_t i = 0; i < answer_count; i++)
        if (visit(argument, &answers[i]))
            return true;
    return false;
}

static void know(const char *pseudo, const char *cert_name)
{
    struct names_answer *answer = &answers[answer_count++];
    struct address address;

    assert_true(answer_count <= ARRAY_SIZE(answers));
    memset(answer, 0, sizeof(*answer));
    assert_true(util_copy(answer->pseudo, sizeof(answer->pseudo), pseudo,
                          strlen(pseudo)));
    assert_true(util_copy(answer->cert_name, sizeof(answer->cert_name),
                          cert_name, strlen(cert_name)));
    answer->cert_is_ip = address_parse(cert_name, &address);
}

static int forget(void **state)
{
    (void)state;
    answer_count = 0;
    ERR_clear_error();
    return 0;
}

static struct openssl_crypto crypto;

#define USE(function)                                                          \
    crypto.function = (__typeof__(crypto.function))(void *)function

static int fill_table(void **state)
{
    (void)state;
    USE(ERR_set_mark);
    USE(ERR_pop_to_mark);
    USE(X509_check_host);
    USE(X509_check_ip_asc);
    USE(X509_get_ext_d2i);
    USE(GENERAL_NAMES_free);
    USE(GENERAL_NAME_new);
    USE(GENERAL_NAME_free);
    USE(GENERAL_NAME_get0_value);
    USE(GENERAL_NAME_set0_value);
    USE(OPENSSL_sk_num);
    USE(OPENSSL_sk_value);
    USE(OPENSSL_sk_push);
    USE(ASN1_STRING_type_new);
    USE(ASN1_STRING_free);
    USE(ASN1_STRING_set);
    USE(ASN1_STRING_length);
    USE(ASN1_STRING_get0_data);
    return 0;
}

/* A certificate with a subject of that CN; names may be NULL. */
static X509 *certificate_for(const char *cn, const char *names)
{
    X509 *certificate = X509_new();
    X509_EXTENSION *extension;

    assert_non_null(certificate);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                               MBSTRING_ASC, (const unsigned char *)cn, -1, -1,
                               0);
    if (names == NULL)
        return certificate;
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    return certificate;
}

/* Edits a certificate's names and compares the DNS names that are left. */
static void check_edit(const char *names, const char *want, bool want_changed)
{
    X509 *certificate = certificate_for("n.test", names);
    GENERAL_NAMES *list =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char got[MISMATCH_TEXT] = "";
    bool changed = !want_changed;

    assert_true(
        san_edit(&crypto, certificate, (struct openssl_names *)list, &changed));
    for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(list, i);
        size_t at = strlen(got);

        if (name->type == GEN_DNS)
            snprintf(got + at, sizeof(got) - at, " %.*s",
                     ASN1_STRING_length(name->d.dNSName),
                     ASN1_STRING_get0_data(name->d.dNSName));
        else
            snprintf(got + at, sizeof(got) - at, " (%d)", name->type);
    }
    assert_string_equal(got[0] == ' ' ? got + 1 : got, want);
    assert_int_equal(changed, want_changed);
    assert_int_equal(ERR_peek_error(), 0);
    GENERAL_NAMES_free(list);
    X509_free(certificate);
}

static void adds_the_pseudo_name_where_n_is_covered(void **state)
{
    (void)state;
    know("a.test.matrix", "n.test");
    check_edit("DNS:n.test", "n.test a.test.matrix", true);
    check_edit("DNS:x.test,DNS:N.TEST", "x.test N.TEST a.test.matrix", true);
    check_edit("DNS:x.test", "x.test", false);
    check_edit("IP:192.0.2.1", "(7)", false);
    check_edit("email:n@n.test", "(1)", false);
}

static void adds_by_a_wildcard_for_one_whole_label(void **state)
{
    (void)state;
    know("a.test.matrix", "n.a.test");
    check_edit("DNS:*.a.test", "*.a.test a.test.matrix", true);
    check_edit("DNS:*.test", "*.test", false);
    check_edit("DNS:n*.a.test", "n*.a.test", false);
    check_edit("DNS:*", "*", false);
    check_edit("DNS:*.", "*.", false);
    check_edit("DNS:.a.test", ".a.test", false);
    check_edit("DNS:a.test", "a.test", false);
}

static void never_asks_the_subject(void **state)
{
    (void)state;
    know("a.test.matrix", "n.test");
    check_edit("IP:192.0.2.1", "(7)", false);
    check_edit("email:x@x.test", "(1)", false);
    check_edit("DNS:x.test", "x.test", false);
}

static void adds_by_an_address(void **state)
{
    (void)state;
    know("a.test.matrix", "192.0.2.1");
    know("b.test.matrix", "2001:db8::1");
    check_edit("IP:192.0.2.1", "(7) a.test.matrix", true);
    check_edit("IP:192.0.2.2", "(7)", false);
    check_edit("IP:2001:db8::1", "(7) b.test.matrix", true);
    check_edit("DNS:192.0.2.1", "192.0.2.1", false);
    check_edit("IP:192.0.2.1,IP:2001:db8::1",
               "(7) (7) a.test.matrix b.test.matrix", true);
}

/* It stays a DNS name: without any a tool would look at the CN. */
static void what_stood_under_matrix_is_nobodys(void **state)
{
    (void)state;
    check_edit("DNS:a.test.matrix", "nobody.invalid", true);
    check_edit("DNS:A.TEST.MATRIX,DNS:x.test,DNS:*.matrix,DNS:b.matrix.",
               "nobody.invalid x.test nobody.invalid nobody.invalid", true);
    check_edit("DNS:xmatrix,DNS:a.matrix.test,DNS:x.xmatrix",
               "xmatrix a.matrix.test x.xmatrix", false);
    check_edit("email:a@test.matrix,URI:https://a.matrix/", "(1) (6)", false);
}

static void names_it_again_only_where_n_is_covered(void **state)
{
    (void)state;
    know("a.test.matrix", "n.test");
    check_edit("DNS:a.test.matrix", "nobody.invalid", true);
    check_edit("DNS:a.test.matrix,DNS:n.test",
               "nobody.invalid n.test a.test.matrix", true);
    check_edit("DNS:b.test.matrix,DNS:n.test",
               "nobody.invalid n.test a.test.matrix", true);
}

static void adds_every_name_that_is_covered(void **state)
{
    (void)state;
    know("a.test.matrix", "n.test");
    know("b.test.matrix", "m.test");
    know("c.test.matrix", "n.test");
    check_edit("DNS:n.test", "n.test a.test.matrix c.test.matrix", true);
}

/* The quick look must let through all that the library would match. */
static void agrees_with_the_library_about_every_name(void **state)
{
    static const char *const NAMES[] = {
        "n.test",   "*.test",     "*.a.test", "a.test",    "n.a.test",
        "*.n.test", "N.A.Test",   "*.A.TEST", "xn.a.test", "n*.a.test",
        "*n.test",  "x.n.a.test", "*",        "test",      ".a.test",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        for (size_t j = 0; j < ARRAY_SIZE(NAMES); j++) {
            char names[64], both[300];
            X509 *certificate;
            bool covers;

            if (strchr("*.", NAMES[j][0]) != NULL || strchr(NAMES[j], '*'))
                continue;
            answer_count = 0;
            know("p.matrix", NAMES[j]);
            snprintf(names, sizeof(names), "DNS:%s", NAMES[i]);
            snprintf(both, sizeof(both), "%s p.matrix", NAMES[i]);
            certificate = certificate_for("n.a.test", names);
            covers = X509_check_host(certificate, NAMES[j], 0,
                                     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                                     NULL) == 1;
            X509_free(certificate);
            check_edit(names, covers ? both : NAMES[i], covers);
        }
}

static void leaves_no_error_of_a_broken_certificate(void **state)
{
    X509 *certificate = certificate_for("n.test", NULL);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;
    char text[MISMATCH_TEXT];
    unsigned long before;

    (void)state;
    assert_int_equal(
        ASN1_OCTET_STRING_set(octets, (const unsigned char *)"\x30\x7f", 2), 1);
    extension =
        X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, octets);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    know("a.test.matrix", "n.test");
    /* One of the tool's own stays. */
    assert_null(
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "nonsense"));
    before = ERR_peek_last_error();
    assert_int_not_equal(before, 0);
    assert_false(san_covers(&crypto, certificate, &answers[0]));
    san_text(&crypto, certificate, text);
    assert_string_equal(text, "");
    assert_int_equal(ERR_peek_last_error(), before);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    X509_free(certificate);
}

static void check_text(const char *names, const char *want)
{
    X509 *certificate = certificate_for("n.test", names);
    char text[MISMATCH_TEXT];

    san_text(&crypto, certificate, text);
    assert_string_equal(text, want);
    X509_free(certificate);
}

static void writes_names_for_people(void **state)
{
    (void)state;
    check_text("DNS:a.test", "a.test");
    check_text("DNS:a.test,IP:192.0.2.1,IP:2001:db8::1,DNS:*.b.test",
               "a.test, 192.0.2.1, 2001:db8::1, *.b.test");
    check_text("DNS:192.0.2.1", "DNS:192.0.2.1");
    check_text("email:a@b.test", "");
    check_text(NULL, "");
    check_text("DNS:a\x1b[2J b\x7f", "a?[2J?b?");
}

enum {
    LIST = 3000,
};

/* A list of ten names that long, as the certificate and people have it. */
static void make_names(int length, char *ret_names, char *ret_list)
{
    int names = 0, list = 0;

    for (unsigned i = 0; i < 10; i++) {
        const char *between = i > 0 ? "," : "";

        names += snprintf(ret_names + names, LIST - names, "%sDNS:x%0*u",
                          between, length, i);
        list += snprintf(ret_list + list, LIST - list, "%s%sx%0*u", between,
                         i > 0 ? " " : "", length, i);
    }
}

static void writes_as_many_whole_names_as_fit(void **state)
{
    char names[LIST], list[LIST];
    char text[MISMATCH_TEXT + 1];

    (void)state;
    for (int length = 1; length < 250; length++) {
        X509 *certificate;

        make_names(length, names, list);
        certificate = certificate_for("n.test", names);
        text[MISMATCH_TEXT] = '#';
        san_text(&crypto, certificate, text);
        X509_free(certificate);
        assert_int_equal(text[MISMATCH_TEXT], '#');
        if (strlen(list) < 380) {
            assert_string_equal(text, list);
            continue;
        }
        if (strcmp(text, list) == 0)
            continue;
        assert_true(strlen(text) > MISMATCH_TEXT - 12 - (size_t)length);
        assert_string_equal(text + strlen(text) - 5, ", ...");
        assert_memory_equal(text, list, strlen(text) - 3);
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test_setup(adds_the_pseudo_name_where_n_is_covered, forget),
        cmocka_unit_test_setup(adds_by_a_wildcard_for_one_whole_label, forget),
        cmocka_unit_test_setup(never_asks_the_subject, forget),
        cmocka_unit_test_setup(adds_by_an_address, forget),
        cmocka_unit_test_setup(what_stood_under_matrix_is_nobodys, forget),
        cmocka_unit_test_setup(names_it_again_only_where_n_is_covered, forget),
        cmocka_unit_test_setup(adds_every_name_that_is_covered, forget),
        cmocka_unit_test_setup(agrees_with_the_library_about_every_name,
                               forget),
        cmocka_unit_test_setup(leaves_no_error_of_a_broken_certificate, forget),
        cmocka_unit_test_setup(writes_names_for_people, forget),
        cmocka_unit_test_setup(writes_as_many_whole_names_as_fit, forget),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(TESTS, fill_table, NULL);
}
