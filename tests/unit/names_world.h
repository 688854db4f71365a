/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The world around names.c: discovery is played, client_lookup gives what a
 * test has put in `world`, and counts; what would be said is kept; the clock
 * can be put forward. Include it in one file of a test program.
 */
#ifndef NSS_MATRIX_TEST_NAMES_WORLD_H
#define NSS_MATRIX_TEST_NAMES_WORLD_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "client.h"
#include "cookies.h"
#include "fake_clock.h"
#include "names.h"
#include "note.h"
#include "sample.h"

/* time() does not go through clock_gettime. */
time_t time(time_t *ret_now)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_now != NULL)
        *ret_now = now.tv_sec;
    return now.tv_sec;
}

static struct {
    enum status status; /* of the lookup */
    struct sample sample;
    atomic_uint lookups;
    char asked[LIMIT_SERVER_NAME + 1];
    char refusal[NOTE_MAX];
    unsigned refusals;
    char verbose[NOTE_MAX];
    unsigned verboses;
} world;

static pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;

void client_init(struct client *client, int wait_ms, bool obey_wait)
{
    *client = (struct client){.wait_ms = wait_ms, .obey_wait = obey_wait};
}

enum status client_lookup(const struct client *client,
                          const struct server_name *name,
                          struct record *ret_record)
{
    struct sample sample = world.sample;

    assert_int_equal(client->wait_ms, LIMIT_SHIM_WAIT_MS);
    assert_false(client->obey_wait);
    atomic_fetch_add(&world.lookups, 1);
    pthread_mutex_lock(&world_lock);
    memcpy(world.asked, name->key, sizeof(world.asked));
    pthread_mutex_unlock(&world_lock);
    errno = EXDEV;
    if (world.status != STATUS_OK)
        return world.status;
    sample.name = name->key;
    sample_into(&sample, ret_record);
    assert_int_equal(record_parse(ret_record, time(NULL)), STATUS_OK);
    return STATUS_OK;
}

void note_refusal(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(world.refusal, sizeof(world.refusal), format, values);
    va_end(values);
    world.refusals++;
}

void note_verbose(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    pthread_mutex_lock(&world_lock);
    vsnprintf(world.verbose, sizeof(world.verbose), format, values);
    world.verboses++;
    pthread_mutex_unlock(&world_lock);
    va_end(values);
}

/* cmocka's setup. */
static inline int new_world(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.sample = sample_answer("", time(NULL));
    return 0;
}

/* The answer, or NULL. */
static inline const struct names_answer *find(const char *pseudo)
{
    const struct names_answer *answer = NULL;
    enum status status = names_find(pseudo, strlen(pseudo), &answer);

    return status == STATUS_OK ? answer : NULL;
}

static inline enum status status_of(const char *pseudo)
{
    const struct names_answer *answer;

    return names_find(pseudo, strlen(pseudo), &answer);
}

/* What is known of a server name, as names_each() shows it; or NULL. */
struct known {
    const char *key;
    const struct names_answer *answer;
};

static inline bool is_known(void *argument, const struct names_answer *answer)
{
    struct known *known = argument;

    if (strcmp(answer->key, known->key) == 0)
        known->answer = answer;
    return known->answer != NULL;
}

static inline const struct names_answer *known(const char *key)
{
    struct known search = {.key = key};

    return names_each(is_known, &search) ? search.answer : NULL;
}

static inline enum status check(const char *key, const char *ip, uint16_t port)
{
    struct address address;

    assert_true(address_parse(ip, &address));
    return names_check_target(key, &address, port);
}

#endif
