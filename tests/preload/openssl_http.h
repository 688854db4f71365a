/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests of openssl_client: see there for what is printed. */
#ifndef NSS_MATRIX_TESTS_OPENSSL_HTTP_H
#define NSS_MATRIX_TESTS_OPENSSL_HTTP_H

#include <stdbool.h>

#include "openssl_talk.h"

/* Asks for the server's version with Host name; false if nothing is sent. */
bool openssl_http_ask(struct talk *talk, const char *name);

/* Asks, and prints what the server saw. */
void openssl_http_get(struct talk *talk, const char *name);

/* Ends a head that was begun, and prints what the server saw. */
void openssl_http_rest(struct talk *talk);

/* Sends a large head and body, and prints whether they arrived. */
void openssl_http_post(struct talk *talk, const char *name);

#endif
