/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tool wants verified, with names under .matrix translated. */
#ifndef NSS_MATRIX_GNUTLS_VERIFY_H
#define NSS_MATRIX_GNUTLS_VERIFY_H

#include <stdbool.h>

#include "gnutls_session.h"

enum {
    GNUTLS_VERIFY_MAX = 16, /* elements; GnuTLS knows four kinds */
};

/* Elements as GnuTLS is to see them. They live as long as the process. */
struct gnutls_verify {
    struct gnutls_api_vdata list[GNUTLS_VERIFY_MAX];
    unsigned count;
    const struct names_answer *answer; /* whose N is among them; or NULL */
};

/* Whether a host name is a pseudo-hostname; NULL is none. */
bool gnutls_verify_is_pseudo(const char *name);

/*
 * The answer for a pseudo-hostname on a session (kept, or NULL): the one that
 * the session began with, if it is that name. NULL if there is none.
 */
const struct names_answer *gnutls_verify_find(const struct gnutls_session *kept,
                                              const char *name);

/* The flags of a check, without one that would make an IP N a host name. */
unsigned gnutls_verify_flags(const struct names_answer *answer, unsigned flags);

/* Whether there is anything to translate, or N to add. */
bool gnutls_verify_concerns(const struct gnutls_session *kept,
                            const struct gnutls_api_vdata *data,
                            unsigned count);

/*
 * Translates; on a session that was named NAME.matrix (kept; else NULL) its N
 * is added if no host name is there. False: the verification must fail.
 */
MUST_CHECK bool gnutls_verify_translate(const struct gnutls_session *kept,
                                        const struct gnutls_api_vdata *data,
                                        unsigned count,
                                        struct gnutls_verify *ret_wanted);

#endif
