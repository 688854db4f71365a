/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counted where OpenSSL tells of a message, in the connection itself: it may
 * outlive the transfer that opened it. What ends the call is a BIO to read
 * from that has nothing but an error; there is no other way to make OpenSSL
 * return from there, and what is in its buffer by then is bounded. Other
 * records that it skips (empty ones, warnings, changes of cipher) it counts
 * by itself.
 */
#include "tls_limit.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdint.h>

#include "limit.h"

enum {
    BEYOND = 1, /* our only reason */
};

/* Made once, and kept for the process: the end needs no memory then. */
static BIO *nothing;
static int place = -1;   /* of the count, among a connection's ex_data */
static int library = -1; /* our number in OpenSSL's table of errors */

static int refuse(BIO *bio, char *to, int room)
{
    (void)bio, (void)to, (void)room;
    ERR_put_error(library, 0, BEYOND, __FILE__, __LINE__);
    return -1;
}

/* Nor is it at an end, which to some would be an answer that is whole. */
static long control(BIO *bio, int what, long number, void *argument)
{
    (void)bio, (void)what, (void)number, (void)argument;
    return 0;
}

static void load_words(void)
{
    static ERR_STRING_DATA words[] = {
        {0, "nss-matrix routines"},
        {0, TLS_LIMIT_WORDS},
        {0, NULL},
    };

    library = ERR_get_next_error_library();
    words[0].error = ERR_PACK(library, 0, 0);
    words[1].error = ERR_PACK(library, 0, BEYOND);
    ERR_load_strings(library, words);
}

static bool prepare(void)
{
    BIO_METHOD *method;

    if (library < 0)
        load_words();
    if (place < 0)
        place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (place < 0 || nothing != NULL)
        return place >= 0;
    method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "nothing");
    if (method != NULL && BIO_meth_set_read(method, refuse) == 1 &&
        BIO_meth_set_ctrl(method, control) == 1)
        nothing = BIO_new(method);
    if (nothing == NULL)
        BIO_meth_free(method);
    return nothing != NULL;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's parameters */
static void message(int sent, int version, int type, const void *octets,
                    size_t length, SSL *ssl, void *argument)
{
    (void)version, (void)octets, (void)length, (void)argument;
    if (sent != 0 || type != SSL3_RT_HANDSHAKE || tls_limit_is_passed(ssl))
        return;

    uintptr_t count = (uintptr_t)SSL_get_ex_data(ssl, place) + 1;
    /* One that cannot be counted is one too many. */
    if (SSL_set_ex_data(ssl, place, (void *)count) == 1 &&
        !tls_limit_is_passed(ssl))
        return;
    BIO_up_ref(nothing);
    SSL_set0_rbio(ssl, nothing);
}

enum status tls_limit_set(SSL_CTX *context)
{
    if (!prepare())
        return STATUS_NO_MEMORY;
    SSL_CTX_set_msg_callback(context, message);
    return STATUS_OK;
}

bool tls_limit_is_passed(const SSL *ssl)
{
    return (uintptr_t)SSL_get_ex_data(ssl, place) > LIMIT_HANDSHAKE_MESSAGES;
}
