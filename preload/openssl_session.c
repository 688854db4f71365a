/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept of an SSL lies in its ex_data, so that the library frees it
 * with the SSL. Nobody else has it: one thread at a time, as the SSL itself.
 */
#include <stdatomic.h>

#include "openssl.h"

static atomic_bool kept, tagged;

bool openssl_session_any(void)
{
    return atomic_load_explicit(&kept, memory_order_relaxed);
}

bool openssl_session_any_tagged(void)
{
    return atomic_load_explicit(&tagged, memory_order_relaxed);
}

void openssl_session_keeps(void)
{
    atomic_store(&kept, true);
}

struct openssl_session *openssl_session_of(const void *real,
                                           const struct ssl_st *ssl)
{
    const struct openssl_ssl *library;

    if (!openssl_session_any() || ssl == NULL)
        return NULL;
    library = openssl_ssl_known(real);
    return library != NULL
               ? library->SSL_get_ex_data(ssl, library->session_index)
               : NULL;
}

struct openssl_session *openssl_session_tagged(const void *real,
                                               const struct ssl_st *ssl)
{
    struct openssl_session *session =
        openssl_session_any_tagged() ? openssl_session_of(real, ssl) : NULL;

    return session != NULL && session->answer != NULL ? session : NULL;
}

struct openssl_session *openssl_session_make(const struct openssl_ssl *library,
                                             struct ssl_st *ssl)
{
    AUTO(free)
    struct openssl_session *session =
        library->SSL_get_ex_data(ssl, library->session_index);

    if (session != NULL)
        return TAKE(session);
    session = calloc(1, sizeof(*session));
    if (session == NULL ||
        library->SSL_set_ex_data(ssl, library->session_index, session) != 1)
        return NULL;
    openssl_session_keeps();
    return TAKE(session);
}

static void begin_host(struct openssl_session *session)
{
    host_free(session->host);
    session->host = session->answer == NULL ? NULL
                                            : host_new(session->answer->pseudo,
                                                       session->answer->host);
    session->early = false;
}

void openssl_session_restart(struct openssl_session *session)
{
    if (session->writing)
        return;
    doubt_end(&session->doubt);
    begin_host(session);
    session->through_chain = false;
}

/* Before the handshake has ended OpenSSL says "refused" of what may not be. */
void openssl_session_settle_early(const struct openssl_ssl *library,
                                  const struct ssl_st *ssl,
                                  struct openssl_session *session)
{
    if (!session->early || library->SSL_get_early_data_status == NULL ||
        library->SSL_is_init_finished(ssl) != 1)
        return;
    if (library->SSL_get_early_data_status(ssl) == OPENSSL_EARLY_REJECTED)
        begin_host(session);
    session->early = false;
}

void openssl_session_tag(struct openssl_session *session,
                         const struct names_answer *answer)
{
    session->answer = answer;
    if (answer != NULL)
        atomic_store(&tagged, true);
    openssl_session_restart(session);
}

ssize_t openssl_session_write(struct openssl_session *session, const void *data,
                              size_t length, const struct host_sink *sink)
{
    bool looked = doubt_looked(session->doubt);
    ssize_t written;

    if (session->host == NULL) {
        errno = ENOMEM;
        return 0;
    }
    session->writing = true;
    written = host_write(session->host, data, length, sink);
    session->writing = false;
    /*
     * Node looks in a callback from within the handshake, within a write: if
     * it refuses, what was written stays in memory.
     */
    if (written > 0 && doubt_looked(session->doubt) == looked)
        doubt_settle(&session->doubt);
    return written;
}

void openssl_session_free(void *parent, void *value, void *data, int index,
                          long argument, void *pointer)
{
    struct openssl_session *session = value;

    (void)parent;
    (void)data;
    (void)index;
    (void)argument;
    (void)pointer;
    if (session == NULL)
        return;
    doubt_end(&session->doubt);
    host_free(session->host);
    free(session->protocols);
    free(session);
}
