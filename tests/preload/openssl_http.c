/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests of openssl_client, and what it tells of the responses. */
#include "openssl_http.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

enum {
    HEAD = 30000,
    BODY = 2000000,
};

static char request[HEAD + BODY + 1024];
static char response[HEAD * 2];

/* A text of the JSON in a response. */
static const char *text_of(const char *key)
{
    char *start = strstr(response, key);

    if (start == NULL)
        return "-";
    start += strlen(key);
    start[strcspn(start, "\"")] = '\0';
    return start[0] != '\0' ? start : "-";
}

bool openssl_http_ask(struct talk *talk, const char *name)
{
    char get[600];
    int length =
        snprintf(get, sizeof(get), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", name);

    return openssl_talk_write(talk, get, (size_t)length);
}

static void print_response(struct talk *talk)
{
    const char *host;

    if (!openssl_talk_read(talk, response, sizeof(response))) {
        printf("silence\n");
        return;
    }
    host = text_of("\"host\":\"");
    printf("%.3s %s %s\n", response + 9, text_of("\"sni\":\""), host);
}

void openssl_http_get(struct talk *talk, const char *name)
{
    if (openssl_http_ask(talk, name))
        print_response(talk);
    else
        printf("silence\n");
}

void openssl_http_rest(struct talk *talk)
{
    static const char REST[] = "x\r\n\r\n";

    if (openssl_talk_write(talk, REST, sizeof(REST) - 1))
        print_response(talk);
    else
        printf("silence\n");
}

/* Gives the length of the head. */
static size_t make_post(const char *name)
{
    static char padding[HEAD + 1];
    int length;

    memset(padding, 'x', HEAD);
    length = snprintf(request, sizeof(request),
                      "POST /_test/echo?pause=1 HTTP/1.1\r\nX: %s\r\n"
                      "Host: %s\r\nContent-Length: %d\r\n\r\n",
                      padding, name, BODY);
    for (int i = 0; i < BODY; i++)
        request[length + i] = (char)(i * 31 / 7);
    return (size_t)length;
}

void openssl_http_post(struct talk *talk, const char *name)
{
    size_t head = make_post(name);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char text[2 * SHA256_DIGEST_LENGTH + 1];

    SHA256((unsigned char *)request + head, BODY, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    if (!openssl_talk_write_blocked(talk, request, head + BODY) ||
        !openssl_talk_read(talk, response, sizeof(response)))
        printf("silence\n");
    else {
        const char *same = strstr(response, text) ? "same" : "different";

        printf("%.3s %s %s\n", response + 9, text_of("[\"Host\", \""), same);
    }
}
