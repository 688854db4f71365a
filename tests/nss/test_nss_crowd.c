/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crowd in one process: 64 threads that look names up, hits and misses
 * mixed, answered by the cache, the system's socket and spawned helpers, while
 * children are forked that do the same; and threads that are cancelled in the
 * middle. tests/nss/threads.test runs it under TSan and helgrind too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>

#include "own_module.h"

enum {
    THREADS = 64,
    LOOKUPS = 1000, /* of each */
    FORKS = 200,
    CANCELLED = 1000,
    CANCELLED_AT_A_TIME = 20,
};

static atomic_uint wrong, lookups;
static unsigned per_thread;

/* Each with the outcome it must have, however many ask at once. */
static const struct {
    const char *name;
    enum nss_status wanted;
    unsigned every; /* so many lookups one of these */
} CAST[] = {
    {"one.example.matrix", NSS_STATUS_SUCCESS, 1},
    {"Two.Example.matrix", NSS_STATUS_SUCCESS, 1},
    {"192.0.2.10.8448.matrix", NSS_STATUS_SUCCESS, 1},
    {"foreign.example", NSS_STATUS_UNAVAIL, 1},
    {"a_b.matrix", NSS_STATUS_NOTFOUND, 1},
    {"gone.example.matrix", NSS_STATUS_NOTFOUND, 1},
    {"asked.misbehaves.example.matrix", NSS_STATUS_SUCCESS, 5},
    {"half.misbehaves.example.matrix", NSS_STATUS_TRYAGAIN, 10},
    {"hangs-up.to-spawn.example.matrix", NSS_STATUS_SUCCESS, 10},
};

/* The first address says whose answer it is: another's would be a mix-up. */
static bool right_address(const char *name, const struct gaih_addrtuple *list)
{
    static const struct {
        const char *name, *address;
    } OWN[] = {{"one.example.matrix", "\300\0\2\1"},
               {"Two.Example.matrix", "\300\0\2\2"},
               {"192.0.2.10.8448.matrix", "\300\0\2\12"}};

    for (size_t i = 0; i < ARRAY_SIZE(OWN); i++)
        if (strcmp(OWN[i].name, name) == 0)
            return memcmp(list->addr, OWN[i].address, 4) == 0;
    return memcmp(list->addr, "\306\63\144\24", 4) == 0; /* the sample's */
}

static bool is_right(unsigned index)
{
    struct gaih_addrtuple *list = NULL;
    const char *name = CAST[index].name;
    char buffer[ROOM];
    int errno_value, h_errno_value;
    enum nss_status status = hooks.by_name4(name, &list, buffer, sizeof(buffer),
                                            &errno_value, &h_errno_value, NULL);

    return status == CAST[index].wanted &&
           (status != NSS_STATUS_SUCCESS ||
            (strcmp(list->name, name) == 0 && right_address(name, list)));
}

static void *look_up_often(void *argument)
{
    unsigned start = (unsigned)(uintptr_t)argument;

    for (unsigned i = 0; i < per_thread; i++) {
        unsigned index = (start + i) % ARRAY_SIZE(CAST);

        if ((start + i) / ARRAY_SIZE(CAST) % CAST[index].every != 0)
            index = i % 2;
        if (!is_right(index))
            wrong++;
        lookups++;
    }
    return NULL;
}

static int look_up_in_child(const void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ARRAY_SIZE(CAST); i++)
        if (!is_right(i))
            return (int)i + 1;
    return 0;
}

static void have_answers(void)
{
    struct sample failure =
        sample_failure("gone.example", time(NULL), "no-address");
    struct overrides overrides;
    struct settings settings;

    own_have("one.example", "target 192.0.2.1 8448 0 0 -\n");
    own_have("two.example", "target 192.0.2.2 8448 0 0 -\n");
    own_have("192.0.2.10:8448", "target 192.0.2.10 8448 0 0 -\n");
    settings_overrides(&overrides);
    settings_now(&overrides, &settings);
    failure.settings = settings.token;
    place_record(own_places_cache, &failure, getuid());
    world_have_helper();
    setenv("NSS_MATRIX_TIMEOUT", "12", 1);
}

static unsigned shares(unsigned whole)
{
    unsigned count = counts_of(whole);
    const char *less = getenv("NSS_MATRIX_CROWD_SHARE");

    if (less != NULL)
        count /= (unsigned)atol(less);
    return count > 0 ? count : 1;
}

static void threads_and_forks_get_their_own_answers(void **state)
{
    pid_t server = own_serve(own_serve_one);
    unsigned before = count_descriptors();
    pthread_t threads[THREADS];
    unsigned forks = shares(FORKS);

    (void)state;
    have_answers();
    per_thread = shares(LOOKUPS);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, look_up_often, (void *)i), 0);
    for (unsigned i = 0; i < forks; i++)
        assert_int_equal(in_a_child(look_up_in_child, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), 0); /* the server */
    own_stop(server);
    counts_figure("lookups of 64 threads at once, all right", lookups);
    counts_figure("forks meanwhile, each with lookups of its own", forks);
}

struct canceller {
    pthread_t thread;
    const char *name;
    atomic_bool begun;
};

/* Can be cancelled wherever a system call of its own could be. */
static void *be_cancelled(void *argument)
{
    struct canceller *canceller = argument;

    canceller->begun = true;
    for (;;) {
        (void)call(canceller->name);
        pthread_testcancel();
    }
    return NULL;
}

static void cancelled_lookups_leave_nothing(void **state)
{
    static const char *const NAMES[] = {
        "silent.misbehaves.example.matrix", "asked.misbehaves.example.matrix",
        "one.example.matrix", "hangs-up.to-spawn.example.matrix"};
    pid_t server = own_serve(own_serve_one);
    unsigned before = count_descriptors();
    unsigned cancelled = shares(CANCELLED);

    (void)state;
    have_answers();
    setenv("NSS_MATRIX_TIMEOUT", "0.1", 1);
    for (unsigned done = 0; done < cancelled; done += CANCELLED_AT_A_TIME) {
        struct canceller all[CANCELLED_AT_A_TIME] = {0};
        void *result;

        for (size_t i = 0; i < CANCELLED_AT_A_TIME; i++) {
            all[i].name = NAMES[i % ARRAY_SIZE(NAMES)];
            assert_int_equal(
                pthread_create(&all[i].thread, NULL, be_cancelled, &all[i]), 0);
        }
        for (size_t i = 0; i < CANCELLED_AT_A_TIME; i++) {
            while (!all[i].begun)
                sched_yield();
            assert_int_equal(pthread_cancel(all[i].thread), 0);
        }
        /* a lookup beside those that are cancelled is none the worse */
        assert_true(is_right(0));
        for (size_t i = 0; i < CANCELLED_AT_A_TIME; i++) {
            assert_int_equal(pthread_join(all[i].thread, &result), 0);
            assert_ptr_equal(result, PTHREAD_CANCELED);
        }
    }
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), 0);
    own_stop(server);
    counts_figure("lookups cancelled", cancelled);
}

/* Says nothing before the test says so. */
static struct {
    int asked, answer; /* ends of pipes */
} gate;

static void *serve_when_told(void *argument)
{
    char octet;
    struct pollfd told = {.fd = gate.answer, .events = POLLIN};
    char peeked[400];

    if (recv((int)(intptr_t)argument, peeked, sizeof(peeked), MSG_PEEK) > 0)
        (void)!write(gate.asked, "x", 1);
    poll(&told, 1, MISBEHAVE_PATIENCE_MS);
    (void)!read(gate.answer, &octet, 1);
    return own_serve_one(argument);
}

static void *look_up_one(void *argument)
{
    return (void *)(uintptr_t)is_right((unsigned)(uintptr_t)argument);
}

enum {
    ASKED = 6, /* in the cast: by the socket */
};

/* Both wait for the helper; one is to be cancelled, the other goes on. */
static void a_lookup_beside_a_cancelled_one_is_right(void **state)
{
    int asked[2], answer[2];
    pthread_t cancelled, other;
    unsigned before = count_descriptors();
    char octets[2];
    void *result;
    pid_t server;

    (void)state;
    assert_int_equal(pipe2(asked, O_CLOEXEC), 0);
    assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
    gate.asked = asked[1];
    gate.answer = answer[0];
    server = own_serve(serve_when_told);
    have_answers();
    assert_int_equal(
        pthread_create(&cancelled, NULL, be_cancelled,
                       &(struct canceller){.name = CAST[ASKED].name}),
        0);
    assert_int_equal(
        pthread_create(&other, NULL, look_up_one, (void *)(uintptr_t)ASKED), 0);
    for (unsigned i = 0; i < 2; i++) /* both are being asked now */
        assert_int_equal(read(asked[0], octets, 1), 1);
    assert_int_equal(pthread_cancel(cancelled), 0);
    assert_int_equal(write(answer[1], "xx", 2), 2);
    assert_int_equal(pthread_join(other, &result), 0);
    assert_true(result != NULL);
    assert_int_equal(pthread_join(cancelled, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    own_stop(server);
    for (unsigned i = 0; i < 2; i++) {
        close(asked[i]);
        close(answer[i]);
    }
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OWN_WORLD(threads_and_forks_get_their_own_answers),
        IN_OWN_WORLD(cancelled_lookups_leave_nothing),
        IN_OWN_WORLD(a_lookup_beside_a_cancelled_one_is_right),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("nss crowd", tests, own_make,
                                       world_remove);
}
