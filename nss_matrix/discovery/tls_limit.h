/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bound on what OpenSSL does within one call. It reads on by itself as long
 * as handshake messages come: session tickets, key updates, requests to begin
 * anew, each of which it takes care of without its caller. A server that sends
 * them without end would so hold the whole process, past every timer.
 */
#ifndef NSS_MATRIX_TLS_LIMIT_H
#define NSS_MATRIX_TLS_LIMIT_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "status.h"
#include "util.h"

/* OpenSSL's reason when it is beyond the limit: libcurl passes it on. */
#define TLS_LIMIT_WORDS "the server sends handshake messages without end"

/*
 * Each connection of context can read no more once LIMIT_HANDSHAKE_MESSAGES
 * have come: the call fails, as does each one after it. Takes the place of
 * the message callback. STATUS_OK or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status tls_limit_set(SSL_CTX *context);

/* Whether this connection has come to that. */
bool tls_limit_is_passed(const SSL *ssl);

#endif
