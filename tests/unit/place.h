/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A temporary directory for one test program, files in it, and another user
 * to be for a while where the tests are run by root.
 */
#ifndef NSS_MATRIX_TESTS_PLACE_H
#define NSS_MATRIX_TESTS_PLACE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"

enum {
    PLACE_MAX = 300,
    PLACE_NOBODY = 65534, /* whom root becomes */
};

/* Every path below is made with it. */
static char place_root[PLACE_MAX];

static inline int place_remove_one(const char *path, const struct stat *file,
                                   int kind, struct FTW *walk)
{
    (void)file, (void)kind, (void)walk;
    return remove(path);
}

/* cmocka's group setup and teardown. */
static inline int place_make(void **state)
{
    const char *under = getenv("TMPDIR");

    (void)state;
    snprintf(place_root, sizeof(place_root), "%s/nss-matrix-XXXXXX",
             under != NULL ? under : "/tmp");
    return mkdtemp(place_root) != NULL && chmod(place_root, 0755) == 0 ? 0 : -1;
}

static inline int place_remove(void **state)
{
    (void)state;
    return nftw(place_root, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of something in the directory; the last four stay as they are. */
static inline const char *place(const char *name)
{
    static char paths[4][2 * PLACE_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, 2 * PLACE_MAX, "%s/%s", place_root, name);
    return path;
}

/* Whoever the tests are to be when they are not root. */
static inline uid_t place_user(void)
{
    return getuid() == 0 ? PLACE_NOBODY : getuid();
}

/* Root becomes the user, or itself again; others stay who they are. */
static inline void place_be_user(void)
{
    if (getuid() == 0 && seteuid(PLACE_NOBODY) != 0)
        abort();
}

static inline void place_be_self(void)
{
    if (getuid() == 0 && seteuid(0) != 0)
        abort();
}

/* Makes a directory, of owner if we are root; it may be there already. */
static inline void place_directory(const char *path, uid_t owner)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        abort();
    if (chmod(path, 0755) != 0 || (getuid() == 0 && chown(path, owner, 0) != 0))
        abort();
}

/* Makes or replaces a file. */
static inline void place_file(const char *path, const char *octets,
                              size_t length, uid_t owner)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, octets, length) != (ssize_t)length ||
        fchmod(fd, 0644) != 0 || (getuid() == 0 && fchown(fd, owner, 0) != 0) ||
        close(fd) != 0)
        abort();
}

/* Puts a record into a cache directory, which is made if need be. */
static inline void place_record(const char *cache, const struct sample *sample,
                                uid_t owner)
{
    char path[3 * PLACE_MAX];
    char text[LIMIT_RECORD + 1];
    size_t length = sample_write(sample, text, sizeof(text));

    place_directory(cache, owner);
    snprintf(path, sizeof(path), "%s/v1", cache);
    place_directory(path, owner);
    snprintf(path, sizeof(path), "%s/v1/%s", cache, sample->name);
    place_file(path, text, length, owner);
}

/*
 * Copies the fake helper, so that it is ours wherever we were built, and gives
 * its path: $NSS_MATRIX_FAKE_HELPER, else the one beside this program. NULL if
 * it is not there.
 */
static inline const char *place_fake_helper(void)
{
    static char octets[16 * 1024 * 1024];
    const char *given = getenv("NSS_MATRIX_FAKE_HELPER");
    char path[2 * PLACE_MAX] = "";
    FILE *file;

    if (given != NULL)
        snprintf(path, sizeof(path), "%s", given);
    else if (readlink("/proc/self/exe", path, PLACE_MAX) > 0)
        memcpy(strrchr(path, '/'), "/fake_helper", sizeof("/fake_helper"));
    file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    place_file(place("fake_helper"), octets,
               fread(octets, 1, sizeof(octets), file), place_user());
    fclose(file);
    return chmod(place("fake_helper"), 0755) == 0 ? place("fake_helper") : NULL;
}

/* Root becomes the user for good, and the directory is the user's. */
static inline void place_become_user(void)
{
    uid_t user = place_user();

    if (getuid() == 0 &&
        (chown(place_root, user, user) != 0 || setgroups(0, NULL) != 0 ||
         setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0))
        abort();
}

#endif
