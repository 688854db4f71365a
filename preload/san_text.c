/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in a certificate as a line for people. */
#include <stdio.h>

#include "address.h"
#include "san.h"

/* Appends what fits; names that do not are but told of. */
static void append(char text[static SAN_TEXT], const char *name, size_t length)
{
    static const char MORE[] = " ...";
    size_t at = strlen(text);
    const char *between = at > 0 ? ", " : "";
    size_t need = strlen(between) + length;

    if (at >= sizeof(MORE) && strcmp(text + at - strlen(MORE), MORE) == 0)
        return;
    if (need >= SAN_TEXT - at - sizeof(MORE)) {
        memcpy(text + at, MORE, sizeof(MORE));
        return;
    }
    memcpy(text + at, between, strlen(between));
    memcpy(text + at + strlen(between), name, length);
    text[at + need] = '\0';
}

/* Octets chosen by a stranger: a NUL among them is no end. */
static void append_name(char text[static SAN_TEXT], const unsigned char *name,
                        size_t length)
{
    char clean[256];

    if (length > sizeof(clean))
        length = sizeof(clean);
    for (size_t i = 0; i < length; i++)
        clean[i] = name[i] > ' ' && name[i] <= '~' ? (char)name[i] : '?';
    append(text, clean, length);
}

static void append_address(char text[static SAN_TEXT],
                           const unsigned char *octets, size_t length)
{
    struct address address = {.family = length == 4 ? AF_INET : AF_INET6};
    char readable[ADDRESS_TEXT];

    if (length != address_size(&address))
        return;
    memcpy(address.bytes, octets, length);
    (void)address_text(&address, readable);
    append(text, readable, strlen(readable));
}

void san_text(const struct openssl_crypto *crypto,
              const struct x509_st *certificate, char ret_text[static SAN_TEXT])
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
            append_name(ret_text, crypto->ASN1_STRING_get0_data(value),
                        (size_t)crypto->ASN1_STRING_length(value));
        if (kind == OPENSSL_NAME_IP)
            append_address(ret_text, crypto->ASN1_STRING_get0_data(value),
                           (size_t)crypto->ASN1_STRING_length(value));
    }
    crypto->GENERAL_NAMES_free(names);
    crypto->ERR_pop_to_mark();
    if (ret_text[0] == '\0')
        snprintf(ret_text, SAN_TEXT, "no name");
}
