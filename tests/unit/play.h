/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is being played of a scenario (scenario.h), so that whatever goes wrong
 * is told with its file, its text and the manner it was played in; and the
 * look at what came of it.
 */
#ifndef NSS_MATRIX_TESTS_PLAY_H
#define NSS_MATRIX_TESTS_PLAY_H

#include "outcome.h"
#include "scenario.h"
#include "server_name.h"

struct play {
    const char *path;
    const char *manner;
    struct scenario scenario;
    struct server_name name;
    uint64_t chance;
};

/* The one; the functions below mean it. */
extern struct play play;

#define PLAY_CHECK(condition, ...)                                             \
    do {                                                                       \
        if (!(condition)) {                                                    \
            print_error("%s, spec %s, %s: ", play.path,                        \
                        spec_name(play.scenario.configuration.spec),           \
                        play.manner);                                          \
            print_error(__VA_ARGS__);                                          \
            print_error("\n");                                                 \
            fail();                                                            \
        }                                                                      \
    } while (0)

/* A number below that one; the same row of them in every run. */
unsigned play_draw(unsigned below);

/* Fails unless got is what the script says; host: as the asker is told it. */
void play_check_outcome(const struct outcome *got, const char *host);

#endif
