/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writer. What it writes is never longer than what was read: blanks go,
 * and no escape is longer than the one it must have been read from.
 */
#include "canonical_json.h"

#include <inttypes.h>

#include "escape.h"
#include "json_members.h"
#include "wire.h"

struct writer {
    struct wire_writer out;
    enum status status;
    char *reason;
};

static void fail(struct writer *writer, const struct json_value *number,
                 const char *what)
{
    char shown[40];

    escape_text(shown, sizeof(shown), number->text, number->length);
    snprintf(writer->reason, CANONICAL_JSON_REASON_MAX, "has %s: %s", what,
             shown);
    writer->status = STATUS_INVALID;
}

static void write_string(struct writer *writer, const char *text, size_t length)
{
    static const char NAMED[] = "\"\\\b\f\n\r\t";
    static const char NAMES[] = "\"\\bfnrt";

    wire_put(&writer->out, "\"");
    for (size_t i = 0; i < length; i++) {
        const char *named = text[i] == 0 ? NULL : strchr(NAMED, text[i]);
        char escape[8];

        if (named != NULL)
            snprintf(escape, sizeof(escape), "\\%c", NAMES[named - NAMED]);
        else if ((unsigned char)text[i] < 0x20)
            snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)text[i]);
        else
            snprintf(escape, sizeof(escape), "%c", text[i]);
        wire_put(&writer->out, escape);
    }
    wire_put(&writer->out, "\"");
}

static void write_number(struct writer *writer, const struct json_value *value)
{
    char text[24];
    int64_t integer;

    if (json_tree_integer(value, &integer)) {
        snprintf(text, sizeof(text), "%" PRId64, integer);
        wire_put(&writer->out, text);
    } else if (memchr(value->text, '.', value->length) != NULL ||
               memchr(value->text, 'e', value->length) != NULL ||
               memchr(value->text, 'E', value->length) != NULL) {
        fail(writer, value, "a number that is not written as an integer");
    } else {
        fail(writer, value, "an integer of more than 53 bits");
    }
}

static bool is_omitted(const struct json_value *member, const char *const *omit)
{
    for (; *omit != NULL; omit++)
        if (strlen(*omit) == member->key_length &&
            memcmp(*omit, member->key, member->key_length) == 0)
            return true;
    return false;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as a tree, LIMIT_JSON_DEPTH */
static void write_value(struct writer *writer, const struct json_value *value,
                        const char *const *omit);

static const char *const NOTHING[] = {NULL};

static void write_object(struct writer *writer, const struct json_value *object,
                         const char *const *omit)
{
    AUTO(free) const struct json_value **members = NULL;
    size_t count = 0;
    bool first = true;

    writer->status = json_members(object, &members, &count);
    wire_put(&writer->out, "{");
    for (size_t i = 0; i < count; i++) {
        if (is_omitted(members[i], omit))
            continue;
        if (!first)
            wire_put(&writer->out, ",");
        first = false;
        write_string(writer, members[i]->key, members[i]->key_length);
        wire_put(&writer->out, ":");
        write_value(writer, members[i], NOTHING);
    }
    wire_put(&writer->out, "}");
}

static void write_array(struct writer *writer, const struct json_value *array)
{
    wire_put(&writer->out, "[");
    for (const struct json_value *at = array->first; at != NULL;
         at = at->next) {
        if (at != array->first)
            wire_put(&writer->out, ",");
        write_value(writer, at, NOTHING);
    }
    wire_put(&writer->out, "]");
}

static void write_value(struct writer *writer, const struct json_value *value,
                        const char *const *omit)
{
    static const char *const WORDS[] = {
        [JSON_NULL] = "null", [JSON_FALSE] = "false", [JSON_TRUE] = "true"};

    if (writer->status != STATUS_OK)
        return;
    switch (value->kind) {
    case JSON_OBJECT:
        write_object(writer, value, omit);
        break;
    case JSON_ARRAY:
        write_array(writer, value);
        break;
    case JSON_STRING:
        write_string(writer, value->text, value->length);
        break;
    case JSON_NUMBER:
        write_number(writer, value);
        break;
    default:
        wire_put(&writer->out, WORDS[value->kind]);
    }
}
/* NOLINTEND(misc-no-recursion): as deep as a tree, LIMIT_JSON_DEPTH */

enum status
canonical_json_write(const struct json_tree *tree, const char *const *omit,
                     char **ret_text, size_t *ret_length,
                     char ret_reason[static CANONICAL_JSON_REASON_MAX])
{
    AUTO(free) char *text = malloc(tree->length + 1);
    struct writer writer = {.status = STATUS_OK, .reason = ret_reason};

    if (text == NULL)
        return STATUS_NO_MEMORY;
    writer.out = wire_writer(text, tree->length + 1);
    write_value(&writer, &tree->values[0], omit);
    if (writer.status != STATUS_OK)
        return writer.status;
    *ret_length = writer.out.length;
    *ret_text = TAKE(text);
    return writer.out.failed ? STATUS_NO_MEMORY : STATUS_OK;
}
