/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's view of the peer, put into our own words and bounds. */
#include "tls_report.h"

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "address.h"
#include "escape.h"
#include "tls_limit.h"
#include "wire.h"

/* Not SSL_VERIFY_NONE: that would not ask for more than the first fault. */
static int let_pass(int good, X509_STORE_CTX *context)
{
    (void)good;
    (void)context;
    return 1;
}

enum status tls_report_context(const struct configuration *configuration,
                               SSL_CTX **ret_context)
{
    static const unsigned char HTTP_1[] = "\x08http/1.1";
    const char *file = configuration->ca_file;
    const char *path = configuration->ca_path;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool good;

    if (context == NULL || tls_limit_set(context) != STATUS_OK) {
        SSL_CTX_free(context);
        return STATUS_NO_MEMORY;
    }
    /* Old versions are for us to tell of, not to be refused. */
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, let_pass);
    SSL_CTX_set_max_cert_list(context, TLS_REPORT_CERTIFICATES);
    SSL_CTX_set_alpn_protos(context, HTTP_1, sizeof(HTTP_1) - 1);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    good = file != NULL || path != NULL
               ? SSL_CTX_load_verify_locations(context, file, path) == 1
               : SSL_CTX_set_default_verify_paths(context) == 1;
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        return STATUS_UNAVAILABLE;
    }
    *ret_context = context;
    return STATUS_OK;
}

static void read_common_name(X509_NAME *from, char *to, size_t room)
{
    int at = X509_NAME_get_index_by_NID(from, NID_commonName, -1);
    X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(from, at);
    ASN1_STRING *text = entry == NULL ? NULL : X509_NAME_ENTRY_get_data(entry);

    to[0] = '\0';
    if (text != NULL)
        escape_text(to, room, (const char *)ASN1_STRING_get0_data(text),
                    (size_t)ASN1_STRING_length(text));
}

static int64_t read_time(const ASN1_TIME *from)
{
    struct tm time;

    return ASN1_TIME_to_tm(from, &time) == 1 ? timegm(&time) : 0;
}

/* An address in a certificate is 4 or 16 octets. */
static bool read_address(const ASN1_OCTET_STRING *octets, char *to)
{
    struct address address = {.family = AF_INET};
    int length = ASN1_STRING_length(octets);

    if (length == 16)
        address.family = AF_INET6;
    else if (length != 4)
        return false;
    memcpy(address.bytes, ASN1_STRING_get0_data(octets), (size_t)length);
    address_text(&address, to);
    return true;
}

static bool read_name(const GENERAL_NAME *from, char *to, size_t room)
{
    if (from->type == GEN_IPADD)
        return read_address(from->d.iPAddress, to);
    if (from->type != GEN_DNS)
        return false;
    escape_text(to, room, (const char *)ASN1_STRING_get0_data(from->d.dNSName),
                (size_t)ASN1_STRING_length(from->d.dNSName));
    return true;
}

static void read_names(X509 *from, struct tls_certificate *certificate)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(from, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (certificate->name_count == TLS_REPORT_NAMES)
            certificate->more_names++;
        else if (read_name(sk_GENERAL_NAME_value(names, i),
                           certificate->names[certificate->name_count],
                           sizeof(certificate->names[0])))
            certificate->name_count++;
    }
    GENERAL_NAMES_free(names);
}

static void read_certificate(X509 *from, struct tls_certificate *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    read_common_name(X509_get_subject_name(from), certificate->subject,
                     sizeof(certificate->subject));
    read_common_name(X509_get_issuer_name(from), certificate->issuer,
                     sizeof(certificate->issuer));
    if (X509_digest(from, EVP_sha256(), digest, &length) == 1 && length == 32)
        for (unsigned i = 0; i < 32; i++)
            snprintf(certificate->sha256 + (size_t)2 * i, 3, "%02x", digest[i]);
    certificate->not_before = read_time(X509_get0_notBefore(from));
    certificate->not_after = read_time(X509_get0_notAfter(from));
    read_names(from, certificate);
}

/* The CN does not count: neither Synapse nor Go's servers look at it. */
static bool covers(X509 *certificate, const char *name)
{
    struct address address;

    if (address_parse(name, &address))
        return X509_check_ip_asc(certificate, name, 0) == 1;
    return X509_check_host(certificate, name, strlen(name),
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           NULL) == 1;
}

/*
 * Dates are told apart from the rest: OpenSSL's last word may be about them
 * or about the issuer, so where the first certificate's are bad the chain is
 * judged without any.
 */
static void judge_chain(SSL *ssl, X509 *leaf, struct tls_report *report)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    int error = X509_V_ERR_UNSPECIFIED;

    if (context != NULL &&
        X509_STORE_CTX_init(context, store, leaf,
                            SSL_get_peer_cert_chain(ssl)) == 1) {
        X509_STORE_CTX_set_default(context, "ssl_server");
        if (!report->dates_good)
            X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
        X509_verify_cert(context);
        error = X509_STORE_CTX_get_error(context);
    }
    report->chain_good = error == X509_V_OK;
    report->issuer_missing =
        error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
        error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
    snprintf(report->chain_fault, sizeof(report->chain_fault), "%s",
             X509_verify_cert_error_string(error));
    X509_STORE_CTX_free(context);
    ERR_clear_error();
}

void tls_report_read(SSL *ssl, const char *cert_name, int64_t now,
                     struct tls_report *ret_report)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    X509 *leaf = chain != NULL ? sk_X509_value(chain, 0) : NULL;
    const unsigned char *protocol;
    unsigned length;

    *ret_report = (struct tls_report){.version = SSL_get_version(ssl),
                                      .cipher = SSL_get_cipher_name(ssl)};
    SSL_get0_alpn_selected(ssl, &protocol, &length);
    if (length > 0)
        escape_text(ret_report->protocol, sizeof(ret_report->protocol),
                    (const char *)protocol, length);
    for (int i = 0; i < sk_X509_num(chain) && i < TLS_REPORT_CHAIN; i++)
        read_certificate(sk_X509_value(chain, i),
                         &ret_report->chain[ret_report->count++]);
    if (leaf == NULL || ret_report->count == 0)
        return;
    ret_report->scts = (unsigned)sk_SCT_num(SSL_get0_peer_scts(ssl));
    if (ret_report->scts == (unsigned)-1)
        ret_report->scts = 0;
    ret_report->dates_good = ret_report->chain[0].not_before <= now &&
                             now < ret_report->chain[0].not_after;
    ret_report->name_good = covers(leaf, cert_name);
    judge_chain(ssl, leaf, ret_report);
}

const char *tls_report_names(const struct tls_report *report, char *text,
                             size_t room)
{
    const struct tls_certificate *first = &report->chain[0];
    struct wire_writer writer = wire_writer(text, room);
    unsigned shown = first->name_count < 4 ? first->name_count : 4;

    if (shown == 0)
        wire_put(&writer, "no name at all (a common name does not count)");
    for (unsigned i = 0; i < shown; i++) {
        wire_put(&writer, i > 0 ? ", " : "");
        wire_put(&writer, first->names[i]);
    }
    if (first->name_count + first->more_names > shown) {
        wire_put(&writer, " and ");
        wire_put_number(&writer, first->name_count + first->more_names - shown,
                        0);
        wire_put(&writer, " more");
    }
    return text;
}
