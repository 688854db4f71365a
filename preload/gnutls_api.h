/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GnuTLS 3.4 and later, as the shim sees it: its objects are opaque, under
 * GnuTLS's own tags, and its functions are found at run time, in the copy of
 * the library that the caller uses. No GnuTLS header, nothing linked.
 *
 * Files: gnutls.c names sessions (SNI) and sees them begin and end,
 * gnutls_session.c is what is kept of them, gnutls_alpn.c what they offer;
 * gnutls_peers.c and gnutls_hostname.c are whom the library must believe,
 * translated by gnutls_verify.c; gnutls_san.c is what a tool reads in a
 * certificate, gnutls_resume.c whose session is taken up again,
 * gnutls_write.c what leaves, gnutls_note.c what people are told;
 * gnutls_api.c finds the functions.
 */
#ifndef NSS_MATRIX_GNUTLS_API_H
#define NSS_MATRIX_GNUTLS_API_H

#include <stddef.h>

#include "real.h"
#include "util.h"

struct gnutls_session_int;
struct gnutls_x509_crt_int;
struct gnutls_x509_trust_list_st;

struct gnutls_api_datum { /* gnutls_datum_t */
    unsigned char *data;
    unsigned size;
};

struct gnutls_api_vdata { /* gnutls_typed_vdata_st */
    int type;
    unsigned char *data;
    unsigned size;
};

/* GnuTLS's own names have no API_ in them. */
enum {
    GNUTLS_API_E_INVALID_SESSION = -10,
    GNUTLS_API_E_MEMORY_ERROR = -25,
    GNUTLS_API_E_SHORT_MEMORY_BUFFER = -51,
    GNUTLS_API_E_AGAIN = -28,
    GNUTLS_API_E_CERTIFICATE_ERROR = -43,
    GNUTLS_API_E_INTERNAL_ERROR = -59,
    GNUTLS_API_E_FILE_ERROR = -64,
    GNUTLS_API_E_CERTIFICATE_VERIFICATION_ERROR = -348,
    GNUTLS_API_E_UNRECOGNIZED_NAME = -294,
    GNUTLS_API_X509_FMT_DER = 0,
    GNUTLS_API_DT_DNS_HOSTNAME = 1,
    GNUTLS_API_DT_KEY_PURPOSE_OID = 2,
    GNUTLS_API_SAN_DNSNAME = 1,
    GNUTLS_API_SAN_IPADDRESS = 4,
    GNUTLS_API_VERIFY_DO_NOT_ALLOW_IP_MATCHES = 1 << 1,
    GNUTLS_API_CERT_INVALID = 1 << 1,
    GNUTLS_API_CERT_UNEXPECTED_OWNER = 1 << 14,
    /* of ALPN; more, or longer ones, are refused */
    GNUTLS_API_PROTOCOLS_MAX = 8,
    GNUTLS_API_PROTOCOL_MAX = 31,
};

/*
 * One loaded copy of libgnutls. Members are the functions of these names; those
 * marked so are NULL where the version has none.
 */
struct gnutls_api {
    const struct gnutls_api *next;
    const void *inside; /* any function in it */

    const char *(*gnutls_check_version)(const char *);
    int (*gnutls_server_name_set)(struct gnutls_session_int *, int,
                                  const void *, size_t);
    int (*gnutls_alpn_set_protocols)(struct gnutls_session_int *,
                                     const struct gnutls_api_datum *, unsigned,
                                     unsigned);
    int (*gnutls_session_is_resumed)(struct gnutls_session_int *);
    ssize_t (*gnutls_record_send)(struct gnutls_session_int *, const void *,
                                  size_t);
    int (*gnutls_certificate_verify_peers)(struct gnutls_session_int *,
                                           struct gnutls_api_vdata *, unsigned,
                                           unsigned *);
    void (*gnutls_session_set_verify_cert2)(struct gnutls_session_int *,
                                            struct gnutls_api_vdata *, unsigned,
                                            unsigned); /* 3.4.6 */
    const struct gnutls_api_datum *(*gnutls_certificate_get_peers)(
        struct gnutls_session_int *, unsigned *);
    int (*gnutls_x509_crt_init)(struct gnutls_x509_crt_int **);
    int (*gnutls_x509_crt_import)(struct gnutls_x509_crt_int *,
                                  const struct gnutls_api_datum *, int);
    void (*gnutls_x509_crt_deinit)(struct gnutls_x509_crt_int *);
    unsigned (*gnutls_x509_crt_check_hostname2)(struct gnutls_x509_crt_int *,
                                                const char *, unsigned);
    int (*gnutls_x509_crt_get_subject_alt_name)(struct gnutls_x509_crt_int *,
                                                unsigned, void *, size_t *,
                                                unsigned *);
};

/*
 * The copy that a function of GnuTLS's lies in, found once. NULL if a
 * function is missing there (another library with the same names) or there
 * is no memory: the hook then fails its call. errno is kept.
 */
const struct gnutls_api *gnutls_api_of(const void *function);

/*
 * real_find, for a call that may have been jumped to by a function of
 * GnuTLS's that the shim called: gnutls_record_send() ends in a jump to
 * gnutls_record_send2(), whose return address is then in the shim.
 */
void *gnutls_api_find(struct real *real, const void *caller);

/* In a hook: the real function, typed as the hook is; NULL: refuse. */
#define GNUTLS_API_REAL(function)                                              \
    ((__typeof__(&(function)))gnutls_api_find(&real_##function,                \
                                              __builtin_return_address(0)))

#endif
