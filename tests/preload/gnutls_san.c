/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a tool reads in a certificate, one by one. */
#include "gnutls_world.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Who stands where a name under .matrix stood. */
#define NOBODY "nobody.invalid "

enum {
    ROOM = 1024,
};

/* What a kind of name is called in the tests. */
static void append(char *text, int type, const char *name, size_t size)
{
    char *end = text + strlen(text);
    size_t room = (size_t)(text + ROOM - end);

    if (type == GNUTLS_SAN_DNSNAME)
        snprintf(end, room, "%.*s ", (int)size, name);
    else
        snprintf(end, room, "type-%d-%zu ", type, size);
}

/* The whole list by both functions, which must agree, as text. */
static const char *list(gnutls_x509_crt_t certificate)
{
    static char text[ROOM];
    unsigned i = 0;
    int type;

    text[0] = '\0';
    for (;; i++) {
        char name[300];
        char name2[300];
        size_t size = sizeof(name);
        size_t size2 = sizeof(name2);
        unsigned type2 = 0;

        type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size,
                                                    NULL);
        assert_int_equal(gnutls_x509_crt_get_subject_alt_name2(
                             certificate, i, name2, &size2, &type2, NULL),
                         type);
        if (type < 0 || i > 2 * WORLD_NAMES)
            break;
        assert_int_equal(type2, type);
        assert_int_equal(size, size2);
        assert_memory_equal(name, name2, size);
        if (type == GNUTLS_SAN_DNSNAME)
            assert_int_equal(name[size], '\0');
        append(text, type, name, size);
    }
    assert_int_equal(type, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    return text;
}

static void assert_list(const char *const names[WORLD_NAMES],
                        const char *common_name, const char *wanted)
{
    gnutls_x509_crt_t certificate = world_certificate(common_name, names);

    assert_string_equal(list(certificate), wanted);
    gnutls_x509_crt_deinit(certificate);
}

static void lists_as_they_are_when_nothing_is_known(void **state)
{
    static const char *const names[WORLD_NAMES] = {
        "DNS:" WORLD_N, "IP:192.0.2.1", "URI:https://plain.test/",
        "OTHER:1.2.3.4", "DNS:b.test"};
    static const char *const none[WORLD_NAMES] = {NULL};

    (void)state;
    assert_list(names, "nobody",
                WORLD_N " type-4-4 type-3-19 type-5-2 b.test ");
    assert_list(none, WORLD_N, "");
}

/* Also in a process that has not asked for any yet (lynx asks in a child). */
static void names_under_matrix_are_nobodys(void **state)
{
    static const char *const names[WORLD_NAMES] = {
        "DNS:" WORLD_NAME,   "DNS:a.test", "DNS:*.TOOLS.test.Matrix",
        "DNS:other.matrix.", "DNS:b.test", "DNS:" WORLD_WITH_NUL};
    static const char *const all[WORLD_NAMES] = {"DNS:" WORLD_NAME};
    static const char *const alike[WORLD_NAMES] = {
        "DNS:xmatrix", "DNS:a.matrix.test", "URI:https://x.matrix"};

    (void)state;
    assert_list(names, "nobody",
                NOBODY "a.test " NOBODY NOBODY "b.test " NOBODY);
    assert_list(all, "nobody", NOBODY);
    assert_list(alike, "nobody", "xmatrix a.matrix.test type-3-16 ");
}

static void look_up(const char *name)
{
    struct addrinfo *found;

    assert_int_equal(getaddrinfo(name, "443", NULL, &found), 0);
    freeaddrinfo(found);
}

/* From here on three names are known: the newest comes first. */
static void known_names_are_added_if_the_certificate_covers_n(void **state)
{
    static const char *const good[WORLD_NAMES] = {"DNS:a.test", "DNS:" WORLD_N};
    static const char *const wild[WORLD_NAMES] = {"DNS:*.delegated.tools.test"};
    static const char *const both[WORLD_NAMES] = {
        "DNS:" WORLD_N, "DNS:" WORLD_NAME, "DNS:" WORLD_OTHER_N,
        "IP:192.0.2.1"};
    static const char *const bad[WORLD_NAMES] = {"DNS:" WORLD_NAME,
                                                 "DNS:other.test"};
    static const char *const ip[WORLD_NAMES] = {"IP:" WORLD_IP_N};
    static const char *const text[WORLD_NAMES] = {"DNS:" WORLD_IP_N};

    (void)state;
    look_up(WORLD_NAME);
    look_up(WORLD_OTHER);
    look_up(WORLD_IP);
    assert_list(good, "nobody", "a.test " WORLD_N " " WORLD_NAME " ");
    assert_list(wild, "nobody", "*.delegated.tools.test " WORLD_NAME " ");
    assert_list(both, "nobody",
                WORLD_N " " NOBODY WORLD_OTHER_N " type-4-4 " WORLD_OTHER
                        " " WORLD_NAME " ");
    assert_list(bad, "nobody", NOBODY "other.test ");
    assert_list(ip, "nobody", "type-4-4 " WORLD_IP " ");
    assert_list(text, "nobody", WORLD_IP_N " ");
}

/* The CN is judged nowhere here: who lists names wants those of the list. */
static void a_common_name_adds_nothing(void **state)
{
    static const char *const none[WORLD_NAMES] = {NULL};
    static const char *const mail[WORLD_NAMES] = {"OTHER:1.2.3.4"};
    static const char *const only_ip[WORLD_NAMES] = {"IP:192.0.2.1"};

    (void)state;
    assert_list(none, WORLD_N, "");
    assert_list(mail, WORLD_N, "type-5-2 ");
    assert_list(only_ip, WORLD_N, "type-4-4 ");
}

static void a_short_buffer_is_told_the_size(void **state)
{
    static const char *const names[WORLD_NAMES] = {"DNS:" WORLD_NAME,
                                                   "DNS:" WORLD_N};
    gnutls_x509_crt_t certificate = world_certificate("nobody", names);
    char name[ROOM];

    (void)state;
    for (size_t room = 0; room < sizeof(WORLD_NAME) + 2; room++) {
        size_t size = room;

        memset(name, 'x', sizeof(name));
        if (room < sizeof(WORLD_NAME)) {
            assert_int_equal(gnutls_x509_crt_get_subject_alt_name(
                                 certificate, 2, name, &size, NULL),
                             GNUTLS_E_SHORT_MEMORY_BUFFER);
            assert_int_equal(size, sizeof(WORLD_NAME));
            assert_int_equal(name[0], 'x');
        } else {
            assert_int_equal(gnutls_x509_crt_get_subject_alt_name(
                                 certificate, 2, name, &size, NULL),
                             GNUTLS_SAN_DNSNAME);
            assert_int_equal(size, sizeof(WORLD_NAME) - 1);
            assert_string_equal(name, WORLD_NAME);
        }
        assert_int_equal(name[room], 'x');
    }
    size_t size = 77;

    assert_int_equal(
        gnutls_x509_crt_get_subject_alt_name(certificate, 2, NULL, &size, NULL),
        GNUTLS_E_SHORT_MEMORY_BUFFER);
    assert_int_equal(size, sizeof(WORLD_NAME));
    gnutls_x509_crt_deinit(certificate);
}

static void numbers_mean_the_same_for_oids(void **state)
{
    static const char *const names[WORLD_NAMES] = {
        "DNS:" WORLD_NAME, "OTHER:1.2.3.4", "DNS:" WORLD_N, "OTHER:1.2.3.5",
        "OTHER:1.2.3.6"};
    static const char *const wanted[] = {"",        "1.2.3.4", "",
                                         "1.2.3.5", "1.2.3.6", ""};
    gnutls_x509_crt_t certificate = world_certificate("nobody", names);
    char oid[64];
    size_t size;

    (void)state;
    assert_string_equal(list(certificate),
                        NOBODY "type-5-2 " WORLD_N
                               " type-5-2 type-5-2 " WORLD_NAME " ");
    for (unsigned i = 0; i < 6; i++) {
        size = sizeof(oid);
        assert_true(gnutls_x509_crt_get_subject_alt_othername_oid(
                        certificate, i, oid, &size) >= 0);
        assert_string_equal(oid, wanted[i]);
    }
    size = sizeof(oid);
    assert_int_equal(gnutls_x509_crt_get_subject_alt_othername_oid(
                         certificate, 6, oid, &size),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    gnutls_x509_crt_deinit(certificate);
}

/* GnuTLS reads through the same functions, and must see what is there. */
static void gnutls_itself_sees_the_certificate_as_it_is(void **state)
{
    static const char *const names[WORLD_NAMES] = {"DNS:" WORLD_NAME};
    static const char *const n[WORLD_NAMES] = {"DNS:" WORLD_N};
    gnutls_x509_crt_t certificate = world_certificate("x.test", names);
    gnutls_datum_t text;

    (void)state;
    /* With nothing in sight it would take the CN. */
    assert_false(gnutls_x509_crt_check_hostname(certificate, "x.test"));
    assert_int_equal(
        gnutls_x509_crt_print(certificate, GNUTLS_CRT_PRINT_FULL, &text), 0);
    assert_non_null(strstr((char *)text.data, "DNSname: " WORLD_NAME));
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(certificate);
    certificate = world_certificate("nobody", n);
    assert_int_equal(
        gnutls_x509_crt_print(certificate, GNUTLS_CRT_PRINT_FULL, &text), 0);
    assert_null(strstr((char *)text.data, ".matrix"));
    gnutls_free(text.data);
    gnutls_x509_crt_deinit(certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_as_they_are_when_nothing_is_known),
        cmocka_unit_test(names_under_matrix_are_nobodys),
        cmocka_unit_test(known_names_are_added_if_the_certificate_covers_n),
        cmocka_unit_test(a_common_name_adds_nothing),
        cmocka_unit_test(a_short_buffer_is_told_the_size),
        cmocka_unit_test(numbers_mean_the_same_for_oids),
        cmocka_unit_test(gnutls_itself_sees_the_certificate_as_it_is),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
