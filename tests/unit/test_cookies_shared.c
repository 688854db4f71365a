/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cookie table as a family of processes with many threads has it: who
 * makes what at once, dies in the middle, or writes what it likes.
 */
#include "cookies_world.h"

#include <pthread.h>
#include <sys/wait.h>

/* lynx: the lookup is in a child, the connection in its parent. */
static void a_cookie_made_in_a_child_is_known_to_its_parent(void **state)
{
    struct address address = address_of("239.73.0.1");
    struct cookie cookie;
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(strcmp(made("a.test", "192.0.2.1", 8448), "239.73.0.1") != 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_OK);
    assert_string_equal(cookie.key, "a.test");
}

enum {
    THREADS = 32,
    COMMON = 500,
};

static pthread_barrier_t start;

static void *make_all(void *argument)
{
    struct address *addresses = argument;
    char key[64];

    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < COMMON; i++) {
        struct cookie cookie = numbered(i);

        snprintf(key, sizeof(key), "server%u.test", i);
        memcpy(cookie.key, key, strlen(key) + 1);
        if (cookies_make(&cookie, &addresses[i]) != STATUS_OK)
            return argument;
    }
    return NULL;
}

static void threads_that_come_at_once_get_the_same_cookies(void **state)
{
    static struct address addresses[THREADS][COMMON];
    pthread_t threads[THREADS];

    (void)state;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, make_all, addresses[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    for (unsigned i = 1; i < THREADS; i++)
        assert_memory_equal(addresses[i], addresses[0], sizeof(addresses[0]));
    assert_true(atomic_load(&table->v4.used) < COMMON + THREADS);
    pthread_barrier_destroy(&start);
}

/* A process killed between claiming a slot and filling it. */
/* Two may both have seen that there is room for one. */
static void room_that_is_gone_is_not_taken(void **state)
{
    _Atomic uint32_t used = 9;

    (void)state;
    assert_int_equal(take_room(&used, 2, 10), 0);
    assert_int_equal(take_room(&used, 1, 10), 10);
    assert_int_equal(take_room(&used, 1, 10), 0);
    assert_int_equal(atomic_load(&used), 10);
}

static void a_writer_that_died_holds_nobody_up(void **state)
{
    struct cookie cookie = target("a.test", "192.0.2.1", 8448);
    uint64_t name = stir(hash_name("a.test"));
    uint64_t entry = cookies_hash("a.test", &cookie.address, 8448);

    (void)state;
    atomic_store(&table->names.slots[name % SLOTS],
                 name & ~UINT64_C(0xffffffff));
    atomic_store(&table->v4.index.slots[entry % SLOTS],
                 entry & ~UINT64_C(0xffffffff));
    assert_string_equal(made("a.test", "192.0.2.1", 8448), "239.73.0.1");
    assert_string_equal(made("a.test", "192.0.2.1", 8448), "239.73.0.1");
}

/* A child may write what it likes where its parent will read. */
static void believes_nothing_that_another_process_wrote(void **state)
{
    struct address address = address_of(made("a.test", "192.0.2.1", 8448));
    struct entry *entry = &table->v4.entries[1];
    struct cookie cookie;

    (void)state;
    atomic_store(&entry->name, UINT32_MAX);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_MISS);
    atomic_store(&entry->name, NAMES_ROOM - 1);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_MISS);
    atomic_store(&entry->name, 1);
    memset(table->text, 'a', NAMES_ROOM);
    assert_int_equal(cookies_find(&address, &cookie), STATUS_MISS);
    for (unsigned i = 0; i < SLOTS; i++)
        atomic_store(&table->v4.index.slots[i], UINT64_MAX);
    assert_string_equal(made("b.test", "192.0.2.1", 8448), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(a_cookie_made_in_a_child_is_known_to_its_parent),
        WITH_TABLE(threads_that_come_at_once_get_the_same_cookies),
        cmocka_unit_test(room_that_is_gone_is_not_taken),
        WITH_TABLE(a_writer_that_died_holds_nobody_up),
        WITH_TABLE(believes_nothing_that_another_process_wrote),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
