/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colour, or none; and the line that moves. */
#include "paint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool coloured;
static size_t columns;

void paint_decide(enum option_colour wish)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool fit = isatty(STDOUT_FILENO) &&
               (no_color == NULL || no_color[0] == '\0') && term != NULL &&
               strcmp(term, "dumb") != 0;

    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    coloured =
        wish == OPTION_COLOUR_ALWAYS || (wish == OPTION_COLOUR_AUTO && fit);
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

void paint_wrapped(FILE *out, const char *text, size_t width)
{
    size_t room =
        paint_columns() > width + 30 ? paint_columns() - width : SIZE_MAX;

    while (strlen(text) > room) {
        size_t length = room;

        while (length > 0 && text[length] != ' ')
            length--;
        if (length == 0)
            break;
        fprintf(out, "%.*s\n%*s", (int)length, text, (int)width, "");
        text += length + 1;
    }
    fprintf(out, "%s\n", text);
}

/* What is left if it goes on like this: "1:02:03", "45 s". */
static void write_left(const struct paint_progress *progress,
                       char text[static 48])
{
    double left =
        (double)progress->ms / 1000 / progress->part * (1 - progress->part);
    long seconds = left < 1e8 ? (long)left + 1 : 0;

    text[0] = '\0';
    if (seconds > 0 && seconds < 100)
        snprintf(text, 48, ", %ld s left", seconds);
    else if (seconds > 0)
        snprintf(text, 48, ", %ld:%02ld:%02ld left", seconds / 3600,
                 seconds / 60 % 60, seconds % 60);
}

void paint_progress(const struct paint_progress *progress)
{
    static int terminal = -1;
    static bool shown;
    char left[48] = "";

    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    if (progress == NULL && shown)
        fputs("\r\033[K", stderr);
    shown = shown && progress != NULL;
    if (progress == NULL || !terminal || progress->ms < 1000)
        return;
    if (progress->part > 0 && progress->part < 1)
        write_left(progress, left);
    fprintf(stderr, "\r\033[K%lu names, %.0f a second, %lu failed%s",
            progress->done,
            (double)progress->done * 1000 / (double)progress->ms,
            progress->failed, left);
    fflush(stderr);
    shown = true;
}
