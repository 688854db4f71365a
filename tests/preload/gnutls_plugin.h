/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between gnutls_copies.c and the plugins it loads. */
#ifndef NSS_MATRIX_GNUTLS_PLUGIN_H
#define NSS_MATRIX_GNUTLS_PLUGIN_H

/*
 * Calls what there is to call, with a pseudo-hostname, its N and a
 * certificate (PEM) that covers N. What is not as it must be, as bits.
 */
unsigned gnutls_plugin_work(const char *name, const char *n, const char *pem);

/* How many lines the plugin's own GnuTLS has logged. */
unsigned gnutls_plugin_logged(void);

#endif
