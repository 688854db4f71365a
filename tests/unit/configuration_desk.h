/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the configuration have in common: a file to write, to
 * load, and to be told what is wrong with.
 */
#ifndef NSS_MATRIX_TESTS_CONFIGURATION_DESK_H
#define NSS_MATRIX_TESTS_CONFIGURATION_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>

#include "configuration.h"

/* A directory with the file, and what it was read into. */
struct configuration_desk {
    char directory[32], conf[64], ca[64];
    struct overrides overrides;
    struct configuration configuration;
    char error[CONFIGURATION_ERROR_MAX];
};

static inline void write_octets(const char *path, const char *octets,
                                size_t length)
{
    AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, octets, length), length);
}

static inline int configuration_desk_setup(void **state)
{
    struct configuration_desk *desk = calloc(1, sizeof(*desk));

    assert_non_null(desk);
    snprintf(desk->directory, sizeof(desk->directory), "/tmp/conf.XXXXXX");
    assert_non_null(mkdtemp(desk->directory));
    snprintf(desk->conf, sizeof(desk->conf), "%s/conf", desk->directory);
    snprintf(desk->ca, sizeof(desk->ca), "%s/ca.pem", desk->directory);
    static const char pem[] = "text before it\n-----BEGIN CERTIFICATE-----\n";

    write_octets(desk->ca, pem, sizeof(pem) - 1);
    desk->overrides.conf = desk->conf;
    *state = desk;
    return 0;
}

static inline int configuration_desk_teardown(void **state)
{
    struct configuration_desk *desk = *state;

    configuration_done(&desk->configuration);
    unlink(desk->conf);
    unlink(desk->ca);
    rmdir(desk->directory);
    free(desk);
    return 0;
}

static inline enum status load(struct configuration_desk *desk)
{
    configuration_done(&desk->configuration);
    desk->error[0] = '\0';
    return configuration_load(&desk->overrides, &desk->configuration,
                              desk->error);
}

static inline void assert_loads(struct configuration_desk *desk,
                                const char *text)
{
    write_octets(desk->conf, text, strlen(text));
    if (load(desk) != STATUS_OK)
        fail_msg("%s: %s", text, desk->error);
}

/* expected is what follows the file's name. */
static inline void assert_bad_octets(struct configuration_desk *desk,
                                     const char *text, size_t length,
                                     const char *expected)
{
    size_t place = strlen(desk->conf);

    write_octets(desk->conf, text, length);
    if (load(desk) != STATUS_UNAVAILABLE)
        fail_msg("taken: %s", text);
    assert_memory_equal(desk->error, desk->conf, place);
    assert_string_equal(desk->error + place, expected);
}

static inline void assert_bad(struct configuration_desk *desk, const char *text,
                              const char *expected)
{
    assert_bad_octets(desk, text, strlen(text), expected);
}

#endif
