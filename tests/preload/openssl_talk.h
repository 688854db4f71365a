/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TLS connection as the tests' client has it: over a socket or over memory
 * BIOs, written to in every way that OpenSSL has. Failures end the program
 * with a word on stderr, except where a test wants to see them.
 */
#ifndef NSS_MATRIX_TESTS_OPENSSL_TALK_H
#define NSS_MATRIX_TESTS_OPENSSL_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

struct talk {
    SSL *ssl;
    int fd;
    bool memory;       /* two BIOs, pumped by hand, as asyncio and Node do */
    const char *write; /* how: see openssl_talk_write */
    BIO *chain;        /* above the SSL, for the BIO ways */
};

/* Writes "A,B" as ALPN has it; gives its length. */
unsigned openssl_talk_protocols(const char *list, unsigned char *ret_wire);

/* Connects to a host's port 443; gives the socket. */
int openssl_talk_dial(const char *host);

/* Puts fd, or memory BIOs if talk->memory, below the SSL. */
void openssl_talk_attach(struct talk *talk);

/* Does the handshake; false if it fails. */
bool openssl_talk_handshake(struct talk *talk);

/* Prints why it failed: `refused REASON`. */
void openssl_talk_refusal(const struct talk *talk);

/*
 * Writes it all: by write, write-ex, early, bio-write, bio-write-ex, bio-puts,
 * bio-printf (on an SSL BIO), buffer-* (the same on a buffer above it, which
 * is flushed), or sendfile. False if nothing was written.
 */
bool openssl_talk_write(struct talk *talk, const char *data, size_t length);

/*
 * Writes in small pieces out of a buffer that moves and grows, as fast as a
 * socket takes it that never takes much.
 */
bool openssl_talk_write_blocked(struct talk *talk, const char *data,
                                size_t length);

/* Reads one response; false if there is none, or it is too long. */
bool openssl_talk_read(struct talk *talk, char *ret_response, size_t room);

/* Waits until the server says something, and has OpenSSL look at it. */
void openssl_talk_wait(struct talk *talk);

/* Ends the connection by BIO_reset() of an SSL BIO. */
void openssl_talk_reset(struct talk *talk);

/* Ends the connection. */
void openssl_talk_end(struct talk *talk);

#endif
