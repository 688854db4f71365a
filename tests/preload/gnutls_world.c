/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One key for everybody: only names matter. */
#include "gnutls_world.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    HOUR = 3600,
};

static gnutls_x509_privkey_t key;
static gnutls_x509_crt_t authority;
static gnutls_datum_t ticket_key;
static gnutls_anti_replay_t replay;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static gnutls_x509_crt_t begin(const char *common_name)
{
    static unsigned char serial[8] = {1};
    gnutls_x509_crt_t certificate;

    serial[7]++;
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
    gnutls_x509_crt_set_activation_time(certificate, time(NULL) - HOUR);
    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + HOUR);
    gnutls_x509_crt_set_key(certificate, key);
    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                  common_name, (unsigned)strlen(common_name));
    return certificate;
}

/* What was signed, as those get it who are to believe it. */
static gnutls_x509_crt_t read_again(gnutls_x509_crt_t certificate)
{
    gnutls_datum_t der;
    gnutls_x509_crt_t again;

    assert_int_equal(
        gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der), 0);
    gnutls_x509_crt_deinit(certificate);
    /* GnuTLS itself would not sign a NUL in a name. */
    unsigned char *name =
        memmem(der.data, der.size, WORLD_WITH_NUL, strlen(WORLD_WITH_NUL));

    if (name != NULL)
        *(unsigned char *)strchr((char *)name, '0') = '\0';
    assert_int_equal(gnutls_x509_crt_init(&again), 0);
    assert_int_equal(gnutls_x509_crt_import(again, &der, GNUTLS_X509_FMT_DER),
                     0);
    gnutls_free(der.data);
    return again;
}

/* Nothing comes twice here. */
static int is_new(void *data, time_t expires, const gnutls_datum_t *key_datum,
                  const gnutls_datum_t *value)
{
    (void)data;
    (void)expires;
    (void)key_datum;
    (void)value;
    return 0;
}

static void make_authority(void)
{
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA,
                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    authority = begin("test authority");
    gnutls_x509_crt_set_basic_constraints(authority, 1, -1);
    gnutls_x509_crt_set_key_usage(authority, GNUTLS_KEY_KEY_CERT_SIGN);
    assert_int_equal(
        gnutls_x509_crt_sign2(authority, authority, key, GNUTLS_DIG_SHA256, 0),
        0);
    authority = read_again(authority);
    assert_int_equal(gnutls_session_ticket_key_generate(&ticket_key), 0);
    assert_int_equal(gnutls_anti_replay_init(&replay), 0);
    gnutls_anti_replay_set_add_function(replay, is_new);
}

static int add(gnutls_x509_crt_t certificate, const char *name)
{
    const char *text = strchr(name, ':') + 1;
    unsigned length = (unsigned)strlen(text);
    char octets[300];

    if (strncmp(name, "OTHER:", 6) == 0)
        return gnutls_x509_crt_set_subject_alt_othername(
            certificate, text, "\x04\x00", 2, GNUTLS_FSAN_APPEND);
    if (strncmp(name, "URI:", 4) == 0)
        return gnutls_x509_crt_set_subject_alt_name(
            certificate, GNUTLS_SAN_URI, text, length, GNUTLS_FSAN_APPEND);
    memcpy(octets, text, length + 1);
    if (strncmp(name, "IP:", 3) == 0) {
        int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

        assert_int_equal(inet_pton(family, text, octets), 1);
        return gnutls_x509_crt_set_subject_alt_name(
            certificate, GNUTLS_SAN_IPADDRESS, octets,
            family == AF_INET ? 4 : 16, GNUTLS_FSAN_APPEND);
    }
    return gnutls_x509_crt_set_subject_alt_name(
        certificate, GNUTLS_SAN_DNSNAME, octets, length, GNUTLS_FSAN_APPEND);
}

gnutls_x509_crt_t world_certificate(const char *common_name,
                                    const char *const names[WORLD_NAMES])
{
    gnutls_x509_crt_t certificate;

    pthread_once(&once, make_authority);
    certificate = begin(common_name);
    for (unsigned i = 0; i < WORLD_NAMES && names[i] != NULL; i++)
        assert_int_equal(add(certificate, names[i]), 0);
    gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER,
                                        0);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, authority, key,
                                           GNUTLS_DIG_SHA256, 0),
                     0);
    return read_again(certificate);
}

gnutls_x509_trust_list_t world_trusted(void)
{
    gnutls_x509_trust_list_t list;

    pthread_once(&once, make_authority);
    assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(list, &authority, 1, 0), 1);
    return list;
}

static void read_all(gnutls_session_t session, struct world_server *server)
{
    ssize_t got;

    if (server->takes_early) {
        got =
            gnutls_record_recv_early_data(session, server->octets, WORLD_ROOM);
        server->early = got > 0 ? (size_t)got : 0;
    }
    server->length = server->early;
    do {
        got = gnutls_record_recv(session, server->octets + server->length,
                                 WORLD_ROOM - server->length);
        if (got > 0)
            server->length += (size_t)got;
    } while (got > 0 || got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
}

static void look(gnutls_session_t session, struct world_server *server)
{
    size_t length = sizeof(server->sni);
    unsigned type;
    gnutls_datum_t protocol;

    if (gnutls_server_name_get(session, server->sni, &length, &type, 0) != 0)
        server->sni[0] = '\0';
    if (gnutls_alpn_get_selected_protocol(session, &protocol) == 0)
        memcpy(server->protocol, protocol.data, protocol.size);
    server->resumed = gnutls_session_is_resumed(session) != 0;
}

static const char *priorities(const struct world_server *server)
{
    return server->is_tls12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : "NORMAL";
}

static void *serve(void *argument)
{
    struct world_server *server = argument;
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t protocols[] = {{(unsigned char *)"h2", 2},
                                  {(unsigned char *)"h2-16", 5},
                                  {(unsigned char *)"http/1.1", 8}};
    gnutls_session_t session;

    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_certificate_set_x509_key(credentials, &server->certificate, 1, key);
    gnutls_init(&session,
                GNUTLS_SERVER |
                    (server->takes_early ? GNUTLS_ENABLE_EARLY_DATA : 0));
    gnutls_anti_replay_enable(session, replay);
    gnutls_priority_set_direct(session, priorities(server), NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_alpn_set_protocols(session, protocols, 3,
                              GNUTLS_ALPN_SERVER_PRECEDENCE);
    gnutls_session_ticket_enable_server(session, &ticket_key);
    gnutls_transport_set_int(session, server->own_fd);
    do {
        server->error = gnutls_handshake(session);
    } while (server->error < 0 && !gnutls_error_is_fatal(server->error));
    if (server->error == 0) {
        look(session, server);
        read_all(session, server);
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    close(server->own_fd);
    return NULL;
}

void world_start(struct world_server *server, gnutls_x509_crt_t certificate)
{
    static const char *const n[WORLD_NAMES] = {"DNS:" WORLD_N};
    int pair[2];

    if (certificate == NULL)
        certificate = world_certificate("nobody", n);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    server->certificate = certificate;
    server->fd = pair[0];
    server->own_fd = pair[1];
    server->octets = malloc(WORLD_ROOM);
    assert_non_null(server->octets);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void world_end(struct world_server *server)
{
    shutdown(server->fd, SHUT_WR);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    close(server->fd);
    gnutls_x509_crt_deinit(server->certificate);
}

void world_done(struct world_server *server)
{
    world_end(server);
    free(server->octets);
}

gnutls_session_t world_client(struct world_server *server)
{
    static gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;

    if (credentials == NULL) {
        assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
                         0);
        assert_int_equal(
            gnutls_certificate_set_x509_trust(credentials, &authority, 1), 1);
    }
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    gnutls_priority_set_direct(session, priorities(server), NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, server->fd);
    return session;
}

int world_name(gnutls_session_t session, const char *name)
{
    return gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name));
}

int world_handshake(gnutls_session_t session)
{
    int result;

    do {
        result = gnutls_handshake(session);
    } while (result < 0 && !gnutls_error_is_fatal(result));
    return result;
}

bool world_send(gnutls_session_t session, const char *octets, size_t length)
{
    while (length > 0) {
        ssize_t sent = gnutls_record_send(session, octets, length);

        if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED)
            continue;
        if (sent <= 0)
            return false;
        octets += sent;
        length -= (size_t)sent;
    }
    return true;
}

void world_open(struct world_line *line, const char *name)
{
    memset(line, 0, sizeof(*line));
    world_start(&line->server, NULL);
    line->session = world_client(&line->server);
    if (name != NULL)
        assert_int_equal(world_name(line->session, name), 0);
    assert_int_equal(world_handshake(line->session), 0);
}

void world_close(struct world_line *line, const char *wanted, size_t length)
{
    while (gnutls_bye(line->session, GNUTLS_SHUT_WR) == GNUTLS_E_AGAIN)
        ;
    gnutls_deinit(line->session);
    world_end(&line->server);
    if (length < 1000) {
        line->server.octets[line->server.length] = '\0';
        assert_string_equal(line->server.octets, wanted);
    }
    assert_int_equal(line->server.length, length);
    assert_memory_equal(line->server.octets, wanted, length);
    free(line->server.octets);
}

static size_t make(char *to, const char *host, size_t body)
{
    uint32_t random = 1;
    int head = snprintf(to, WORLD_ROOM,
                        "PUT / HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n"
                        "\r\n",
                        host, body);

    for (size_t i = 0; i < body; i++) {
        random = random * 1664525 + 1013904223;
        to[(size_t)head + i] = (char)(random >> 24);
    }
    return (size_t)head + body;
}

struct world_request world_request(size_t body)
{
    struct world_request request = {.sent = malloc(WORLD_ROOM),
                                    .got = malloc(WORLD_ROOM)};

    assert_non_null(request.sent);
    assert_non_null(request.got);
    request.sent_length = make(request.sent, WORLD_NAME, body);
    request.got_length = make(request.got, WORLD_HOST, body);
    return request;
}

void world_request_done(struct world_request *request)
{
    free(request->sent);
    free(request->got);
}
