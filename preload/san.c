/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pseudo-hostname stands in a certificate's names if, and only if, the
 * certificate covers N: what was there under .matrix before is no reason to
 * believe anything, since no authority may vouch for such a name. It becomes
 * another and does not go: a certificate without any DNS name is judged by its
 * CN (RFC 6125, 6.4.4), of which it is none.
 */
#include "san.h"

#include <strings.h>

bool san_covers(const struct openssl_crypto *crypto,
                struct x509_st *certificate, const struct names_answer *answer)
{
    bool covers;

    /* A broken certificate leaves errors that are not for the tool to see. */
    crypto->ERR_set_mark();
    covers =
        answer->cert_is_ip
            ? crypto->X509_check_ip_asc(certificate, answer->cert_name, 0) == 1
            : crypto->X509_check_host(certificate, answer->cert_name, 0,
                                      OPENSSL_HOST_FLAGS, NULL) == 1;
    crypto->ERR_pop_to_mark();
    return covers;
}

/* A name in a certificate: as long as it says, whatever octets it has. */
struct text {
    const char *start;
    size_t length;
};

static struct text text_of(const struct openssl_crypto *crypto,
                           const struct asn1_string_st *string)
{
    int length = crypto->ASN1_STRING_length(string);

    return (struct text){
        (const char *)crypto->ASN1_STRING_get0_data(string),
        length > 0 ? (size_t)length : 0,
    };
}

/* Name number index, and its kind. */
static struct asn1_string_st *value_of(const struct openssl_crypto *crypto,
                                       const struct openssl_names *names,
                                       int index, int *ret_kind)
{
    return crypto->GENERAL_NAME_get0_value(
        crypto->OPENSSL_sk_value(names, index), ret_kind);
}

/*
 * Whether a host name could match a DNS name at all, exactly or by a wildcard
 * for its first label: a process may know a thousand servers, and the real
 * judgement reads the whole certificate anew for each.
 */
static bool could_match(struct text name, const char *host)
{
    size_t length = strlen(host);

    if (name.length == 0)
        return false;
    if (name.start[0] == '*')
        name = (struct text){name.start + 1, name.length - 1};
    return name.length <= length && strncasecmp(host + length - name.length,
                                                name.start, name.length) == 0;
}

static bool could_cover(const struct openssl_crypto *crypto,
                        const struct openssl_names *names,
                        const struct names_answer *answer)
{
    for (int i = 0; i < crypto->OPENSSL_sk_num(names); i++) {
        int kind;
        const struct asn1_string_st *value = value_of(crypto, names, i, &kind);

        if (answer->cert_is_ip
                ? kind == OPENSSL_NAME_IP
                : kind == OPENSSL_NAME_DNS &&
                      could_match(text_of(crypto, value), answer->cert_name))
            return true;
    }
    return false;
}

/* False: no memory. */
static bool replace_pseudo(const struct openssl_crypto *crypto,
                           struct openssl_names *names, bool *ret_changed)
{
    *ret_changed = false;
    for (int i = 0; i < crypto->OPENSSL_sk_num(names); i++) {
        int kind;
        struct asn1_string_st *value = value_of(crypto, names, i, &kind);
        struct text text;

        if (kind != OPENSSL_NAME_DNS)
            continue;
        text = text_of(crypto, value);
        if (text.length == 0 || !names_is_pseudo(text.start, text.length))
            continue;
        if (crypto->ASN1_STRING_set(value, NAMES_NOBODY,
                                    (int)strlen(NAMES_NOBODY)) != 1)
            return false;
        *ret_changed = true;
    }
    return true;
}

static bool add_name(const struct openssl_crypto *crypto,
                     struct openssl_names *names, const char *text)
{
    struct openssl_name *name = crypto->GENERAL_NAME_new();
    struct asn1_string_st *string =
        crypto->ASN1_STRING_type_new(OPENSSL_IA5STRING);

    if (name == NULL || string == NULL ||
        crypto->ASN1_STRING_set(string, text, (int)strlen(text)) != 1) {
        crypto->ASN1_STRING_free(string);
        crypto->GENERAL_NAME_free(name);
        return false;
    }
    crypto->GENERAL_NAME_set0_value(name, OPENSSL_NAME_DNS, string);
    if (crypto->OPENSSL_sk_push(names, name) > 0)
        return true;
    crypto->GENERAL_NAME_free(name);
    return false;
}

struct edit {
    const struct openssl_crypto *crypto;
    struct x509_st *certificate;
    struct openssl_names *names;
    bool changed;
};

/* Of names_each: true ends it, when there is no memory. */
static bool add_if_covered(void *argument, const struct names_answer *answer)
{
    struct edit *edit = argument;

    if (!could_cover(edit->crypto, edit->names, answer) ||
        !san_covers(edit->crypto, edit->certificate, answer))
        return false;
    edit->changed = true;
    return !add_name(edit->crypto, edit->names, answer->pseudo);
}

bool san_edit(const struct openssl_crypto *crypto, struct x509_st *certificate,
              struct openssl_names *names, bool *ret_changed)
{
    struct edit edit = {
        .crypto = crypto, .certificate = certificate, .names = names};

    if (!replace_pseudo(crypto, names, &edit.changed) ||
        names_each(add_if_covered, &edit))
        return false;
    *ret_changed = edit.changed;
    return true;
}
