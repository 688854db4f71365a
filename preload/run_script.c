/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first line of a script. The kernel takes the first word as interpreter
 * and all the rest as one argument, without the blanks around (execve(2));
 * hence env's -S, which splits it.
 */
#include "run_script.h"

static const char BLANKS[] = " \t";

bool run_script_read(const char *data, size_t size,
                     struct run_script *ret_script)
{
    char line[RUN_SCRIPT_LINE];
    size_t length = size < sizeof(line) ? size : sizeof(line) - 1;
    char *start;
    char *end;

    if (length < 2 || memcmp(data, "#!", 2) != 0)
        return false;
    memcpy(line, data + 2, length - 2);
    line[length - 2] = '\0';
    line[strcspn(line, "\n")] = '\0';
    start = line + strspn(line, BLANKS);
    end = start + strlen(start);
    while (end > start && strchr(BLANKS, end[-1]) != NULL)
        *--end = '\0';
    if (start == end)
        return false;
    end = start + strcspn(start, BLANKS);
    memcpy(ret_script->interpreter, start, (size_t)(end - start));
    ret_script->interpreter[end - start] = '\0';
    end += strspn(end, BLANKS);
    memcpy(ret_script->argument, end, strlen(end) + 1);
    return true;
}

/* As shells judge it: no NUL in the first line. */
bool run_script_is_text(const char *data, size_t size)
{
    const char *end = memchr(data, '\n', size);

    return memchr(data, '\0', end == NULL ? size : (size_t)(end - data)) ==
           NULL;
}

/* The next word of a line, cut off; NULL at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS);

    if (*word == '\0')
        return NULL;
    *rest = word + strcspn(word, BLANKS);
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool is_ours(const char *variable)
{
    return begins_with(variable, "LD_PRELOAD") ||
           begins_with(variable, "NSS_MATRIX_");
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* The words behind -S, up to the command. */
static enum run_script_env run_words(char *rest,
                                     char ret_command[static RUN_SCRIPT_LINE])
{
    char *word;

    while ((word = next_word(&rest)) != NULL) {
        if (is_one_of(word, "-", "-i") ||
            strcmp(word, "--ignore-environment") == 0)
            return RUN_SCRIPT_ENV_DROPS;
        if (is_one_of(word, "-u", "--unset")) {
            word = next_word(&rest);
            if (word == NULL || is_ours(word))
                return RUN_SCRIPT_ENV_DROPS;
        } else if (begins_with(word, "--unset=")) {
            if (is_ours(word + strlen("--unset=")))
                return RUN_SCRIPT_ENV_DROPS;
        } else if (strchr(word, '=') != NULL && word[0] != '-') {
            if (is_ours(word))
                return RUN_SCRIPT_ENV_DROPS;
            if (begins_with(word, "PATH="))
                return RUN_SCRIPT_ENV_UNKNOWN;
        } else if (word[0] == '-' && !is_one_of(word, "-v", "--debug")) {
            return RUN_SCRIPT_ENV_UNKNOWN;
        } else if (word[0] != '-') {
            memcpy(ret_command, word, strlen(word) + 1);
            return RUN_SCRIPT_ENV_RUNS;
        }
    }
    return RUN_SCRIPT_ENV_UNKNOWN;
}

enum run_script_env run_script_env(const char *argument,
                                   char ret_command[static RUN_SCRIPT_LINE])
{
    static const char *const SPLIT[] = {"-S", "-vS", "--split-string="};
    char words[RUN_SCRIPT_LINE];

    for (size_t i = 0; i < ARRAY_SIZE(SPLIT); i++) {
        if (!begins_with(argument, SPLIT[i]))
            continue;
        argument += strlen(SPLIT[i]);
        /* Quoting, escapes and variables are env's own business. */
        if (strpbrk(argument, "'\"\\$#") != NULL ||
            !util_copy(words, sizeof(words), argument, strlen(argument)))
            return RUN_SCRIPT_ENV_UNKNOWN;
        return run_words(words, ret_command);
    }
    if (is_one_of(argument, "-", "-i"))
        return RUN_SCRIPT_ENV_DROPS;
    if (argument[0] == '-' || strchr(argument, '=') != NULL ||
        argument[0] == '\0' ||
        !util_copy(ret_command, RUN_SCRIPT_LINE, argument, strlen(argument)))
        return RUN_SCRIPT_ENV_UNKNOWN;
    return RUN_SCRIPT_ENV_RUNS;
}
