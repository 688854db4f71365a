/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All places of a client in a temporary directory. Never as root, who has no
 * cache of his own.
 */
#ifndef NSS_MATRIX_TESTS_CLIENT_WORLD_H
#define NSS_MATRIX_TESTS_CLIENT_WORLD_H

#include <dirent.h>
#include <time.h>

#include "client.h"
#include "deadline.h"
#include "place.h"
#include "spawn.h"

#define NAME "example.org"

enum {
    SOON_MS = 50,
    LATE_MS = 10000,
    TOLERANCE_MS = 1000, /* for a busy machine */
};

static char cache[PLACE_MAX], socket_path[PLACE_MAX], helper[PLACE_MAX];

static inline struct client client_of(int wait_ms)
{
    return (struct client){.cache = cache,
                           .socket = socket_path,
                           .helper = helper,
                           .wait_ms = wait_ms,
                           .obey_wait = true};
}

static inline int setup(void **state)
{
    if (place_make(state) != 0 || place_fake_helper() == NULL)
        return -1;
    place_become_user();
    snprintf(cache, sizeof(cache), "%s", place("system"));
    snprintf(socket_path, sizeof(socket_path), "%s", place("socket"));
    setenv("XDG_CACHE_HOME", place("user"), 1);
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_CONF");
    return 0;
}

/* Before each test: empty caches, nobody at the socket, no helper. */
static inline int reset(void **state)
{
    static const char *const FILES[] = {
        "system/v1/" NAME, "user/nss-matrix/v1/" NAME, "socket", "conf"};

    (void)state;
    place_directory(cache, getuid());
    place_directory(place("user"), getuid());
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++)
        (void)unlink(place(FILES[i]));
    snprintf(helper, sizeof(helper), "%s", place("none"));
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_CONF");
    unsetenv(SPAWN_MARKER);
    return 0;
}

static inline void have_helper(void)
{
    snprintf(helper, sizeof(helper), "%s", place("fake_helper"));
}

/* A record in force, whose host tells where it was found. */
static inline void have_record(const char *directory, const char *host,
                               const struct overrides *overrides)
{
    struct sample sample = sample_answer(NAME, time(NULL));
    struct settings settings;

    settings_now(overrides, &settings);
    sample.settings = settings.token;
    sample.host = sample.tls_name = sample.cert_name = host;
    place_record(directory, &sample, getuid());
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

/* A lookup that keeps errno and descriptors, whatever comes of it. */
static inline enum status look_up(const struct client *client, const char *text,
                                  struct record *record)
{
    unsigned before = count_descriptors();
    struct server_name name;
    enum status status;

    assert_int_equal(server_name_parse(text, strlen(text), &name), STATUS_OK);
    errno = 4711;
    status = client_lookup(client, &name, record);
    assert_int_equal(errno, 4711);
    assert_int_equal(count_descriptors(), before);
    return status;
}

static const struct overrides NONE;

#define LOOKUP(test) cmocka_unit_test_setup(test, reset)

#endif
