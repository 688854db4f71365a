/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Well-known bodies. What is taken is JSON to a second reader too, and says
 * the same there; what that one takes is taken, or refused for a reason.
 */
#include "fuzz.h"

#include "json_tree.h"
#include "well_known.h"

/* cJSON has room for this much of a number. */
enum {
    NUMBER_MAX = 63,
};

static void check_name(const struct server_name *name)
{
    struct server_name again;

    FUZZ_CHECK(server_name_parse(name->text, strlen(name->text), &again) ==
               STATUS_OK);
    FUZZ_CHECK(strcmp(again.key, name->key) == 0);
}

static bool has_long_number(const struct json_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->values[i].kind == JSON_NUMBER &&
            tree->values[i].length > NUMBER_MAX)
            return true;
    return false;
}

/* Both readers know one document. */
static void check_witness(const char *body, size_t size, bool taken,
                          const struct server_name *name, const char *reason)
{
    char fault[JSON_TREE_REASON_MAX];
    struct server_name expected;
    struct json_tree tree;
    enum status status = json_tree_read(body, size, &tree, fault);
    const struct json_value *server =
        status == STATUS_OK
            ? json_tree_member(&tree.values[0], "m.server", JSON_STRING)
            : NULL;
    bool good =
        server != NULL &&
        server_name_parse(server->text, server->length, &expected) == STATUS_OK;

    if (taken) {
        FUZZ_CHECK(good);
        FUZZ_CHECK(strcmp(expected.text, name->text) == 0);
    } else if (good && !has_long_number(&tree)) {
        FUZZ_CHECK(strcmp(reason, "contains an escaped NUL") == 0);
    }
    json_tree_done(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *body = (const char *)data;
    char reason[WELL_KNOWN_REASON_MAX] = "";
    struct server_name name = {0};
    enum status status;

    if (size > LIMIT_BODY)
        return 0;
    status = well_known_parse(body, size, &name, reason);
    FUZZ_CHECK(status == STATUS_OK || status == STATUS_INVALID);
    if (status == STATUS_OK)
        check_name(&name);
    else
        FUZZ_CHECK(name.text[0] == '\0' && reason[0] != '\0');
    FUZZ_CHECK(strlen(reason) < sizeof(reason) && fuzz_printable(reason));
    check_witness(body, size, status == STATUS_OK, &name, reason);
    return 0;
}
