/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept of a GnuTLS session, from the call that makes it ours
 * (NAME.matrix as its peer) to gnutls_deinit().
 */
#ifndef NSS_MATRIX_GNUTLS_SESSION_H
#define NSS_MATRIX_GNUTLS_SESSION_H

#include <stdbool.h>

#include "doubt.h"
#include "gnutls_api.h"
#include "host.h"
#include "names.h"
#include "sessions.h"

/* A list for ALPN, as the tool gave it. */
struct gnutls_session_protocols {
    unsigned count;
    unsigned flags;
    struct {
        unsigned size;
        unsigned char text[GNUTLS_API_PROTOCOL_MAX];
    } list[GNUTLS_API_PROTOCOLS_MAX];
};

/* NULL or false where there is nothing. */
struct gnutls_session {
    const struct gnutls_api *api;
    const struct names_answer *answer; /* tagged: NAME.matrix is its peer */
    struct host_session *host;         /* not NULL if tagged */
    bool refused; /* named NAME.matrix, but cannot have it: never connects */
    bool writing; /* a write of ours is on its way */
    bool vetted;  /* takes up a session with the same certificate name */
    struct gnutls_session_protocols *protocols; /* until the handshake */
    struct doubt *doubt;             /* a certificate that is not N's */
    struct gnutls_api_vdata *wanted; /* what GnuTLS has a pointer to */
    struct gnutls_api_vdata *open;   /* in it: N's place, for the tool has
                                        named nobody; empty unless tagged */
};

/* NULL if the session is none of our business. */
static inline struct gnutls_session *
gnutls_session_find(const struct gnutls_session_int *session)
{
    return sessions_find(session);
}

/* The same, NULL also if it was not named NAME.matrix. */
static inline struct gnutls_session *
gnutls_session_named(const struct gnutls_session_int *session)
{
    struct gnutls_session *kept = sessions_find(session);

    return kept != NULL && (kept->answer != NULL || kept->refused) ? kept
                                                                   : NULL;
}

/* Finds it, or makes it. NULL: no memory. */
struct gnutls_session *
gnutls_session_make(const struct gnutls_api *api,
                    const struct gnutls_session_int *session);

/*
 * The session that this thread has last tried a handshake in, and which then
 * had something kept; NULL if there is none.
 */
struct gnutls_session *gnutls_session_latest(void);
void gnutls_session_shakes(const struct gnutls_session_int *session);

/* Its peer is answer's from now on. False: no memory, and it is refused. */
MUST_CHECK bool gnutls_session_tag(struct gnutls_session *kept,
                                   const struct names_answer *answer);

/* Its peer is nobody under .matrix. */
void gnutls_session_untag(struct gnutls_session *kept);

/*
 * Keeps what GnuTLS has a pointer to, in place of what it had before, until the
 * session ends; open is an element of it, or NULL.
 */
void gnutls_session_want(struct gnutls_session *kept,
                         struct gnutls_api_vdata *wanted,
                         struct gnutls_api_vdata *open);

/* It must not be used any more. */
void gnutls_session_refuse(struct gnutls_session *kept);

/* Forgets all that is kept of it, if anything is. */
void gnutls_session_drop(const struct gnutls_session_int *session);

/*
 * Hands GnuTLS the protocols that were kept back: all of them, or without h2
 * if the session is tagged. 0, or GnuTLS's error.
 */
MUST_CHECK int gnutls_alpn_offer(struct gnutls_session *kept,
                                 struct gnutls_session_int *session);

#endif
