/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache as the thin layer sees it: hits, and records that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "cache_world.h"

static void a_good_record_is_a_hit(void **state)
{
    struct record record;
    unsigned before = open_descriptors();

    (void)state;
    errno = 4711;
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "fed.example.net");
    assert_int_equal(record.target_count, 2);
    assert_int_equal(errno, 4711);
    assert_int_equal(open_descriptors(), before);
    /* found by the key, in whatever letters it was asked */
    assert_int_equal(read_system("EXAMPLE.org.", &record), STATUS_OK);
}

static void other_names_are_misses(void **state)
{
    struct record record;

    (void)state;
    assert_int_equal(read_system("example.com", &record), STATUS_MISS);
    assert_int_equal(read_system("example.org:8448", &record), STATUS_MISS);
}

static void ip_literals_have_files_too(void **state)
{
    static const char *const NAMES[] = {"192.0.2.1", "192.0.2.1:443",
                                        "[2001:db8::1]", "[2001:db8::1]:443"};
    struct record record;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        struct sample sample = sample_answer(NAMES[i], SAMPLE_NOW);

        place_record(place("cache"), &sample, place_user());
        assert_int_equal(read_system(NAMES[i], &record), STATUS_OK);
    }
}

/* `..` is a server name by the grammar, and a directory by nature. */
static void names_that_dns_cannot_hold_are_no_files(void **state)
{
    static const char *const NAMES[] = {".", "..", "...", ".x", "a..b"};
    char text[LIMIT_RECORD];
    struct record record;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        struct server_name name = name_of(NAMES[i]);
        struct sample sample = sample_answer(name.key, SAMPLE_NOW);
        size_t length = sample_write(&sample, text, sizeof(text));
        char path[PLACE_MAX];

        snprintf(path, sizeof(path), "cache/v1/%s", name.key);
        if (strspn(name.key, ".") != strlen(name.key))
            place_file(place(path), text, length, place_user());
        assert_int_equal(read_system(NAMES[i], &record), STATUS_MISS);
    }
}

static void the_wrong_record_in_the_file_is_a_miss(void **state)
{
    struct sample sample = sample_answer("example.com", SAMPLE_NOW);
    char text[LIMIT_RECORD];
    size_t length = sample_write(&sample, text, sizeof(text));

    (void)state;
    place_file(place("cache/v1/" NAME), text, length, place_user());
    assert_miss();
}

static void other_settings_are_a_miss(void **state)
{
    static const char *const OTHERS[] = {"conf=none,overrides=none2",
                                         "conf=none,overrides=non", "", "-",
                                         "conf=1.2.3.4,overrides=none"};
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(OTHERS); i++) {
        sample.settings = OTHERS[i];
        place_record(place("cache"), &sample, place_user());
        assert_miss();
    }
}

static void a_record_is_in_force_until_it_expires(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW - SAMPLE_LIFE);
    struct record record;

    (void)state;
    place_record(place("cache"), &sample, place_user());
    assert_miss(); /* expires @now */
    sample.expires = SAMPLE_NOW + 1;
    place_record(place("cache"), &sample, place_user());
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
    sample.expires = SAMPLE_NOW + LIMIT_LIFE_S + 1;
    place_record(place("cache"), &sample, place_user());
    assert_miss(); /* nothing lives that long */
}

static void failures_are_hits_too(void **state)
{
    struct sample sample = sample_failure(NAME, SAMPLE_NOW, "no-address");
    struct record record;

    (void)state;
    place_record(place("cache"), &sample, place_user());
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
    assert_int_equal(record.error, ERROR_NO_ADDRESS);
}

static void another_version_is_a_miss(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    (void)state;
    sample.version = "2";
    place_record(place("cache"), &sample, place_user());
    assert_miss();
}

static void a_file_cut_anywhere_is_a_miss(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    char text[LIMIT_RECORD];
    size_t length = sample_write(&sample, text, sizeof(text));

    (void)state;
    for (size_t cut = 0; cut < length; cut++) {
        struct record record;

        place_file(place("cache/v1/" NAME), text, cut, place_user());
        assert_int_equal(read_system(NAME, &record), STATUS_MISS);
    }
}

static void a_file_of_1_mb_is_a_miss(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    char *text = calloc(1, 1024 * 1024);

    (void)state;
    assert_non_null(text);
    place_file(place("cache/v1/" NAME), text, 1024 * 1024, place_user());
    assert_miss();
    (void)sample_write(&sample, text, LIMIT_RECORD);
    place_file(place("cache/v1/" NAME), text, 1024 * 1024, place_user());
    assert_miss();
    free(text);
}

static void the_users_cache_is_where_xdg_says(void **state)
{
    char path[PLACE_MAX];

    (void)state;
    assert_int_equal(cache_user_directory(path, sizeof(path)), STATUS_MISS);
    setenv("HOME", "/home/me", 1);
    assert_int_equal(cache_user_directory(path, sizeof(path)), STATUS_OK);
    assert_string_equal(path, "/home/me/.cache/nss-matrix");
    setenv("XDG_CACHE_HOME", "", 1);
    assert_int_equal(cache_user_directory(path, sizeof(path)), STATUS_OK);
    assert_string_equal(path, "/home/me/.cache/nss-matrix");
    setenv("XDG_CACHE_HOME", "relative", 1);
    assert_int_equal(cache_user_directory(path, sizeof(path)), STATUS_OK);
    assert_string_equal(path, "/home/me/.cache/nss-matrix");
    setenv("XDG_CACHE_HOME", "/var/mine", 1);
    assert_int_equal(cache_user_directory(path, sizeof(path)), STATUS_OK);
    assert_string_equal(path, "/var/mine/nss-matrix");
    assert_int_equal(cache_user_directory(path, 10), STATUS_TOO_BIG);
}

static enum status read_user(struct record *record)
{
    struct server_name name = name_of(NAME);

    return cache_read_user(&name, &SETTINGS, SAMPLE_NOW, record);
}

static void the_user_reads_his_own_records(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    struct record record;

    (void)state;
    place_directory(place("xdg"), place_user());
    place_record(place("xdg/nss-matrix"), &sample, place_user());
    setenv("XDG_CACHE_HOME", place("xdg"), 1);
    place_be_user();
    errno = 4711;
    assert_int_equal(read_user(&record), STATUS_OK);
    assert_int_equal(errno, 4711);
    place_be_self();
    if (getuid() != 0) {
        print_message("# not looked at: only root can give files away\n");
        return;
    }
    place_record(place("xdg/nss-matrix"), &sample, 0);
    assert_int_equal(read_user(&record), STATUS_MISS); /* uid 0: never */
    place_record(place("xdg/nss-matrix"), &sample, 1234);
    place_be_user();
    assert_int_equal(read_user(&record), STATUS_MISS);
}

/* A reader sees the old record or the new one, whole. */
static void a_record_being_replaced_is_never_mixed(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);
    char text[2][LIMIT_RECORD];
    size_t length[2];
    struct record record;
    pid_t writer;

    (void)state;
    length[0] = sample_write(&sample, text[0], sizeof(text[0]));
    sample.host = sample.tls_name = sample.cert_name = "other.example";
    length[1] = sample_write(&sample, text[1], sizeof(text[1]));
    writer = fork();
    assert_true(writer >= 0);
    if (writer == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* should an assertion fail */
    for (unsigned i = 0; writer == 0; i++) {
        place_file(place("cache/v1/new"), text[i % 2], length[i % 2],
                   place_user());
        if (rename(place("cache/v1/new"), place("cache/v1/" NAME)) != 0)
            _exit(1);
    }
    for (unsigned i = 0; i < 20000; i++) {
        assert_int_equal(read_system(NAME, &record), STATUS_OK);
        assert_string_equal(record.host, record.cert_name);
    }
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
}

#define WITH_RECORD(test) cmocka_unit_test_setup_teardown(test, fill, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RECORD(a_good_record_is_a_hit),
        WITH_RECORD(other_names_are_misses),
        WITH_RECORD(ip_literals_have_files_too),
        WITH_RECORD(names_that_dns_cannot_hold_are_no_files),
        WITH_RECORD(the_wrong_record_in_the_file_is_a_miss),
        WITH_RECORD(other_settings_are_a_miss),
        WITH_RECORD(a_record_is_in_force_until_it_expires),
        WITH_RECORD(failures_are_hits_too),
        WITH_RECORD(another_version_is_a_miss),
        WITH_RECORD(a_file_cut_anywhere_is_a_miss),
        WITH_RECORD(a_file_of_1_mb_is_a_miss),
        WITH_RECORD(the_users_cache_is_where_xdg_says),
        WITH_RECORD(the_user_reads_his_own_records),
        WITH_RECORD(a_record_being_replaced_is_never_mixed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_read", tests, place_make,
                                       place_remove);
}
