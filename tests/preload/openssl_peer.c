/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The peer's certificate, as programs read it who judge it by themselves. */
#include "openssl_peer.h"

#include <stdio.h>

#include <openssl/x509v3.h>

/* OpenSSL 1.1 */
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#define SSL_get1_peer_certificate SSL_get_peer_certificate
#endif

static void print_names(GENERAL_NAMES *names)
{
    printf("names");
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS)
            printf(" %s", ASN1_STRING_get0_data(name->d.dNSName));
        else
            printf(" (%d)", name->type);
    }
    printf("\n");
    GENERAL_NAMES_free(names);
}

static int accept_all(int good, X509_STORE_CTX *store)
{
    (void)good;
    (void)store;
    return 1;
}

void openssl_peer_accept_all(SSL *ssl)
{
    SSL_set_verify(ssl, SSL_VERIFY_PEER, accept_all);
}

void openssl_peer_names(SSL *ssl)
{
    X509 *peer = SSL_get1_peer_certificate(ssl);

    print_names(X509_get_ext_d2i(peer, NID_subject_alt_name, NULL, NULL));
    X509_free(peer);
}

/* As long as the certificate lives, an extension is one and the same. */
void openssl_peer_extension(SSL *ssl)
{
    X509 *peer = SSL_get1_peer_certificate(ssl);
    int at = X509_get_ext_by_NID(peer, NID_subject_alt_name, -1);
    X509_EXTENSION *extension = X509_get_ext(peer, at);

    if (X509_get_ext(peer, at) != extension)
        printf("another ");
    print_names(X509V3_EXT_d2i(extension));
    X509_free(peer);
}

void openssl_peer_check(const SSL *ssl, const char *name)
{
    X509 *peer = SSL_get1_peer_certificate(ssl);
    char *covered = NULL;
    int result = X509_check_host(peer, name, 0, 0, &covered);

    printf("check %d %s\n", result, covered != NULL ? covered : "-");
    OPENSSL_free(covered);
    X509_free(peer);
}

void openssl_peer_given(SSL *ssl)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    char *name = X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0);
    char *address = X509_VERIFY_PARAM_get1_ip_asc(SSL_get0_param(ssl));

    printf("given %s %s\n", name != NULL ? name : "-",
           address != NULL ? address : "-");
    OPENSSL_free(address);
#else
    (void)ssl;
#endif
}

void openssl_peer_result(SSL *ssl)
{
    printf("result %s\n",
           X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
}
