/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifying a certificate by itself, without a session. CN counts where
 * GnuTLS lets it count: that is its rule, applied to N.
 */
#include "gnutls_note.h"
#include "gnutls_verify.h"
#include "preload.h"

REAL_DECLARE(gnutls_x509_crt_check_hostname);
REAL_DECLARE(gnutls_x509_crt_check_hostname2);
REAL_DECLARE(gnutls_x509_trust_list_verify_crt2);
REAL_DECLARE(gnutls_x509_trust_list_verify_named_crt);

enum {
    REFUSED = GNUTLS_API_CERT_INVALID | GNUTLS_API_CERT_UNEXPECTED_OWNER,
};

static unsigned check(const void *real, struct gnutls_x509_crt_int *certificate,
                      const char *name, unsigned flags)
{
    const struct gnutls_api *api = gnutls_api_of(real);
    const struct names_answer *answer = gnutls_verify_find(NULL, name);
    unsigned covers;

    if (api == NULL || answer == NULL)
        return 0;
    covers = api->gnutls_x509_crt_check_hostname2(
        certificate, answer->cert_name, gnutls_verify_flags(answer, flags));
    if (covers == 0)
        gnutls_note_certificate(api, certificate, answer);
    return covers;
}

HOOK(unsigned, gnutls_x509_crt_check_hostname,
     (struct gnutls_x509_crt_int * certificate, const char *name))
{
    __typeof__(&gnutls_x509_crt_check_hostname) real =
        GNUTLS_API_REAL(gnutls_x509_crt_check_hostname);

    if (real == NULL)
        return 0;
    if (!gnutls_verify_is_pseudo(name))
        return real(certificate, name);
    return check((const void *)real, certificate, name, 0);
}

HOOK(unsigned, gnutls_x509_crt_check_hostname2,
     (struct gnutls_x509_crt_int * certificate, const char *name,
      unsigned flags))
{
    __typeof__(&gnutls_x509_crt_check_hostname2) real =
        GNUTLS_API_REAL(gnutls_x509_crt_check_hostname2);

    if (real == NULL)
        return 0;
    if (!gnutls_verify_is_pseudo(name))
        return real(certificate, name, flags);
    return check((const void *)real, certificate, name, flags);
}

/* NOLINTNEXTLINE(readability-function-size): GnuTLS's parameters */
HOOK(int, gnutls_x509_trust_list_verify_crt2,
     (struct gnutls_x509_trust_list_st * trusted,
      struct gnutls_x509_crt_int **chain, unsigned chain_count,
      struct gnutls_api_vdata *data, unsigned count, unsigned flags,
      unsigned *status, void *output))
{
    __typeof__(&gnutls_x509_trust_list_verify_crt2) real =
        GNUTLS_API_REAL(gnutls_x509_trust_list_verify_crt2);
    const struct gnutls_api *api;
    struct gnutls_verify wanted;
    int result;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (!gnutls_verify_concerns(NULL, data, count))
        return real(trusted, chain, chain_count, data, count, flags, status,
                    output);
    *status = REFUSED;
    if (!gnutls_verify_translate(NULL, data, count, &wanted))
        return 0;
    result = real(trusted, chain, chain_count, wanted.list, wanted.count,
                  gnutls_verify_flags(wanted.answer, flags), status, output);
    api = gnutls_api_of((const void *)real);
    if (result >= 0 && (*status & GNUTLS_API_CERT_UNEXPECTED_OWNER) != 0 &&
        api != NULL)
        gnutls_note_certificate(api, chain[0], wanted.answer);
    return result;
}

/* Whether the tool has this very certificate on a list, for that name. */
/* NOLINTNEXTLINE(readability-function-size): GnuTLS's parameters */
HOOK(int, gnutls_x509_trust_list_verify_named_crt,
     (struct gnutls_x509_trust_list_st * trusted,
      struct gnutls_x509_crt_int *certificate, const void *name, size_t length,
      unsigned flags, unsigned *status, void *output))
{
    __typeof__(&gnutls_x509_trust_list_verify_named_crt) real =
        GNUTLS_API_REAL(gnutls_x509_trust_list_verify_named_crt);
    const struct names_answer *answer;

    if (real == NULL)
        return GNUTLS_API_E_INTERNAL_ERROR;
    if (name == NULL || !names_is_pseudo(name, length))
        return real(trusted, certificate, name, length, flags, status, output);
    *status = REFUSED;
    if (names_find(name, length, &answer) != STATUS_OK)
        return 0;
    return real(trusted, certificate, answer->cert_name,
                strlen(answer->cert_name), flags, status, output);
}
