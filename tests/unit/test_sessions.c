/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map of sessions: alone, crowded, in many threads, after a fork. */
#include "sessions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

enum {
    MANY = 20000,
    THREADS = 16,
    ROUNDS = 2000,
};

/* Addresses are all that counts; nobody looks at what is there. */
static char area[MANY];

static void finds_nothing_at_first(void **state)
{
    (void)state;
    assert_null(sessions_find(&area[0]));
    assert_null(sessions_remove(&area[0]));
    assert_null(sessions_find(NULL));
}

static void finds_what_was_added_and_not_what_was_removed(void **state)
{
    int value;

    (void)state;
    assert_true(sessions_add(&area[0], &value));
    assert_ptr_equal(sessions_find(&area[0]), &value);
    assert_null(sessions_find(&area[1]));
    assert_null(sessions_find(NULL));
    assert_ptr_equal(sessions_remove(&area[0]), &value);
    assert_null(sessions_find(&area[0]));
    assert_null(sessions_remove(&area[0]));
}

static void an_address_used_again_has_the_new_value(void **state)
{
    int old;
    int new;

    (void)state;
    assert_true(sessions_add(&area[0], &old));
    assert_ptr_equal(sessions_remove(&area[0]), &old);
    assert_true(sessions_add(&area[0], &new));
    assert_ptr_equal(sessions_find(&area[0]), &new);
    assert_ptr_equal(sessions_remove(&area[0]), &new);
}

/* Far more than there are chains, removed from every place in them. */
static void keeps_many_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        assert_true(sessions_add(&area[i], &area[MANY - 1 - i]));
    for (size_t i = 0; i < MANY; i += 3)
        assert_ptr_equal(sessions_remove(&area[i]), &area[MANY - 1 - i]);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(sessions_find(&area[i]),
                         i % 3 == 0 ? NULL : &area[MANY - 1 - i]);
    for (size_t i = 0; i < MANY; i += 3)
        assert_true(sessions_add(&area[i], &area[i]));
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(sessions_remove(&area[i]),
                         i % 3 == 0 ? &area[i] : &area[MANY - 1 - i]);
    for (size_t i = 0; i < MANY; i++)
        assert_null(sessions_find(&area[i]));
}

/* Each thread has addresses of its own, as sessions are. */
static void *come_and_go(void *argument)
{
    char *own = argument;

    for (int i = 0; i < ROUNDS; i++) {
        char *session = own + i % 50 * THREADS;

        if (sessions_find(session) != NULL || !sessions_add(session, own) ||
            sessions_find(session) != own || sessions_remove(session) != own)
            return own;
    }
    return NULL;
}

static void threads_do_not_get_each_others(void **state)
{
    pthread_t threads[THREADS];
    void *wrong;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, come_and_go, &area[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static bool works_here(void)
{
    int value;

    for (size_t i = 0; i < 1000; i++)
        if (!sessions_add(&area[i], &value) ||
            sessions_remove(&area[i]) != &value)
            return false;
    return true;
}

/* A lock that another thread holds would be held for ever in the child. */
static void works_after_a_fork_amid_threads(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, come_and_go, &area[1000 + i]), 0);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        int status = 1;

        assert_true(child >= 0);
        if (child == 0)
            _exit(works_here() ? 0 : 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_at_first),
        cmocka_unit_test(finds_what_was_added_and_not_what_was_removed),
        cmocka_unit_test(an_address_used_again_has_the_new_value),
        cmocka_unit_test(keeps_many_apart),
        cmocka_unit_test(threads_do_not_get_each_others),
        cmocka_unit_test(works_after_a_fork_amid_threads),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
