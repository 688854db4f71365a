/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in a certificate as a line for people. */
#include "san.h"

#include "address.h"

/* Appends what fits; of names that do not, that there are. */
static void append(char text[static SAN_TEXT], const char *kind,
                   const char *name)
{
    static const char MORE[] = ", ...";
    size_t at = strlen(text);
    size_t room = SAN_TEXT - sizeof(MORE) - at;
    const char *between = at > 0 ? ", " : "";

    if (at >= strlen(MORE) && strcmp(text + at - strlen(MORE), MORE) == 0)
        return;
    if (strlen(between) + strlen(kind) + strlen(name) >= room)
        memcpy(text + at, MORE, sizeof(MORE));
    else
        snprintf(text + at, room, "%s%s%s", between, kind, name);
}

/* Octets chosen by a stranger: a NUL among them is no end. */
static void append_name(char text[static SAN_TEXT], const unsigned char *name,
                        size_t length)
{
    char clean[LIMIT_DNS_NAME + 1];
    struct address address;

    if (length >= sizeof(clean))
        length = sizeof(clean) - 1;
    for (size_t i = 0; i < length; i++)
        clean[i] = name[i] > ' ' && name[i] <= '~' ? (char)name[i] : '?';
    clean[length] = '\0';
    /* What reads as an address but is a name covers no address. */
    append(text, address_parse(clean, &address) ? "DNS:" : "", clean);
}

static void append_address(char text[static SAN_TEXT],
                           const unsigned char *octets, size_t length)
{
    struct address address = {.family = length == 4 ? AF_INET : AF_INET6};
    char readable[ADDRESS_TEXT];

    if (length != address_size(&address))
        return;
    memcpy(address.bytes, octets, length);
    append(text, "", address_text(&address, readable));
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
        snprintf(ret_text, SAN_TEXT, "no name in its subjectAltName");
}
