/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the values of the configuration's keys. */
#include "configuration_value.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/stat.h>

#include "escape.h"
#include "server_name.h"

bool configuration_wrong(struct configuration_why *why, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(why->text, sizeof(why->text), format, values);
    va_end(values);
    return false;
}

bool configuration_wrong_value(struct configuration_why *why, const char *what,
                               const char *value)
{
    char shown[200];

    escape_text(shown, sizeof(shown), value, strlen(value));
    return configuration_wrong(why, "%s, not `%s`", what, shown);
}

bool configuration_value_yes(const char *text, bool *ret_yes,
                             struct configuration_why *why)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return configuration_wrong_value(why, "expected yes or no", text);
    *ret_yes = text[0] == 'y';
    return true;
}

/* The decimal number up to max at *at, which is moved behind it; -1: none. */
static int take_number(const char **at, int max)
{
    int number = 0;

    if (**at < '0' || **at > '9')
        return -1;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        number = number * 10 + (**at - '0');
        if (number > max)
            return -1;
    }
    return number;
}

bool configuration_value_seconds(const char *text, int *ret_ms,
                                 struct configuration_why *why)
{
    const char *at = text;
    int ms = take_number(&at, 12) * 1000;

    if (ms >= 0 && *at == '.') {
        at++;
        for (int unit = 100; unit > 0 && *at >= '0' && *at <= '9'; unit /= 10)
            ms += unit * (*at++ - '0');
    }
    if (ms < 100 || ms > LIMIT_SHIM_WAIT_MS || *at != '\0' || at[-1] == '.')
        return configuration_wrong_value(why, "expected seconds from 0.1 to 12",
                                         text);
    *ret_ms = ms;
    return true;
}

/* Sets the bits behind the prefix to zero. */
static void clear_host_bits(struct cidr *network)
{
    for (size_t i = 0; i < address_size(&network->address); i++) {
        unsigned first = (unsigned)i * 8;

        if (first >= network->bits)
            network->address.bytes[i] = 0;
        else if (network->bits - first < 8)
            network->address.bytes[i] &=
                (unsigned char)(0xff00U >> (network->bits - first));
    }
}

bool configuration_value_cidr(const char *text, struct cidr *ret_network,
                              struct configuration_why *why)
{
    static const char WHAT[] = "expected a network, ADDRESS/BITS";
    const char *slash = strchrnul(text, '/');
    char shown[ADDRESS_TEXT];
    struct cidr network;

    if (!util_copy(shown, sizeof(shown), text, (size_t)(slash - text)) ||
        !address_parse(shown, &network.address))
        return configuration_wrong_value(why, WHAT, text);

    int most = (int)address_size(&network.address) * 8;
    int bits = most;
    if (*slash == '/') {
        slash++;
        bits = take_number(&slash, most);
    }
    if (bits < 0 || *slash != '\0')
        return configuration_wrong_value(why, WHAT, text);

    struct address written = network.address;
    network.bits = (unsigned)bits;
    clear_host_bits(&network);
    if (!address_equal(&written, &network.address))
        return configuration_wrong(
            why, "`%s` is an address in the network `%s/%d`: write that", text,
            address_text(&network.address, shown), bits);
    *ret_network = network;
    return true;
}

bool configuration_value_insecure(const char *text, struct insecure *ret_entry,
                                  struct configuration_why *why)
{
    bool suffix = strncmp(text, "*.", 2) == 0;
    const char *name = text + (suffix ? 2 : 0);
    struct insecure entry = {.suffix = suffix};
    struct server_name host;
    struct address address;

    if (strchr(text, '/') != NULL || address_parse(text, &address)) {
        if (!configuration_value_cidr(text, &entry.network, why))
            return false;
    } else if (server_name_parse(name, strlen(name), &host) == STATUS_OK &&
               host.kind == SERVER_NAME_HOST && host.port == 0 &&
               host.resolvable) {
        memcpy(entry.name, host.host, sizeof(entry.name));
    } else {
        return configuration_wrong_value(
            why, "expected a host name, *.SUFFIX or a network", text);
    }
    *ret_entry = entry;
    return true;
}

/* What may be trusted must not depend on where a program happens to run. */
static bool ca_at(const char *text, mode_t type, const char *what,
                  struct configuration_why *why)
{
    struct stat file;

    if (text[0] != '/')
        return configuration_wrong_value(why, "expected an absolute path",
                                         text);
    if (stat(text, &file) != 0 || access(text, R_OK) != 0)
        return configuration_wrong(why, "the %s cannot be read: %s", what,
                                   strerror(errno));
    if ((file.st_mode & S_IFMT) != type)
        return configuration_wrong_value(why,
                                         type == S_IFDIR
                                             ? "expected a directory"
                                             : "expected a regular file",
                                         text);
    return true;
}

/* A file without any would make every web server look untrusted. */
static bool holds_certificate(const char *path, struct configuration_why *why)
{
    AUTO(close_file) FILE *file = fopen(path, "re");
    AUTO(free) char *line = NULL;
    size_t room = 0;

    while (file != NULL && getline(&line, &room, file) >= 0)
        if (strncmp(line, "-----BEGIN ", 11) == 0 &&
            strstr(line, "CERTIFICATE-----") != NULL)
            return true;
    return configuration_wrong_value(
        why, "expected a file with a PEM certificate", path);
}

bool configuration_value_ca_file(const char *text,
                                 struct configuration_why *why)
{
    return ca_at(text, S_IFREG, "file of certificates", why) &&
           holds_certificate(text, why);
}

bool configuration_value_ca_path(const char *text,
                                 struct configuration_why *why)
{
    return ca_at(text, S_IFDIR, "directory of certificates", why);
}

static void util_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static bool has_proxy_scheme(const char *text)
{
    static const char *const SCHEMES[] = {"http://", "https://", "socks5h://"};

    for (size_t i = 0; i < ARRAY_SIZE(SCHEMES); i++)
        if (strncasecmp(text, SCHEMES[i], strlen(SCHEMES[i])) == 0)
            return true;
    return false;
}

bool configuration_value_proxy(const char *text, struct configuration_why *why)
{
    AUTO(url) CURLU *url = curl_url();
    char *host = NULL;
    char *port = NULL;
    struct server_name name;
    bool good;

    if (url == NULL)
        return configuration_wrong(why, "no memory");
    /* A port must be given: curl's default for proxies, 1080, surprises. */
    good = has_proxy_scheme(text) &&
           curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) ==
               CURLUE_OK &&
           curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
           curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_OK &&
           server_name_parse(host, strlen(host), &name) == STATUS_OK &&
           (name.kind == SERVER_NAME_IP || name.resolvable);
    curl_free(host);
    curl_free(port);
    /* Not shown: it may hold a password. */
    return good ||
           configuration_wrong(why, "expected http://HOST:PORT, https://... or "
                                    "socks5h://...");
}

bool configuration_value_dns(const char *text, struct configuration_why *why)
{
    struct server_name name;
    struct address address;

    if (address_parse(text, &address))
        return true;
    if (server_name_parse(text, strlen(text), &name) == STATUS_OK &&
        name.kind == SERVER_NAME_IP)
        return true;
    return configuration_wrong_value(
        why, "expected ADDRESS[:PORT] or [ADDRESS6]:PORT", text);
}
