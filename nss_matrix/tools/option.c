/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of options; each message names the option and what it takes. */
#include "option.h"

#include <getopt.h>
#include <sys/stat.h>

#include "limit.h"
#include "util.h"

int option_timeout(const char *text, option_complaint complain)
{
    char *end;
    double seconds = strtod(text, &end);

    if (text[strspn(text, "0123456789.")] != '\0' || *text == '\0' ||
        *end != '\0' || !(seconds >= 0.1) ||
        seconds * 1000 > LIMIT_DISCOVERY_MS)
        complain("--timeout takes seconds from 0.1 to 10, not `%s`", text);
    return (int)(seconds * 1000);
}

int option_number(const char *name, const char *text, const int range[2],
                  option_complaint complain)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || number < range[0] ||
        number > range[1])
        complain("%s takes a number from %d to %d, not `%s`", name, range[0],
                 range[1], text);
    return (int)number;
}

enum option_colour option_colour(const char *text, option_complaint complain)
{
    if (strcmp(text, "auto") == 0)
        return OPTION_COLOUR_AUTO;
    if (strcmp(text, "always") == 0)
        return OPTION_COLOUR_ALWAYS;
    if (strcmp(text, "never") == 0)
        return OPTION_COLOUR_NEVER;
    complain("--color takes auto, always or never, not `%s`", text);
}

const char *option_spec(const char *text, option_complaint complain)
{
    if (strcmp(text, "draft") != 0 && strcmp(text, "v1") != 0)
        complain("--spec takes draft or v1, not `%s`", text);
    return text;
}

char *option_path(const char *name, const char *path, bool directory,
                  option_complaint complain)
{
    char *absolute = realpath(path, NULL);
    struct stat found;

    if (absolute == NULL || stat(absolute, &found) != 0 ||
        access(absolute, R_OK) != 0)
        complain("%s: %s: %s", name, path, strerror(errno));
    if (S_ISDIR(found.st_mode) != directory)
        complain("%s: %s is %s", name, path,
                 directory ? "no directory" : "a directory");
    return absolute;
}

void option_unknown(int code, const char *known, char **argv,
                    option_complaint complain)
{
    /* Within `-xy` this is still the word before it. */
    const char *word = argv[optind - 1];

    if (code == ':')
        complain("%s: its value is missing", word);
    /* A letter that is known stands for the long option of its meaning. */
    if (optopt > ' ' && optopt <= '~' && strchr(known, optopt) == NULL)
        complain("there is no option -%c", optopt);
    if (optopt < 0) /* an octet that is not ASCII */
        complain("there is no option -\\x%02x", (unsigned)optopt & 0xff);
    if (optopt != 0 && strncmp(word, "--", 2) == 0)
        complain("%s takes no value", word);
    complain("there is no option %s", word);
}

void option_printed(int failed)
{
    exit(fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : failed);
}
