/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that reads and writes for openssl_client. */
#include "openssl_talk.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static void die(const char *what)
{
    perror(what);
    exit(99);
}

unsigned openssl_talk_protocols(const char *list, unsigned char *ret_wire)
{
    unsigned at = 0;

    while (*list != '\0') {
        size_t length = strcspn(list, ",");

        ret_wire[at] = (unsigned char)length;
        memcpy(ret_wire + at + 1, list, length);
        at += 1 + (unsigned)length;
        list += length + (list[length] == ',');
    }
    return at;
}

int openssl_talk_dial(const char *host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int fd = -1;

    if (getaddrinfo(host, "443", &hints, &list) != 0)
        die("getaddrinfo");
    for (struct addrinfo *one = list; one != NULL && fd < 0;
         one = one->ai_next) {
        fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        die("connect");
    return fd;
}

void openssl_talk_attach(struct talk *talk)
{
    if (talk->memory)
        SSL_set_bio(talk->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    else
        SSL_set_fd(talk->ssl, talk->fd);
}

/* Sends what OpenSSL has put into memory. */
static void pump_out(struct talk *talk)
{
    char data[4096];
    int length;

    while (talk->memory &&
           (length = BIO_read(SSL_get_wbio(talk->ssl), data, sizeof(data))) > 0)
        if (send(talk->fd, data, (size_t)length, MSG_NOSIGNAL) != length)
            die("send");
}

/* After a call that failed: whether it is to be made again. */
static bool again(struct talk *talk, int result)
{
    int error = SSL_get_error(talk->ssl, result);
    short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    struct pollfd one = {.fd = talk->fd, .events = events};
    char data[4096];
    ssize_t length;

    pump_out(talk);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return false;
    if (!talk->memory)
        return poll(&one, 1, 20000) == 1;
    length = recv(talk->fd, data, sizeof(data), 0);
    return length > 0 &&
           BIO_write(SSL_get_rbio(talk->ssl), data, (int)length) == length;
}

bool openssl_talk_handshake(struct talk *talk)
{
    int result;

    do
        result = SSL_connect(talk->ssl);
    while (result != 1 && again(talk, result));
    pump_out(talk);
    return result == 1;
}

/* In 1.1 some begin with a capital. */
void openssl_talk_refusal(const struct talk *talk)
{
    long why = SSL_get_verify_result(talk->ssl);
    const char *text = why != X509_V_OK
                           ? X509_verify_cert_error_string(why)
                           : ERR_reason_error_string(ERR_peek_error());

    if (text == NULL)
        text = "for no reason";
    printf("refused %c%s\n", strncmp(text, "Host", 4) == 0 ? 'h' : text[0],
           text + 1);
    ERR_clear_error();
}

static bool is(const struct talk *talk, const char *how)
{
    return strcmp(talk->write, how) == 0;
}

/* The SSL BIO, and a buffer above it where one is wanted; made once. */
static BIO *chain_of(struct talk *talk)
{
    if (talk->chain != NULL)
        return talk->chain;
    talk->chain = BIO_new(BIO_f_ssl());
    BIO_set_ssl(talk->chain, talk->ssl, BIO_NOCLOSE);
    if (strncmp(talk->write, "buffer-", 7) == 0)
        talk->chain = BIO_push(BIO_new(BIO_f_buffer()), talk->chain);
    return talk->chain;
}

static bool write_bio(struct talk *talk, const char *data, size_t length)
{
    const char *how = strchr(talk->write, '-') + 1;
    BIO *bio = chain_of(talk);
    size_t written = 0;

    if (strcmp(how, "write") == 0)
        written = (size_t)BIO_write(bio, data, (int)length);
    else if (strcmp(how, "write-ex") == 0)
        BIO_write_ex(bio, data, length, &written);
    else if (strcmp(how, "puts") == 0)
        written = (size_t)BIO_puts(bio, data);
    else if (strcmp(how, "printf") == 0)
        written = (size_t)BIO_printf(bio, "%s", data);
    return written == length && BIO_flush(bio) == 1;
}

/* Says why it failed, if it did: the kernel has to know TLS for it. */
static bool write_file(struct talk *talk, const char *data, size_t length)
{
    ssize_t sent = -1;
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    int fd = memfd_create("data", MFD_CLOEXEC);

    if (write(fd, data, length) != (ssize_t)length)
        die("write");
    errno = 0;
    sent = SSL_sendfile(talk->ssl, fd, 0, length, 0);
    if (sent < 0)
        printf("sendfile %s %s\n", strerrorname_np(errno),
               ERR_peek_error() != 0 ? "with a reason" : "-");
    ERR_clear_error();
    close(fd);
#endif
    return sent == (ssize_t)length;
}

bool openssl_talk_write(struct talk *talk, const char *data, size_t length)
{
    size_t written = 0;
    int result;

    if (is(talk, "sendfile"))
        return write_file(talk, data, length);
    if (!is(talk, "write") && !is(talk, "write-ex") && !is(talk, "early"))
        return write_bio(talk, data, length);
    do {
        if (is(talk, "write"))
            result = SSL_write(talk->ssl, data, (int)length);
        else if (is(talk, "write-ex"))
            result = SSL_write_ex(talk->ssl, data, length, &written);
        else
            result = SSL_write_early_data(talk->ssl, data, length, &written);
    } while (result <= 0 && again(talk, result));
    pump_out(talk);
    return is(talk, "write") ? result == (int)length
                             : result == 1 && written == length;
}

bool openssl_talk_write_blocked(struct talk *talk, const char *data,
                                size_t length)
{
    const size_t piece = 40000;
    unsigned blocked = 0;
    int small = 4096;
    size_t at = 0;

    setsockopt(talk->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    fcntl(talk->fd, F_SETFL, O_NONBLOCK);
    SSL_set_mode(talk->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_ENABLE_PARTIAL_WRITE);
    while (at < length) {
        size_t more = length - at < piece ? length - at : piece;
        char *moved = malloc(more);
        size_t written = 0;
        int result;

        memcpy(moved, data + at, more);
        result = SSL_write_ex(talk->ssl, moved, more, &written);
        memset(moved, '#', more);
        free(moved);
        at += written;
        if (result == 1)
            continue;
        blocked++;
        if (!again(talk, result))
            return false;
    }
    fcntl(talk->fd, F_SETFL, 0);
    return blocked > 0;
}

/* The length of a whole response, 0 as long as its head is not there. */
static size_t whole(const char *response)
{
    const char *end = strstr(response, "\r\n\r\n");
    const char *length = strstr(response, "Content-Length: ");

    return end == NULL || length == NULL
               ? 0
               : (size_t)(end + 4 - response) + strtoul(length + 16, NULL, 10);
}

bool openssl_talk_read(struct talk *talk, char *ret_response, size_t room)
{
    size_t at = 0;

    ret_response[0] = '\0';
    while (whole(ret_response) == 0 || at < whole(ret_response)) {
        int result =
            SSL_read(talk->ssl, ret_response + at, (int)(room - at - 1));

        if (result > 0)
            at += (size_t)result;
        else if (!again(talk, result))
            return false;
        ret_response[at] = '\0';
        if (at + 1 == room)
            return false;
    }
    return true;
}

void openssl_talk_wait(struct talk *talk)
{
    struct pollfd one = {.fd = talk->fd, .events = POLLIN};
    char octet;

    fcntl(talk->fd, F_SETFL, O_NONBLOCK);
    if (poll(&one, 1, 20000) == 1)
        (void)SSL_peek(talk->ssl, &octet, 1);
    fcntl(talk->fd, F_SETFL, 0);
}

void openssl_talk_reset(struct talk *talk)
{
    BIO *bio = BIO_new(BIO_f_ssl());

    BIO_set_ssl(bio, talk->ssl, BIO_NOCLOSE);
    (void)BIO_reset(bio);
    BIO_free(bio);
    openssl_talk_end(talk);
}

void openssl_talk_end(struct talk *talk)
{
    /* Or the session may not be resumed. */
    if (talk->fd >= 0 && SSL_is_init_finished(talk->ssl))
        SSL_shutdown(talk->ssl);
    BIO_free_all(talk->chain);
    talk->chain = NULL;
    if (talk->fd >= 0)
        close(talk->fd);
    talk->fd = -1;
}
