/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates judged by themselves, and the constants of gnutls_api.h. */
#include "gnutls_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gnutls_api.h"

_Static_assert(
    (int)GNUTLS_API_E_INVALID_SESSION == GNUTLS_E_INVALID_SESSION &&
        (int)GNUTLS_API_E_MEMORY_ERROR == GNUTLS_E_MEMORY_ERROR &&
        (int)GNUTLS_API_E_SHORT_MEMORY_BUFFER == GNUTLS_E_SHORT_MEMORY_BUFFER &&
        (int)GNUTLS_API_E_INTERNAL_ERROR == GNUTLS_E_INTERNAL_ERROR &&
        (int)GNUTLS_API_E_UNRECOGNIZED_NAME == GNUTLS_E_UNRECOGNIZED_NAME,
    "errors");
_Static_assert((int)GNUTLS_API_X509_FMT_DER == (int)GNUTLS_X509_FMT_DER &&
                   (int)GNUTLS_API_DT_DNS_HOSTNAME ==
                       (int)GNUTLS_DT_DNS_HOSTNAME &&
                   (int)GNUTLS_API_SAN_DNSNAME == (int)GNUTLS_SAN_DNSNAME &&
                   (int)GNUTLS_API_SAN_IPADDRESS == (int)GNUTLS_SAN_IPADDRESS &&
                   (int)GNUTLS_API_VERIFY_DO_NOT_ALLOW_IP_MATCHES ==
                       (int)GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES &&
                   (int)GNUTLS_API_CERT_INVALID == (int)GNUTLS_CERT_INVALID &&
                   (int)GNUTLS_API_CERT_UNEXPECTED_OWNER ==
                       (int)GNUTLS_CERT_UNEXPECTED_OWNER,
               "other numbers");
_Static_assert(sizeof(struct gnutls_api_datum) == sizeof(gnutls_datum_t) &&
                   offsetof(struct gnutls_api_datum, size) ==
                       offsetof(gnutls_datum_t, size),
               "a datum");
_Static_assert(sizeof(struct gnutls_api_vdata) ==
                       sizeof(gnutls_typed_vdata_st) &&
                   offsetof(struct gnutls_api_vdata, data) ==
                       offsetof(gnutls_typed_vdata_st, data) &&
                   offsetof(struct gnutls_api_vdata, size) ==
                       offsetof(gnutls_typed_vdata_st, size),
               "typed data");

struct sample {
    const char *common_name;
    const char *names[WORLD_NAMES];
    const char *host;
    bool covered;
};

static const struct sample SAMPLES[] = {
    {"nobody", {"DNS:" WORLD_N}, WORLD_NAME, true},
    {"nobody", {"DNS:" WORLD_N}, "Delegated.Tools.Test.Matrix", true},
    {"nobody", {"DNS:" WORLD_N}, WORLD_NAME ".", true},
    {"nobody", {"DNS:*.delegated.tools.test"}, WORLD_NAME, true},
    {"nobody", {"DNS:a.test", "DNS:" WORLD_N}, WORLD_NAME, true},
    {WORLD_N, {NULL}, WORLD_NAME, true}, /* GnuTLS's own rule */
    {"nobody", {"DNS:other.test"}, WORLD_NAME, false},
    {"nobody", {"DNS:" WORLD_NAME}, WORLD_NAME, false},
    {"nobody", {"DNS:*.tools.test.matrix"}, WORLD_NAME, false},
    {WORLD_NAME, {NULL}, WORLD_NAME, false},
    {WORLD_NAME, {"DNS:" WORLD_NAME}, WORLD_NAME, false},
    {"nobody", {"DNS:delegated.tools.test"}, WORLD_NAME, false},
    {"nobody", {"DNS:" WORLD_OTHER_N}, WORLD_NAME, false},
    {"nobody", {"DNS:" WORLD_SRV_N}, WORLD_SRV, true},
    {"nobody", {"IP:" WORLD_IP_N}, WORLD_IP, true},
    {"nobody", {"IP:198.51.100.6"}, WORLD_IP, false},
    {"nobody", {"DNS:" WORLD_IP_N}, WORLD_IP, false},
    {WORLD_IP_N, {NULL}, WORLD_IP, false},
    {"nobody", {"IP:" WORLD_IP6_N}, WORLD_IP6, true},
    {"nobody", {"IP:2001:db8:1::7"}, WORLD_IP6, false},
    {"nobody", {"DNS:" WORLD_NOWHERE}, WORLD_NOWHERE, false},
    {"nobody", {"DNS:a_b.matrix"}, "a_b.matrix", false},
    /* not ours */
    {"nobody", {"DNS:plain.test"}, "plain.test", true},
    {"nobody", {"DNS:plain.test"}, "other.test", false},
    {"nobody", {"DNS:xmatrix"}, "xmatrix", true},
    {"nobody", {"DNS:a.matrix.example"}, "a.matrix.example", true},
    {"nobody", {"IP:192.0.2.1"}, "192.0.2.1", true},
};

static void check_hostname_asks_for_n(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(SAMPLES); i++) {
        const struct sample *sample = &SAMPLES[i];
        gnutls_x509_crt_t certificate =
            world_certificate(sample->common_name, sample->names);

        errno = 4711;
        if ((gnutls_x509_crt_check_hostname(certificate, sample->host) != 0) !=
            sample->covered)
            fail_msg("check_hostname: %zu: %s", i, sample->host);
        if ((gnutls_x509_crt_check_hostname2(certificate, sample->host, 0) !=
             0) != sample->covered)
            fail_msg("check_hostname2: %zu: %s", i, sample->host);
        assert_int_equal(errno, 4711);
        gnutls_x509_crt_deinit(certificate);
    }
}

static void the_tool_s_flags_count(void **state)
{
    static const char *const wild[WORLD_NAMES] = {"DNS:*.delegated.tools.test"};
    static const char *const ip[WORLD_NAMES] = {"IP:" WORLD_IP_N};
    static const char *const text[WORLD_NAMES] = {"DNS:" WORLD_IP_N};
    gnutls_x509_crt_t certificate = world_certificate("nobody", wild);

    (void)state;
    assert_false(gnutls_x509_crt_check_hostname2(
        certificate, WORLD_NAME, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS));
    gnutls_x509_crt_deinit(certificate);
    /* The tool gave a name and not an IP: N stays one all the same. */
    certificate = world_certificate("nobody", ip);
    assert_true(gnutls_x509_crt_check_hostname2(
        certificate, WORLD_IP, GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES));
    gnutls_x509_crt_deinit(certificate);
    certificate = world_certificate("nobody", text);
    assert_false(gnutls_x509_crt_check_hostname2(
        certificate, WORLD_IP, GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES));
    gnutls_x509_crt_deinit(certificate);
}

static unsigned verify(const struct sample *sample, unsigned size,
                       unsigned count)
{
    gnutls_x509_trust_list_t trusted = world_trusted();
    gnutls_x509_crt_t certificate =
        world_certificate(sample->common_name, sample->names);
    gnutls_typed_vdata_st data[2] = {
        {.type = GNUTLS_DT_KEY_PURPOSE_OID,
         .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER},
        {.type = GNUTLS_DT_DNS_HOSTNAME,
         .data = (unsigned char *)sample->host,
         .size = size}};
    gnutls_typed_vdata_st before[2];
    unsigned status = 0;

    memcpy(before, data, sizeof(data));
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(trusted, &certificate,
                                                        1, data, count, 0,
                                                        &status, NULL),
                     0);
    assert_memory_equal(before, data, sizeof(data));
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_trust_list_deinit(trusted, 0);
    return status;
}

static void a_trust_list_asks_for_n(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(SAMPLES); i++) {
        unsigned length = (unsigned)strlen(SAMPLES[i].host);
        unsigned wanted = SAMPLES[i].covered ? 0
                                             : GNUTLS_CERT_INVALID |
                                                   GNUTLS_CERT_UNEXPECTED_OWNER;

        if (verify(&SAMPLES[i], 0, 2) != wanted ||
            verify(&SAMPLES[i], length, 2) != wanted)
            fail_msg("verify_crt2: %zu: %s", i, SAMPLES[i].host);
        /* No name, no check: there is no session that could tell.
         */
        assert_int_equal(verify(&SAMPLES[i], 0, 1), 0);
    }
}

static void too_many_elements_are_refused(void **state)
{
    static const char *const n[WORLD_NAMES] = {"DNS:" WORLD_N};
    gnutls_x509_trust_list_t trusted = world_trusted();
    gnutls_x509_crt_t certificate = world_certificate("nobody", n);
    gnutls_typed_vdata_st data[40] = {0};
    unsigned status = 0;

    (void)state;
    data[39].type = GNUTLS_DT_DNS_HOSTNAME;
    data[39].data = (unsigned char *)WORLD_NAME;
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(
                         trusted, &certificate, 1, data, 40, 0, &status, NULL),
                     0);
    assert_int_not_equal(status, 0);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_trust_list_deinit(trusted, 0);
}

static unsigned pinned(gnutls_x509_trust_list_t trusted,
                       gnutls_x509_crt_t certificate, const char *name)
{
    unsigned status = 0;

    assert_int_equal(
        gnutls_x509_trust_list_verify_named_crt(trusted, certificate, name,
                                                strlen(name), 0, &status, NULL),
        0);
    return status;
}

/* GnuTLS takes the size for that, and without a chain to the authority. */
static void a_trust_list_looks_for_pinned_ones_under_n(void **state)
{
    static const char *const n[WORLD_NAMES] = {"DNS:" WORLD_OTHER_N};
    gnutls_x509_trust_list_t trusted;
    gnutls_x509_crt_t certificate = world_certificate("nobody", n);

    (void)state;
    assert_int_equal(gnutls_x509_trust_list_init(&trusted, 0), 0);
    assert_int_equal(
        gnutls_x509_trust_list_add_named_crt(
            trusted, certificate, WORLD_OTHER_N, strlen(WORLD_OTHER_N), 0),
        0);
    for (unsigned size = 0; size < 2; size++) {
        gnutls_typed_vdata_st data = {.type = GNUTLS_DT_DNS_HOSTNAME,
                                      .data = (unsigned char *)WORLD_OTHER,
                                      .size =
                                          size * (unsigned)strlen(WORLD_OTHER)};
        unsigned status = 1;

        assert_int_equal(
            gnutls_x509_trust_list_verify_crt2(trusted, &certificate, 1, &data,
                                               1, 0, &status, NULL),
            0);
        assert_int_equal(status, 0);
    }
    gnutls_x509_trust_list_deinit(trusted, 0);
    gnutls_x509_crt_deinit(certificate);
}

static void a_pinned_certificate_is_looked_for_under_n(void **state)
{
    static const char *const n[WORLD_NAMES] = {"DNS:" WORLD_N};
    gnutls_x509_trust_list_t trusted = world_trusted();
    gnutls_x509_crt_t certificate = world_certificate("nobody", n);

    (void)state;
    assert_int_not_equal(pinned(trusted, certificate, WORLD_NAME), 0);
    assert_int_equal(gnutls_x509_trust_list_add_named_crt(
                         trusted, certificate, WORLD_N, strlen(WORLD_N), 0),
                     0);
    assert_int_equal(pinned(trusted, certificate, WORLD_N), 0);
    assert_int_equal(pinned(trusted, certificate, WORLD_NAME), 0);
    assert_int_not_equal(pinned(trusted, certificate, WORLD_OTHER), 0);
    assert_int_not_equal(pinned(trusted, certificate, WORLD_NOWHERE), 0);
    gnutls_x509_trust_list_deinit(trusted, 0);
    gnutls_x509_crt_deinit(certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_hostname_asks_for_n),
        cmocka_unit_test(the_tool_s_flags_count),
        cmocka_unit_test(a_trust_list_asks_for_n),
        cmocka_unit_test(too_many_elements_are_refused),
        cmocka_unit_test(a_trust_list_looks_for_pinned_ones_under_n),
        cmocka_unit_test(a_pinned_certificate_is_looked_for_under_n),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
