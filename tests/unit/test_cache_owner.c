/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose a cache may be: what others can write to is neither read nor written,
 * another user's is not believed, and root in the cache of the service's user
 * goes no further than that user could.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/fsuid.h>
#include <time.h>

#include "cache_read.h"
#include "cache_sample.h"

enum {
    STRANGER = 1234,
};

static struct server_name name;

static int begin(void **state)
{
    (void)state;
    cache_sample_home("home");
    cache_sample_name("example.org", &name);
    return 0;
}

static int end(void **state)
{
    (void)state;
    place_be_self();
    return 0;
}

static bool is_root(void)
{
    if (getuid() != 0)
        print_message("# not looked at: only root can give files away\n");
    return getuid() == 0;
}

static enum status read_user(void)
{
    struct record record;

    return cache_read_user(&name, &CACHE_SAMPLE_SETTINGS, SAMPLE_NOW, &record);
}

static enum status own_place(void)
{
    struct cache_place own;

    return cache_own_place(&CACHE_SAMPLE_SETTINGS, &own);
}

static void a_users_cache_that_others_may_write_to_is_no_cache(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);
    static const mode_t OPEN[] = {0777, 0770, 0702};
    const char *cache = place("home/nss-matrix");

    (void)state;
    place_record(cache, &sample, place_user());
    place_be_user();
    assert_int_equal(read_user(), STATUS_OK);
    assert_int_equal(own_place(), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(OPEN); i++) {
        assert_int_equal(chmod(cache, OPEN[i]), 0);
        assert_int_equal(read_user(), STATUS_MISS);
        assert_int_equal(own_place(), STATUS_MISS);
    }
    assert_int_equal(chmod(cache, 0700), 0);
    assert_int_equal(read_user(), STATUS_OK);
}

static void another_users_cache_is_no_cache(void **state)
{
    struct sample sample = sample_answer("example.org", SAMPLE_NOW);

    (void)state;
    if (!is_root())
        return;
    /* Even with a file in it that is one's own, by a hard link. */
    place_record(place("home/nss-matrix"), &sample, place_user());
    assert_int_equal(chown(place("home/nss-matrix"), STRANGER, 0), 0);
    place_be_user();
    assert_int_equal(read_user(), STATUS_MISS);
    assert_int_equal(own_place(), STATUS_MISS);
    place_be_self();
    /* Nor with files that are that user's, as they would be. */
    place_record(place("home/nss-matrix"), &sample, STRANGER);
    place_be_user();
    assert_int_equal(read_user(), STATUS_MISS);
}

static void something_else_in_its_place_is_no_cache(void **state)
{
    (void)state;
    place_file(place("home/nss-matrix"), "", 0, place_user());
    place_be_user();
    assert_int_equal(own_place(), STATUS_MISS);
}

/* The service user's cache, with a link of that user's where below is. */
static struct cache_place trap(const char *below)
{
    struct cache_place place_ = {.system = true};
    char path[PATH_MAX];

    place_directory(place("root"), 0);
    assert_int_equal(chmod(place("root"), 0775), 0); /* root's groups too */
    place_file(place("root/example.org"), "secret", 6, 0);
    assert_int_equal(chmod(place("root/example.org"), 0600), 0);
    snprintf(place_.directory, sizeof(place_.directory), "%s",
             place("home/system"));
    place_directory(place_.directory, PLACE_NOBODY);
    if (strcmp(below, "/v1") != 0) {
        cache_sample_path(&place_, "/v1", path);
        place_directory(path, PLACE_NOBODY);
    }
    cache_sample_path(&place_, below, path);
    assert_int_equal(symlink(place("root"), path), 0);
    return place_;
}

/* Root's file is as it was. */
static void assert_untouched(void)
{
    struct stat found;

    assert_int_equal(stat(place("root/example.org"), &found), 0);
    assert_int_equal(found.st_uid, 0);
    assert_int_equal(found.st_size, 6);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(access(place("root/~locks"), F_OK), -1);
    assert_int_equal(access(place("root/~swept"), F_OK), -1);
}

static void root_follows_no_link_out_of_the_services_cache(void **state)
{
    static const char *const BELOW[] = {"/v1", "/v1/~locks", "/v1/~pieces"};
    static const gid_t MANY[] = {0, 4, 27};
    gid_t before[NGROUPS_MAX], after[NGROUPS_MAX];
    int count = getgroups(NGROUPS_MAX, before);

    (void)state;
    if (!is_root())
        return;
    assert_int_equal(setgroups(ARRAY_SIZE(MANY), MANY), 0);
    for (size_t i = 0; i < ARRAY_SIZE(BELOW); i++) {
        struct cache_place service;
        int lock = -1;

        (void)begin(state);
        service = trap(BELOW[i]);
        (void)!cache_lock(&service, &name, 0, &lock);
        util_close_fd(&lock);
        (void)!cache_write(&service, &name, "record", 6, "pieces", 6);
        (void)!cache_remove(&service, "example.org");
        cache_prune(&service, time(NULL) + 10 * LIMIT_LIFE_S);
        assert_untouched();
        assert_int_equal(setfsuid((uid_t)-1), 0); /* and is itself again */
        assert_int_equal(setfsgid((gid_t)-1), 0);
        assert_int_equal(getgroups(NGROUPS_MAX, after), ARRAY_SIZE(MANY));
        assert_memory_equal(after, MANY, sizeof(MANY));
    }
    assert_int_equal(setgroups((size_t)count, before), 0);
}

static void what_root_makes_in_the_services_cache_is_the_services(void **state)
{
    static const char *const MADE[] = {
        "/v1",        "/v1/~pieces",     "/v1/~pieces/example.org",
        "/v1/~locks", "/v1/example.org", "/v1/~locks/example.org"};
    struct cache_place service = {.system = true};
    struct stat found;
    char path[PATH_MAX];
    int lock = -1;

    (void)state;
    if (!is_root())
        return;
    snprintf(service.directory, sizeof(service.directory), "%s",
             place("home/system"));
    place_directory(service.directory, PLACE_NOBODY);
    assert_int_equal(cache_lock(&service, &name, 0, &lock), STATUS_OK);
    util_close_fd(&lock);
    assert_int_equal(cache_write(&service, &name, "record", 6, "pieces", 6),
                     STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(MADE); i++) {
        cache_sample_path(&service, MADE[i], path);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_uid, PLACE_NOBODY);
    }
}

#define CACHE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(a_users_cache_that_others_may_write_to_is_no_cache),
        CACHE_TEST(another_users_cache_is_no_cache),
        CACHE_TEST(something_else_in_its_place_is_no_cache),
        CACHE_TEST(root_follows_no_link_out_of_the_services_cache),
        CACHE_TEST(what_root_makes_in_the_services_cache_is_the_services),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_owner", tests, place_make,
                                       place_remove);
}
