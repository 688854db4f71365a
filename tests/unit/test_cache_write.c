/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing the cache of an ordinary user, whom root becomes for it. What other
 * processes have to do with it is in test_cache_lock.c.
 */
#include "cache_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>

#include "cache_sample.h"
#include "piece_sample.h"
#include "place.h"

static struct cache_place user;
static struct server_name name;

static int begin(void **state)
{
    (void)state;
    cache_sample_home("home");
    cache_sample_name("example.org", &name);
    place_be_user();
    return cache_own_place(&CACHE_SAMPLE_SETTINGS, &user) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    place_be_self();
    return 0;
}

static enum status write_as(const char *record)
{
    return cache_write(&user, &name, record, strlen(record), "pieces", 6);
}

/* The whole file below the user's cache; "" if it is not there. */
static const char *content(const char *below)
{
    static char text[256];
    char path[PATH_MAX];
    size_t length = 0;
    FILE *file;

    cache_sample_path(&user, below, path);
    file = fopen(path, "re");
    if (file != NULL) {
        length = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return text;
}

static unsigned mode_of(const struct cache_place *place_, const char *below)
{
    char path[PATH_MAX];
    struct stat found;

    cache_sample_path(place_, below, path);
    assert_int_equal(lstat(path, &found), 0);
    return found.st_mode & 07777;
}

static unsigned temporary_files(void)
{
    return cache_sample_count(&user, "/v1", "~tmp.");
}

static void the_users_place_is_below_the_cache_home(void **state)
{
    char path[PATH_MAX];

    (void)state;
    snprintf(path, sizeof(path), "%s/nss-matrix", place("home"));
    assert_false(user.system);
    assert_string_equal(user.directory, path);
}

static void without_a_home_there_is_no_place(void **state)
{
    struct cache_place none;

    (void)state;
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(cache_own_place(&CACHE_SAMPLE_SETTINGS, &none),
                     STATUS_MISS);
}

static void root_writes_to_the_systems_place_or_nowhere(void **state)
{
    const struct settings overridden = {.overridden = true};
    struct cache_place own;

    (void)state;
    place_be_self();
    if (getuid() != 0)
        return;
    assert_int_equal(cache_own_place(&CACHE_SAMPLE_SETTINGS, &own), STATUS_OK);
    assert_true(own.system);
    assert_string_equal(own.directory, NSS_MATRIX_CACHE_DIR);
    assert_int_equal(cache_own_place(&overridden, &own), STATUS_MISS);
}

static void writes_record_and_pieces(void **state)
{
    (void)state;
    assert_int_equal(write_as("record"), STATUS_OK);
    assert_string_equal(content("/v1/example.org"), "record");
    assert_string_equal(content("/v1/~pieces/example.org"), "pieces");
    assert_int_equal(temporary_files(), 0);
}

static void a_users_directories_are_the_users_alone(void **state)
{
    mode_t before = umask(0);

    (void)state;
    assert_int_equal(write_as("record"), STATUS_OK);
    umask(before);
    assert_int_equal(mode_of(&user, ""), 0700);
    assert_int_equal(mode_of(&user, "/v1"), 0700);
    assert_int_equal(mode_of(&user, "/v1/~pieces"), 0700);
    assert_int_equal(mode_of(&user, "/v1/~locks"), 0700);
    assert_int_equal(mode_of(&user, "/v1/example.org"), 0644);
    assert_int_equal(mode_of(&user, "/v1/~pieces/example.org"), 0644);
}

static void the_systems_cache_can_be_asked_but_not_listed(void **state)
{
    struct cache_place system = {.system = true};
    mode_t before;

    (void)state;
    snprintf(system.directory, sizeof(system.directory), "%s", place("home/s"));
    before = umask(077);
    assert_int_equal(cache_write(&system, &name, "r", 1, "p", 1), STATUS_OK);
    umask(before);
    assert_int_equal(mode_of(&system, ""), 0711);
    assert_int_equal(mode_of(&system, "/v1"), 0711);
    assert_int_equal(mode_of(&system, "/v1/~pieces"), 0711);
    assert_int_equal(mode_of(&system, "/v1/~locks"), 0700);
    assert_int_equal(mode_of(&system, "/v1/example.org"), 0644);
    assert_int_equal(mode_of(&system, "/v1/~pieces/example.org"), 0644);
}

static void the_systems_parents_are_not_made(void **state)
{
    struct cache_place system = {.system = true};

    (void)state;
    snprintf(system.directory, sizeof(system.directory), "%s",
             place("home/a/b"));
    assert_int_equal(cache_write(&system, &name, "r", 1, "p", 1),
                     STATUS_UNAVAILABLE);
}

static void a_users_parents_are_made_for_the_user_alone(void **state)
{
    struct stat found;

    (void)state;
    setenv("XDG_CACHE_HOME", place("home/not/yet"), 1);
    assert_int_equal(cache_own_place(&CACHE_SAMPLE_SETTINGS, &user), STATUS_OK);
    assert_int_equal(write_as("record"), STATUS_OK);
    assert_string_equal(content("/v1/example.org"), "record");
    assert_int_equal(stat(place("home/not"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
}

static void who_reads_the_old_file_goes_on_reading_it(void **state)
{
    char path[PATH_MAX];
    char text[16];
    int old;

    (void)state;
    assert_int_equal(write_as("old"), STATUS_OK);
    cache_sample_path(&user, "/v1/example.org", path);
    old = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(old >= 0);
    assert_int_equal(write_as("newer"), STATUS_OK);
    assert_int_equal(read(old, text, sizeof(text)), 3);
    assert_memory_equal(text, "old", 3);
    assert_string_equal(content("/v1/example.org"), "newer");
    close(old);
}

/* As if the disk were full: files of more than a few octets fail. */
static void a_full_disk_leaves_the_old_file_whole(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    struct rlimit limit, small;
    enum status status;

    (void)state;
    assert_int_equal(write_as("old"), STATUS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 8, .rlim_max = limit.rlim_max};
    sigaction(SIGXFSZ, &ignore, &before);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = write_as("more than eight octets");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    sigaction(SIGXFSZ, &before, NULL);
    assert_int_equal(status, STATUS_UNAVAILABLE);
    assert_string_equal(content("/v1/example.org"), "old");
    assert_int_equal(temporary_files(), 0);
}

static void a_read_only_cache_stays_as_it_is(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(write_as("old"), STATUS_OK);
    cache_sample_path(&user, "/v1", path);
    assert_int_equal(chmod(path, 0500), 0);
    assert_int_equal(write_as("new"), STATUS_UNAVAILABLE);
    assert_int_equal(cache_remove(&user, "example.org"), STATUS_UNAVAILABLE);
    assert_int_equal(chmod(path, 0700), 0);
    assert_string_equal(content("/v1/example.org"), "old");
    assert_int_equal(temporary_files(), 0);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(write_as("old"), STATUS_OK);
    cache_sample_path(&user, "/v1/example.org", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(write_as("new"), STATUS_OK);
    assert_string_equal(content("/v1/elsewhere"), "");
    assert_string_equal(content("/v1/example.org"), "new");
}

static void no_name_leads_out_of_the_directory(void **state)
{
    static const char *const NAMES[] = {".", "..", "a..b", "..:80"};
    struct cache_place place_ = user;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        struct server_name out;
        int lock = -1;

        if (server_name_parse(NAMES[i], strlen(NAMES[i]), &out) != STATUS_OK)
            continue;
        assert_int_equal(cache_write(&place_, &out, "r", 1, "p", 1),
                         STATUS_UNAVAILABLE);
        assert_int_equal(cache_lock(&place_, &out, 0, &lock), STATUS_MISS);
    }
}

static void the_longest_name_is_a_file(void **state)
{
    char longest[LIMIT_SERVER_NAME + 1];

    (void)state;
    for (size_t i = 0; i < LIMIT_SERVER_NAME; i++)
        longest[i] = i % 60 == 59 ? '.' : 'a';
    memcpy(longest + LIMIT_SERVER_NAME - 6, ":65535", 7);
    cache_sample_name(longest, &name);
    assert_true(name.resolvable);
    assert_int_equal(write_as("record"), STATUS_OK);
    assert_int_equal(cache_remove(&user, name.key), STATUS_OK);
}

/* Pieces as the helper writes them, read as the next one does. */
static enum status read_back(const char *settings, unsigned *ret_count)
{
    struct settings other = {0};
    struct pieces pieces = {0};
    enum status status;

    memcpy(other.token, settings, strlen(settings) + 1);
    status = cache_read_pieces(&user, &name, &other, PIECE_SAMPLE_NOW, &pieces);
    *ret_count = pieces.count;
    pieces_done(&pieces);
    return status;
}

static void write_pieces(void)
{
    struct pieces pieces = {0};
    char *text;
    size_t length;

    piece_sample_put(
        &pieces, piece_sample(PIECE_ADDRESSES, "example.org", FINDING_NONE));
    assert_int_equal(
        pieces_write(&pieces, CACHE_SAMPLE_SETTINGS.token, &text, &length),
        STATUS_OK);
    assert_int_equal(cache_write(&user, &name, "r", 1, text, length),
                     STATUS_OK);
    pieces_done(&pieces);
    free(text);
}

static void pieces_are_read_back_under_their_settings(void **state)
{
    unsigned count;

    (void)state;
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count),
                     STATUS_MISS);
    write_pieces();
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(read_back("conf=1.2.3.4,overrides=none", &count),
                     STATUS_MISS);
}

static void pieces_that_others_may_write_are_not_read(void **state)
{
    char path[PATH_MAX];
    unsigned count;

    (void)state;
    write_pieces();
    cache_sample_path(&user, "/v1/~pieces/example.org", path);
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count),
                     STATUS_MISS);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(chmod(user.directory, 0770), 0);
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count),
                     STATUS_MISS);
    assert_int_equal(chmod(user.directory, 0700), 0);
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count), STATUS_OK);
}

static void too_big_a_file_is_not_read(void **state)
{
    char path[PATH_MAX];
    unsigned count;

    (void)state;
    write_pieces();
    cache_sample_path(&user, "/v1/~pieces/example.org", path);
    assert_int_equal(truncate(path, PIECES_TEXT_MAX + 1), 0);
    assert_int_equal(read_back(CACHE_SAMPLE_SETTINGS.token, &count),
                     STATUS_MISS);
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(the_users_place_is_below_the_cache_home),
        CACHE_TEST(without_a_home_there_is_no_place),
        CACHE_TEST(root_writes_to_the_systems_place_or_nowhere),
        CACHE_TEST(writes_record_and_pieces),
        CACHE_TEST(a_users_directories_are_the_users_alone),
        CACHE_TEST(the_systems_cache_can_be_asked_but_not_listed),
        CACHE_TEST(the_systems_parents_are_not_made),
        CACHE_TEST(a_users_parents_are_made_for_the_user_alone),
        CACHE_TEST(who_reads_the_old_file_goes_on_reading_it),
        CACHE_TEST(a_full_disk_leaves_the_old_file_whole),
        CACHE_TEST(a_read_only_cache_stays_as_it_is),
        CACHE_TEST(a_link_is_replaced_and_not_followed),
        CACHE_TEST(no_name_leads_out_of_the_directory),
        CACHE_TEST(the_longest_name_is_a_file),
        CACHE_TEST(pieces_are_read_back_under_their_settings),
        CACHE_TEST(pieces_that_others_may_write_are_not_read),
        CACHE_TEST(too_big_a_file_is_not_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_write", tests, place_make,
                                       place_remove);
}
