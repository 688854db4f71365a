/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a URL must be before anything is asked because of it. libcurl's parser
 * does the reading, because libcurl will do the asking.
 */
#include "fetch_url.h"

#include <curl/curl.h>

#include "escape.h"

/* The parts, as libcurl gives them. */
struct parts {
    CURLU *handle;
    char *scheme, *host, *port, *zone, *text;
};

static void util_parts(struct parts *parts)
{
    curl_url_cleanup(parts->handle);
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->zone);
    curl_free(parts->text);
}

static enum status refuse(char *ret_reason, const char *what, const char *shown)
{
    size_t length =
        (size_t)snprintf(ret_reason, FETCH_URL_REASON_MAX, "%s", what);

    escape_text(ret_reason + length, FETCH_URL_REASON_MAX - length, shown,
                strlen(shown));
    return STATUS_INVALID;
}

/* Sets the handle to text as seen from base. */
static CURLUcode resolve(struct parts *parts, const char *base,
                         const char *text)
{
    const unsigned flags =
        CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER;
    CURLUcode code = CURLUE_OK;

    if (base != NULL)
        code = curl_url_set(parts->handle, CURLUPART_URL, base, flags);
    if (code == CURLUE_OK)
        code = curl_url_set(parts->handle, CURLUPART_URL, text, flags);
    return code;
}

/*
 * Whether the reference writes its host so, if it has one (RFC 3986 section
 * 4.2). libcurl reads 127.1, 0x7f.1 and 2130706433 as 127.0.0.1.
 */
static bool is_as_written(const char *reference, const char *host)
{
    static const char SCHEME[] = "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t scheme = strspn(reference, SCHEME);
    size_t length = strlen(host);

    if (scheme > 0 && reference[scheme] == ':')
        reference += scheme + 1;
    else if (strncmp(reference, "//", 2) != 0)
        return true;
    reference += strspn(reference, "/");
    return strncmp(reference, host, length) == 0 &&
           strchr(":/?#", reference[length]) != NULL;
}

static enum status judge_host(const struct parts *parts, const char *reference,
                              struct server_name *ret_name, char *ret_reason)
{
    static const char BAD[] = "a host that is no server name: ";

    if (parts->zone != NULL ||
        server_name_parse(parts->host, strlen(parts->host), ret_name) !=
            STATUS_OK ||
        ret_name->port != 0)
        return refuse(ret_reason, BAD, parts->host);
    if (ret_name->kind == SERVER_NAME_IP &&
        ret_name->address.family == AF_INET &&
        !is_as_written(reference, parts->host))
        return refuse(ret_reason,
                      "an address in another notation: ", reference);
    if (ret_name->kind == SERVER_NAME_HOST && !ret_name->resolvable)
        return refuse(ret_reason, "a host that DNS cannot hold: ", parts->host);
    return STATUS_OK;
}

/*
 * Takes the URL apart. The fragment goes, and so does the host's last dot:
 * addresses are pinned, and certificates made out, without it.
 */
static enum status take_apart(struct parts *parts, const char *reference,
                              struct server_name *ret_name, char *ret_reason)
{
    enum status status;

    curl_url_get(parts->handle, CURLUPART_SCHEME, &parts->scheme, 0);
    curl_url_get(parts->handle, CURLUPART_HOST, &parts->host, 0);
    curl_url_get(parts->handle, CURLUPART_ZONEID, &parts->zone, 0);
    if (parts->scheme == NULL)
        return STATUS_NO_MEMORY;
    if (strcmp(parts->scheme, "https") != 0)
        return refuse(ret_reason, "another scheme than https: ", parts->scheme);
    if (parts->host == NULL)
        return refuse(ret_reason, "a URL without a host", "");
    status = judge_host(parts, reference, ret_name, ret_reason);
    if (status != STATUS_OK)
        return status;
    if ((ret_name->kind == SERVER_NAME_HOST &&
         curl_url_set(parts->handle, CURLUPART_HOST, ret_name->host, 0) !=
             CURLUE_OK) ||
        curl_url_set(parts->handle, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_PORT, &parts->port,
                     CURLU_DEFAULT_PORT) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_URL, &parts->text,
                     CURLU_NO_DEFAULT_PORT) != CURLUE_OK)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

enum status fetch_url_parse(const char *base, const char *text,
                            struct fetch_url *ret_url,
                            char ret_reason[static FETCH_URL_REASON_MAX])
{
    AUTO(parts) struct parts parts = {.handle = curl_url()};
    struct server_name name;
    enum status status;
    CURLUcode code;

    if (parts.handle == NULL)
        return STATUS_NO_MEMORY;
    if (strlen(text) > LIMIT_URL)
        return refuse(ret_reason, "a URL that is too long", "");
    code = resolve(&parts, base, text);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return refuse(ret_reason, "a URL with a user name", "");
    if (code != CURLUE_OK)
        return refuse(ret_reason, "what is no URL: ", text);
    status = take_apart(&parts, text, &name, ret_reason);
    if (status != STATUS_OK)
        return status;
    if (strlen(parts.text) > LIMIT_URL)
        return refuse(ret_reason, "a URL that is too long", "");

    unsigned long port = strtoul(parts.port, NULL, 10);
    if (port == 0)
        return refuse(ret_reason, "a URL with port 0", "");
    char *copy = strdup(parts.text);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    *ret_url = (struct fetch_url){copy, (uint16_t)port, name};
    return STATUS_OK;
}

void fetch_url_done(struct fetch_url *url)
{
    free(TAKE(url->text));
}
