/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What openssl_client reads in its peer's certificate: see there. */
#ifndef NSS_MATRIX_TESTS_OPENSSL_PEER_H
#define NSS_MATRIX_TESTS_OPENSSL_PEER_H

#include <openssl/ssl.h>

/* A callback that accepts whatever the verification finds. */
void openssl_peer_accept_all(SSL *ssl);

/* Prints the names that X509_get_ext_d2i gives. */
void openssl_peer_names(SSL *ssl);

/* Prints those in the extension that X509_get_ext gives, which is one. */
void openssl_peer_extension(SSL *ssl);

/* Prints what X509_check_host says of a name. */
void openssl_peer_check(const SSL *ssl, const char *name);

/* Prints whom the SSL's own parameter has verified; 1.1 does not tell. */
void openssl_peer_given(SSL *ssl);

/* Prints what came of the verification. */
void openssl_peer_result(SSL *ssl);

#endif
