/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user's cache below the test's own place, and a look at what is in it. */
#ifndef NSS_MATRIX_TESTS_CACHE_SAMPLE_H
#define NSS_MATRIX_TESTS_CACHE_SAMPLE_H

#include <dirent.h>

#include "cache_write.h"
#include "place.h"

static const struct settings CACHE_SAMPLE_SETTINGS = {
    .token = "conf=none,overrides=none"};

/* An empty cache home for the user, and the environment that says so. */
static inline void cache_sample_home(const char *name)
{
    (void)nftw(place(name), place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    place_directory(place(name), place_user());
    setenv("XDG_CACHE_HOME", place(name), 1);
}

static inline void cache_sample_name(const char *text,
                                     struct server_name *ret_name)
{
    if (server_name_parse(text, strlen(text), ret_name) != STATUS_OK)
        abort();
}

/* The path of something below a cache directory. */
static inline void cache_sample_path(const struct cache_place *cache,
                                     const char *below,
                                     char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s%s", cache->directory, below);
}

static inline bool cache_sample_is_there(const struct cache_place *cache,
                                         const char *below)
{
    char path[PATH_MAX];

    cache_sample_path(cache, below, path);
    return access(path, F_OK) == 0;
}

/* How many files of a directory begin like that. */
static inline unsigned cache_sample_count(const struct cache_place *cache,
                                          const char *below, const char *start)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    unsigned count = 0;
    DIR *directory;

    cache_sample_path(cache, below, path);
    directory = opendir(path);
    if (directory == NULL)
        return 0;
    while ((entry = readdir(directory)) != NULL)
        count += strncmp(entry->d_name, start, strlen(start)) == 0;
    closedir(directory);
    return count;
}

#endif
