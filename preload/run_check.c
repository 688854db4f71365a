/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of one file, and the chain from a script to its interpreter. */
#include "run_check.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "run_elf.h"
#include "run_find.h"
#include "run_script.h"

enum {
    SCRIPTS_MAX = 5, /* one running the other, as in the kernel */
};

/* A file's content, mapped. */
struct content {
    void *data; /* never NULL while it is there */
    size_t size;
    struct stat found;
    bool capable; /* it has file capabilities */
};

static void util_content(struct content *content)
{
    if (content->size > 0)
        munmap(content->data, content->size);
}

static bool refuse(struct run_refusal *refusal, const char *path,
                   const char *why)
{
    return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
                           "%s %s", path, why);
}

static bool read_content(const char *path, struct content *ret_content,
                         struct run_refusal *refusal)
{
    AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct content content = {.data = (void *)""};

    if (fd < 0 || fstat(fd, &content.found) != 0)
        return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
                               "%s cannot be read, and so not be checked: %s",
                               path, strerror(errno));
    content.capable = fgetxattr(fd, "security.capability", NULL, 0) > 0;
    if (content.found.st_size > 0) {
        content.data = mmap(NULL, (size_t)content.found.st_size, PROT_READ,
                            MAP_PRIVATE, fd, 0);
        if (content.data == MAP_FAILED)
            return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM,
                                   RUN_REFUSAL_OURS, "%s cannot be read: %s",
                                   path, strerror(errno));
        content.size = (size_t)content.found.st_size;
    }
    *ret_content = content;
    return true;
}

static const char *base_name(const char *path)
{
    return strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
}

/* Programs that run another one as another user. */
static bool changes_user(const char *name)
{
    static const char *const NAMES[] = {"sudo", "doas", "su", "pkexec",
                                        "runuser"};

    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (strcmp(name, NAMES[i]) == 0)
            return true;
    return false;
}

/*
 * ld.so drops LD_PRELOAD in them, and what they start as another user gets a
 * new environment. The kernel counts a set-group-ID bit only with the right
 * to execute (it is for mandatory locks without).
 */
static bool check_privileges(const char *path, const struct content *content,
                             struct run_refusal *refusal)
{
    const mode_t group = S_ISGID | S_IXGRP;
    const char *kind = NULL;
    const char *name = base_name(path);

    if (content->capable)
        kind = "has file capabilities";
    if ((content->found.st_mode & group) == group)
        kind = "is set-group-ID";
    if ((content->found.st_mode & S_ISUID) != 0)
        kind = "is set-user-ID";
    if (kind == NULL)
        return true;
    if (changes_user(name))
        return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
                               "%s %s, and such programs drop the shim; put "
                               "it the other way round: `%s matrix-run ...`",
                               path, kind, name);
    return run_refusal_set(refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
                           "%s %s, and such programs drop the shim", path,
                           kind);
}

static bool check_tls(const char *path, const struct run_elf *elf,
                      struct run_refusal *refusal)
{
    switch (elf->tls) {
    case RUN_ELF_TLS_GO:
        return refuse(refusal, path,
                      "is a Go program: those bring a TLS of their own, which "
                      "the shim cannot reach");
    case RUN_ELF_TLS_JAVA:
        return refuse(refusal, path,
                      "is Java, which brings a TLS of its own, which the shim "
                      "cannot reach");
    case RUN_ELF_TLS_OPENSSL:
        return refuse(refusal, path,
                      "has an OpenSSL of its own linked in, which the shim "
                      "cannot reach; is there a build that uses the system's?");
    case RUN_ELF_TLS_GNUTLS:
        return refuse(refusal, path,
                      "has a GnuTLS of its own linked in, which the shim "
                      "cannot reach; is there a build that uses the system's?");
    default:
        return true;
    }
}

/* Of another kind than the one library that there is beside a build tree. */
static bool check_machine(const char *path, const struct run_elf *elf,
                          const struct run_library *library,
                          struct run_refusal *refusal)
{
    AUTO(content) struct content content = {0};
    struct run_elf ours;

    if (run_library_is_for_all(library))
        return true;
    if (!run_library_is_trusted(library->preload, refusal))
        return false;
    if (!read_content(library->preload, &content, refusal) ||
        !run_elf_read(content.data, content.size, &ours))
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "%s is no library", library->preload);
    if (elf->bits == ours.bits && elf->foreign_order == ours.foreign_order &&
        elf->machine == ours.machine)
        return true;
    return run_refusal_set(
        refusal, RUN_REFUSAL_PROGRAM, RUN_REFUSAL_OURS,
        "%s is for another machine than %s (%u bits, ELF machine %u; not "
        "%u, %u)",
        path, library->preload, elf->bits, elf->machine, ours.bits,
        ours.machine);
}

static bool check_linker(const char *path, const struct run_elf *elf,
                         const struct run_library *library,
                         struct run_refusal *refusal)
{
    struct run_refusal own;

    if (strncmp(base_name(elf->interpreter), "ld-musl", 7) == 0)
        return refuse(refusal, path,
                      "uses the C library musl; the shim is made for glibc");
    if (run_library_loads(library, elf->interpreter, path, refusal))
        return true;
    /* If it loads nowhere, the fault is not the program's. */
    if (refusal->stage == RUN_REFUSAL_PROGRAM &&
        !run_check_library(library, &own))
        *refusal = own;
    return false;
}

static bool check_elf(const char *path, const struct content *content,
                      const struct run_library *library,
                      struct run_refusal *refusal)
{
    struct run_elf elf;

    if (!run_elf_is(content->data, content->size))
        return refuse(refusal, path, "is no ELF program");
    if (!run_elf_read(content->data, content->size, &elf))
        return refuse(refusal, path, "is a damaged ELF file");
    if (!check_privileges(path, content, refusal) ||
        !check_tls(path, &elf, refusal) ||
        !check_machine(path, &elf, library, refusal))
        return false;
    if (elf.interpreter == NULL)
        return refuse(refusal, path,
                      "is statically linked: no library can be loaded into it");
    return check_linker(path, &elf, library, refusal);
}

/* The same for a file that must not be a script. */
static bool check_program(const char *path, const struct run_library *library,
                          struct run_refusal *refusal)
{
    AUTO(content) struct content content = {0};

    return read_content(path, &content, refusal) &&
           check_elf(path, &content, library, refusal);
}

bool run_check_library(const struct run_library *library,
                       struct run_refusal *refusal)
{
    AUTO(content) struct content content = {0};
    struct run_elf elf;

    if (!run_library_is_for_all(library) &&
        !run_library_is_trusted(library->preload, refusal))
        return false;
    if (!read_content("/proc/self/exe", &content, refusal) ||
        !run_elf_read(content.data, content.size, &elf) ||
        elf.interpreter == NULL)
        return run_refusal_set(refusal, RUN_REFUSAL_LIBRARY, RUN_REFUSAL_OURS,
                               "this matrix-run is no ordinary program");
    return run_library_loads(library, elf.interpreter, NULL, refusal);
}

/* They send all of a program to another network; discovery would not go. */
static bool check_name(const char *path, struct run_refusal *refusal)
{
    static const char *const WRAPPERS[] = {
        "torsocks",    "torify",       "tsocks",       "socksify",
        "proxychains", "proxychains3", "proxychains4",
    };

    for (size_t i = 0; i < ARRAY_SIZE(WRAPPERS); i++)
        if (strcmp(base_name(path), WRAPPERS[i]) == 0)
            return run_refusal_set(
                refusal, RUN_REFUSAL_ENVIRONMENT, RUN_REFUSAL_OURS,
                "%s: discovery would not go through it, but ask DNS and web "
                "servers from here",
                path);
    return true;
}

/* Finds what runs next after `#!/usr/bin/env ...`. */
static bool follow_env(const char *path, const struct run_script *script,
                       char ret_path[static PATH_MAX],
                       struct run_refusal *refusal)
{
    char command[RUN_SCRIPT_LINE];

    switch (run_script_env(script->argument, command)) {
    case RUN_SCRIPT_ENV_RUNS:
        return run_find(command, ret_path, refusal);
    case RUN_SCRIPT_ENV_DROPS:
        return refuse(refusal, path,
                      "is run by env without the environment that loads the "
                      "shim");
    default:
        return refuse(refusal, path,
                      "is run by env, and what env starts cannot be told");
    }
}

/* The kernel looks for it from the working directory, not along PATH. */
static bool find_interpreter(const char *name, char ret_path[static PATH_MAX],
                             struct run_refusal *refusal)
{
    char path[RUN_SCRIPT_LINE + 2];

    snprintf(path, sizeof(path), "%s%s", strchr(name, '/') == NULL ? "./" : "",
             name);
    return run_find(path, ret_path, refusal);
}

/* Checks a file; in ret_next what runs it, empty if it runs by itself. */
static bool check_file(const char *path, char ret_next[static PATH_MAX],
                       const struct run_library *library,
                       struct run_refusal *refusal)
{
    AUTO(content) struct content content = {0};
    struct run_script script;

    ret_next[0] = '\0';
    if (!check_name(path, refusal) || !read_content(path, &content, refusal))
        return false;
    if (run_elf_is(content.data, content.size))
        return check_elf(path, &content, library, refusal);
    if (!run_script_read(content.data, content.size, &script)) {
        if (!run_script_is_text(content.data, content.size))
            return refuse(refusal, path,
                          "is neither an ELF program nor a script");
        return run_find("/bin/sh", ret_next, refusal);
    }
    if (!find_interpreter(script.interpreter, ret_next, refusal))
        return run_refusal_set(refusal, RUN_REFUSAL_COMMAND,
                               RUN_REFUSAL_CANNOT_RUN,
                               "%s: its interpreter %s cannot be run: %s", path,
                               script.interpreter, strerror(errno));
    if (strcmp(base_name(script.interpreter), "env") != 0)
        return true;
    return check_program(ret_next, library, refusal) &&
           follow_env(path, &script, ret_next, refusal);
}

bool run_check(const char *path, const struct run_library *library,
               struct run_refusal *refusal)
{
    char current[PATH_MAX];
    char next[PATH_MAX];

    snprintf(current, sizeof(current), "%s", path);
    for (int scripts = 0; scripts <= SCRIPTS_MAX; scripts++) {
        if (!check_file(current, next, library, refusal))
            return false;
        if (next[0] == '\0')
            return true;
        memcpy(current, next, sizeof(current));
    }
    return run_refusal_set(refusal, RUN_REFUSAL_COMMAND, RUN_REFUSAL_CANNOT_RUN,
                           "%s: too many scripts that run each other", path);
}
