/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP/2 hides Host in compressed frames, so a session with a pseudo-name
 * does not offer it (ALPN, RFC 7301); other sessions of the same SSL_CTX do.
 * OpenSSL tells nobody its list: what a tool sets is remembered if h2 is in
 * it, for whether a pseudo-name comes is known only later.
 */
#include "openssl.h"
#include "preload.h"
#include "real.h"

REAL_DECLARE(SSL_CTX_set_alpn_protos);
REAL_DECLARE(SSL_set_alpn_protos);

enum {
    DONE = 0, /* what both functions return */
    FAILED = 1,
};

/* The protocol at *at of a list, which is moved on; NULL at the end. */
static const unsigned char *next_protocol(const unsigned char *list,
                                          unsigned length, unsigned *at)
{
    unsigned start = *at;

    if (start >= length || list[start] >= length - start)
        return NULL;
    *at = start + 1 + list[start];
    return list + start;
}

/* h2, h2c and the drafts, h2-16. */
static bool is_h2(const unsigned char *protocol)
{
    return protocol[0] >= 2 && protocol[1] == 'h' && protocol[2] == '2';
}

static bool has_h2(const unsigned char *list, unsigned length)
{
    const unsigned char *protocol;
    unsigned at = 0;

    while (list != NULL &&
           (protocol = next_protocol(list, length, &at)) != NULL)
        if (is_h2(protocol))
            return true;
    return false;
}

static struct openssl_protocols *copy(const unsigned char *list,
                                      unsigned length)
{
    struct openssl_protocols *protocols = malloc(sizeof(*protocols) + length);

    if (protocols == NULL)
        return NULL;
    protocols->length = length;
    if (length > 0)
        memcpy(protocols->list, list, length);
    return protocols;
}

/* The list that the tool gave the SSL or, before it was made, its SSL_CTX. */
static const struct openssl_protocols *
given(const struct openssl_ssl *library, const struct ssl_st *ssl,
      const struct openssl_session *session)
{
    if (session->protocols != NULL)
        return session->protocols;
    return library->SSL_CTX_get_ex_data(library->SSL_get_SSL_CTX(ssl),
                                        library->context_index);
}

bool openssl_alpn_apply(const struct openssl_ssl *library, struct ssl_st *ssl,
                        const struct openssl_session *session)
{
    static const unsigned char HTTP1[] = "\x08http/1.1";
    const struct openssl_protocols *all = given(library, ssl, session);
    AUTO(free) struct openssl_protocols *some = NULL;
    const unsigned char *protocol;
    unsigned at = 0;

    if (all == NULL || !has_h2(all->list, all->length))
        return true;
    if (session->answer == NULL)
        return library->SSL_set_alpn_protos(ssl, all->list, all->length) ==
               DONE;
    some = copy(all->list, all->length);
    if (some == NULL)
        return false;
    some->length = 0;
    while ((protocol = next_protocol(all->list, all->length, &at)) != NULL)
        if (!is_h2(protocol)) {
            memcpy(some->list + some->length, protocol, protocol[0] + 1);
            some->length += protocol[0] + 1U;
        }
    /* With h2 alone: the answer tells the tool what it will not get. */
    if (some->length == 0)
        return library->SSL_set_alpn_protos(ssl, HTTP1, sizeof(HTTP1) - 1) ==
               DONE;
    return library->SSL_set_alpn_protos(ssl, some->list, some->length) == DONE;
}

HOOK(int, SSL_CTX_set_alpn_protos,
     (struct ssl_ctx_st * context, const unsigned char *list, unsigned length))
{
    __typeof__(&SSL_CTX_set_alpn_protos) real = REAL(SSL_CTX_set_alpn_protos);
    const struct openssl_ssl *library;

    if (real == NULL)
        return FAILED;
    if (!has_h2(list, length) && !openssl_session_any())
        return real(context, list, length);
    library = openssl_ssl_of((void *)real);
    if (library != NULL) {
        struct openssl_protocols *old =
            library->SSL_CTX_get_ex_data(context, library->context_index);
        struct openssl_protocols *protocols =
            has_h2(list, length) ? copy(list, length) : NULL;

        if (library->SSL_CTX_set_ex_data(context, library->context_index,
                                         protocols) == 1)
            free(old);
        else
            free(protocols);
        openssl_session_keeps();
    }
    return real(context, list, length);
}

/*
 * Where to keep a list that an SSL is given; NULL where it does not matter. A
 * list without h2 does where it takes the place of one that has it.
 */
static struct openssl_session *place(const void *real, struct ssl_st *ssl,
                                     bool with_h2)
{
    const struct openssl_ssl *library =
        with_h2 ? openssl_ssl_of(real) : openssl_ssl_known(real);

    if (library == NULL)
        return NULL;
    if (!with_h2 && openssl_session_of(real, ssl) == NULL &&
        library->SSL_CTX_get_ex_data(library->SSL_get_SSL_CTX(ssl),
                                     library->context_index) == NULL)
        return NULL;
    return openssl_session_make(library, ssl);
}

HOOK(int, SSL_set_alpn_protos,
     (struct ssl_st * ssl, const unsigned char *list, unsigned length))
{
    __typeof__(&SSL_set_alpn_protos) real = REAL(SSL_set_alpn_protos);
    bool with_h2 = has_h2(list, length);
    struct openssl_session *session;

    if (real == NULL)
        return FAILED;
    if (!with_h2 && !openssl_session_any())
        return real(ssl, list, length);
    session = place((void *)real, ssl, with_h2);
    if (session == NULL)
        return real(ssl, list, length);
    free(session->protocols);
    session->protocols = copy(list, list != NULL ? length : 0);
    if (session->answer == NULL || !with_h2)
        return real(ssl, list, length);
    return session->protocols != NULL &&
                   openssl_alpn_apply(openssl_ssl_known((void *)real), ssl,
                                      session)
               ? DONE
               : FAILED;
}

void openssl_alpn_free(void *parent, void *value, void *data, int index,
                       long argument, void *pointer)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argument;
    (void)pointer;
    free(value);
}
