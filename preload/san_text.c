/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names a certificate has, for people. */
#include "san.h"

void san_text(const struct openssl_crypto *crypto,
              const struct x509_st *certificate,
              char ret_text[static MISMATCH_TEXT])
{
    struct openssl_names *names;

    ret_text[0] = '\0';
    crypto->ERR_set_mark();
    names = crypto->X509_get_ext_d2i(certificate, OPENSSL_NID_SAN, NULL, NULL);
    for (int i = 0; names != NULL && i < crypto->OPENSSL_sk_num(names); i++) {
        int kind;
        const struct asn1_string_st *value = crypto->GENERAL_NAME_get0_value(
            crypto->OPENSSL_sk_value(names, i), &kind);

        if (kind == OPENSSL_NAME_DNS)
            mismatch_add_name(ret_text, crypto->ASN1_STRING_get0_data(value),
                              (size_t)crypto->ASN1_STRING_length(value));
        if (kind == OPENSSL_NAME_IP)
            mismatch_add_address(ret_text, crypto->ASN1_STRING_get0_data(value),
                                 (size_t)crypto->ASN1_STRING_length(value));
    }
    crypto->GENERAL_NAMES_free(names);
    crypto->ERR_pop_to_mark();
}

bool san_differs(const struct openssl_crypto *crypto,
                 struct x509_st *certificate, const struct names_answer *answer,
                 char ret_text[static MISMATCH_TEXT])
{
    if (san_covers(crypto, certificate, answer))
        return false;
    san_text(crypto, certificate, ret_text);
    return true;
}
