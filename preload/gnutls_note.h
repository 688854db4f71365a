/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a certificate or a session was refused, in one line on stderr. */
#ifndef NSS_MATRIX_GNUTLS_NOTE_H
#define NSS_MATRIX_GNUTLS_NOTE_H

#include "gnutls_api.h"
#include "names.h"

/*
 * A certificate does not cover the answer's N: what it covers instead. Said
 * when the session ends that this thread had its last handshake in, if that
 * is the answer's; else at once.
 */
void gnutls_note_certificate(const struct gnutls_api *api,
                             struct gnutls_x509_crt_int *certificate,
                             const struct names_answer *answer);

/* The same for what a session's peer has shown; the session is known. */
void gnutls_note_peer(const struct gnutls_api *api,
                      struct gnutls_session_int *session,
                      const struct names_answer *answer);

/* A session was taken up again that may be for another certificate name. */
void gnutls_note_resumed(const struct names_answer *answer);

#endif
