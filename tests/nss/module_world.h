/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests of the built module have around them: a cache of their own, in
 * which a test puts records, and a helper that is there or not. They run as
 * an ordinary user, since root has no cache of his own.
 */
#ifndef NSS_MATRIX_TESTS_MODULE_WORLD_H
#define NSS_MATRIX_TESTS_MODULE_WORLD_H

#include <time.h>

#include "hooks.h"
#include "place.h"
#include "settings.h"

static struct hooks hooks;

/* cmocka's group setup: loads, then becomes the user. */
static inline int world_make(void **state)
{
    if (hooks_load(hooks_module(), &hooks) != 0 || place_make(state) != 0 ||
        place_fake_helper() == NULL)
        return -1;
    place_become_user();
    place_directory(place("cache"), getuid());
    setenv("XDG_CACHE_HOME", place("cache"), 1);
    /* an override: then the system's own cache and helper are not asked */
    setenv("NSS_MATRIX_CONF", place("conf"), 1);
    setenv("NSS_MATRIX_HELPER", place("no-helper"), 1);
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_TIMEOUT");
    return 0;
}

static inline int world_remove(void **state)
{
    return place_remove(state);
}

/* From now on there is a helper, which answers whatever it is asked. */
static inline void world_have_helper(void)
{
    setenv("NSS_MATRIX_HELPER", place("fake_helper"), 1);
}

static inline int world_without_helper(void **state)
{
    (void)state;
    setenv("NSS_MATRIX_HELPER", place("no-helper"), 1);
    unsetenv("NSS_MATRIX_TIMEOUT");
    return 0;
}

/* Puts a record into the user's cache, as found under our settings. */
static inline void world_have(struct sample sample)
{
    struct overrides overrides;
    struct settings settings;

    settings_overrides(&overrides);
    settings_now(&overrides, &settings);
    sample.settings = settings.token;
    place_record(place("cache/nss-matrix"), &sample, getuid());
}

/* The same for an answer with these target lines. */
static inline void world_have_targets(const char *name, const char *targets)
{
    struct sample sample = sample_answer(name, time(NULL));

    sample.targets = targets;
    world_have(sample);
}

/* The same for a failure. */
static inline void world_have_failure(const char *name, const char *error)
{
    world_have(sample_failure(name, time(NULL), error));
}

#endif
