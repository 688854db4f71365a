/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * X509_verify_cert, where OpenSSL verifies a tagged session's peer, and why it
 * refused one.
 */
#include "mismatch.h"
#include "openssl.h"
#include "preload.h"
#include "real.h"
#include "san.h"

REAL_DECLARE(X509_verify_cert);

/* What a verification is about, if it is a tagged session's. */
struct verified {
    const struct openssl_crypto *crypto;
    struct openssl_session *session;
    bool matters; /* the tool refuses what does not verify */
};

static bool is_tagged(const void *real, const struct x509_store_ctx_st *context,
                      struct verified *ret_verified)
{
    const struct openssl_crypto *crypto;
    const struct openssl_ssl *library;
    struct openssl_session *session;
    const struct ssl_st *ssl;

    if (!openssl_session_any_tagged() ||
        (crypto = openssl_crypto_known(real)) == NULL ||
        (library = openssl_ssl_with(crypto)) == NULL)
        return false;
    ssl = crypto->X509_STORE_CTX_get_ex_data(
        context, library->SSL_get_ex_data_X509_STORE_CTX_idx());
    session = openssl_session_tagged(library->inside, ssl);
    if (session == NULL)
        return false;
    *ret_verified = (struct verified){
        .crypto = crypto,
        .session = session,
        .matters = (library->SSL_get_verify_mode(ssl) & OPENSSL_VERIFY_PEER)};
    return true;
}

/*
 * Says why a certificate is refused, now or if it turns out to be: who had the
 * library go on may look at what it found. If that is nothing, the tool has had
 * a name of its own choice verified.
 */
static void explain(const struct verified *verified,
                    struct x509_store_ctx_st *context, bool refused)
{
    const struct names_answer *answer = verified->session->answer;
    struct x509_st *certificate =
        verified->crypto->X509_STORE_CTX_get0_cert(context);
    char names[MISMATCH_TEXT];
    int saved = errno;

    if (certificate == NULL ||
        (!refused &&
         verified->crypto->X509_STORE_CTX_get_error(context) == OPENSSL_OK))
        return;
    /* What is wrong with nobody was said. */
    if (answer != &openssl_nobody &&
        san_differs(verified->crypto, certificate, answer, names)) {
        if (refused && verified->matters)
            mismatch_say(answer, names);
        else
            doubt_keep(&verified->session->doubt, answer, names, false);
    }
    errno = saved;
}

/*
 * libssl asks libcrypto, or the tool does for it. The tool may have cleared
 * the name since it named the session: so once more. And nobody else gets to
 * see a certificate that is refused.
 */
HOOK(int, X509_verify_cert, (struct x509_store_ctx_st * context))
{
    __typeof__(&X509_verify_cert) real = REAL(X509_verify_cert);
    struct verified verified;
    int result;

    if (real == NULL)
        return 0;
    if (!is_tagged((void *)real, context, &verified))
        return real(context);
    if (!openssl_verify_give(
            verified.crypto,
            verified.crypto->X509_STORE_CTX_get0_param(context),
            verified.session->answer)) {
        /* Who asks for the result alone must not read success. */
        verified.crypto->X509_STORE_CTX_set_error(context,
                                                  OPENSSL_OUT_OF_MEMORY);
        return 0;
    }
    result = real(context);
    explain(&verified, context, result != 1);
    return result;
}
