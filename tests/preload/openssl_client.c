/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TLS client that does what its arguments say, in their order, with one
 * SSL_CTX and one SSL at a time, and prints what a test wants to know. It has
 * never heard of pseudo-names.
 *
 *   new                 a new SSL; ends the one before
 *   ctx-alpn A,B        protocols for the SSL_CTX, and a new SSL of it
 *   alpn A,B            protocols for the SSL
 *   sni NAME            `sni refused` if that fails
 *   host NAME  add-host NAME  no-host    SSL_set1_host, SSL_add1_host
 *   param NAME  add-param NAME    X509_VERIFY_PARAM_*_host
 *   ctx-host NAME       the same for the SSL_CTX, and a new SSL of it
 *   no-verify  accept-all    by the mode; by a callback
 *   memory              over memory BIOs
 *   write HOW           see openssl_talk.h
 *   dial NAME           connects, and does the handshake but for early data:
 *                       `alpn PROTOCOL`, or `refused REASON`
 *   get NAME            asks with Host NAME: `STATUS SNI HOST`, or `silence`
 *   send NAME           asks and does not wait
 *   half NAME  rest     begins to ask; goes on, as get does
 *   post NAME           30,000 octets of head and 2,000,000 of body, blocked
 *                       again and again: `STATUS HOST same` (or `different`)
 *   handshake           where dial did not
 *   tickets             waits for what the server says after the handshake
 *   save  resume  copy  reused    the session: SSL_set_session, or
 *                       SSL_copy_session_id
 *   clear  reconnect    SSL_clear, SSL_set_connect_state: for another
 *   bio-reset           connection; or BIO_reset of an SSL BIO, which does both
 *   duplicate           SSL_dup, which takes the SSL's place
 *   names  extension    what X509_get_ext_d2i, X509_get_ext show of the names
 *   check NAME          X509_check_host
 *   result              of the verification
 *   exit                at once
 *   errno               is looked at from now on: `errno NAME` if changed
 *   given               the SSL's names to verify: `given NAME ADDRESS`
 *   version             OpenSSL's first number
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "openssl_http.h"
#include "openssl_peer.h"
#include "openssl_talk.h"

static SSL_CTX *context;
static bool looks_at_errno;
static SSL_SESSION *saved;
static struct talk talk = {.fd = -1, .write = "write"};

static void refused(const char *what, int result, int good)
{
    if (result != good)
        printf("%s refused\n", what);
    ERR_clear_error();
}

static void do_new(const char *unused)
{
    (void)unused;
    openssl_talk_end(&talk);
    SSL_free(talk.ssl);
    talk.ssl = SSL_new(context);
    talk.memory = false;
    talk.write = "write";
}

static void do_ctx_alpn(const char *list)
{
    unsigned char wire[256];

    refused("ctx-alpn",
            SSL_CTX_set_alpn_protos(context, wire,
                                    openssl_talk_protocols(list, wire)),
            0);
    do_new(NULL);
}

static void do_alpn(const char *list)
{
    unsigned char wire[256];

    refused(
        "alpn",
        SSL_set_alpn_protos(talk.ssl, wire, openssl_talk_protocols(list, wire)),
        0);
}

static void do_sni(const char *name)
{
    refused("sni", (int)SSL_set_tlsext_host_name(talk.ssl, name), 1);
}

static void do_host(const char *name)
{
    refused("host", SSL_set1_host(talk.ssl, name), 1);
}

static void do_add_host(const char *name)
{
    refused("add-host", SSL_add1_host(talk.ssl, name), 1);
}

static void do_no_host(const char *unused)
{
    (void)unused;
    refused("no-host", SSL_set1_host(talk.ssl, NULL), 1);
}

/* With a length that counts the NUL, as some programs have it. */
static void do_param(const char *name)
{
    refused("param",
            X509_VERIFY_PARAM_set1_host(SSL_get0_param(talk.ssl), name,
                                        strlen(name) + 1),
            1);
}

static void do_add_param(const char *name)
{
    refused("add-param",
            X509_VERIFY_PARAM_add1_host(SSL_get0_param(talk.ssl), name, 0), 1);
}

static void do_ctx_host(const char *name)
{
    refused("ctx-host",
            X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(context), name, 0),
            1);
    do_new(NULL);
}

static void do_no_verify(const char *unused)
{
    (void)unused;
    SSL_set_verify(talk.ssl, SSL_VERIFY_NONE, NULL);
}

static void do_memory(const char *unused)
{
    (void)unused;
    talk.memory = true;
}

static void do_write(const char *how)
{
    talk.write = how;
}

static void do_handshake(const char *unused)
{
    const unsigned char *protocol;
    unsigned length;

    (void)unused;
    if (!openssl_talk_handshake(&talk)) {
        openssl_talk_refusal(&talk);
        return;
    }
    SSL_get0_alpn_selected(talk.ssl, &protocol, &length);
    printf("alpn %.*s\n", (int)length, length > 0 ? (char *)protocol : "");
}

static void do_dial(const char *name)
{
    talk.fd = openssl_talk_dial(name);
    openssl_talk_attach(&talk);
    if (strcmp(talk.write, "early") == 0)
        SSL_set_connect_state(talk.ssl);
    else
        do_handshake(NULL);
}

static void do_get(const char *name)
{
    openssl_http_get(&talk, name);
    ERR_clear_error();
}

static void do_send(const char *name)
{
    if (!openssl_http_ask(&talk, name))
        printf("not sent\n");
}

/* Not even half: a head whose last line is not finished. */
static void do_half(const char *name)
{
    char text[600];

    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\nX: ", name);
    if (!openssl_talk_write(&talk, text, strlen(text)))
        printf("not sent\n");
}

/* The other half. */
static void do_rest(const char *unused)
{
    (void)unused;
    openssl_http_rest(&talk);
}

static void do_post(const char *name)
{
    openssl_http_post(&talk, name);
}

static void do_tickets(const char *unused)
{
    (void)unused;
    openssl_talk_wait(&talk);
}

static void do_save(const char *unused)
{
    (void)unused;
    SSL_SESSION_free(saved);
    saved = SSL_get1_session(talk.ssl);
}

static void do_resume(const char *unused)
{
    (void)unused;
    refused("resume", SSL_set_session(talk.ssl, saved), 1);
}

static void do_copy(const char *unused)
{
    SSL *from = SSL_new(context);

    (void)unused;
    SSL_set_session(from, saved);
    refused("copy", SSL_copy_session_id(talk.ssl, from), 1);
    SSL_free(from);
}

static void do_reused(const char *unused)
{
    (void)unused;
    printf("%s\n", SSL_session_reused(talk.ssl) ? "reused" : "new");
}

static void do_clear(const char *unused)
{
    (void)unused;
    openssl_talk_end(&talk);
    refused("clear", SSL_clear(talk.ssl), 1);
}

/* As s_client -reconnect does. */
static void do_reconnect(const char *unused)
{
    (void)unused;
    openssl_talk_end(&talk);
    SSL_set_shutdown(talk.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_connect_state(talk.ssl);
}

static void do_bio_reset(const char *unused)
{
    (void)unused;
    openssl_talk_reset(&talk);
}

static void do_duplicate(const char *unused)
{
    SSL *duplicate = SSL_dup(talk.ssl);

    (void)unused;
    SSL_free(talk.ssl);
    talk.ssl = duplicate;
}

static void do_check(const char *name)
{
    openssl_peer_check(talk.ssl, name);
}

static void do_errno(const char *unused)
{
    (void)unused;
    looks_at_errno = true;
}

static void do_exit(const char *unused)
{
    (void)unused;
    exit(0);
}

static void do_version(const char *unused)
{
    (void)unused;
    printf("%lu\n", OpenSSL_version_num() >> 28);
}

static const struct {
    const char *word;
    void (*run)(const char *argument);
    bool plain;             /* takes no argument */
    void (*look)(SSL *ssl); /* nor does this, in place of run */
} COMMANDS[] = {
    {.word = "new", .run = do_new, .plain = true},
    {.word = "ctx-alpn", .run = do_ctx_alpn},
    {.word = "alpn", .run = do_alpn},
    {.word = "sni", .run = do_sni},
    {.word = "host", .run = do_host},
    {.word = "add-host", .run = do_add_host},
    {.word = "no-host", .run = do_no_host, .plain = true},
    {.word = "param", .run = do_param},
    {.word = "add-param", .run = do_add_param},
    {.word = "ctx-host", .run = do_ctx_host},
    {.word = "no-verify", .run = do_no_verify, .plain = true},
    {.word = "accept-all", .look = openssl_peer_accept_all},
    {.word = "memory", .run = do_memory, .plain = true},
    {.word = "write", .run = do_write},
    {.word = "dial", .run = do_dial},
    {.word = "get", .run = do_get},
    {.word = "send", .run = do_send},
    {.word = "post", .run = do_post},
    {.word = "save", .run = do_save, .plain = true},
    {.word = "resume", .run = do_resume, .plain = true},
    {.word = "copy", .run = do_copy, .plain = true},
    {.word = "reused", .run = do_reused, .plain = true},
    {.word = "tickets", .run = do_tickets, .plain = true},
    {.word = "handshake", .run = do_handshake, .plain = true},
    {.word = "clear", .run = do_clear, .plain = true},
    {.word = "duplicate", .run = do_duplicate, .plain = true},
    {.word = "names", .look = openssl_peer_names},
    {.word = "extension", .look = openssl_peer_extension},
    {.word = "check", .run = do_check},
    {.word = "version", .run = do_version, .plain = true},
    {.word = "given", .look = openssl_peer_given},
    {.word = "result", .look = openssl_peer_result},
    {.word = "exit", .run = do_exit, .plain = true},
    {.word = "errno", .run = do_errno, .plain = true},
    {.word = "reconnect", .run = do_reconnect, .plain = true},
    {.word = "bio-reset", .run = do_bio_reset, .plain = true},
    {.word = "half", .run = do_half},
    {.word = "rest", .run = do_rest, .plain = true},
};

static bool is_plain(size_t at)
{
    return COMMANDS[at].plain || COMMANDS[at].look != NULL;
}

int main(int argc, char **argv)
{
    const size_t count = sizeof(COMMANDS) / sizeof(COMMANDS[0]);

    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_default_verify_paths(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    do_new(NULL);
    for (int i = 1; i < argc; i++) {
        size_t at = 0;

        while (at < count && strcmp(argv[i], COMMANDS[at].word) != 0)
            at++;
        if (at == count || (!is_plain(at) && i + 1 == argc)) {
            fprintf(stderr, "openssl_client: bad command: %s\n", argv[i]);
            return 99;
        }
        errno = EXDEV;
        if (COMMANDS[at].look != NULL)
            COMMANDS[at].look(talk.ssl);
        else
            COMMANDS[at].run(is_plain(at) ? NULL : argv[++i]);
        if (looks_at_errno && errno != EXDEV)
            printf("errno %s\n", strerrorname_np(errno));
        fflush(stdout);
    }
    openssl_talk_end(&talk);
    SSL_free(talk.ssl);
    talk.ssl = NULL;
    SSL_SESSION_free(saved);
    saved = NULL;
    SSL_CTX_free(context);
    return 0;
}
