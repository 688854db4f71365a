/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shim_cost connects COUNT | writes COUNT SIZE: calls that are none of the
 * shim's business, COUNT times, for shim.py to count instructions of: connect()
 * to a closed port of loopback, SSL_write() of SIZE octets in a TLS session
 * that both ends of are here. Status 1 if one goes wrong.
 */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECORD_MAX = 16384,
};

static int connects(long count)
{
    const struct sockaddr_in closed = {
        .sin_family = AF_INET,
        .sin_port = htons(1),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    for (long i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 ||
            connect(fd, (const struct sockaddr *)&closed, sizeof(closed)) == 0)
            return 1;
        close(fd);
    }
    return 0;
}

/* A server's context with a key and a certificate made here. */
static SSL_CTX *server_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

static int shake_hands(SSL *client, SSL *server)
{
    for (int i = 0; i < 20; i++) {
        int ours = SSL_do_handshake(client);
        int theirs = SSL_do_handshake(server);

        if (ours == 1 && theirs == 1)
            return 0;
    }
    return 1;
}

static int writes(long count, long size)
{
    static char data[RECORD_MAX];
    SSL_CTX *ours = SSL_CTX_new(TLS_client_method());
    SSL_CTX *theirs = server_context();
    SSL *client = SSL_new(ours);
    SSL *server = SSL_new(theirs);
    BIO *near, *far;
    int failed =
        BIO_new_bio_pair(&near, 4L * RECORD_MAX, &far, 4L * RECORD_MAX) != 1;

    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    failed |= shake_hands(client, server);
    for (long i = 0; i < count && !failed; i++)
        failed = SSL_write(client, data, (int)size) != size ||
                 SSL_read(server, data, (int)size) != size;
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(ours);
    SSL_CTX_free(theirs);
    return failed;
}

int main(int argc, char **argv)
{
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    long size = argc > 3 ? strtol(argv[3], NULL, 10) : 1;

    if (count < 0 || size < 1 || size > RECORD_MAX)
        return 2;
    return strcmp(argv[1], "connects") == 0 ? connects(count)
                                            : writes(count, size);
}
