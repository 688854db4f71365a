/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader: recursive descent over counted octets. */
#include "json_tree.h"

#include "limit.h"

struct reader {
    const char *next, *end;
    struct json_tree *tree;
    unsigned depth;
    const char *fault; /* the first one */
};

static bool fail(struct reader *reader, const char *fault)
{
    if (reader->fault == NULL)
        reader->fault = fault;
    return false;
}

static void skip_blanks(struct reader *reader)
{
    static const char BLANKS[] = {' ', '\t', '\r', '\n'};

    while (reader->next < reader->end &&
           memchr(BLANKS, *reader->next, sizeof(BLANKS)) != NULL)
        reader->next++;
}

static bool take(struct reader *reader, char octet)
{
    if (reader->next == reader->end || *reader->next != octet)
        return false;
    reader->next++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->next) < length ||
        memcmp(reader->next, word, length) != 0)
        return fail(reader, "is not JSON");
    reader->next += length;
    return true;
}

static void put(struct reader *reader, unsigned octet)
{
    reader->tree->strings[reader->tree->used++] = (char)octet;
}

static void put_code_point(struct reader *reader, uint32_t code)
{
    if (code < 0x80) {
        put(reader, code);
        return;
    }
    if (code < 0x800) {
        put(reader, 0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put(reader, 0xe0 | code >> 12);
        } else {
            put(reader, 0xf0 | code >> 18);
            put(reader, 0x80 | (code >> 12 & 0x3f));
        }
        put(reader, 0x80 | (code >> 6 & 0x3f));
    }
    put(reader, 0x80 | (code & 0x3f));
}

static bool take_hex(struct reader *reader, uint32_t *ret_code)
{
    static const char DIGITS[] = "0123456789abcdefABCDEF";
    uint32_t code = 0;

    for (int i = 0; i < 4; i++) {
        const char *digit = reader->next == reader->end || *reader->next == 0
                                ? NULL
                                : strchr(DIGITS, *reader->next);

        if (digit == NULL)
            return fail(reader, "has a bad \\u escape");
        code = code * 16 + (uint32_t)(digit - DIGITS >= 16 ? digit - DIGITS - 6
                                                           : digit - DIGITS);
        reader->next++;
    }
    *ret_code = code;
    return true;
}

/* Behind \u; two of them make one code point above U+FFFF. */
static bool take_unicode(struct reader *reader)
{
    uint32_t code, low;

    if (!take_hex(reader, &code))
        return false;
    if (code >= 0xd800 && code < 0xe000) {
        if (code >= 0xdc00 || !take(reader, '\\') || !take(reader, 'u'))
            return fail(reader, "has a lone surrogate");
        if (!take_hex(reader, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return fail(reader, "has a lone surrogate");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put_code_point(reader, code);
    return true;
}

static bool take_escape(struct reader *reader)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANT[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (take(reader, 'u'))
        return take_unicode(reader);
    name = reader->next == reader->end || *reader->next == 0
               ? NULL
               : strchr(NAMES, *reader->next);
    if (name == NULL)
        return fail(reader, "has an unknown escape");
    reader->next++;
    put(reader, (unsigned char)MEANT[name - NAMES]);
    return true;
}

/* Copies one character of UTF-8 (RFC 3629: shortest form, no surrogates). */
static bool take_utf8(struct reader *reader)
{
    const unsigned char *at = (const unsigned char *)reader->next;
    size_t left = (size_t)(reader->end - reader->next);
    size_t size = at[0] < 0x80   ? 1
                  : at[0] < 0xc2 ? 0
                  : at[0] < 0xe0 ? 2
                  : at[0] < 0xf0 ? 3
                  : at[0] < 0xf5 ? 4
                                 : 0;

    if (size == 0 || size > left)
        return fail(reader, "is not UTF-8");
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return fail(reader, "is not UTF-8");
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return fail(reader, "is not UTF-8");
    for (size_t i = 0; i < size; i++)
        put(reader, at[i]);
    reader->next += size;
    return true;
}

static bool take_string(struct reader *reader, const char **ret_text,
                        size_t *ret_length)
{
    size_t start = reader->tree->used;

    if (!take(reader, '"'))
        return fail(reader, "is not JSON");
    while (reader->next < reader->end && *reader->next != '"') {
        if ((unsigned char)*reader->next < 0x20)
            return fail(reader, "has a control character in a string");
        if (take(reader, '\\') ? !take_escape(reader) : !take_utf8(reader))
            return false;
    }
    *ret_text = reader->tree->strings + start;
    *ret_length = reader->tree->used - start;
    return take(reader, '"') || fail(reader, "is cut short");
}

static bool take_digits(struct reader *reader)
{
    const char *start = reader->next;

    while (reader->next < reader->end && *reader->next >= '0' &&
           *reader->next <= '9')
        reader->next++;
    return reader->next > start || fail(reader, "is not JSON");
}

static bool take_number(struct reader *reader, struct json_value *value)
{
    value->kind = JSON_NUMBER;
    value->text = reader->next;
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.') && !take_digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        if (!take_digits(reader))
            return false;
    }
    /* The tree outlives the text it was read from. */
    value->length = (size_t)(reader->next - value->text);
    memcpy(reader->tree->strings + reader->tree->used, value->text,
           value->length);
    value->text = reader->tree->strings + reader->tree->used;
    reader->tree->used += value->length;
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): LIMIT_JSON_DEPTH ends it */
static struct json_value *take_value(struct reader *reader);

/* A member of an object, or an element of an array. */
static struct json_value *take_child(struct reader *reader, bool named)
{
    const char *key = NULL;
    size_t key_length = 0;
    struct json_value *child;

    skip_blanks(reader);
    if (named) {
        if (!take_string(reader, &key, &key_length))
            return NULL;
        skip_blanks(reader);
        if (!take(reader, ':')) {
            fail(reader, "is not JSON");
            return NULL;
        }
    }
    child = take_value(reader);
    if (child != NULL) {
        child->key = key;
        child->key_length = key_length;
    }
    return child;
}

static bool take_children(struct reader *reader, struct json_value *value,
                          char ending)
{
    struct json_value **last = &value->first;

    value->kind = ending == '}' ? JSON_OBJECT : JSON_ARRAY;
    reader->next++;
    if (++reader->depth > LIMIT_JSON_DEPTH)
        return fail(reader, "is nested too deep");
    skip_blanks(reader);
    if (!take(reader, ending)) {
        do {
            *last = take_child(reader, ending == '}');
            if (*last == NULL)
                return false;
            last = &(*last)->next;
            skip_blanks(reader);
        } while (take(reader, ','));
        if (!take(reader, ending))
            return fail(reader, reader->next == reader->end ? "is cut short"
                                                            : "is not JSON");
    }
    reader->depth--;
    return true;
}

static struct json_value *take_value(struct reader *reader)
{
    struct json_value *value = &reader->tree->values[reader->tree->count++];
    bool good;

    skip_blanks(reader);
    if (reader->next == reader->end) {
        fail(reader, "is cut short");
        return NULL;
    }
    switch (*reader->next) {
    case '{':
        good = take_children(reader, value, '}');
        break;
    case '[':
        good = take_children(reader, value, ']');
        break;
    case '"':
        value->kind = JSON_STRING;
        good = take_string(reader, &value->text, &value->length);
        break;
    case 't':
        value->kind = JSON_TRUE;
        good = take_word(reader, "true");
        break;
    case 'f':
        value->kind = JSON_FALSE;
        good = take_word(reader, "false");
        break;
    case 'n':
        value->kind = JSON_NULL;
        good = take_word(reader, "null");
        break;
    default:
        good = take_number(reader, value);
    }
    return good ? value : NULL;
}
/* NOLINTEND(misc-no-recursion): LIMIT_JSON_DEPTH ends it */

/* A value is the root, or stands behind one of these. */
static size_t count_values(const char *text, size_t length)
{
    size_t count = 1;

    for (size_t i = 0; i < length; i++)
        count += text[i] == '[' || text[i] == ',' || text[i] == ':' ||
                 text[i] == '{';
    return count;
}

enum status json_tree_read(const char *text, size_t length,
                           struct json_tree *ret_tree,
                           char ret_reason[static JSON_TREE_REASON_MAX])
{
    struct reader reader = {
        .next = text, .end = text + length, .tree = ret_tree};

    *ret_tree = (struct json_tree){.length = length};
    ret_tree->values =
        calloc(count_values(text, length) + 1, sizeof(ret_tree->values[0]));
    ret_tree->strings = malloc(length + 1);
    if (ret_tree->values == NULL || ret_tree->strings == NULL)
        return STATUS_NO_MEMORY;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        fail(&reader, "begins with a byte order mark");
    else if (take_value(&reader) != NULL) {
        skip_blanks(&reader);
        if (reader.next < reader.end)
            fail(&reader, "has something behind its end");
    }
    if (reader.fault == NULL)
        return STATUS_OK;
    snprintf(ret_reason, JSON_TREE_REASON_MAX, "%s", reader.fault);
    return STATUS_INVALID;
}

void json_tree_done(struct json_tree *tree)
{
    free(tree->values);
    free(tree->strings);
    *tree = (struct json_tree){0};
}

const struct json_value *json_tree_member(const struct json_value *object,
                                          const char *key, enum json_kind kind)
{
    const struct json_value *found = NULL;
    size_t length = strlen(key);

    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json_value *member = object->first; member != NULL;
         member = member->next)
        if (member->key_length == length &&
            memcmp(member->key, key, length) == 0)
            found = member;
    return found != NULL && found->kind == kind ? found : NULL;
}

bool json_tree_integer(const struct json_value *value, int64_t *ret_integer)
{
    const int64_t most = ((int64_t)1 << 53) - 1;
    bool negative = value->length > 0 && value->text[0] == '-';
    int64_t integer = 0;

    for (size_t i = negative; i < value->length; i++) {
        if (value->text[i] < '0' || value->text[i] > '9')
            return false;
        integer = integer * 10 + (value->text[i] - '0');
        if (integer > most)
            return false;
    }
    *ret_integer = negative ? -integer : integer;
    return true;
}
