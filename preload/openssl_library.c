/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loaded copies of OpenSSL, each with all the functions that the shim
 * calls in it. They are looked for in the object that a real function lies in
 * and in what that object depends on, never in the caller's scope: with two
 * copies in a process that may name the other one's.
 */
#include <dlfcn.h>
#include <stdatomic.h>

#include "openssl.h"
#include "real.h"
#include "san.h"

/* A function and where in its table it goes. */
struct member {
    const char *name;
    size_t offset;
    bool optional;
};

#define NEEDS(table, function)                                                 \
    {                                                                          \
        .name = #function, .offset = offsetof(struct table, function)          \
    }
#define LIKES(table, function)                                                 \
    {                                                                          \
        .name = #function, .offset = offsetof(struct table, function),         \
        .optional = true                                                       \
    }

static const struct member CRYPTO[] = {
    NEEDS(openssl_crypto, CRYPTO_get_ex_new_index),
    NEEDS(openssl_crypto, CRYPTO_strdup),
    NEEDS(openssl_crypto, ERR_set_mark),
    NEEDS(openssl_crypto, ERR_pop_to_mark),
    NEEDS(openssl_crypto, X509_check_host),
    NEEDS(openssl_crypto, X509_check_ip_asc),
    NEEDS(openssl_crypto, X509_get_ex_data),
    NEEDS(openssl_crypto, X509_set_ex_data),
    NEEDS(openssl_crypto, X509_get_ext_d2i),
    NEEDS(openssl_crypto, X509_STORE_CTX_get0_cert),
    NEEDS(openssl_crypto, X509_STORE_CTX_get_ex_data),
    NEEDS(openssl_crypto, X509_STORE_CTX_get0_param),
    NEEDS(openssl_crypto, X509_STORE_CTX_get_error),
    NEEDS(openssl_crypto, X509_STORE_CTX_set_error),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_new),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_free),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_inherit),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_set1_host),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_add1_host),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_set1_ip_asc),
    NEEDS(openssl_crypto, X509_VERIFY_PARAM_set_hostflags),
    LIKES(openssl_crypto, X509_VERIFY_PARAM_get_hostflags),
    LIKES(openssl_crypto, X509_VERIFY_PARAM_get0_host),
    NEEDS(openssl_crypto, GENERAL_NAMES_free),
    NEEDS(openssl_crypto, GENERAL_NAME_new),
    NEEDS(openssl_crypto, GENERAL_NAME_free),
    NEEDS(openssl_crypto, GENERAL_NAME_get0_value),
    NEEDS(openssl_crypto, GENERAL_NAME_set0_value),
    NEEDS(openssl_crypto, OPENSSL_sk_num),
    NEEDS(openssl_crypto, OPENSSL_sk_value),
    NEEDS(openssl_crypto, OPENSSL_sk_push),
    NEEDS(openssl_crypto, ASN1_STRING_type_new),
    NEEDS(openssl_crypto, ASN1_STRING_free),
    NEEDS(openssl_crypto, ASN1_STRING_set),
    NEEDS(openssl_crypto, ASN1_STRING_length),
    NEEDS(openssl_crypto, ASN1_STRING_get0_data),
    NEEDS(openssl_crypto, ASN1_STRING_cmp),
    NEEDS(openssl_crypto, OBJ_obj2nid),
    NEEDS(openssl_crypto, X509_EXTENSION_get_object),
    NEEDS(openssl_crypto, X509_EXTENSION_get_data),
    NEEDS(openssl_crypto, X509_EXTENSION_get_critical),
    NEEDS(openssl_crypto, X509_EXTENSION_free),
    NEEDS(openssl_crypto, X509V3_EXT_d2i),
    NEEDS(openssl_crypto, X509V3_EXT_i2d),
    NEEDS(openssl_crypto, BIO_method_type),
    NEEDS(openssl_crypto, BIO_next),
    NEEDS(openssl_crypto, BIO_ctrl),
    NEEDS(openssl_crypto, BIO_write),
};

static const struct member SSL[] = {
    NEEDS(openssl_ssl, SSL_ctrl),
    NEEDS(openssl_ssl, SSL_get_ex_data),
    NEEDS(openssl_ssl, SSL_set_ex_data),
    NEEDS(openssl_ssl, SSL_get0_param),
    NEEDS(openssl_ssl, SSL_get_verify_mode),
    NEEDS(openssl_ssl, SSL_get_ex_data_X509_STORE_CTX_idx),
    NEEDS(openssl_ssl, SSL_get_SSL_CTX),
    NEEDS(openssl_ssl, SSL_CTX_remove_session),
    NEEDS(openssl_ssl, SSL_CTX_get_ex_data),
    NEEDS(openssl_ssl, SSL_CTX_set_ex_data),
    NEEDS(openssl_ssl, SSL_set_alpn_protos),
    NEEDS(openssl_ssl, SSL_in_before),
    NEEDS(openssl_ssl, SSL_is_init_finished),
    LIKES(openssl_ssl, SSL_get_early_data_status),
    NEEDS(openssl_ssl, SSL_get_session),
    NEEDS(openssl_ssl, SSL_set_session),
    NEEDS(openssl_ssl, SSL_SESSION_get0_peer),
};

static _Atomic(const struct openssl_crypto *) cryptos;
static _Atomic(const struct openssl_ssl *) ssls;

/* Whether a function lies in the same object as one of a known copy. */
static bool is_beside(const void *function, const void *inside)
{
    return real_is_own_call((const char *)function + 1, inside);
}

bool openssl_is_inner(const void *caller, const void *real)
{
    /* Ours counts too: what the shim asks must not come back as edited. */
    return real_is_own_call(caller, real) ||
           real_is_own_call(caller, (const void *)&cryptos);
}

/* Fills a table from a handle; false if a function is missing. */
static bool fill(void *table, void *handle, const struct member *members,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(handle, members[i].name);

        if (function == NULL) {
            /* The tool's dlerror() is not to speak of our lookups. */
            /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is the thread's */
            (void)dlerror();
            if (!members[i].optional)
                return false;
        }
        memcpy((char *)table + members[i].offset, &function, sizeof(function));
    }
    return true;
}

/*
 * The same from the object that a function lies in. It must stay loaded then:
 * what is found here is kept for good.
 */
static bool fill_from(void *table, const void *function,
                      const struct member *members, size_t count)
{
    Dl_info info;
    void *handle;
    bool filled;

    if (dladdr(function, &info) == 0 || info.dli_fname == NULL)
        return false;
    handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle == NULL) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is the thread's */
        (void)dlerror();
        return false;
    }
    filled = fill(table, handle, members, count);
    dlclose(handle);
    return filled;
}

/* A duplicate of an object begins without what is kept of the original. */
static int forget(void *to, const void *from, void *from_value, int index,
                  long argument, void *pointer)
{
    (void)to;
    (void)from;
    (void)index;
    (void)argument;
    (void)pointer;
    *(void **)from_value = NULL;
    return 1;
}

static int new_index(const struct openssl_crypto *crypto, int kind,
                     openssl_ex_free *done)
{
    return crypto->CRYPTO_get_ex_new_index(kind, 0, (void *)crypto, NULL,
                                           forget, done);
}

static struct openssl_crypto *make_crypto(const void *function)
{
    AUTO(free) struct openssl_crypto *crypto = calloc(1, sizeof(*crypto));

    if (crypto == NULL ||
        !fill_from(crypto, function, CRYPTO, ARRAY_SIZE(CRYPTO)))
        return NULL;
    crypto->inside = function;
    crypto->x509_index = new_index(crypto, OPENSSL_EX_X509, san_read_free);
    return crypto->x509_index >= 0 ? TAKE(crypto) : NULL;
}

static struct openssl_ssl *make_ssl(const void *function)
{
    AUTO(free) struct openssl_ssl *ssl = calloc(1, sizeof(*ssl));
    void *in_crypto = NULL;
    const struct member crypto = {.name = "CRYPTO_get_ex_new_index"};

    if (ssl == NULL || !fill_from(ssl, function, SSL, ARRAY_SIZE(SSL)) ||
        !fill_from(&in_crypto, function, &crypto, 1))
        return NULL;
    ssl->inside = function;
    ssl->crypto = openssl_crypto_of(in_crypto);
    if (ssl->crypto == NULL)
        return NULL;
    ssl->session_index =
        new_index(ssl->crypto, OPENSSL_EX_SSL, openssl_session_free);
    ssl->context_index =
        new_index(ssl->crypto, OPENSSL_EX_SSL_CTX, openssl_alpn_free);
    return ssl->session_index >= 0 && ssl->context_index >= 0 ? TAKE(ssl)
                                                              : NULL;
}

const struct openssl_crypto *openssl_crypto_known(const void *function)
{
    const struct openssl_crypto *crypto = atomic_load(&cryptos);

    while (crypto != NULL && !is_beside(function, crypto->inside))
        crypto = crypto->next;
    return crypto;
}

const struct openssl_ssl *openssl_ssl_known(const void *function)
{
    const struct openssl_ssl *ssl = atomic_load(&ssls);

    while (ssl != NULL && !is_beside(function, ssl->inside))
        ssl = ssl->next;
    return ssl;
}

/*
 * Both lists grow at their heads by compare and swap, which fails if another
 * thread has added something: then it may be what is looked for. A copy must
 * have one table, or what is kept by one index would not be found by the
 * other.
 */
const struct openssl_crypto *openssl_crypto_of(const void *function)
{
    AUTO(free) struct openssl_crypto *made = NULL;
    int saved = errno;

    for (;;) {
        const struct openssl_crypto *head = atomic_load(&cryptos);
        const struct openssl_crypto *known = openssl_crypto_known(function);

        if (known != NULL)
            return known;
        if (made == NULL)
            made = make_crypto(function);
        errno = saved;
        if (made == NULL)
            return NULL;
        made->next = head;
        if (atomic_compare_exchange_strong(&cryptos, &head, made))
            return TAKE(made);
    }
}

const struct openssl_ssl *openssl_ssl_of(const void *function)
{
    AUTO(free) struct openssl_ssl *made = NULL;
    int saved = errno;

    for (;;) {
        const struct openssl_ssl *head = atomic_load(&ssls);
        const struct openssl_ssl *known = openssl_ssl_known(function);

        if (known != NULL)
            return known;
        if (made == NULL)
            made = make_ssl(function);
        errno = saved;
        if (made == NULL)
            return NULL;
        made->next = head;
        if (atomic_compare_exchange_strong(&ssls, &head, made))
            return TAKE(made);
    }
}

const struct openssl_ssl *openssl_ssl_with(const struct openssl_crypto *crypto)
{
    const struct openssl_ssl *ssl = atomic_load(&ssls);

    while (ssl != NULL && ssl->crypto != crypto)
        ssl = ssl->next;
    return ssl;
}
