/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's own answers: the targets in them, many threads, children, and
 * that nothing grows for ever.
 */
#include "names.h"

#include <malloc.h>
#include <sys/wait.h>

#include "names_seen.h"
#include "names_world.h"

static void a_target_of_its_own_answer_needs_no_question(void **state)
{
    (void)state;
    find("targets.test.matrix");
    assert_int_equal(check("targets.test", "198.51.100.20", 8443), STATUS_OK);
    assert_int_equal(check("targets.test", "2001:db8::20", 8443), STATUS_OK);
    assert_int_equal(world.lookups, 1);
}

/* As a parent whose child did the lookup. */
static void asks_itself_for_a_name_it_never_heard_of(void **state)
{
    (void)state;
    assert_int_equal(check("child.test", "198.51.100.20", 8443), STATUS_OK);
    assert_int_equal(world.lookups, 1);
    assert_int_equal(check("child.test", "198.51.100.20", 8443), STATUS_OK);
    assert_int_equal(world.lookups, 1);
}

static void a_target_that_is_not_in_the_answer_is_refused(void **state)
{
    (void)state;
    find("forged.test.matrix");
    assert_int_equal(check("forged.test", "198.51.100.66", 8443),
                     STATUS_NOT_FOUND);
    assert_int_equal(check("forged.test", "198.51.100.20", 443),
                     STATUS_NOT_FOUND);
    assert_int_equal(check("forged2.test", "198.51.100.66", 8443),
                     STATUS_NOT_FOUND);
    world.status = STATUS_TRY_AGAIN;
    assert_int_equal(check("forged.test", "198.51.100.66", 8443),
                     STATUS_TRY_AGAIN);
    world.status = STATUS_OK;
    world.sample = sample_failure("", time(NULL), "no-address");
    assert_int_equal(check("forged.test", "198.51.100.66", 8443),
                     STATUS_NOT_FOUND);
}

static void a_key_that_is_none_is_not_asked_for(void **state)
{
    (void)state;
    assert_int_equal(check("", "198.51.100.20", 8443), STATUS_NOT_FOUND);
    assert_int_equal(check("UPPER.test", "198.51.100.20", 8443),
                     STATUS_NOT_FOUND);
    assert_int_equal(check("../x", "198.51.100.20", 8443), STATUS_NOT_FOUND);
    assert_int_equal(world.lookups, 0);
}

/* The set is by hash: what falls to the same place is something else. */
static void a_target_that_falls_beside_a_known_one_is_not_known(void **state)
{
    struct address address;
    uint64_t hash;

    (void)state;
    assert_non_null(find("beside.test.matrix"));
    assert_int_equal(check("beside.test", "198.51.100.20", 8443), STATUS_OK);
    assert_true(address_parse("198.51.100.20", &address));
    hash = cookies_hash("beside.test", &address, 8443);
    assert_true(names_seen_has(hash));
    assert_false(names_seen_has(hash ^ UINT64_C(1) << 40));
}

/* Days of monitoring a server whose delegation goes to and fro. */
static void answers_that_come_back_take_no_memory(void **state)
{
    static const char *const hosts[] = {"a.test", "b.test", "c.test"};
    size_t before = 0;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        fake_clock_ahead_s += SAMPLE_LIFE + 1;
        world.sample = sample_answer("", time(NULL));
        world.sample.cert_name = hosts[i % 3];
        assert_string_equal(find("turning.test.matrix")->cert_name,
                            hosts[i % 3]);
        if (i == 3)
            before = mallinfo2().uordblks;
    }
    assert_int_equal(mallinfo2().uordblks, before);
}

static void a_server_with_ever_new_answers_is_refused_in_the_end(void **state)
{
    char host[32];
    unsigned count = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        fake_clock_ahead_s += SAMPLE_LIFE + 1;
        snprintf(host, sizeof(host), "host%u.test", i);
        world.sample = sample_answer("", time(NULL));
        world.sample.host = host;
        count += find("endless.test.matrix") != NULL;
    }
    assert_int_equal(count, NAMES_SNAPSHOTS_MAX);
    assert_int_equal(status_of("endless.test.matrix"), STATUS_UNAVAILABLE);
}

enum {
    THREADS = 32,
    COMMON = 200,
};

static pthread_barrier_t start;

static void *find_all(void *argument)
{
    const struct names_answer **answers = argument;
    char pseudo[64];

    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < COMMON; i++) {
        snprintf(pseudo, sizeof(pseudo), "thread%u.test.matrix", i);
        answers[i] = find(pseudo);
    }
    return NULL;
}

static void threads_that_come_at_once_get_the_same_snapshot(void **state)
{
    static const struct names_answer *answers[THREADS][COMMON];
    pthread_t threads[THREADS];

    (void)state;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, find_all, answers[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < COMMON; k++) {
            assert_non_null(answers[i][k]);
            assert_ptr_equal(answers[i][k], answers[0][k]);
        }
    pthread_barrier_destroy(&start);
}

/* What the child learns is its own; what it was born with, it knows. */
static void a_child_has_its_parents_answers_and_its_own(void **state)
{
    const struct names_answer *answer = find("born.test.matrix");
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(find("born.test.matrix") == answer && world.lookups == 1 &&
                      find("later.test.matrix") != NULL
                  ? 0
                  : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_null(known("later.test"));
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, new_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_target_of_its_own_answer_needs_no_question),
        IN_WORLD(asks_itself_for_a_name_it_never_heard_of),
        IN_WORLD(a_target_that_is_not_in_the_answer_is_refused),
        IN_WORLD(a_key_that_is_none_is_not_asked_for),
        IN_WORLD(a_target_that_falls_beside_a_known_one_is_not_known),
        IN_WORLD(answers_that_come_back_take_no_memory),
        IN_WORLD(a_server_with_ever_new_answers_is_refused_in_the_end),
        IN_WORLD(threads_that_come_at_once_get_the_same_snapshot),
        IN_WORLD(a_child_has_its_parents_answers_and_its_own),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
