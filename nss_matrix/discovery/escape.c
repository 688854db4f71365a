/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strangers' text as printable ASCII. */
#include "escape.h"

#include <stdio.h>
#include <string.h>

void escape_text(char *to, size_t room, const char *text, size_t length)
{
    static const char MORE[] = "...";
    size_t at = 0;
    size_t cut = 0; /* where MORE fits, should the rest not fit */

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        char piece[8] = {(char)c};

        if (c == '\\')
            memcpy(piece, "\\\\", sizeof("\\\\"));
        else if (c < ' ' || c > '~')
            snprintf(piece, sizeof(piece), "\\x%02x", c);
        if (at + sizeof(MORE) <= room)
            cut = at;
        if (at + strlen(piece) + 1 > room) {
            memcpy(to + cut, MORE, sizeof(MORE));
            return;
        }
        memcpy(to + at, piece, strlen(piece));
        at += strlen(piece);
    }
    to[at] = '\0';
}
