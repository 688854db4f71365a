/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour, or none. */
#include "paint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool coloured;
static size_t columns;

void paint_decide(enum resolve_colour wish)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool fit = isatty(STDOUT_FILENO) &&
               (no_color == NULL || no_color[0] == '\0') && term != NULL &&
               strcmp(term, "dumb") != 0;

    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    coloured = wish == RESOLVE_ALWAYS || (wish == RESOLVE_COLOUR_AUTO && fit);
}

const char *paint(enum paint colour)
{
    static const char *const SEQUENCES[] = {
        [PAINT_PLAIN] = "\033[0m", [PAINT_STRONG] = "\033[1m",
        [PAINT_GOOD] = "\033[32m", [PAINT_WARN] = "\033[33m",
        [PAINT_BAD] = "\033[31m",  [PAINT_FAINT] = "\033[2m",
    };

    return coloured ? SEQUENCES[colour] : "";
}

size_t paint_columns(void)
{
    return columns;
}
