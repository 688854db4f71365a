/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's own answers. Discovery is played: client_lookup gives what a
 * test has put in `world`, and counts.
 */
#include "names.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "client.h"
#include "cookies.h"
#include "fake_clock.h"
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

static int new_world(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.sample = sample_answer("", time(NULL));
    return 0;
}

/* The answer, or NULL and the status. */
static const struct names_answer *find(const char *pseudo)
{
    const struct names_answer *answer = NULL;
    enum status status = names_find(pseudo, strlen(pseudo), &answer);

    return status == STATUS_OK ? answer : NULL;
}

static enum status status_of(const char *pseudo)
{
    const struct names_answer *answer;

    return names_find(pseudo, strlen(pseudo), &answer);
}

static enum status check(const char *key, const char *ip, uint16_t port)
{
    struct address address;

    assert_true(address_parse(ip, &address));
    return names_check_target(key, &address, port);
}

static void knows_a_pseudo_hostname_by_its_suffix(void **state)
{
    (void)state;
    assert_true(names_is_pseudo("a.matrix", 8));
    assert_true(names_is_pseudo("a.MATRIX.", 9));
    assert_true(names_is_pseudo("a.matrix", 9)); /* the NUL is counted */
    assert_true(names_is_pseudo("!.matrix", 8));
    assert_false(names_is_pseudo("a.xmatrix", 9));
    assert_false(names_is_pseudo("amatrix", 7));
    assert_false(names_is_pseudo("matrix", 6));
    assert_false(names_is_pseudo(".matrix", 7));
    assert_false(names_is_pseudo("a.matrix.example", 16));
    assert_false(names_is_pseudo("a.matrix..", 10));
    assert_false(names_is_pseudo("", 0));
    assert_false(names_is_pseudo("", 1));
}

static void tells_the_four_facts(void **state)
{
    const struct names_answer *answer = find("facts.test.8443.matrix");

    (void)state;
    assert_non_null(answer);
    assert_string_equal(answer->key, "facts.test:8443");
    assert_string_equal(answer->pseudo, "facts.test.8443.matrix");
    assert_string_equal(answer->cert_name, "fed.example.net");
    assert_false(answer->cert_is_ip);
    assert_string_equal(answer->host, "fed.example.net");
    assert_string_equal(answer->step, "3.4");
    assert_string_equal(world.asked, "facts.test:8443");
}

static void a_certificate_for_an_address_is_told_as_such(void **state)
{
    (void)state;
    world.sample.cert_name = "192.0.2.1";
    world.sample.tls_name = "-";
    assert_true(find("ip4.test.matrix")->cert_is_ip);
    world.sample.cert_name = "2001:db8::1";
    assert_true(find("ip6.test.matrix")->cert_is_ip);
}

static void does_not_ask_while_an_answer_is_in_force(void **state)
{
    const struct names_answer *answer = find("once.test.matrix");

    (void)state;
    assert_ptr_equal(find("once.test.matrix"), answer);
    assert_ptr_equal(find("ONCE.test.matrix."), find("ONCE.test.matrix."));
    assert_int_equal(world.lookups, 1);
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    assert_ptr_equal(find("once.test.matrix"), answer);
    assert_int_equal(world.lookups, 2);
}

static void a_record_is_always_asked_for(void **state)
{
    const struct names_answer *answer;
    struct record record;
    const struct names_answer *known = find("record.test.matrix");

    (void)state;
    assert_int_equal(
        names_find_record("record.test.matrix", 18, &record, &answer),
        STATUS_OK);
    assert_ptr_equal(answer, known);
    assert_int_equal(record.target_count, 2);
    assert_int_equal(world.lookups, 2);
}

static void a_changed_answer_is_another_snapshot(void **state)
{
    const struct names_answer *first = find("moved.test.matrix");

    (void)state;
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    world.sample.cert_name = "other.example.net";
    const struct names_answer *second = find("moved.test.matrix");
    assert_ptr_not_equal(second, first);
    assert_string_equal(second->cert_name, "other.example.net");
    assert_string_equal(first->cert_name, "fed.example.net");
    assert_ptr_equal(names_known("moved.test"), second);
}

static void an_undelegated_host_is_in_the_askers_letters(void **state)
{
    (void)state;
    world.sample.step = "6";
    world.sample.host = "letters.test";
    const struct names_answer *large = find("Letters.TEST.matrix");
    const struct names_answer *small = find("letters.test.matrix");
    assert_string_equal(large->host, "Letters.TEST");
    assert_string_equal(large->pseudo, "letters.test.matrix");
    assert_string_equal(small->host, "letters.test");
    assert_int_equal(world.lookups, 1);
    assert_ptr_equal(find("Letters.TEST.matrix"), large);
}

static void hands_the_failure_on_and_says_why(void **state)
{
    (void)state;
    world.sample = sample_failure("", time(NULL), "no-address");
    assert_int_equal(status_of("none.test.matrix"), STATUS_NOT_FOUND);
    assert_string_equal(world.refusal,
                        "none.test.matrix: it is so (no-address)");
    world.sample = sample_failure("", time(NULL), "timeout");
    assert_int_equal(status_of("none.test.matrix"), STATUS_TRY_AGAIN);
    world.status = STATUS_UNAVAILABLE;
    assert_int_equal(status_of("none.test.matrix"), STATUS_UNAVAILABLE);
    world.status = STATUS_NOT_FOUND;
    assert_int_equal(status_of("none.test.matrix"), STATUS_NOT_FOUND);
    assert_int_equal(world.refusals, 4);
    assert_null(names_known("none.test"));
}

static void refuses_what_is_no_server_name_without_asking(void **state)
{
    (void)state;
    assert_int_equal(status_of("under_score.matrix"), STATUS_INVALID);
    assert_int_equal(status_of("127.1.matrix"), STATUS_INVALID);
    assert_int_equal(status_of("a.matrix.matrix"), STATUS_INVALID);
    assert_int_equal(world.refusals, 3);
    assert_int_equal(status_of("a.example"), STATUS_NOT_OURS);
    assert_int_equal(world.refusals, 3);
    assert_int_equal(world.lookups, 0);
}

static void a_failure_does_not_take_what_is_known_away(void **state)
{
    const struct names_answer *answer = find("stays.test.matrix");

    (void)state;
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.status = STATUS_TRY_AGAIN;
    assert_null(find("stays.test.matrix"));
    assert_ptr_equal(names_known("stays.test"), answer);
}

static void says_each_name_once_to_who_wants_to_know(void **state)
{
    (void)state;
    find("verbose.test.matrix");
    assert_string_equal(world.verbose,
                        "verbose.test.matrix: step 3.4, 198.51.100.20 port "
                        "8443 and 1 more, SNI fed.example.net, Host "
                        "fed.example.net");
    find("verbose.test.matrix");
    fake_clock_ahead_s += SAMPLE_LIFE + 1;
    world.sample = sample_answer("", time(NULL));
    find("verbose.test.matrix");
    assert_int_equal(world.verboses, 1);
}

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

struct walk {
    unsigned count;
    const char *first;
    const char *until;
};

static bool visit(void *argument, const struct names_answer *answer)
{
    struct walk *walk = argument;

    if (walk->count++ == 0)
        walk->first = answer->key;
    return walk->until != NULL && strcmp(answer->key, walk->until) == 0;
}

static void visits_every_name_the_newest_first(void **state)
{
    struct walk all = {0};
    struct walk some = {.until = "second.test"};

    (void)state;
    find("first.test.matrix");
    find("second.test.matrix");
    find("third.test.matrix");
    assert_false(names_each(visit, &all));
    assert_true(all.count >= 3);
    assert_string_equal(all.first, "third.test");
    assert_true(names_each(visit, &some));
    assert_int_equal(some.count, 2);
}

static void errno_is_kept(void **state)
{
    (void)state;
    errno = EPROTO;
    find("errno.test.matrix");
    assert_int_equal(errno, EPROTO);
    check("errno2.test", "198.51.100.20", 8443);
    assert_int_equal(errno, EPROTO);
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
    assert_null(names_known("later.test"));
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, new_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(knows_a_pseudo_hostname_by_its_suffix),
        IN_WORLD(tells_the_four_facts),
        IN_WORLD(a_certificate_for_an_address_is_told_as_such),
        IN_WORLD(does_not_ask_while_an_answer_is_in_force),
        IN_WORLD(a_record_is_always_asked_for),
        IN_WORLD(a_changed_answer_is_another_snapshot),
        IN_WORLD(an_undelegated_host_is_in_the_askers_letters),
        IN_WORLD(hands_the_failure_on_and_says_why),
        IN_WORLD(refuses_what_is_no_server_name_without_asking),
        IN_WORLD(a_failure_does_not_take_what_is_known_away),
        IN_WORLD(says_each_name_once_to_who_wants_to_know),
        IN_WORLD(a_target_of_its_own_answer_needs_no_question),
        IN_WORLD(asks_itself_for_a_name_it_never_heard_of),
        IN_WORLD(a_target_that_is_not_in_the_answer_is_refused),
        IN_WORLD(a_key_that_is_none_is_not_asked_for),
        IN_WORLD(visits_every_name_the_newest_first),
        IN_WORLD(errno_is_kept),
        IN_WORLD(answers_that_come_back_take_no_memory),
        IN_WORLD(a_server_with_ever_new_answers_is_refused_in_the_end),
        IN_WORLD(threads_that_come_at_once_get_the_same_snapshot),
        IN_WORLD(a_child_has_its_parents_answers_and_its_own),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
