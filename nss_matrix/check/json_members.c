/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree's values lie in memory in the order in which they stood. */
#include "json_members.h"

static int compare_places(const void *left, const void *right)
{
    const struct json_value *a = *(const struct json_value *const *)left;
    const struct json_value *b = *(const struct json_value *const *)right;

    return a < b ? -1 : a > b;
}

/* UTF-8 sorts by code point as its octets do. Equal keys: as they stood. */
static int compare_keys(const void *left, const void *right)
{
    const struct json_value *a = *(const struct json_value *const *)left;
    const struct json_value *b = *(const struct json_value *const *)right;
    size_t shorter =
        a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shorter);

    if (order != 0)
        return order;
    if (a->key_length != b->key_length)
        return a->key_length < b->key_length ? -1 : 1;
    return compare_places(left, right);
}

static bool same_key(const struct json_value *a, const struct json_value *b)
{
    return a->key_length == b->key_length &&
           memcmp(a->key, b->key, a->key_length) == 0;
}

enum status json_members(const struct json_value *object,
                         const struct json_value ***ret_list, size_t *ret_count)
{
    const struct json_value **list;
    size_t count = 0, kept = 0;

    for (const struct json_value *at = object->first; at != NULL; at = at->next)
        count++;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
    list = calloc(count + 1, sizeof(*list));
    if (list == NULL)
        return STATUS_NO_MEMORY;
    count = 0;
    for (const struct json_value *at = object->first; at != NULL; at = at->next)
        list[count++] = at;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are sorted */
    qsort(list, count, sizeof(list[0]), compare_keys);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !same_key(list[i], list[i + 1]))
            list[kept++] = list[i];
    *ret_list = list;
    *ret_count = kept;
    return STATUS_OK;
}

void json_members_as_they_stood(const struct json_value **list, size_t count)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are sorted */
    qsort(list, count, sizeof(list[0]), compare_places);
}
