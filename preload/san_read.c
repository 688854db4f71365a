/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool reads the names in a certificate and judges them by itself: curl, PHP
 * and urllib3 decoded (X509_get_ext_d2i), Perl, Ruby and ncat as an extension
 * (X509_get_ext). It is shown an edited copy. The library's own reading is
 * none of our business: it keeps what it decodes, and rests on it.
 *
 * Not covered: X509_get0_extensions and the certificate's own octets. Who
 * reads those finds no pseudo-name, and refuses.
 */
#include "openssl.h"
#include "preload.h"
#include "real.h"
#include "san.h"

REAL_DECLARE(X509_get_ext);
REAL_DECLARE(X509_get_ext_d2i);

static bool is_known(void *argument, const struct names_answer *answer)
{
    (void)argument;
    (void)answer;
    return true;
}

/* Without a name asked for there is nothing to edit in any certificate. */
static bool any_names(void)
{
    return names_each(is_known, NULL);
}

HOOK(void *, X509_get_ext_d2i,
     (const struct x509_st *certificate, int nid, int *critical, int *index))
{
    __typeof__(&X509_get_ext_d2i) real = REAL(X509_get_ext_d2i);
    const struct openssl_crypto *crypto;
    struct openssl_names *names;
    bool changed;

    if (real == NULL)
        return NULL;
    if (nid != OPENSSL_NID_SAN || !any_names() ||
        openssl_is_inner(__builtin_return_address(0), (void *)real))
        return real(certificate, nid, critical, index);
    crypto = openssl_crypto_of((void *)real);
    if (crypto == NULL)
        return NULL;
    names = real(certificate, nid, critical, index);
    if (names != NULL &&
        !san_edit(crypto, (struct x509_st *)certificate, names, &changed)) {
        crypto->GENERAL_NAMES_free(names);
        return NULL;
    }
    return names;
}

/*
 * The extensions that were made for a certificate. A tool may hold one as long
 * as it holds the certificate: so none is freed before, and none made twice.
 */
struct made {
    struct X509_extension_st *extension;
    struct made *next;
};

void san_read_free(void *parent, void *value, void *data, int index,
                   long argument, void *pointer)
{
    const struct openssl_crypto *crypto = pointer;
    struct made *made = value;

    (void)parent;
    (void)data;
    (void)index;
    (void)argument;
    while (made != NULL) {
        struct made *next = made->next;

        crypto->X509_EXTENSION_free(made->extension);
        free(made);
        made = next;
    }
}

/* Keeps an extension, or frees it if there is one that says the same. */
static struct X509_extension_st *keep(const struct openssl_crypto *crypto,
                                      struct x509_st *certificate,
                                      struct X509_extension_st *extension)
{
    struct made *all =
        crypto->X509_get_ex_data(certificate, crypto->x509_index);
    struct made *made;

    for (made = all; made != NULL; made = made->next)
        if (crypto->ASN1_STRING_cmp(
                crypto->X509_EXTENSION_get_data(made->extension),
                crypto->X509_EXTENSION_get_data(extension)) == 0) {
            crypto->X509_EXTENSION_free(extension);
            return made->extension;
        }
    made = malloc(sizeof(*made));
    if (made != NULL) {
        *made = (struct made){.extension = extension, .next = all};
        if (crypto->X509_set_ex_data(certificate, crypto->x509_index, made) ==
            1)
            return extension;
    }
    free(made);
    crypto->X509_EXTENSION_free(extension);
    return NULL;
}

/* The extension to show for a certificate's own; NULL: no memory. */
static struct X509_extension_st *edited(const struct openssl_crypto *crypto,
                                        struct x509_st *certificate,
                                        struct X509_extension_st *extension)
{
    struct X509_extension_st *shown = NULL;
    struct openssl_names *names;
    bool changed = false;

    crypto->ERR_set_mark();
    names = crypto->X509V3_EXT_d2i(extension);
    if (names != NULL && san_edit(crypto, certificate, names, &changed))
        shown = changed
                    ? crypto->X509V3_EXT_i2d(
                          OPENSSL_NID_SAN,
                          crypto->X509_EXTENSION_get_critical(extension), names)
                    : extension;
    crypto->GENERAL_NAMES_free(names);
    crypto->ERR_pop_to_mark();
    /* What cannot be decoded names nobody. */
    if (names == NULL)
        return extension;
    return shown != NULL && changed ? keep(crypto, certificate, shown) : shown;
}

HOOK(struct X509_extension_st *, X509_get_ext,
     (const struct x509_st *certificate, int index))
{
    __typeof__(&X509_get_ext) real = REAL(X509_get_ext);
    struct X509_extension_st *extension =
        real != NULL ? real(certificate, index) : NULL;
    const struct openssl_crypto *crypto;

    if (extension == NULL || !any_names() ||
        openssl_is_inner(__builtin_return_address(0), (void *)real))
        return extension;
    crypto = openssl_crypto_of((void *)real);
    if (crypto == NULL)
        return NULL;
    if (crypto->OBJ_obj2nid(crypto->X509_EXTENSION_get_object(extension)) !=
        OPENSSL_NID_SAN)
        return extension;
    return edited(crypto, (struct x509_st *)certificate, extension);
}
