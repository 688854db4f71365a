/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plugin that brings its GnuTLS along: linked once with the system's and
 * once with a copy, and loaded by gnutls_copies.c.
 */
#include "gnutls_plugin.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

static unsigned logged;

static void count(int level, const char *text)
{
    (void)level;
    (void)text;
    logged++;
}

unsigned gnutls_plugin_logged(void)
{
    return logged;
}

static int set_up(gnutls_session_t *session)
{
    gnutls_global_set_log_function(count);
    gnutls_global_set_log_level(9);
    return gnutls_init(session, GNUTLS_CLIENT);
}

/* Some of the functions jump to others, and some call others. */
unsigned gnutls_plugin_work(const char *name, const char *n, const char *pem)
{
    gnutls_datum_t data = {(unsigned char *)pem, (unsigned)strlen(pem)};
    gnutls_datum_t protocols[] = {{(unsigned char *)"h2", 2}};
    gnutls_x509_crt_t certificate;
    gnutls_session_t session;
    unsigned status = 0;
    unsigned wrong = 0;

    if (set_up(&session) != 0)
        return 1;
    wrong |= (gnutls_record_send(session, "x", 1) !=
              GNUTLS_E_UNAVAILABLE_DURING_HANDSHAKE)
             << 1;
    wrong |= (gnutls_server_name_set(session, GNUTLS_NAME_DNS, name,
                                     strlen(name)) != 0)
             << 2;
    wrong |= (gnutls_alpn_set_protocols(session, protocols, 1, 0) != 0) << 3;
    wrong |= (gnutls_certificate_verify_peers2(session, &status) >= 0) << 5;
    wrong |= (gnutls_record_send(session, "x", 1) !=
              GNUTLS_E_UNAVAILABLE_DURING_HANDSHAKE)
             << 6;
    gnutls_deinit(session);
    if (gnutls_x509_crt_init(&certificate) != 0 ||
        gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM) != 0)
        return wrong | 1;
    wrong |= (gnutls_x509_crt_check_hostname(certificate, name) == 0) << 7;
    wrong |= (gnutls_x509_crt_check_hostname(certificate, n) == 0) << 8;
    wrong |= (gnutls_x509_crt_check_hostname(certificate, "a.test") != 0) << 9;
    gnutls_x509_crt_deinit(certificate);
    return wrong;
}
