/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listing a cache, and sweeping out what has ended. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cache_act.h"
#include "cache_read.h"
#include "cache_write.h"
#include "limit.h"

enum {
    SWEEP_EVERY_S = 3600,
};

/* Opens a version's directory of records, or one below it. */
static DIR *open_directory(const struct cache_place *place, const char *below)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s%s", place->directory,
             CACHE_VERSION_DIRECTORY, below);
    return opendir(path);
}

enum status cache_list(const struct cache_place *place, cache_visit *visit,
                       void *argument)
{
    DIR *directory = open_directory(place, "");
    const struct dirent *entry;

    if (directory == NULL)
        return STATUS_MISS;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && entry->d_name[0] != '~')
            visit(argument, entry->d_name);
    closedir(directory);
    return STATUS_OK;
}

/*
 * The stamp's time says when the place was last swept; whoever moves it
 * sweeps. False if it is not time yet. A clock that was put right leaves times
 * to come, which say nothing.
 */
static bool take_turn(int version, int64_t now)
{
    AUTO(close_fd) int stamp = -1;
    struct stat found;

    stamp = openat(version, "~swept",
                   O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (stamp < 0 || fstat(stamp, &found) != 0)
        return false;
    if (found.st_size > 0 && found.st_mtim.tv_sec <= now &&
        found.st_mtim.tv_sec > now - SWEEP_EVERY_S)
        return false;
    return ftruncate(stamp, 0) == 0 && pwrite(stamp, "\n", 1, 0) == 1;
}

/*
 * No record lives longer than this, so an older file is of no use; nor is one
 * that was written so much later than now.
 */
static bool has_ended(int directory, const char *name, int64_t now)
{
    static const char TEMPORARY[] = "~tmp.";
    bool temporary = strncmp(name, TEMPORARY, sizeof(TEMPORARY) - 1) == 0;
    int64_t life = temporary ? SWEEP_EVERY_S : LIMIT_LIFE_S;
    struct stat found;

    if (name[0] == '~' && !temporary)
        return false;
    return fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(found.st_mode) &&
           (found.st_mtim.tv_sec < now - life ||
            found.st_mtim.tv_sec > now + LIMIT_LIFE_S);
}

static void sweep(DIR *directory, int64_t now)
{
    const struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        if (has_ended(dirfd(directory), entry->d_name, now))
            unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
}

/* Each by its own age: not every lock and not all pieces have a record. */
void cache_prune(const struct cache_place *place, int64_t now)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    DIR *directory;

    if (cache_act(place, &acting) != STATUS_OK)
        return;
    directory = open_directory(place, "");
    if (directory == NULL || !take_turn(dirfd(directory), now)) {
        if (directory != NULL)
            closedir(directory);
        return;
    }
    sweep(directory, now);
    sweep(open_directory(place, "/~pieces"), now);
    sweep(open_directory(place, "/~locks"), now);
}
