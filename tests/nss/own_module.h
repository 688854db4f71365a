/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host of the module with places of its own (own_places.h): a system cache,
 * a system socket with a fake helper behind it that misbehaves on demand, and
 * a helper to be spawned. As an ordinary user, and without overrides, under
 * which the system would not be asked.
 */
#ifndef NSS_MATRIX_TESTS_OWN_MODULE_H
#define NSS_MATRIX_TESTS_OWN_MODULE_H

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/un.h>

#include "counts.h"
#include "misbehave.h"
#include "nss_host.h"
#include "spawn.h"

enum {
    OWN_PLACES_MAX = 2 * PLACE_MAX,
};

char own_places_cache[OWN_PLACES_MAX];
char own_places_socket[OWN_PLACES_MAX];

hook_by_name _nss_matrix_gethostbyname_r;
hook_by_name2 _nss_matrix_gethostbyname2_r;
hook_by_name3 _nss_matrix_gethostbyname3_r;
hook_by_name4 _nss_matrix_gethostbyname4_r;

/* cmocka's group setup. */
static inline int own_make(void **state)
{
    static const char *const UNSET[] = {
        "NSS_MATRIX_CONF",    "NSS_MATRIX_SPEC", "NSS_MATRIX_CA_FILE",
        "NSS_MATRIX_CA_PATH", "NSS_MATRIX_DNS",  SPAWN_MARKER};

    if (place_make(state) != 0 || place_fake_helper() == NULL)
        return -1;
    place_become_user();
    hooks = (struct hooks){
        _nss_matrix_gethostbyname_r, _nss_matrix_gethostbyname2_r,
        _nss_matrix_gethostbyname3_r, _nss_matrix_gethostbyname4_r};
    snprintf(own_places_cache, OWN_PLACES_MAX, "%s", place("system"));
    snprintf(own_places_socket, OWN_PLACES_MAX, "%s", place("socket"));
    place_directory(own_places_cache, getuid());
    place_directory(place("user"), getuid());
    setenv("XDG_CACHE_HOME", place("user"), 1);
    for (size_t i = 0; i < ARRAY_SIZE(UNSET); i++)
        unsetenv(UNSET[i]);
    return 0;
}

/* Before each test: nobody at the socket, no helper, a short deadline. */
static inline int own_reset(void **state)
{
    (void)state;
    (void)unlink(own_places_socket);
    setenv("NSS_MATRIX_HELPER", place("no-helper"), 1);
    setenv("NSS_MATRIX_TIMEOUT", "0.2", 1);
    return 0;
}

/* Puts a record with these target lines into the system's cache. */
static inline void own_have(const char *name, const char *targets)
{
    struct sample sample = sample_answer(name, time(NULL));
    struct overrides overrides;
    struct settings settings;

    settings_overrides(&overrides);
    settings_now(&overrides, &settings);
    sample.settings = settings.token;
    sample.targets = targets;
    place_record(own_places_cache, &sample, getuid());
}

/* A socket at the system's place; backlog -1: nobody listens. */
static inline int own_listen(int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)unlink(own_places_socket);
    assert_true(util_copy(address.sun_path, sizeof(address.sun_path),
                          own_places_socket, strlen(own_places_socket)));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

/* One connection: reads the request, then does as its name says. */
static inline void *own_serve_one(void *argument)
{
    static const char REQUEST[] = "nss-matrix-request 1 ";
    AUTO(close_fd) int fd = (int)(intptr_t)argument;
    char line[400];
    size_t length = 0;
    ssize_t got;

    while (length < sizeof(line) - 1 &&
           (got = recv(fd, line + length, sizeof(line) - 1 - length, 0)) > 0) {
        length += (size_t)got;
        if (line[length - 1] == '\n')
            break;
    }
    if (length < sizeof(REQUEST))
        return NULL;
    line[length - 1] = '\0';
    misbehave(fd, line + strlen(REQUEST));
    return NULL;
}

/* The system's helper in a process of its own, a thread for each caller. */
static inline pid_t own_serve(void *(*serve_one)(void *))
{
    int listener = own_listen(128);
    pid_t server = fork();
    pthread_t thread;

    assert_true(server >= 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

            if (fd < 0 || pthread_create(&thread, NULL, serve_one,
                                         (void *)(intptr_t)fd) != 0)
                _exit(1);
            pthread_detach(thread);
        }
    }
    close(listener);
    return server;
}

static inline void own_stop(pid_t server)
{
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    (void)unlink(own_places_socket);
}

#define IN_OWN_WORLD(test) cmocka_unit_test_setup(test, own_reset)

#endif
