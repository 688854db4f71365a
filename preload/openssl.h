/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OpenSSL 1.1.0 to 4, as the shim sees it: its objects are opaque, under
 * OpenSSL's own tags, and its functions are found at run time, in the copy of
 * the library that the caller uses. No OpenSSL header, nothing linked.
 *
 * Files: openssl.c names sessions (SNI), openssl_session.c is what is kept of
 * them, openssl_verify.c and openssl_chain.c whom the library must believe,
 * openssl_alpn.c, openssl_write.c and openssl_bio.c what leaves, san.c and
 * san_read.c what a tool reads in a certificate, openssl_doubt.c whether it
 * refuses one, openssl_library.c finds the functions.
 */
#ifndef NSS_MATRIX_OPENSSL_H
#define NSS_MATRIX_OPENSSL_H

#include <stdbool.h>
#include <stddef.h>

#include "doubt.h"
#include "host.h"
#include "names.h"
#include "util.h"

struct X509_VERIFY_PARAM_st;
struct X509_extension_st;
struct asn1_object_st;
struct asn1_string_st;
struct bio_st;
struct openssl_names; /* GENERAL_NAMES, a stack of */
struct openssl_name;  /* GENERAL_NAME */
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_st;
struct x509_store_ctx_st;

/* What OpenSSL's headers call these numbers stands behind them. */
enum {
    OPENSSL_EX_SSL = 0,             /* CRYPTO_EX_INDEX_SSL */
    OPENSSL_EX_SSL_CTX = 1,         /* CRYPTO_EX_INDEX_SSL_CTX */
    OPENSSL_EX_X509 = 3,            /* CRYPTO_EX_INDEX_X509 */
    OPENSSL_CTRL_SET_HOSTNAME = 55, /* SSL_CTRL_SET_TLSEXT_HOSTNAME */
    OPENSSL_NAMETYPE_HOST = 0,      /* TLSEXT_NAMETYPE_host_name */
    OPENSSL_NID_SAN = 85,           /* NID_subject_alt_name */
    OPENSSL_NAME_DNS = 2,           /* GEN_DNS */
    OPENSSL_NAME_IP = 7,            /* GEN_IPADD */
    OPENSSL_IA5STRING = 22,         /* V_ASN1_IA5STRING */
    OPENSSL_VERIFY_PEER = 1,        /* SSL_VERIFY_PEER */
    OPENSSL_EARLY_REJECTED = 1,     /* SSL_EARLY_DATA_REJECTED */
    OPENSSL_OK = 0,                 /* X509_V_OK */
    OPENSSL_UNSPECIFIED = 1,        /* X509_V_ERR_UNSPECIFIED */
    OPENSSL_OUT_OF_MEMORY = 17,     /* X509_V_ERR_OUT_OF_MEM */
    OPENSSL_BIO_SSL = 0x0207,       /* BIO_TYPE_SSL */
    OPENSSL_BIO_NULL = 0x0211,      /* BIO_TYPE_NULL_FILTER */
    OPENSSL_BIO_BUFFER = 0x0209,    /* BIO_TYPE_BUFFER */
    OPENSSL_BIO_LINEBUFFER = 0x0214,
    OPENSSL_BIO_GET_SSL = 110, /* BIO_C_GET_SSL */
    /*
     * How a certificate is judged for N: X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
     * and X509_CHECK_FLAG_NEVER_CHECK_SUBJECT (RFC 9525: names stand in the
     * subjectAltName).
     */
    OPENSSL_HOST_FLAGS = 0x4 | 0x20,
};

typedef void openssl_ex_free(void *parent, void *value, void *data, int index,
                             long argument, void *pointer);
/* from_value is a void ** since 3.0 and was the same in a void * before. */
typedef int openssl_ex_dup(void *to, const void *from, void *from_value,
                           int index, long argument, void *pointer);

/*
 * One loaded copy of libcrypto. Members are the functions of these names;
 * those marked so are NULL where the version has none.
 */
struct openssl_crypto {
    const struct openssl_crypto *next;
    const void *inside; /* any function in it */
    int x509_index;     /* ex_data of an X509: san_read.c */

    int (*CRYPTO_get_ex_new_index)(int, long, void *, void *, openssl_ex_dup *,
                                   openssl_ex_free *);
    char *(*CRYPTO_strdup)(const char *, const char *, int);
    int (*ERR_set_mark)(void);
    int (*ERR_pop_to_mark)(void);

    int (*X509_check_host)(struct x509_st *, const char *, size_t, unsigned,
                           char **);
    int (*X509_check_ip_asc)(struct x509_st *, const char *, unsigned);
    void *(*X509_get_ex_data)(const struct x509_st *, int);
    int (*X509_set_ex_data)(struct x509_st *, int, void *);
    void *(*X509_get_ext_d2i)(const struct x509_st *, int, int *, int *);
    struct x509_st *(*X509_STORE_CTX_get0_cert)(
        const struct x509_store_ctx_st *);
    void *(*X509_STORE_CTX_get_ex_data)(const struct x509_store_ctx_st *, int);

    int (*X509_STORE_CTX_get_error)(const struct x509_store_ctx_st *);
    void (*X509_STORE_CTX_set_error)(struct x509_store_ctx_st *, int);
    struct X509_VERIFY_PARAM_st *(*X509_STORE_CTX_get0_param)(
        const struct x509_store_ctx_st *);

    struct X509_VERIFY_PARAM_st *(*X509_VERIFY_PARAM_new)(void);
    void (*X509_VERIFY_PARAM_free)(struct X509_VERIFY_PARAM_st *);
    int (*X509_VERIFY_PARAM_inherit)(struct X509_VERIFY_PARAM_st *,
                                     const struct X509_VERIFY_PARAM_st *);
    int (*X509_VERIFY_PARAM_set1_host)(struct X509_VERIFY_PARAM_st *,
                                       const char *, size_t);
    int (*X509_VERIFY_PARAM_add1_host)(struct X509_VERIFY_PARAM_st *,
                                       const char *, size_t);
    int (*X509_VERIFY_PARAM_set1_ip_asc)(struct X509_VERIFY_PARAM_st *,
                                         const char *);
    void (*X509_VERIFY_PARAM_set_hostflags)(struct X509_VERIFY_PARAM_st *,
                                            unsigned);
    unsigned (*X509_VERIFY_PARAM_get_hostflags)(
        const struct X509_VERIFY_PARAM_st *); /* 1.1.0i */
    char *(*X509_VERIFY_PARAM_get0_host)(struct X509_VERIFY_PARAM_st *,
                                         int); /* 3.0 */

    void (*GENERAL_NAMES_free)(struct openssl_names *);
    struct openssl_name *(*GENERAL_NAME_new)(void);
    void (*GENERAL_NAME_free)(struct openssl_name *);
    void *(*GENERAL_NAME_get0_value)(const struct openssl_name *, int *);
    void (*GENERAL_NAME_set0_value)(struct openssl_name *, int, void *);
    int (*OPENSSL_sk_num)(const struct openssl_names *);
    void *(*OPENSSL_sk_value)(const struct openssl_names *, int);
    int (*OPENSSL_sk_push)(struct openssl_names *, const void *);
    struct asn1_string_st *(*ASN1_STRING_type_new)(int);
    void (*ASN1_STRING_free)(struct asn1_string_st *);
    int (*ASN1_STRING_set)(struct asn1_string_st *, const void *, int);
    int (*ASN1_STRING_length)(const struct asn1_string_st *);
    const unsigned char *(*ASN1_STRING_get0_data)(
        const struct asn1_string_st *);
    int (*ASN1_STRING_cmp)(const struct asn1_string_st *,
                           const struct asn1_string_st *);
    int (*OBJ_obj2nid)(const struct asn1_object_st *);
    struct asn1_object_st *(*X509_EXTENSION_get_object)(
        struct X509_extension_st *);
    struct asn1_string_st *(*X509_EXTENSION_get_data)(
        struct X509_extension_st *);
    int (*X509_EXTENSION_get_critical)(const struct X509_extension_st *);
    void (*X509_EXTENSION_free)(struct X509_extension_st *);
    void *(*X509V3_EXT_d2i)(struct X509_extension_st *);
    struct X509_extension_st *(*X509V3_EXT_i2d)(int, int, void *);

    int (*BIO_method_type)(const struct bio_st *);
    struct bio_st *(*BIO_next)(struct bio_st *);
    long (*BIO_ctrl)(struct bio_st *, int, long, void *);
    int (*BIO_write)(struct bio_st *, const void *, int);
};

/* One loaded copy of libssl. */
struct openssl_ssl {
    const struct openssl_ssl *next;
    const void *inside;
    const struct openssl_crypto *crypto; /* the one it works with */
    int session_index; /* ex_data of an SSL: struct openssl_session */
    int context_index; /* ex_data of an SSL_CTX: struct openssl_protocols */

    long (*SSL_ctrl)(struct ssl_st *, int, long, void *);
    void *(*SSL_get_ex_data)(const struct ssl_st *, int);
    int (*SSL_set_ex_data)(struct ssl_st *, int, void *);
    struct X509_VERIFY_PARAM_st *(*SSL_get0_param)(struct ssl_st *);
    int (*SSL_get_verify_mode)(const struct ssl_st *);
    int (*SSL_get_ex_data_X509_STORE_CTX_idx)(void);
    struct ssl_ctx_st *(*SSL_get_SSL_CTX)(const struct ssl_st *);
    int (*SSL_CTX_remove_session)(struct ssl_ctx_st *, struct ssl_session_st *);
    void *(*SSL_CTX_get_ex_data)(const struct ssl_ctx_st *, int);
    int (*SSL_CTX_set_ex_data)(struct ssl_ctx_st *, int, void *);
    int (*SSL_set_alpn_protos)(struct ssl_st *, const unsigned char *,
                               unsigned);
    int (*SSL_in_before)(const struct ssl_st *);
    int (*SSL_is_init_finished)(const struct ssl_st *);
    int (*SSL_get_early_data_status)(const struct ssl_st *); /* 1.1.1 */
    struct ssl_session_st *(*SSL_get_session)(const struct ssl_st *);
    int (*SSL_set_session)(struct ssl_st *, struct ssl_session_st *);
    struct x509_st *(*SSL_SESSION_get0_peer)(struct ssl_session_st *);
};

/*
 * The copy that a function of OpenSSL's lies in, found once. NULL if a
 * function is missing there (another library with the same names) or there
 * is no memory: the hook then fails its call. errno is kept.
 */
const struct openssl_crypto *openssl_crypto_of(const void *function);
const struct openssl_ssl *openssl_ssl_of(const void *function);

/* The same if it was found already, else NULL: no look-up, no memory. */
const struct openssl_crypto *openssl_crypto_known(const void *function);
const struct openssl_ssl *openssl_ssl_known(const void *function);

/* The known libssl that works with a libcrypto; NULL if there is none yet. */
const struct openssl_ssl *openssl_ssl_with(const struct openssl_crypto *crypto);

/*
 * Whether a call that returns to caller comes out of the library that real
 * lies in, or of the shim itself: such calls see the certificate as it is.
 */
bool openssl_is_inner(const void *caller, const void *real);

/* A list of protocols as ALPN has it, one that holds h2; one block. */
struct openssl_protocols {
    unsigned length;
    unsigned char list[];
};

/*
 * Who a session is for whose pseudo-name could not be found, if the tool goes
 * on all the same: a name that nobody can have (RFC 6761).
 */
extern const struct names_answer openssl_nobody;

/* What is kept of an SSL: NULL or false where there is nothing. */
struct openssl_session {
    const struct names_answer *answer;   /* tagged: NAME.matrix is its peer */
    struct host_session *host;           /* tagged without: no memory */
    bool writing;                        /* a write of ours is on its way */
    bool early;                          /* it has written early data */
    bool through_chain;                  /* the tool writes above the SSL BIO */
    struct openssl_protocols *protocols; /* as the tool gave them */
    struct doubt *doubt;                 /* a certificate that is not N's */
};

/*
 * The session of an SSL, real being any function of that libssl. NULL if
 * nothing is kept of it (then the SSL is none of our business), which costs
 * one load as long as the process keeps nothing at all.
 */
struct openssl_session *openssl_session_of(const void *real,
                                           const struct ssl_st *ssl);

/* The same, NULL also if it is not tagged, and one load if none ever was. */
struct openssl_session *openssl_session_tagged(const void *real,
                                               const struct ssl_st *ssl);

/* The session of an SSL, made if there is none. NULL: no memory. */
struct openssl_session *openssl_session_make(const struct openssl_ssl *library,
                                             struct ssl_st *ssl);

/* Whether anything was ever kept in this process; and that something is. */
bool openssl_session_any(void);
void openssl_session_keeps(void);

/* Whether any session of this process was ever tagged. */
bool openssl_session_any_tagged(void);

/*
 * Tags a session, or with NULL unties it: its Host writer starts anew. The
 * writer is NULL after that if there is no memory.
 */
void openssl_session_tag(struct openssl_session *session,
                         const struct names_answer *answer);

/* A new connection on the same SSL: the Host writer starts anew. */
void openssl_session_restart(struct openssl_session *session);

/*
 * Before a write that is not of early data: if the server refused those that
 * were written, the tool begins again, and so does the Host writer.
 */
void openssl_session_settle_early(const struct openssl_ssl *library,
                                  const struct ssl_st *ssl,
                                  struct openssl_session *session);

/*
 * Writes by way of the Host writer. No more is said than the sink did where
 * nothing is written; without memory the sink is not called.
 */
ssize_t openssl_session_write(struct openssl_session *session, const void *data,
                              size_t length, const struct host_sink *sink);

/* What ex_data calls when the SSL or the SSL_CTX goes. */
openssl_ex_free openssl_session_free;
openssl_ex_free openssl_alpn_free;

/*
 * Offers for a tagged session the tool's protocols without h2, for another
 * all of them; does nothing if there is no list with h2. False: the library
 * refused.
 */
MUST_CHECK bool openssl_alpn_apply(const struct openssl_ssl *library,
                                   struct ssl_st *ssl,
                                   const struct openssl_session *session);

/*
 * Makes the library itself verify, by a parameter, that the peer is answer,
 * unless the tool has it verify a name: then that and not N, which may have
 * been given before. False: it cannot, so nothing may be sent.
 */
MUST_CHECK bool openssl_verify_give(const struct openssl_crypto *crypto,
                                    struct X509_VERIFY_PARAM_st *parameter,
                                    const struct names_answer *answer);

/*
 * The same with an SSL's own parameter, in which the tool may yet change
 * something, and what is lent can be taken back as far as it can be told.
 * Where a name could not, it is left to the verification (X509_verify_cert).
 */
MUST_CHECK bool openssl_verify_lend(const struct openssl_crypto *crypto,
                                    struct X509_VERIFY_PARAM_st *parameter,
                                    const struct names_answer *answer);
void openssl_verify_take(const struct openssl_crypto *crypto,
                         struct X509_VERIFY_PARAM_st *parameter,
                         const struct names_answer *answer);

#endif
