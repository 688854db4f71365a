/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A library that is loaded into a program can do all that the program can:
 * so no place is looked at that somebody else may have chosen (the working
 * directory above all, CVE-2015-3887), and no file is taken that somebody
 * else may have written.
 */
#include "run_library.h"

#include <sys/auxv.h>
#include <sys/stat.h>

#include "run_list.h"

/* The place it is installed in. The dynamic linker knows what $LIB is. */
static const char INSTALLED[] = NSS_MATRIX_PRELOAD;

bool run_library_is_trusted(const char *path, struct run_refusal *refusal)
{
    struct stat found;

    if (stat(path, &found) != 0)
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "%s: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "%s is no regular file", path);
    if (found.st_uid != 0 && found.st_uid != geteuid())
        return run_refusal_set(
            refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
            "%s belongs to user %u; it must be root's or your own", path,
            (unsigned)found.st_uid);
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return run_refusal_set(
            refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
            "others may write to %s; put that right with `chmod go-w %s`", path,
            path);
    return true;
}

/* What ld.so would take apart: it splits at blanks and colons. */
static bool is_fit(const char *path)
{
    for (const char *dollar = strchr(path, '$'); dollar != NULL;
         dollar = strchr(dollar + 1, '$'))
        if (strncmp(dollar, "$LIB/", strlen("$LIB/")) != 0)
            return false;
    return path[0] == '/' && strpbrk(path, " \t\n:") == NULL;
}

static bool take(struct run_library *library, const char *path,
                 struct run_refusal *refusal)
{
    if (!is_fit(path) ||
        !util_copy(library->preload, PATH_MAX, path, strlen(path)))
        return run_refusal_set(
            refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
            "`%s` cannot stand in LD_PRELOAD: it takes an absolute path "
            "without blanks, colons or $ but $LIB",
            path);
    return true;
}

/* The file of this program, not the name it was called by. */
static bool own_file(char ret_path[static PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", ret_path, PATH_MAX);

    if (length <= 0 || length >= PATH_MAX)
        return false;
    ret_path[length] = '\0';
    return true;
}

/* False if there is no such file beside this program. */
static bool beside(const char *directory, const char *name,
                   char ret_path[static PATH_MAX])
{
    int length = snprintf(ret_path, PATH_MAX, "%s/%s", directory, name);

    if (length < PATH_MAX && access(ret_path, F_OK) == 0)
        return true;
    ret_path[0] = '\0';
    return false;
}

static bool find_unprivileged(struct run_library *library,
                              struct run_refusal *refusal)
{
    const char *wish = getenv("NSS_MATRIX_PRELOAD");
    char directory[PATH_MAX];
    char path[PATH_MAX] = "";

    if (own_file(directory))
        *strrchr(directory, '/') = '\0';
    else
        directory[0] = '\0';
    if (directory[0] == '/' &&
        beside(directory, ".libs/" RUN_LIBRARY_NAME, path) &&
        beside(directory, "nss-matrix-helper", library->helper) &&
        !run_library_is_trusted(library->helper, refusal))
        return false;
    if (wish != NULL && wish[0] != '\0')
        return take(library, wish, refusal);
    return take(library, path[0] != '\0' ? path : INSTALLED, refusal);
}

bool run_library_find(struct run_library *ret_library,
                      struct run_refusal *refusal)
{
    *ret_library = (struct run_library){0};
    if (getuid() != geteuid() || getgid() != getegid())
        return run_refusal_set(
            refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
            "matrix-run is set-user-ID or set-group-ID; then ld.so drops "
            "LD_PRELOAD in all it starts. It needs no privileges: put that "
            "right with `chmod ug-s`");
    if (getauxval(AT_SECURE) != 0)
        return take(ret_library, INSTALLED, refusal);
    return find_unprivileged(ret_library, refusal);
}

bool run_library_is_for_all(const struct run_library *library)
{
    return strstr(library->preload, "/$LIB/") != NULL;
}

bool run_library_loads(const struct run_library *library,
                       const char *interpreter, const char *program,
                       struct run_refusal *refusal)
{
    char path[PATH_MAX];
    char why[RUN_LIST_WHY];
    const char *name = strrchr(library->preload, '/') + 1;
    char own[PATH_MAX] = "";

    if (program == NULL && !own_file(own))
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "there is no /proc");
    if (run_list_find(interpreter, program == NULL ? own : program, name, path,
                      why))
        return run_library_is_trusted(path, refusal);
    if (program == NULL)
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "%s cannot be loaded: %s. Is all of nss-matrix "
                               "installed?",
                               library->preload, why);
    return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
                           "%s cannot be loaded into %s: %s. Is nss-matrix "
                           "installed for programs of this kind?",
                           library->preload, program, why);
}
