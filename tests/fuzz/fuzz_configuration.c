/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration file. What is taken is within its documented range and,
 * written anew, means the same; what is refused names its place on one line.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/mman.h>

#include "configuration.h"
#include "server_name.h"

enum {
    TEXT_MAX = 1024 * 1024,
};

/* Reads text as a file in memory. */
static enum status load(const char *text, size_t length,
                        struct configuration *configuration,
                        char error[static CONFIGURATION_ERROR_MAX])
{
    AUTO(close_fd) int fd = memfd_create("configuration", MFD_CLOEXEC);
    struct overrides overrides = {0};
    char path[64];

    FUZZ_CHECK(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    overrides.conf = path;
    error[0] = '\0';
    enum status status = configuration_load(&overrides, configuration, error);
    FUZZ_CHECK(status == STATUS_OK || strncmp(error, path, strlen(path)) == 0);
    return status;
}

static void check_network(const struct cidr *network)
{
    size_t size = address_size(&network->address);

    FUZZ_CHECK(network->address.family == AF_INET ||
               network->address.family == AF_INET6);
    FUZZ_CHECK(network->bits <= size * 8);
    for (size_t bit = network->bits; bit < size * 8; bit++)
        FUZZ_CHECK((network->address.bytes[bit / 8] & (0x80 >> bit % 8)) == 0);
}

static void check_insecure(const struct configuration *configuration,
                           const struct insecure *entry)
{
    char text[2 * LIMIT_SERVER_NAME];
    struct server_name name;

    if (entry->name[0] == '\0') {
        check_network(&entry->network);
        FUZZ_CHECK(!entry->suffix);
        address_text(&entry->network.address, text);
        FUZZ_CHECK(configuration_is_insecure(configuration, text));
        return;
    }
    FUZZ_CHECK(server_name_parse(entry->name, strlen(entry->name), &name) ==
               STATUS_OK);
    FUZZ_CHECK(name.kind == SERVER_NAME_HOST && name.port == 0);
    FUZZ_CHECK(name.resolvable && strcmp(name.key, entry->name) == 0);
    snprintf(text, sizeof(text), "%s%s", entry->suffix ? "a." : "",
             entry->name);
    FUZZ_CHECK(configuration_is_insecure(configuration, text));
}

static bool has_scheme(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 ||
           strncasecmp(url, "https://", 8) == 0 ||
           strncasecmp(url, "socks5h://", 10) == 0;
}

static void check_ranges(const struct configuration *configuration)
{
    const struct configuration *c = configuration;

    FUZZ_CHECK(c->spec == SPEC_DRAFT || c->spec == SPEC_V1);
    FUZZ_CHECK(c->timeout_ms == 0 || c->timeout_ms >= 100);
    FUZZ_CHECK(c->timeout_ms <= LIMIT_SHIM_WAIT_MS);
    FUZZ_CHECK(c->ca_file == NULL || c->ca_file[0] == '/');
    FUZZ_CHECK(c->ca_path == NULL || c->ca_path[0] == '/');
    FUZZ_CHECK(c->proxy == NULL || has_scheme(c->proxy));
    FUZZ_CHECK(c->dns == NULL && c->user_agent == NULL);
    FUZZ_CHECK(c->insecure_count <= CONFIGURATION_LIST_MAX);
    FUZZ_CHECK(c->deny_count <= CONFIGURATION_LIST_MAX);
    for (unsigned i = 0; i < c->insecure_count; i++)
        check_insecure(c, &c->insecure[i]);
    for (unsigned i = 0; i < c->deny_count; i++) {
        check_network(&c->deny[i]);
        FUZZ_CHECK(configuration_denies(c, &c->deny[i].address));
    }
}

struct text {
    char octets[TEXT_MAX];
    size_t length;
};

static void PRINTF_LIKE(2, 3) put(struct text *text, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    int length = vsnprintf(text->octets + text->length, TEXT_MAX - text->length,
                           format, values);
    va_end(values);
    FUZZ_CHECK(length >= 0 && text->length + (size_t)length < TEXT_MAX);
    text->length += (size_t)length;
}

static void put_network(struct text *text, const char *key,
                        const struct cidr *network)
{
    char shown[ADDRESS_TEXT];

    put(text, "%s %s/%u\n", key, address_text(&network->address, shown),
        network->bits);
}

/* As its owner might have written it. */
static void write_down(const struct configuration *c, struct text *text)
{
    text->length = 0;
    put(text, "# written down\nspec %s\n\t cache\t%s # a comment\n",
        spec_name(c->spec), c->cache ? "yes" : "no");
    put(text, "speculate %s\n", c->speculate ? "yes" : "no");
    if (c->timeout_ms != 0)
        put(text, "timeout %d.%03d\n", c->timeout_ms / 1000,
            c->timeout_ms % 1000);
    if (c->ca_file != NULL)
        put(text, "ca-file %s\n", c->ca_file);
    if (c->ca_path != NULL)
        put(text, "ca-path %s\n", c->ca_path);
    if (c->proxy != NULL)
        put(text, "proxy %s\n", c->proxy);
    for (unsigned i = 0; i < c->insecure_count; i++) {
        const struct insecure *entry = &c->insecure[i];

        if (entry->name[0] == '\0')
            put_network(text, "insecure", &entry->network);
        else
            put(text, "insecure %s%s\n", entry->suffix ? "*." : "",
                entry->name);
    }
    for (unsigned i = 0; i < c->deny_count; i++)
        put_network(text, "deny", &c->deny[i]);
}

static void check_same(const struct configuration *a,
                       const struct configuration *b)
{
    FUZZ_CHECK(a->spec == b->spec && a->timeout_ms == b->timeout_ms);
    FUZZ_CHECK(a->cache == b->cache && a->speculate == b->speculate);
    FUZZ_CHECK(fuzz_same(a->ca_file, b->ca_file));
    FUZZ_CHECK(fuzz_same(a->ca_path, b->ca_path));
    FUZZ_CHECK(fuzz_same(a->proxy, b->proxy));
    FUZZ_CHECK(a->insecure_count == b->insecure_count);
    FUZZ_CHECK(a->deny_count == b->deny_count);
    for (unsigned i = 0; i < a->insecure_count; i++) {
        FUZZ_CHECK(strcmp(a->insecure[i].name, b->insecure[i].name) == 0);
        FUZZ_CHECK(a->insecure[i].suffix == b->insecure[i].suffix);
        FUZZ_CHECK(a->insecure[i].network.bits == b->insecure[i].network.bits);
    }
    for (unsigned i = 0; i < a->deny_count; i++) {
        FUZZ_CHECK(a->deny[i].bits == b->deny[i].bits);
        FUZZ_CHECK(address_equal(&a->deny[i].address, &b->deny[i].address));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text text;
    struct configuration configuration, again;
    char error[CONFIGURATION_ERROR_MAX];

    if (load((const char *)data, size, &configuration, error) == STATUS_OK) {
        check_ranges(&configuration);
        write_down(&configuration, &text);
        FUZZ_CHECK(load(text.octets, text.length, &again, error) == STATUS_OK);
        check_same(&configuration, &again);
        configuration_done(&again);
    }
    FUZZ_CHECK(fuzz_printable(error));
    configuration_done(&configuration);
    return 0;
}
