/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TLS handshake came to, judged after the fact: the handshake itself
 * goes on whatever the certificate is, so that every fault can be told.
 */
#ifndef NSS_MATRIX_TLS_REPORT_H
#define NSS_MATRIX_TLS_REPORT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "configuration.h"
#include "status.h"
#include "util.h"

enum {
    /*
     * Octets of them all. All are verified, whatever the first fault, and 100
     * KiB of large keys take 0.1 s of CPU. Chains of today are below 10 KiB;
     * four certificates of ML-DSA-87, its largest, signature and key, are 30
     * KiB.
     */
    TLS_REPORT_CERTIFICATES = 32 * 1024,
    TLS_REPORT_CHAIN = 6,  /* certificates told of */
    TLS_REPORT_NAMES = 16, /* of each */
};

struct tls_certificate {
    char subject[120], issuer[120]; /* common names, escaped */
    char sha256[65];
    int64_t not_before, not_after; /* seconds since 1970 */
    unsigned name_count;           /* that names holds */
    unsigned more_names;
    char names[TLS_REPORT_NAMES][100]; /* DNS names and addresses, escaped */
};

struct tls_report {
    const char *version; /* OpenSSL's, static; NULL: no handshake */
    const char *cipher;
    char protocol[16]; /* by ALPN; "" if the server chose none */
    unsigned count;    /* of chain */
    struct tls_certificate chain[TLS_REPORT_CHAIN];
    bool chain_good, name_good, dates_good;
    bool issuer_missing;   /* neither sent nor trusted: chain_good is false */
    char chain_fault[160]; /* OpenSSL's words */
    unsigned scts;         /* signed certificate timestamps (RFC 6962) */
};

/*
 * A context that trusts the configuration's authorities, else the system's,
 * and lets any handshake pass. STATUS_OK; STATUS_UNAVAILABLE if they cannot
 * be read; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status
tls_report_context(const struct configuration *configuration,
                   SSL_CTX **ret_context);

/*
 * Looks at a handshake that is over; cert_name is a host name or an IP
 * address without brackets, now seconds since 1970.
 */
void tls_report_read(SSL *ssl, const char *cert_name, int64_t now,
                     struct tls_report *ret_report);

/* "A, B and 3 more": what the first certificate covers; gives text. */
const char *tls_report_names(const struct tls_report *report, char *text,
                             size_t room);

#endif
