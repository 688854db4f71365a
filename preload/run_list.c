/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking ld.so. Its lines: `<TAB>PATH (0xADDRESS)`, `<TAB>NAME => PATH
 * (0xADDRESS)` where NAME had to be searched or expanded, `ERROR: ld.so: ...`.
 */
#include "run_list.h"

#include <fcntl.h>
#include <sys/wait.h>

/* As the child: its output is what the parent reads. Does not return. */
static _Noreturn void list(const char *interpreter, const char *program,
                           int output)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* One of ours may have been closed: on its own number it would not stay. */
    output = fcntl(output, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (null >= 0 && output >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0) {
        execl(interpreter, interpreter, "--list", program, (char *)NULL);
        dprintf(STDERR_FILENO, "%s: %s\n", interpreter, strerror(errno));
    }
    _exit(127);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* A line of the list that has the library: its path. */
static bool take_path(char *line, const char *name,
                      char ret_path[static PATH_MAX])
{
    char *end = strstr(line, " (0x");
    const char *arrow;
    const char *path;

    if (end == NULL)
        return false;
    *end = '\0';
    arrow = strstr(line, " => ");
    path = arrow == NULL ? line + strspn(line, "\t") : arrow + strlen(" => ");
    return strcmp(base_name(path), name) == 0 &&
           util_copy(ret_path, PATH_MAX, path, strlen(path));
}

/* `ERROR: ld.so: object 'X' from LD_PRELOAD cannot be preloaded (WHY): ...` */
static void take_reason(char *line, const char *name,
                        char ret_why[static RUN_LIST_WHY])
{
    char *start = strstr(line, "cannot be preloaded (");
    char *end = strrchr(line, ')');

    if (start != NULL && end != NULL && strstr(line, name) != NULL) {
        *end = '\0';
        snprintf(ret_why, RUN_LIST_WHY, "%s", strchr(start, '(') + 1);
    } else if (ret_why[0] == '\0' && line[0] != '\t' && line[0] != '\0') {
        snprintf(ret_why, RUN_LIST_WHY, "%s", line);
    }
}

/* Reads to the end, so that the child never writes to nobody. */
static bool read_list(FILE *output, const char *name,
                      char ret_path[static PATH_MAX],
                      char ret_why[static RUN_LIST_WHY])
{
    AUTO(free) char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (getline(&line, &room, output) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (found)
            continue;
        take_reason(line, name, ret_why);
        found = take_path(line, name, ret_path);
    }
    return found;
}

bool run_list_find(const char *interpreter, const char *program,
                   const char *name, char ret_path[static PATH_MAX],
                   char ret_why[static RUN_LIST_WHY])
{
    AUTO(close_file) FILE *output = NULL;
    int ends[2];
    pid_t child;
    bool found;

    ret_why[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(ret_why, RUN_LIST_WHY, "%s", strerror(errno));
        return false;
    }
    child = fork();
    if (child == 0)
        list(interpreter, program, ends[1]);
    if (child < 0)
        snprintf(ret_why, RUN_LIST_WHY, "%s", strerror(errno));
    close(ends[1]);
    output = fdopen(ends[0], "r");
    if (output == NULL)
        close(ends[0]);
    found = output != NULL && read_list(output, name, ret_path, ret_why);
    /* The caller may have SIGCHLD ignored: then there is nothing to wait for,
       and what counts is what was said. */
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!found && ret_why[0] == '\0')
        snprintf(ret_why, RUN_LIST_WHY, "%s does not load it", interpreter);
    return found;
}
