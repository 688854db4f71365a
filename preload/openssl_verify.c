/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom OpenSSL must believe. A pseudo-name that a tool gives the library to
 * verify becomes N; and a session that is tagged has N verified even if the
 * tool, which does that by itself, gave none (the second check): or it would
 * take a certificate made out to NAME.matrix. The mode stays the tool's: what
 * it does not verify, it does not verify.
 */
#include "mismatch.h"
#include "openssl.h"
#include "preload.h"
#include "real.h"
#include "san.h"

REAL_DECLARE(SSL_add1_dnsname);
REAL_DECLARE(SSL_add1_host);
REAL_DECLARE(SSL_set1_dnsname);
REAL_DECLARE(SSL_set1_host);
REAL_DECLARE(X509_VERIFY_PARAM_add1_host);
REAL_DECLARE(X509_VERIFY_PARAM_set1_host);
REAL_DECLARE(X509_check_host);

/* OpenSSL takes a length of 0 for strlen; a length may count the NUL. */
static size_t length_of(const char *name, size_t length)
{
    return length != 0 ? length : strlen(name);
}

static bool is_pseudo(const char *name, size_t length)
{
    return name != NULL && names_is_pseudo(name, length_of(name, length));
}

/*
 * Adds our flags to the tool's. Before 1.1.0i they cannot be read, and to
 * replace them could allow more than the tool does.
 */
static void add_flags(const struct openssl_crypto *crypto,
                      struct X509_VERIFY_PARAM_st *parameter)
{
    if (crypto->X509_VERIFY_PARAM_get_hostflags == NULL)
        return;
    crypto->X509_VERIFY_PARAM_set_hostflags(
        parameter, crypto->X509_VERIFY_PARAM_get_hostflags(parameter) |
                       OPENSSL_HOST_FLAGS);
}

/*
 * Has N verified in place of the pseudo-name. To clear the host names without
 * setting the address would be no check at all: so the address goes first.
 */
static int give_answer(const struct openssl_crypto *crypto,
                       struct X509_VERIFY_PARAM_st *parameter,
                       const struct names_answer *answer, bool more)
{
    if (!answer->cert_is_ip) {
        add_flags(crypto, parameter);
        return more ? crypto->X509_VERIFY_PARAM_add1_host(parameter,
                                                          answer->cert_name, 0)
                    : crypto->X509_VERIFY_PARAM_set1_host(parameter,
                                                          answer->cert_name, 0);
    }
    if (crypto->X509_VERIFY_PARAM_set1_ip_asc(parameter, answer->cert_name) !=
        1)
        return 0;
    return more ? 1 : crypto->X509_VERIFY_PARAM_set1_host(parameter, NULL, 0);
}

typedef int name_parameter(struct X509_VERIFY_PARAM_st *, const char *, size_t);
typedef int name_ssl(struct ssl_st *, const char *);

/*
 * 1, or 0 with nobody to verify: hardly a tool looks at the result, and without
 * a name any certificate would do.
 */
static int give_parameter(name_parameter *real,
                          struct X509_VERIFY_PARAM_st *parameter,
                          const char *name, size_t length, bool more)
{
    const struct openssl_crypto *crypto;
    const struct names_answer *answer;

    if (real == NULL)
        return 0;
    crypto = openssl_crypto_of((void *)real);
    if (crypto != NULL &&
        names_find(name, length_of(name, length), &answer) == STATUS_OK &&
        give_answer(crypto, parameter, answer, more) == 1)
        return 1;
    (void)real(parameter, openssl_nobody.cert_name, 0);
    return 0;
}

HOOK(int, X509_VERIFY_PARAM_set1_host,
     (struct X509_VERIFY_PARAM_st * parameter, const char *name, size_t length))
{
    __typeof__(&X509_VERIFY_PARAM_set1_host) real =
        REAL(X509_VERIFY_PARAM_set1_host);

    if (is_pseudo(name, length))
        return give_parameter(real, parameter, name, length, false);
    return real != NULL ? real(parameter, name, length) : 0;
}

HOOK(int, X509_VERIFY_PARAM_add1_host,
     (struct X509_VERIFY_PARAM_st * parameter, const char *name, size_t length))
{
    __typeof__(&X509_VERIFY_PARAM_add1_host) real =
        REAL(X509_VERIFY_PARAM_add1_host);

    if (is_pseudo(name, length))
        return give_parameter(real, parameter, name, length, true);
    return real != NULL ? real(parameter, name, length) : 0;
}

static int give_ssl(name_ssl *real, struct ssl_st *ssl, const char *name,
                    bool more)
{
    const struct openssl_ssl *library;

    if (real == NULL)
        return 0;
    library = openssl_ssl_of((void *)real);
    if (library != NULL)
        return give_parameter(
            more ? library->crypto->X509_VERIFY_PARAM_add1_host
                 : library->crypto->X509_VERIFY_PARAM_set1_host,
            library->SSL_get0_param(ssl), name, 0, more);
    (void)real(ssl, openssl_nobody.cert_name);
    return 0;
}

HOOK(int, SSL_set1_host, (struct ssl_st * ssl, const char *name))
{
    __typeof__(&SSL_set1_host) real = REAL(SSL_set1_host);

    if (is_pseudo(name, 0))
        return give_ssl(real, ssl, name, false);
    return real != NULL ? real(ssl, name) : 0;
}

HOOK(int, SSL_add1_host, (struct ssl_st * ssl, const char *name))
{
    __typeof__(&SSL_add1_host) real = REAL(SSL_add1_host);

    if (is_pseudo(name, 0))
        return give_ssl(real, ssl, name, true);
    return real != NULL ? real(ssl, name) : 0;
}

/* OpenSSL 4 */
HOOK(int, SSL_set1_dnsname, (struct ssl_st * ssl, const char *name))
{
    __typeof__(&SSL_set1_dnsname) real = REAL(SSL_set1_dnsname);

    if (is_pseudo(name, 0))
        return give_ssl(real, ssl, name, false);
    return real != NULL ? real(ssl, name) : 0;
}

HOOK(int, SSL_add1_dnsname, (struct ssl_st * ssl, const char *name))
{
    __typeof__(&SSL_add1_dnsname) real = REAL(SSL_add1_dnsname);

    if (is_pseudo(name, 0))
        return give_ssl(real, ssl, name, true);
    return real != NULL ? real(ssl, name) : 0;
}

/*
 * N as the shim gives it: the last letter upper case, which verification does
 * not mind, and which tells it from what the tool gave.
 */
static void mark(const char *name,
                 char ret_marked[static LIMIT_SERVER_NAME + 1])
{
    char *last = NULL;

    memcpy(ret_marked, name, strlen(name) + 1);
    for (char *c = ret_marked; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            last = c;
    if (last != NULL)
        *last = (char)(*last - 'a' + 'A');
}

/*
 * N as we gave it makes way for a name that the tool has added since, or the
 * library would take either: ours becomes a name that no certificate can have.
 * In place, which needs no memory: nothing can be taken out of a list, and one
 * that is made anew has nobody in it until it is. True if N stands alone.
 */
static bool give_way(const struct openssl_crypto *crypto,
                     struct X509_VERIFY_PARAM_st *parameter,
                     const struct names_answer *answer)
{
    char marked[LIMIT_SERVER_NAME + 1];
    char *ours = NULL;
    char *host;
    int count = 0;

    if (answer->cert_is_ip || crypto->X509_VERIFY_PARAM_get0_host == NULL)
        return false;
    mark(answer->cert_name, marked);
    while ((host = crypto->X509_VERIFY_PARAM_get0_host(parameter, count)) !=
           NULL) {
        if (strcmp(host, marked) == 0)
            ours = host;
        count++;
    }
    if (ours != NULL && count > 1)
        memset(ours, '!', strlen(ours));
    return ours != NULL && count == 1;
}

/*
 * To inherit is to take what one has not got: a tool that has the library
 * verify another name keeps its own choice.
 */
bool openssl_verify_give(const struct openssl_crypto *crypto,
                         struct X509_VERIFY_PARAM_st *parameter,
                         const struct names_answer *answer)
{
    struct X509_VERIFY_PARAM_st *ours = crypto->X509_VERIFY_PARAM_new();
    char marked[LIMIT_SERVER_NAME + 1];
    bool given;

    if (ours == NULL)
        return false;
    (void)give_way(crypto, parameter, answer);
    mark(answer->cert_name, marked);
    given =
        (answer->cert_is_ip
             ? crypto->X509_VERIFY_PARAM_set1_ip_asc(ours, answer->cert_name)
             : crypto->X509_VERIFY_PARAM_set1_host(ours, marked, 0)) == 1 &&
        crypto->X509_VERIFY_PARAM_inherit(parameter, ours) == 1;
    crypto->X509_VERIFY_PARAM_free(ours);
    if (given)
        add_flags(crypto, parameter);
    return given;
}

/* Before 3.0 a name could not be found again in the SSL's own parameter. */
bool openssl_verify_lend(const struct openssl_crypto *crypto,
                         struct X509_VERIFY_PARAM_st *parameter,
                         const struct names_answer *answer)
{
    return (!answer->cert_is_ip &&
            crypto->X509_VERIFY_PARAM_get0_host == NULL) ||
           openssl_verify_give(crypto, parameter, answer);
}

/*
 * An address cannot be told from the tool's own. It stays, and verification
 * fails: never does less get verified.
 */
void openssl_verify_take(const struct openssl_crypto *crypto,
                         struct X509_VERIFY_PARAM_st *parameter,
                         const struct names_answer *answer)
{
    if (give_way(crypto, parameter, answer))
        (void)crypto->X509_VERIFY_PARAM_set1_host(parameter, NULL, 0);
}

/* The result is the tool's own matter; no match is 0. */
static int check_answer(const struct openssl_crypto *crypto,
                        struct x509_st *certificate,
                        const struct names_answer *answer, unsigned flags,
                        char **peer_name)
{
    if (!answer->cert_is_ip)
        return crypto->X509_check_host(certificate, answer->cert_name, 0,
                                       flags | OPENSSL_HOST_FLAGS, peer_name);
    if (crypto->X509_check_ip_asc(certificate, answer->cert_name, 0) != 1)
        return 0;
    if (peer_name == NULL)
        return 1;
    *peer_name = crypto->CRYPTO_strdup(answer->cert_name, __FILE__, __LINE__);
    return *peer_name != NULL ? 1 : 0;
}

HOOK(int, X509_check_host,
     (struct x509_st * certificate, const char *name, size_t length,
      unsigned flags, char **peer_name))
{
    __typeof__(&X509_check_host) real = REAL(X509_check_host);
    const struct openssl_crypto *crypto;
    const struct names_answer *answer;
    char names[MISMATCH_TEXT];
    int result;

    if (!is_pseudo(name, length))
        return real != NULL ? real(certificate, name, length, flags, peer_name)
                            : 0;
    /* A failure is below 0 elsewhere; but some tools only ask whether it is 0.
     */
    if (real == NULL || (crypto = openssl_crypto_of((void *)real)) == NULL ||
        names_find(name, length_of(name, length), &answer) != STATUS_OK)
        return 0;
    result = check_answer(crypto, certificate, answer, flags, peer_name);
    if (result != 1 && san_differs(crypto, certificate, answer, names))
        mismatch_say(answer, names);
    return result == 1 ? 1 : 0;
}
