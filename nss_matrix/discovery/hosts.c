/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hosts file, read octet by octet: a line may have any length, a field
 * that is longer than any name matches nothing.
 */
#include "hosts.h"

#include <stdbool.h>
#include <strings.h>

#include "shortage.h"

enum {
    FIELD = LIMIT_DNS_NAME + 2, /* the longest name or address, and its NUL */
};

/* Not <ctype.h>, whose answers depend on the locale. */
static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static int skip_line(FILE *file, int c)
{
    while (c != '\n' && c != EOF)
        c = getc_unlocked(file);
    return c;
}

/*
 * The next field of the line; "?" for one that no name or address can be.
 * False at the end of the line, which is then passed over.
 */
static bool next_field(FILE *file, char field[static FIELD])
{
    size_t length = 0;
    bool unusable = false;
    int c = getc_unlocked(file);

    while (is_blank(c))
        c = getc_unlocked(file);
    if (c == '#')
        c = skip_line(file, c);
    if (c == '\n' || c == EOF)
        return false;
    for (; c != '\n' && c != EOF && c != '#' && !is_blank(c);
         c = getc_unlocked(file)) {
        if (c == '\0' || length + 1 == FIELD)
            unusable = true;
        else
            field[length++] = (char)c;
    }
    /* The line's end, or a comment, is left for the next call to see. */
    ungetc(c, file);
    field[length] = '\0';
    if (unusable)
        memcpy(field, "?", sizeof("?"));
    return true;
}

static unsigned add(struct address *list, unsigned count,
                    const struct address *address)
{
    for (unsigned i = 0; i < count; i++)
        if (address_equal(&list[i], address))
            return count;
    if (count < LIMIT_ADDRESSES)
        list[count++] = *address;
    return count;
}

enum status hosts_find(const char *path, const char *name,
                       struct address ret_list[static LIMIT_ADDRESSES],
                       unsigned *ret_count)
{
    AUTO(close_file) FILE *file = fopen(path, "re");
    char field[FIELD];
    unsigned count = 0;

    if (file == NULL && shortage_is(errno))
        return STATUS_UNAVAILABLE;
    while (file != NULL && !feof(file) && !ferror(file)) {
        struct address address;
        bool good = false;
        bool named = false;

        if (next_field(file, field)) {
            good = address_parse(field, &address);
            while (next_field(file, field))
                named = named || strcasecmp(field, name) == 0;
        }
        if (good && named)
            count = add(ret_list, count, &address);
    }
    *ret_count = count;
    return STATUS_OK;
}
