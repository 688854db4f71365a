/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool that finds out that a certificate is for another name, and what it
 * does then:
 *
 *   gnutls_doubt WAY END
 *
 * WAY: hostname (of the certificate alone), peers3, nothing (it does not look),
 * or callback (peers3, from within the handshake, which then fails). END:
 * deinit, exit (without one), send (goes on), other (a session with another
 * name in between, and the process is gone), gone (at once).
 */
#include "gnutls_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is(const char *word, const char *what)
{
    return strcmp(word, what) == 0;
}

/* False: it is for another name. */
static bool judge(const char *way, gnutls_session_t session)
{
    const gnutls_datum_t *peer = gnutls_certificate_get_peers(session, NULL);
    gnutls_x509_crt_t certificate;
    unsigned status = 0;
    bool good = true;

    if (is(way, "peers3")) {
        gnutls_certificate_verify_peers3(session, WORLD_NAME, &status);
    } else if (is(way, "hostname")) {
        gnutls_x509_crt_init(&certificate);
        gnutls_x509_crt_import(certificate, peer, GNUTLS_X509_FMT_DER);
        good = gnutls_x509_crt_check_hostname(certificate, WORLD_NAME) != 0;
        gnutls_x509_crt_deinit(certificate);
    }
    return good && status == 0;
}

static int refuse(gnutls_session_t session)
{
    return judge("peers3", session) ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const char *const names[WORLD_NAMES] = {"DNS:other.test"};
    struct world_server server = {0};
    struct world_line line;
    gnutls_session_t session;

    if (argc != 3)
        return 99;
    world_start(&server, world_certificate("nobody", names));
    session = world_client(&server);
    if (is(argv[1], "callback"))
        gnutls_session_set_verify_function(session, refuse);
    if (world_name(session, WORLD_NAME) != 0 ||
        (world_handshake(session) == 0) == is(argv[1], "callback"))
        return 99;
    if (is(argv[2], "other"))
        world_open(&line, WORLD_OTHER);
    puts(judge(argv[1], session) ? "good" : "bad");
    fflush(stdout);
    if (is(argv[2], "exit"))
        exit(0);
    if (is(argv[2], "send"))
        printf("sent %d\n", world_send(session, "GET ", 4));
    if (is(argv[2], "other") || is(argv[2], "gone"))
        _Exit(0);
    gnutls_deinit(session);
    fflush(stdout);
    /* What is said now is said by that, not by the end of the process. */
    _Exit(0);
}
