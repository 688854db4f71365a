/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cache that is written while it is read, and whose writers are killed:
 * every read is the old record or the new one, whole, and so are pieces; of
 * what the dead leave nothing stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "cache_read.h"
#include "cache_sample.h"
#include "counts.h"
#include "piece_sample.h"

#define NAME "example.org"

enum {
    RENAMES = 100000,
    PER_WRITE = 2, /* record and pieces */
    READERS = 8,
    KILLS = 1000,
    HOUR_S = 3600,
};

/* Two answers that have nothing in common, of different sizes. */
struct generation {
    const char *host;
    unsigned targets; /* and pieces */
    char record[LIMIT_RECORD + 1];
    size_t length;
    char *pieces;
    size_t pieces_length;
};

static struct generation generations[] = {
    {.host = "old.example", .targets = 3},
    {.host = "new.example.net", .targets = 40},
};

/* What all processes of a test see. */
static struct {
    atomic_bool enough;
    atomic_uint reads, writes;
} * shared;

static struct cache_place user;
static struct server_name name;

static void make_pieces(struct generation *generation)
{
    struct pieces pieces = {0};
    char of_host[64];

    for (unsigned i = 0; i < generation->targets; i++) {
        snprintf(of_host, sizeof(of_host), "h%u.%s", i, generation->host);
        struct piece *piece =
            piece_sample(PIECE_ADDRESSES, of_host, FINDING_FOUND);

        snprintf(piece->detail, sizeof(piece->detail), "%s", generation->host);
        for (unsigned j = 0; j < LIMIT_ADDRESSES; j++)
            piece_sample_address(piece, "2001:db8:1:2:3:4:5:6");
        piece_sample_put(&pieces, piece);
    }
    assert_int_equal(pieces_write(&pieces, CACHE_SAMPLE_SETTINGS.token,
                                  &generation->pieces,
                                  &generation->pieces_length),
                     STATUS_OK);
    pieces_done(&pieces);
}

static void make_generation(struct generation *generation)
{
    struct sample sample = sample_answer(NAME, PIECE_SAMPLE_NOW);
    char targets[LIMIT_RECORD] = "";
    size_t length = 0;

    for (unsigned i = 0; i < generation->targets; i++)
        length += (size_t)snprintf(targets + length, sizeof(targets) - length,
                                   "target 192.0.2.%u 8448 0 0 h%u.%s\n", i, i,
                                   generation->host);
    sample.host = sample.tls_name = sample.cert_name = generation->host;
    sample.targets = targets;
    generation->length =
        sample_write(&sample, generation->record, sizeof(generation->record));
    make_pieces(generation);
}

static enum status write_generation(const struct generation *generation)
{
    return cache_write(&user, &name, generation->record, generation->length,
                       generation->pieces, generation->pieces_length);
}

static int make(void **state)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make_generation(&generations[0]);
    make_generation(&generations[1]);
    /* In memory where that is possible: a disk would be the slowest part. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    return shared != MAP_FAILED ? place_make(state) : -1;
}

static int unmake(void **state)
{
    free(generations[0].pieces);
    free(generations[1].pieces);
    munmap(shared, sizeof(*shared));
    return place_remove(state);
}

static int begin(void **state)
{
    (void)state;
    cache_sample_home("home");
    cache_sample_name(NAME, &name);
    place_be_user();
    shared->enough = false;
    shared->reads = shared->writes = 0;
    return cache_own_place(&CACHE_SAMPLE_SETTINGS, &user) == STATUS_OK &&
                   write_generation(&generations[0]) == STATUS_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    (void)state;
    place_be_self();
    return 0;
}

/* Which one it is: the old (0) or the new (1), whole; -1 if it is neither. */
static int judge_record(void)
{
    struct record record;
    int which;

    if (cache_read_user(&name, &CACHE_SAMPLE_SETTINGS, PIECE_SAMPLE_NOW,
                        &record) != STATUS_OK)
        return -1;
    which = strcmp(record.host, generations[1].host) == 0;
    if (strcmp(record.host, generations[which].host) != 0 ||
        strcmp(record.cert_name, record.host) != 0 ||
        strcmp(record.tls_name, record.host) != 0 ||
        record.target_count != generations[which].targets)
        return -1;
    for (unsigned i = 0; i < record.target_count; i++) {
        struct record_target target = record_target(&record, i);

        if (target.address.bytes[3] != i ||
            strstr(target.name, record.host) == NULL)
            return -1;
    }
    return which;
}

static int judge_pieces(void)
{
    struct pieces pieces = {0};
    int which = -1;

    if (cache_read_pieces(&user, &name, &CACHE_SAMPLE_SETTINGS,
                          PIECE_SAMPLE_NOW, &pieces) != STATUS_OK)
        return -1;
    for (unsigned i = 0; i < ARRAY_SIZE(generations); i++)
        if (pieces.count == generations[i].targets)
            which = (int)i;
    for (unsigned i = 0; i < pieces.count && which >= 0; i++)
        if (strcmp(pieces.list[i]->detail, generations[which].host) != 0 ||
            pieces.list[i]->address_count != LIMIT_ADDRESSES)
            which = -1;
    pieces_done(&pieces);
    return which;
}

/* Ends with the number of bad reads. */
static _Noreturn void be_reader(void)
{
    unsigned bad = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; !shared->enough; i++) {
        if (judge_record() < 0)
            bad++;
        if (i % 8 == 0 && judge_pieces() < 0)
            bad++;
        shared->reads++;
    }
    _exit(bad < 100 ? (int)bad : 100);
}

static void records_being_replaced_are_old_or_new_never_mixed(void **state)
{
    unsigned renames = counts_of(RENAMES);
    enum status written = STATUS_OK;
    pid_t readers[READERS];
    int bad = 0; /* wait statuses */

    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        readers[i] = fork();
        assert_true(readers[i] >= 0);
        if (readers[i] == 0)
            be_reader();
    }
    while (shared->reads < READERS)
        sched_yield();
    for (unsigned i = 0; i < renames / PER_WRITE && written == STATUS_OK; i++)
        written = write_generation(&generations[i % 2]);
    /* No assertion before all readers have ended: they would live on. */
    shared->enough = true;
    for (size_t i = 0; i < READERS; i++) {
        int status = -1;

        waitpid(readers[i], &status, 0);
        bad |= status;
    }
    assert_int_equal(written, STATUS_OK);
    assert_int_equal(bad, 0);
    assert_int_equal(cache_sample_count(&user, "/v1", "~tmp."), 0);
    counts_figure("renames against 8 readers", renames);
    counts_figure("reads meanwhile, each old or new", shared->reads);
}

static _Noreturn void be_writer(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0;; i++) {
        if (write_generation(&generations[i % 2]) != STATUS_OK)
            _exit(1);
        shared->writes++;
    }
}

/* Kills a writer just when it has begun or changed a file, or anywhere. */
static void kill_one(uint32_t events)
{
    AUTO(close_fd) int watch = inotify_init1(IN_CLOEXEC);
    char path[PATH_MAX], event[4096];
    unsigned written = shared->writes;
    pid_t writer;
    int status;

    cache_sample_path(&user, "/v1", path);
    assert_true(inotify_add_watch(watch, path, events | IN_ONLYDIR) >= 0);
    writer = fork();
    assert_true(writer >= 0);
    if (writer == 0)
        be_writer();
    while (shared->writes == written && waitpid(writer, &status, WNOHANG) == 0)
        sched_yield();
    assert_true(read(watch, event, sizeof(event)) > 0);
    assert_int_equal(kill(writer, SIGKILL), 0);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Makes the temporary files so old that nobody can be writing them. */
static void age_temporaries(void)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - HOUR_S - 60},
                                {.tv_sec = time(NULL) - HOUR_S - 60}};
    const struct dirent *entry;
    char path[PATH_MAX];
    DIR *directory;

    cache_sample_path(&user, "/v1", path);
    directory = opendir(path);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, "~tmp.", 5) == 0)
            assert_int_equal(
                utimensat(dirfd(directory), entry->d_name, times, 0), 0);
    closedir(directory);
}

static void a_writer_killed_anywhere_leaves_old_or_new(void **state)
{
    static const uint32_t EVENTS[] = {IN_CREATE, IN_MODIFY, IN_MOVED_FROM};
    unsigned kills = counts_of(KILLS);
    unsigned left;

    (void)state;
    for (unsigned i = 0; i < kills; i++) {
        kill_one(EVENTS[i % ARRAY_SIZE(EVENTS)]);
        assert_in_range(judge_record(), 0, 1);
        assert_in_range(judge_pieces(), 0, 1);
    }
    left = cache_sample_count(&user, "/v1", "~tmp.");
    assert_in_range(left, 1, kills); /* at most one each; and it did hit */
    counts_figure("writers killed with SIGKILL", kills);
    counts_figure("of them in the middle of a file", left);
    cache_prune(&user, time(NULL));
    assert_int_equal(cache_sample_count(&user, "/v1", "~tmp."), left);
    age_temporaries();
    cache_prune(&user, time(NULL) + HOUR_S + 60);
    assert_int_equal(cache_sample_count(&user, "/v1", "~tmp."), 0);
    assert_in_range(judge_record(), 0, 1);
    assert_in_range(judge_pieces(), 0, 1);
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(records_being_replaced_are_old_or_new_never_mixed),
        CACHE_TEST(a_writer_killed_anywhere_leaves_old_or_new),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_race", tests, make, unmake);
}
