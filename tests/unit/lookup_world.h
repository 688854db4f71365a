/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands around a lookup in its tests, in the place of the real ones:
 * two caches that the test fills, and a resolver that the test answers for.
 */
#ifndef NSS_MATRIX_TESTS_LOOKUP_WORLD_H
#define NSS_MATRIX_TESTS_LOOKUP_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "lookup.h"
#include "piece_sample.h"
#include "record.h"

enum cache {
    SYSTEM,
    USER
};

/* The caches. */
static struct {
    bool no_place;          /* nowhere to write */
    bool root;              /* the system's cache is our own */
    struct piece *holds[2]; /* one piece each; NULL: no file */
    unsigned reads[2];
    unsigned writes;
    bool wrote_to_system;
    char name[LIMIT_SERVER_NAME + 1]; /* of what was written */
    struct record record;
    char pieces[PIECES_TEXT_MAX + 1];
} cache;

void cache_system_place(struct cache_place *ret_place)
{
    ret_place->system = true;
}

enum status cache_own_place(const struct settings *settings,
                            struct cache_place *ret_place)
{
    (void)settings;
    ret_place->system = cache.root;
    return cache.no_place ? STATUS_MISS : STATUS_OK;
}

enum status cache_read_pieces(const struct cache_place *place,
                              const struct server_name *name,
                              const struct settings *settings, int64_t now,
                              struct pieces *ret_pieces)
{
    enum cache which = place->system ? SYSTEM : USER;
    const struct piece *held = cache.holds[which];
    struct piece *piece;

    (void)settings;
    assert_string_equal(name->text, name->key);
    assert_true(now > PIECE_SAMPLE_NOW);
    cache.reads[which]++;
    if (held == NULL)
        return STATUS_MISS;
    piece = piece_sample(held->kind, held->name, held->finding);
    piece->found = held->found;
    piece->expires = held->expires;
    piece->failures = held->failures;
    piece->flags = held->flags;
    piece->remembered = true;
    if (held->address_count > 0)
        piece_sample_address(piece, "192.0.2.1");
    piece_sample_put(ret_pieces, piece);
    return STATUS_OK;
}

enum status cache_write(const struct cache_place *place,
                        const struct server_name *name, const char *record,
                        size_t length, const char *pieces, size_t pieces_length)
{
    cache.writes++;
    cache.wrote_to_system = place->system;
    memcpy(cache.name, name->key, sizeof(cache.name));
    memcpy(cache.record.text, record, length);
    cache.record.length = length;
    assert_in_range(pieces_length, 1, PIECES_TEXT_MAX);
    memcpy(cache.pieces, pieces, pieces_length + 1);
    return STATUS_OK;
}

/* The resolver. */
struct resolution {
    struct configuration configuration;
    struct discovery *discovery;
    bool asked;
    resolver_done *done;
    void *argument;
};

static struct pieces handed_over; /* copies, expired ones too */

enum status resolver_start(struct resolver *resolver,
                           const struct server_name *name, struct pieces *known,
                           int limit_ms, struct resolution **ret_resolution)
{
    struct resolution *resolution = calloc(1, sizeof(*resolution));

    (void)resolver;
    (void)limit_ms;
    assert_non_null(resolution);
    resolution->discovery = discovery_new(name, &resolution->configuration);
    assert_non_null(resolution->discovery);
    for (unsigned i = 0; i < known->count; i++) {
        struct piece *copy =
            piece_sample(known->list[i]->kind, known->list[i]->name,
                         known->list[i]->finding);

        copy->failures = known->list[i]->failures;
        piece_sample_put(&handed_over, copy);
    }
    resolution->discovery->pieces = *known;
    *known = (struct pieces){0};
    pieces_drop_expired(&resolution->discovery->pieces, time(NULL));
    *ret_resolution = resolution;
    return STATUS_OK;
}

void resolver_when_done(struct resolution *resolution, resolver_done *done,
                        void *argument)
{
    resolution->done = done;
    resolution->argument = argument;
}

struct discovery *resolver_discovery(struct resolution *resolution)
{
    return resolution->discovery;
}

bool resolver_asked(const struct resolution *resolution)
{
    return resolution->asked;
}

void resolver_end(struct resolution *resolution)
{
    if (resolution == NULL)
        return;
    discovery_free(resolution->discovery);
    free(resolution);
}

static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};
static const struct settings OVERRIDDEN = {.overridden = true,
                                           .token = "conf=none,overrides=7"};

static struct lookup lookup;
static unsigned told;

static inline void tell(void *argument)
{
    assert_ptr_equal(argument, &told);
    assert_true(lookup.done);
    told++;
}

static const struct lookup_plan PLAN = {.settings = &SETTINGS,
                                        .limit_ms = LIMIT_DISCOVERY_MS,
                                        .read = true,
                                        .write = true};

static inline void start(const char *name, const struct lookup_plan *plan)
{
    struct server_name asked;

    assert_int_equal(server_name_parse(name, strlen(name), &asked), STATUS_OK);
    assert_int_equal(lookup_start(&lookup, plan, &asked, tell, &told),
                     STATUS_OK);
}

/* A piece found just now, or before; lives are seconds from now. */
static inline struct piece *piece_for(enum piece_kind kind,
                                      enum finding finding, int64_t life)
{
    struct piece *piece = piece_sample(kind, "example.org", finding);

    piece->found = time(NULL) - 1000;
    piece->expires = time(NULL) + life;
    if (kind == PIECE_ADDRESSES && finding == FINDING_FOUND)
        piece_sample_address(piece, "192.0.2.1");
    return piece;
}

/* The network answers. */
static inline void learn(struct piece *piece)
{
    lookup.resolution->asked = true;
    piece_sample_put(&lookup.resolution->discovery->pieces, piece);
}

static inline void finish(void)
{
    assert_int_equal(
        discovery_advance(lookup.resolution->discovery, time(NULL)),
        DISCOVERY_DONE);
    lookup.resolution->done(lookup.resolution->argument);
}

static inline void give_up(enum error error)
{
    assert_int_equal(
        discovery_advance(lookup.resolution->discovery, time(NULL)),
        DISCOVERY_WAITING);
    discovery_give_up(lookup.resolution->discovery, time(NULL), error, "so");
    lookup.resolution->done(lookup.resolution->argument);
}

static inline int begin(void **state)
{
    (void)state;
    memset(&cache, 0, sizeof(cache));
    told = 0;
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    lookup_end(&lookup);
    piece_free(cache.holds[SYSTEM]);
    piece_free(cache.holds[USER]);
    pieces_done(&handed_over);
    return 0;
}

#define LOOKUP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
