/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cache with one good record in it, for tests of what reads it. */
#ifndef NSS_MATRIX_TESTS_CACHE_WORLD_H
#define NSS_MATRIX_TESTS_CACHE_WORLD_H

#include <dirent.h>

#include "cache_read.h"
#include "place.h"

#define NAME "example.org"

static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};

static inline struct server_name name_of(const char *text)
{
    struct server_name name;

    assert_int_equal(server_name_parse(text, strlen(text), &name), STATUS_OK);
    return name;
}

static inline enum status read_system(const char *name, struct record *record)
{
    struct server_name parsed = name_of(name);

    return cache_read_system(place("cache"), &parsed, &SETTINGS, SAMPLE_NOW,
                             record);
}

static inline unsigned open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* Before each test: a cache with one good record in it. */
static inline int fill(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    (void)state;
    place_record(place("cache"), &sample, place_user());
    errno = 0;
    return 0;
}

/* After each: it is as it was, whatever the test put in place of it. */
static inline int clear(void **state)
{
    (void)state;
    place_be_self();
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    return remove(place("cache/v1/" NAME));
}

/* A miss; and the same descriptors as before, and errno kept. */
static inline void assert_miss(void)
{
    struct record record;
    unsigned before = open_descriptors();

    errno = 4711;
    assert_int_equal(read_system(NAME, &record), STATUS_MISS);
    assert_int_equal(errno, 4711);
    assert_int_equal(open_descriptors(), before);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, fill, clear)

#endif
