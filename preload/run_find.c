/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search along PATH. */
#include "run_find.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What execvp() uses without PATH. */
static const char DEFAULT_PATH[] = "/bin:/usr/bin";

/* errno says why not. */
static bool is_executable(const char *path)
{
    struct stat found;

    if (stat(path, &found) != 0)
        return false;
    if (S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (!S_ISREG(found.st_mode)) {
        errno = EACCES;
        return false;
    }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* An empty directory is the working directory; `-x` would be an option. */
static bool join(char path[static PATH_MAX], const char *directory,
                 size_t length, const char *name)
{
    bool bare = length == 0;
    const char *dot = bare || directory[0] == '-' ? "./" : "";
    int written = snprintf(path, PATH_MAX, "%s%.*s%s%s", dot, (int)length,
                           directory, bare ? "" : "/", name);

    return written > 0 && written < PATH_MAX;
}

static bool refuse(struct run_refusal *refusal, const char *name, int reason)
{
    bool absent = reason == ENOENT; /* alone, as for env(1) */
    bool searched = strchr(name, '/') == NULL;

    return run_refusal_set(
        refusal, RUN_REFUSAL_COMMAND,
        absent ? RUN_REFUSAL_NOT_FOUND : RUN_REFUSAL_CANNOT_RUN, "%s: %s", name,
        absent && searched ? "not found along PATH" : strerror(reason));
}

bool run_find(const char *name, char ret_path[static PATH_MAX],
              struct run_refusal *refusal)
{
    const char *rest = getenv("PATH");
    int reason = ENOENT;
    int why;

    if (strchr(name, '/') != NULL) {
        if (snprintf(ret_path, PATH_MAX, "%s%s", name[0] == '-' ? "./" : "",
                     name) >= PATH_MAX)
            return refuse(refusal, name, ENAMETOOLONG);
        return is_executable(ret_path) || refuse(refusal, name, errno);
    }
    if (rest == NULL)
        rest = DEFAULT_PATH;
    while (name[0] != '\0' && rest != NULL) {
        size_t length = strcspn(rest, ":");

        if (join(ret_path, rest, length, name)) {
            if (is_executable(ret_path))
                return true;
            why = errno;
            if (access(ret_path, F_OK) == 0)
                reason = why;
        }
        rest = rest[length] == ':' ? rest + length + 1 : NULL;
    }
    return refuse(refusal, name, reason);
}
