/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GnuTLS has one pointer for each session and it is the tool's, so what the
 * shim keeps lies beside it, by the session's address.
 */
#include "gnutls_session.h"

/*
 * No pointer to what is kept: the session may be gone by now. (The model needs
 * no function of the dynamic linker's, which is no library of ours.)
 */
static _Thread_local __attribute__((tls_model("initial-exec")))
const struct gnutls_session_int *latest;

struct gnutls_session *gnutls_session_latest(void)
{
    return gnutls_session_find(latest);
}

void gnutls_session_shakes(const struct gnutls_session_int *session)
{
    latest = session;
}

struct gnutls_session *
gnutls_session_make(const struct gnutls_api *api,
                    const struct gnutls_session_int *session)
{
    AUTO(free) struct gnutls_session *made = NULL;
    struct gnutls_session *kept = gnutls_session_find(session);

    if (kept != NULL)
        return kept;
    made = calloc(1, sizeof(*made));
    if (made == NULL || !sessions_add(session, made))
        return NULL;
    made->api = api;
    return TAKE(made);
}

/* GnuTLS keeps the pointer; an answer is never freed. */
static void fill_open(struct gnutls_session *kept)
{
    if (kept->open != NULL)
        kept->open->data = kept->answer != NULL
                               ? (unsigned char *)kept->answer->cert_name
                               : NULL;
}

void gnutls_session_want(struct gnutls_session *kept,
                         struct gnutls_api_vdata *wanted,
                         struct gnutls_api_vdata *open)
{
    free(kept->wanted);
    kept->wanted = wanted;
    kept->open = open;
    fill_open(kept);
}

bool gnutls_session_tag(struct gnutls_session *kept,
                        const struct names_answer *answer)
{
    struct host_session *host;

    if (kept->answer == answer)
        return true;
    host = host_new(answer->pseudo, answer->host);
    if (host == NULL) {
        gnutls_session_refuse(kept);
        return false;
    }
    gnutls_session_untag(kept);
    kept->answer = answer;
    kept->host = host;
    fill_open(kept);
    return true;
}

void gnutls_session_untag(struct gnutls_session *kept)
{
    doubt_end(&kept->doubt);
    host_free(TAKE(kept->host));
    kept->answer = NULL;
    fill_open(kept);
    kept->refused = false;
    kept->vetted = false;
}

void gnutls_session_refuse(struct gnutls_session *kept)
{
    gnutls_session_untag(kept);
    kept->refused = true;
}

void gnutls_session_drop(const struct gnutls_session_int *session)
{
    struct gnutls_session *kept = sessions_remove(session);

    if (kept == NULL)
        return;
    doubt_end(&kept->doubt);
    host_free(kept->host);
    free(kept->protocols);
    free(kept->wanted);
    free(kept);
}
