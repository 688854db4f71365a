/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host of the built module that watches how it behaves. */
#ifndef NSS_MATRIX_TESTS_NSS_HOST_H
#define NSS_MATRIX_TESTS_NSS_HOST_H

#include <dirent.h>
#include <sys/wait.h>

#include "deadline.h"
#include "module_world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define NAME "example.org.matrix"
#define TARGETS "target 192.0.2.1 8448 0 0 -\ntarget 2001:db8::1 8448 0 0 -\n"

enum {
    ROOM = 1024,
    TOLERANCE_MS = 1000,
};

static inline bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

static inline bool not_looked_at(const char *why)
{
    print_message("# not looked at: %s\n", why);
    return true;
}

static inline enum nss_status call(const char *name)
{
    char buffer[ROOM];
    struct gaih_addrtuple *list = NULL;
    int errno_value, h_errno_value;

    return hooks.by_name4(name, &list, buffer, sizeof(buffer), &errno_value,
                          &h_errno_value, NULL);
}

static inline enum nss_status call_v4(const char *name)
{
    char buffer[ROOM];
    struct hostent host;
    int errno_value, h_errno_value;

    return hooks.by_name(name, &host, buffer, sizeof(buffer), &errno_value,
                         &h_errno_value);
}

static inline unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* Runs it in a child; its exit status, or -1 if a signal ended it. */
static inline int in_a_child(int (*what)(const void *), const void *argument)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0)
        _exit(what(argument));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

#endif
