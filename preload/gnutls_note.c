/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names in a certificate, for people. A list that gets too long ends in
 * "...": there are certificates with hundreds of names.
 */
#include "gnutls_note.h"

#include "address.h"
#include "note.h"

enum {
    TEXT = 400,
    NAME = 256, /* longer ones are left out: no host name is longer */
};

static const char COMMON_NAME[] = "2.5.4.3";

/* False if there is no more room. */
static bool append(char text[static TEXT], const char *kind, const char *name)
{
    size_t end = strlen(text);
    const char *comma = end > 0 ? ", " : "";

    if (end + strlen(comma) + strlen(kind) + strlen(name) + sizeof(", ...") >
        TEXT) {
        snprintf(text + end, TEXT - end, "%s...", comma);
        return false;
    }
    snprintf(text + end, TEXT - end, "%s%s%s", comma, kind, name);
    return true;
}

/* Octets chosen by a stranger: a NUL among them is no end. */
static bool append_name(char text[static TEXT], char name[static NAME],
                        size_t size)
{
    struct address address;

    for (size_t i = 0; i < size; i++)
        if (name[i] <= ' ' || name[i] > '~')
            name[i] = '?';
    name[size] = '\0';
    /* What reads as an address but is a name covers no address. */
    return append(text, address_parse(name, &address) ? "DNS:" : "", name);
}

static bool append_address(char text[static TEXT], const char *octets,
                           size_t size)
{
    struct address address = {.family = size == 4 ? AF_INET : AF_INET6};
    char written[ADDRESS_TEXT];

    if (size != 4 && size != 16)
        return true;
    memcpy(address.bytes, octets, size);
    return append(text, "", address_text(&address, written));
}

/* GnuTLS takes the CN where there is nothing else. */
static void append_common_name(const struct gnutls_api *api,
                               struct gnutls_x509_crt_int *certificate,
                               char text[static TEXT])
{
    char name[NAME + 1];
    size_t size = NAME;

    append(text, "", "no name in its subjectAltName");
    if (api->gnutls_x509_crt_get_dn_by_oid(certificate, COMMON_NAME, 0, 0, name,
                                           &size) >= 0) {
        name[size] = '\0';
        append(text, "CN ", name);
    }
}

static void list_names(const struct gnutls_api *api,
                       struct gnutls_x509_crt_int *certificate,
                       char text[static TEXT])
{
    bool room = true;
    int type = 0;

    text[0] = '\0';
    for (unsigned i = 0; room; i++) {
        char name[NAME + 1];
        size_t size = NAME;

        type = api->gnutls_x509_crt_get_subject_alt_name(certificate, i, name,
                                                         &size, NULL);
        if (type < 0 && type != GNUTLS_API_E_SHORT_MEMORY_BUFFER)
            break;
        if (type == GNUTLS_API_SAN_DNSNAME)
            room = append_name(text, name, size);
        else if (type == GNUTLS_API_SAN_IPADDRESS)
            room = append_address(text, name, size);
    }
    if (text[0] == '\0')
        append_common_name(api, certificate, text);
}

/* People expect SRV's target there. */
static const char *why(const char *step)
{
    return strcmp(step, "3.3") == 0 || strcmp(step, "3.4") == 0 ||
                   step[0] == '4' || step[0] == '5'
               ? ": SRV does not rename"
               : "";
}

void gnutls_note_certificate(const struct gnutls_api *api,
                             struct gnutls_x509_crt_int *certificate,
                             const struct names_answer *answer)
{
    char text[TEXT];

    list_names(api, certificate, text);
    note_refusal("%s: the certificate covers %s; needed %s%s", answer->pseudo,
                 text, answer->cert_name, why(answer->step));
}

void gnutls_note_peer(const struct gnutls_api *api,
                      struct gnutls_session_int *session,
                      const struct names_answer *answer)
{
    unsigned count = 0;
    const struct gnutls_api_datum *peers =
        api->gnutls_certificate_get_peers(session, &count);
    struct gnutls_x509_crt_int *certificate = NULL;

    if (peers == NULL || count == 0 ||
        api->gnutls_x509_crt_init(&certificate) < 0)
        return;
    if (api->gnutls_x509_crt_import(certificate, &peers[0],
                                    GNUTLS_API_X509_FMT_DER) >= 0)
        gnutls_note_certificate(api, certificate, answer);
    api->gnutls_x509_crt_deinit(certificate);
}

void gnutls_note_resumed(const struct names_answer *answer)
{
    note_refusal("%s: the tool took up an old session before it named the "
                 "server; its certificate cannot be verified",
                 answer->pseudo);
}
