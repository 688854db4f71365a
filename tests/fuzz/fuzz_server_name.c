/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Server names and pseudo-hostnames. What is read is within the grammar and
 * reads the same again, by its text as by its key; the pseudo-hostname that
 * is written for a name leads back to it, and to no other.
 */
#include "fuzz.h"

#include "server_name.h"

static void check_key(const struct server_name *name)
{
    struct server_name again;

    FUZZ_CHECK(strlen(name->key) <= LIMIT_SERVER_NAME);
    FUZZ_CHECK(server_name_parse(name->key, strlen(name->key), &again) ==
               STATUS_OK);
    FUZZ_CHECK(strcmp(again.key, name->key) == 0);
    FUZZ_CHECK(strcmp(again.host, name->host) == 0);
    FUZZ_CHECK(again.kind == name->kind && again.port == name->port);
    FUZZ_CHECK(again.resolvable == name->resolvable);
    for (const char *c = name->key; *c != '\0'; c++)
        FUZZ_CHECK(strchr("abcdefghijklmnopqrstuvwxyz0123456789-.:[]", *c) !=
                   NULL);
}

static void check_host(const struct server_name *name)
{
    struct address address;

    if (name->kind == SERVER_NAME_IP) {
        FUZZ_CHECK(address_parse(name->host, &address));
        FUZZ_CHECK(address_equal(&address, &name->address));
        FUZZ_CHECK((name->address.family == AF_INET6) ==
                   (name->text[0] == '['));
        return;
    }
    FUZZ_CHECK(server_name_is_host(name->host));
    FUZZ_CHECK(!address_parse(name->host, &address));
    FUZZ_CHECK(name->resolvable == server_name_resolvable(name->host));
    FUZZ_CHECK(!server_name_is_pseudo(name->host, strlen(name->host)));
}

/* What is written as a pseudo-hostname is read as the name it was. */
static void check_pseudo(const struct server_name *name)
{
    char pseudo[2 * LIMIT_SERVER_NAME];
    char small[2 * LIMIT_SERVER_NAME];
    struct server_name again;

    if (server_name_to_pseudo(name, pseudo, sizeof(pseudo)) != STATUS_OK)
        return;
    size_t length = strlen(pseudo);
    FUZZ_CHECK(server_name_from_pseudo(pseudo, length, &again) == STATUS_OK);
    FUZZ_CHECK(again.kind == name->kind && again.port == name->port);
    FUZZ_CHECK(strcmp(again.host, name->host) == 0);
    FUZZ_CHECK(server_name_to_pseudo(name, small, length) == STATUS_TOO_BIG);
    FUZZ_CHECK(server_name_to_pseudo(name, small, length + 1) == STATUS_OK);
}

static void check_name(const struct server_name *name)
{
    struct server_name again;

    FUZZ_CHECK(name->host_length > 0 &&
               name->host_length <= strlen(name->text));
    FUZZ_CHECK(server_name_parse(name->text, strlen(name->text), &again) ==
               STATUS_OK);
    FUZZ_CHECK(strcmp(again.key, name->key) == 0);
    check_key(name);
    check_host(name);
    check_pseudo(name);
}

/* The forms without the struct come to the same. */
static void check_predicates(const char *text, bool valid,
                             const struct server_name *name)
{
    FUZZ_CHECK(server_name_is_valid(text) == valid);
    FUZZ_CHECK(server_name_is_host(text) ==
               (valid && name->kind == SERVER_NAME_HOST && name->port == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct server_name name;
    bool valid = server_name_parse(text, size, &name) == STATUS_OK;

    if (valid) {
        FUZZ_CHECK(strlen(name.text) == size);
        FUZZ_CHECK(memcmp(name.text, text, size) == 0);
        check_name(&name);
    }
    if (memchr(text, '\0', size) == NULL) {
        char *ended = strndup(text, size);

        FUZZ_CHECK(ended != NULL);
        check_predicates(ended, valid, &name);
        free(ended);
    }
    enum status status = server_name_from_pseudo(text, size, &name);
    FUZZ_CHECK(server_name_is_pseudo(text, size) ==
               (status != STATUS_NOT_OURS));
    if (status == STATUS_OK)
        check_name(&name);
    return 0;
}
