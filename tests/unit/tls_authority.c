/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Certificates for tests, with OpenSSL. */
#include "tls_authority.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct tls_authority {
    EVP_PKEY *key;
    X509 *certificate;
    long serial;
};

static void must(int good)
{
    if (good)
        return;
    ERR_print_errors_fp(stderr);
    abort();
}

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    must(extension != NULL);
    must(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *make(const char *name, EVP_PKEY *key, long serial, long seconds)
{
    X509 *certificate = X509_new();
    X509_NAME *subject;

    must(certificate != NULL && key != NULL);
    must(X509_set_version(certificate, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial));
    must(X509_gmtime_adj(X509_getm_notBefore(certificate), -7200) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(certificate), seconds) != NULL);
    must(X509_set_pubkey(certificate, key));
    subject = X509_get_subject_name(certificate);
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    (const unsigned char *)name, -1, -1, 0));
    return certificate;
}

struct tls_authority *tls_authority_new(void)
{
    struct tls_authority *authority = calloc(1, sizeof(*authority));

    must(authority != NULL);
    authority->key = EVP_EC_gen("P-256");
    authority->serial = 1;
    authority->certificate = make("tests", authority->key, 1, 86400);
    add_extension(authority->certificate, NID_basic_constraints,
                  "critical,CA:TRUE");
    add_extension(authority->certificate, NID_key_usage,
                  "critical,keyCertSign");
    must(X509_set_issuer_name(authority->certificate,
                              X509_get_subject_name(authority->certificate)));
    must(X509_sign(authority->certificate, authority->key, EVP_sha256()) > 0);
    return authority;
}

void tls_authority_free(struct tls_authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
    free(authority);
}

void tls_authority_write(const struct tls_authority *authority,
                         const char *path)
{
    FILE *file = fopen(path, "w");

    must(file != NULL);
    must(PEM_write_X509(file, authority->certificate));
    must(fclose(file) == 0);
}

SSL_CTX *tls_authority_context(const struct tls_authority *authority,
                               const char *names, long seconds)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make("server", key, 2, seconds);

    must(context != NULL);
    add_extension(certificate, NID_subject_alt_name, names);
    must(X509_set_issuer_name(certificate,
                              X509_get_subject_name(authority->certificate)));
    must(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    must(SSL_CTX_use_certificate(context, certificate));
    must(SSL_CTX_use_PrivateKey(context, key));
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}
