/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcurl's outcomes in our terms, with sentences for people that name the
 * stage and the address. libcurl's own texts differ from version to version;
 * only what follows a certificate's or a handshake's failure is taken over.
 */
#include <stdarg.h>

#include "escape.h"
#include "openssl_memory.h"
#include "tls_limit.h"
#include "transfer.h"

enum {
    PEER_ROOM = LIMIT_SERVER_NAME + 64,
};

/* What is written for people. */
struct note {
    char *text;
    size_t room;
};

PRINTF_LIKE(3, 4)
static enum fetch_result say(struct note note, enum fetch_result result,
                             const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(note.text, note.room, format, values);
    va_end(values);
    return result;
}

static bool is_proxied(const struct transfer *transfer)
{
    return transfer->fetcher->proxy.text[0] != '\0';
}

/* "192.0.2.10 port 443", or how many there were if none was reached. */
static void who(const struct transfer *transfer, char *text, size_t room)
{
    char address[ADDRESS_TEXT];

    transfer_peer(transfer, address);
    if (transfer->tried > 1 && address[0] == '\0')
        snprintf(text, room, "%u addresses of %s", transfer->tried,
                 transfer->url->name.host);
    else if (transfer->tried == 0 && address[0] != '\0')
        snprintf(text, room, "%.*s", ADDRESS_TEXT, address);
    else if (transfer->tried > 0)
        snprintf(text, room, "%s%s port %u",
                 is_proxied(transfer) ? "the proxy " : "",
                 address_text(&transfer->last, address), transfer->last_port);
    else
        snprintf(text, room, "%s", transfer->url->name.host);
}

static enum fetch_result refused(const struct transfer *transfer,
                                 struct note note)
{
    /* Without our proxy nobody could be asked, so nobody has failed. */
    enum fetch_result result =
        is_proxied(transfer) ? FETCH_OURS : FETCH_TRANSPORT;
    char address[ADDRESS_TEXT];
    const char *what = "could not be connected to";
    char others[48] = "";
    long error = 0;

    if (transfer->denied && transfer->tried == 0)
        return say(note, FETCH_BLOCKED, "`deny` forbids the addresses of %s",
                   transfer->url->name.host);
    curl_easy_getinfo(transfer->task.easy, CURLINFO_OS_ERRNO, &error);
    if (error == ECONNREFUSED)
        what = "refused the connection";
    else if (error == ETIMEDOUT)
        what = "did not answer";
    else if (error == EHOSTUNREACH || error == ENETUNREACH)
        what = "cannot be reached";
    if (transfer->tried == 0)
        return say(note, FETCH_OURS, "no socket could be opened");
    if (transfer->tried > 1)
        snprintf(others, sizeof(others), "; %u other address%s failed too",
                 transfer->tried - 1, transfer->tried > 2 ? "es" : "");
    return say(note, result, "%s%s port %u %s%s",
               is_proxied(transfer) ? "the proxy " : "",
               address_text(&transfer->last, address), transfer->last_port,
               what, others);
}

/* OpenSSL did: what failed is not the server's then. */
static bool lacked_memory(const struct transfer *transfer)
{
    return openssl_memory_failures() != transfer->memory_failures;
}

enum fetch_result transfer_late(const struct transfer *transfer, int ms,
                                char *detail, size_t room)
{
    struct note note = {detail, room};
    double seconds = ms / 1000.0;
    char peer[PEER_ROOM];
    curl_off_t secured = 0;

    if (lacked_memory(transfer))
        return say(note, FETCH_INTERNAL, "out of memory");
    who(transfer, peer, sizeof(peer));
    curl_easy_getinfo(transfer->task.easy, CURLINFO_APPCONNECT_TIME_T,
                      &secured);
    if (secured > 0)
        return say(note, FETCH_TRANSPORT, "%s sent no whole answer within %g s",
                   peer, seconds);
    if (transfer->handshaking)
        return say(note, FETCH_TRANSPORT,
                   "%s did not finish the TLS handshake within %g s", peer,
                   seconds);
    return say(note, FETCH_TRANSPORT, "no answer from %s within %g s", peer,
               seconds);
}

/* Where in curl's text the reason is: behind the last mark that is in it. */
static const char *reason_in(const char *error)
{
    static const char *const MARKS[] = {
        "SSL certificate problem: ", "routines::", "SSL_connect: "};

    for (size_t i = 0; i < ARRAY_SIZE(MARKS); i++) {
        const char *at = strstr(error, MARKS[i]);

        if (at != NULL)
            return at + strlen(MARKS[i]);
    }
    return error;
}

/* In the handshake, or at any time after it. */
static enum fetch_result too_many_messages(const struct transfer *transfer,
                                           struct note note)
{
    char peer[PEER_ROOM];

    who(transfer, peer, sizeof(peer));
    return say(note, FETCH_TLS, "TLS failed at %s: %s", peer, TLS_LIMIT_WORDS);
}

static enum fetch_result tls(const struct transfer *transfer, CURLcode code,
                             struct note note)
{
    const char *reason = reason_in(transfer->error);
    const char *stage = "TLS handshake failed";
    char peer[PEER_ROOM];
    char shown[120];

    who(transfer, peer, sizeof(peer));
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        stage = "certificate verify failed";
        /* curl's only other text of this kind is about the name. */
        if (reason == transfer->error)
            return say(note, FETCH_TLS,
                       "%s at %s: the certificate does not cover %.120s", stage,
                       peer, transfer->url->name.host);
    }
    escape_text(shown, sizeof(shown), reason, strlen(reason));
    return say(note, FETCH_TLS, "%s at %s: %s", stage, peer, shown);
}

/* The rest, which happens after the handshake. */
static enum fetch_result broken(const struct transfer *transfer, CURLcode code,
                                struct note note)
{
    char peer[PEER_ROOM];
    char shown[120];
    long tunnel = 0;

    if (code == CURLE_BAD_CONTENT_ENCODING)
        return say(note, FETCH_BODY,
                   "the body has an unknown or broken content coding");
    if (transfer->head_whole)
        return say(note, FETCH_BODY, "the body was cut short");
    who(transfer, peer, sizeof(peer));
    curl_easy_getinfo(transfer->task.easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    if (tunnel >= 300)
        return say(note, FETCH_TRANSPORT, "%s answered %ld", peer, tunnel);
    if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
        code == CURLE_SEND_ERROR)
        return say(note, FETCH_TRANSPORT, "%s hung up without an answer", peer);
    escape_text(shown, sizeof(shown), transfer->error, strlen(transfer->error));
    return say(note, FETCH_TRANSPORT, "%s: %s", peer,
               shown[0] != '\0' ? shown : curl_easy_strerror(code));
}

/* Trouble that says nothing about the server. */
static bool is_internal(CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
        return true;
    default:
        return false;
    }
}

static bool is_tls(CURLcode code)
{
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return true;
    default:
        return false;
    }
}

/*
 * A line of the head that is longer than curl will hold is "out of memory" to
 * it (lib/dynbuf.c, before 8.6). Once the server's answer has begun, that is
 * the server's doing: ours would let it be asked again and again.
 */
static bool line_too_long(const struct transfer *transfer, CURLcode code)
{
    curl_off_t begun = 0;

    curl_easy_getinfo(transfer->task.easy, CURLINFO_STARTTRANSFER_TIME_T,
                      &begun);
    return code == CURLE_OUT_OF_MEMORY && !transfer->no_memory &&
           !transfer->head_whole && begun > 0;
}

enum fetch_result transfer_judge(const struct transfer *transfer, CURLcode code,
                                 char *detail, size_t room)
{
    struct note note = {detail, room};

    if (transfer->head_too_large || line_too_long(transfer, code))
        return say(note, FETCH_BODY, "the headers are over %d octets",
                   LIMIT_HEADERS);
    if (transfer->head_whole && transfer->status != 200)
        return say(note, FETCH_HTTP, "%d", transfer->status);
    if (transfer->body_too_large)
        return say(note, FETCH_BODY, "the body is over %d octets", LIMIT_BODY);
    if (transfer->no_memory || (code != CURLE_OK && lacked_memory(transfer)))
        code = CURLE_OUT_OF_MEMORY;
    if (is_internal(code))
        return say(note, FETCH_INTERNAL, "%s", curl_easy_strerror(code));
    if (code == CURLE_COULDNT_RESOLVE_PROXY)
        return say(note, FETCH_OURS, "%s", curl_easy_strerror(code));
    if (code == CURLE_OK && transfer->head_whole)
        return say(note, FETCH_OK, "%d", transfer->status);
    if (code == CURLE_COULDNT_CONNECT)
        return refused(transfer, note);
    if (strstr(transfer->error, TLS_LIMIT_WORDS) != NULL)
        return too_many_messages(transfer, note);
    if (is_tls(code))
        return tls(transfer, code, note);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return transfer_late(transfer, transfer->fetcher->connect_ms, detail,
                             room);
    return broken(transfer, code, note);
}
