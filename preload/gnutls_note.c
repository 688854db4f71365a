/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in a certificate, as GnuTLS lists them, for mismatch.h. */
#include "gnutls_note.h"

#include "gnutls_session.h"
#include "mismatch.h"
#include "note.h"

enum {
    NAME = 256, /* longer ones are left out: no host name is longer */
};

/*
 * Who asks may have been told not to care: so it is said when the session ends
 * that it was about, if that is known.
 */
static void note(const struct gnutls_api *api,
                 struct gnutls_x509_crt_int *certificate,
                 const struct names_answer *answer, struct gnutls_session *kept)
{
    char names[MISMATCH_TEXT] = "";
    int type = 0;

    for (unsigned i = 0; type >= 0 || type == GNUTLS_API_E_SHORT_MEMORY_BUFFER;
         i++) {
        unsigned char name[NAME];
        size_t size = sizeof(name);

        type = api->gnutls_x509_crt_get_subject_alt_name(certificate, i, name,
                                                         &size, NULL);
        if (type == GNUTLS_API_SAN_DNSNAME)
            mismatch_add_name(names, name, size);
        else if (type == GNUTLS_API_SAN_IPADDRESS)
            mismatch_add_address(names, name, size);
    }
    if (kept != NULL && kept->answer == answer)
        doubt_keep(&kept->doubt, answer, names, true);
    else
        mismatch_say(answer, names);
}

void gnutls_note_certificate(const struct gnutls_api *api,
                             struct gnutls_x509_crt_int *certificate,
                             const struct names_answer *answer)
{
    note(api, certificate, answer, gnutls_session_latest());
}

void gnutls_note_peer(const struct gnutls_api *api,
                      struct gnutls_session_int *session,
                      const struct names_answer *answer)
{
    unsigned count = 0;
    const struct gnutls_api_datum *peers =
        api->gnutls_certificate_get_peers(session, &count);
    struct gnutls_x509_crt_int *certificate = NULL;

    if (peers == NULL || count == 0 ||
        api->gnutls_x509_crt_init(&certificate) < 0)
        return;
    if (api->gnutls_x509_crt_import(certificate, &peers[0],
                                    GNUTLS_API_X509_FMT_DER) >= 0)
        note(api, certificate, answer, gnutls_session_find(session));
    api->gnutls_x509_crt_deinit(certificate);
}

void gnutls_note_resumed(const struct names_answer *answer)
{
    note_refusal("%s: the tool took up an old session before it named the "
                 "server; its certificate cannot be verified",
                 answer->pseudo);
}
