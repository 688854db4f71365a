/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our reader makes of key documents: one a line on standard input, in
 * hexadecimal; one line each on standard output: `-` for what is no JSON
 * object, else the canonical form in hexadecimal (`!` if it has none) and,
 * for each key, a tab and `ID=good` or `ID=bad`, ID escaped. oracle.py
 * compares.
 */
#include <stdio.h>

#include "key_document.h"

static size_t from_hex(char *line)
{
    size_t length = 0;
    unsigned octet;

    while (sscanf(line + 2 * length, "%2x", &octet) == 1)
        line[length++] = (char)octet;
    return length;
}

static void judge(char *line)
{
    char reason[KEY_DOCUMENT_REASON_MAX];
    struct key_document document;

    if (key_document_read(line, from_hex(line), &document, reason) !=
        STATUS_OK) {
        puts("-");
        return;
    }
    if (document.text == NULL)
        putchar('!');
    for (const char *at = document.text; at != NULL && *at != '\0'; at++)
        printf("%02x", (unsigned char)*at);
    for (unsigned i = 0; i < document.key_count; i++)
        printf("\t%s=%s", document.keys[i].id,
               document.keys[i].signature_matches ? "good" : "bad");
    putchar('\n');
    key_document_done(&document);
}

int main(void)
{
    AUTO(free) char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0)
        judge(line);
    return 0;
}
