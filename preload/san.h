/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names in a certificate: which of them count. Judged is the certificate
 * alone, by OpenSSL's own rules: no connection has to be known.
 */
#ifndef NSS_MATRIX_SAN_H
#define NSS_MATRIX_SAN_H

#include <stdbool.h>
#include <stddef.h>

#include "mismatch.h"
#include "names.h"
#include "openssl.h"
#include "util.h"

/* Whether the library finds that a certificate covers the answer's N. */
bool san_covers(const struct openssl_crypto *crypto,
                struct x509_st *certificate, const struct names_answer *answer);

/*
 * Edits a copy of a certificate's names: in the place of every DNS name under
 * .matrix, whoever signed it, stands NAMES_NOBODY; last comes each known
 * pseudo-hostname whose N the certificate covers. *ret_changed tells whether
 * anything was. False: no memory, and the names are not to be used.
 */
MUST_CHECK bool san_edit(const struct openssl_crypto *crypto,
                         struct x509_st *certificate,
                         struct openssl_names *names, bool *ret_changed);

/* The DNS names and addresses in a certificate, for people: "" or "A, B". */
void san_text(const struct openssl_crypto *crypto,
              const struct x509_st *certificate,
              char ret_text[static MISMATCH_TEXT]);

/* Whether a certificate does not cover the answer's N, and its names then. */
bool san_differs(const struct openssl_crypto *crypto,
                 struct x509_st *certificate, const struct names_answer *answer,
                 char ret_text[static MISMATCH_TEXT]);

/* ex_data's call when an X509 goes: frees the extensions made for it. */
openssl_ex_free san_read_free;

#endif
