/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A certificate authority for tests: made anew in each program, so that no
 * key lies in the tree and nothing expires.
 */
#ifndef NSS_MATRIX_TESTS_TLS_AUTHORITY_H
#define NSS_MATRIX_TESTS_TLS_AUTHORITY_H

#include <openssl/ssl.h>

struct tls_authority;

/* Makes a key (P-256) and a certificate. Aborts on failure. */
struct tls_authority *tls_authority_new(void);

void tls_authority_free(struct tls_authority *authority);

/* Writes its certificate as PEM into the file at path. */
void tls_authority_write(const struct tls_authority *authority,
                         const char *path);

/*
 * A server's context with a fresh certificate for names ("DNS:a.test,
 * IP:127.0.0.1") that is valid until seconds from now. The caller's.
 */
SSL_CTX *tls_authority_context(const struct tls_authority *authority,
                               const char *names, long seconds);

#endif
