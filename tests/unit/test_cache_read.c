/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache as the thin layer sees it: whatever is doubtful is a miss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "cache_read.h"
#include "place.h"

#define NAME "example.org"

static const struct settings SETTINGS = {.token = "conf=none,overrides=none"};

static struct server_name name_of(const char *text)
{
    struct server_name name;

    assert_int_equal(server_name_parse(text, strlen(text), &name), STATUS_OK);
    return name;
}

static enum status read_system(const char *name, struct record *record)
{
    struct server_name parsed = name_of(name);

    return cache_read_system(place("cache"), &parsed, &SETTINGS, SAMPLE_NOW,
                             record);
}

static unsigned open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* Before each test: a cache with one good record in it. */
static int fill(void **state)
{
    struct sample sample = sample_answer(NAME, SAMPLE_NOW);

    (void)state;
    place_record(place("cache"), &sample, place_user());
    errno = 0;
    return 0;
}

/* After each: it is as it was, whatever the test put in place of it. */
static int clear(void **state)
{
    (void)state;
    place_be_self();
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    return remove(place("cache/v1/" NAME));
}

/* A miss; and the same descriptors as before, and errno kept. */
static void assert_miss(void)
{
    struct record record;
    unsigned before = open_descriptors();

    errno = 4711;
    assert_int_equal(read_system(NAME, &record), STATUS_MISS);
    assert_int_equal(errno, 4711);
    assert_int_equal(open_descriptors(), before);
}

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

static void a_directory_in_the_way_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(unlink(place("cache/v1/" NAME)), 0);
    place_directory(place("cache/v1/" NAME), place_user());
    assert_miss();
}

/* Without anybody who writes to it, and without waiting for one. */
static void a_fifo_in_the_way_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(unlink(place("cache/v1/" NAME)), 0);
    assert_int_equal(mkfifo(place("cache/v1/" NAME), 0644), 0);
    if (getuid() == 0)
        assert_int_equal(lchown(place("cache/v1/" NAME), place_user(), 0), 0);
    assert_miss();
}

static void a_socket_in_the_way_is_a_miss(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const char *path = place("cache/v1/" NAME);

    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_true(util_copy(address.sun_path, sizeof(address.sun_path), path,
                          strlen(path)));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_miss();
}

static void a_symbolic_link_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(
        rename(place("cache/v1/" NAME), place("cache/v1/other.org")), 0);
    assert_int_equal(symlink("other.org", place("cache/v1/" NAME)), 0);
    assert_miss();
}

static void a_file_that_others_may_write_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    assert_int_equal(chmod(place("cache/v1/" NAME), 0664), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache/v1/" NAME), 0646), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache/v1/" NAME), 0600), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void an_unreadable_file_is_a_miss(void **state)
{
    (void)state;
    assert_int_equal(chmod(place("cache/v1/" NAME), 0000), 0);
    place_be_user();
    assert_miss();
}

static void a_directory_that_others_may_write_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    assert_int_equal(chmod(place("cache"), 0775), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache"), 0757), 0);
    assert_miss();
    assert_int_equal(chmod(place("cache"), 0711), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void a_strangers_file_is_a_miss(void **state)
{
    struct record record;

    (void)state;
    if (getuid() != 0) {
        print_message("# not looked at: only root can give files away\n");
        return;
    }
    assert_int_equal(chown(place("cache/v1/" NAME), 1234, 0), 0);
    assert_miss();
    assert_int_equal(chown(place("cache/v1/" NAME), 0, 0), 0);
    assert_int_equal(read_system(NAME, &record), STATUS_OK);
}

static void no_cache_directory_is_a_miss(void **state)
{
    struct server_name name = name_of(NAME);
    struct record record;

    (void)state;
    assert_int_equal(
        cache_read_system(place("none"), &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
    assert_int_equal(
        cache_read_system("/dev/null", &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
}

static void a_path_too_long_is_a_miss(void **state)
{
    struct server_name name = name_of(NAME);
    static char longest[2 * LIMIT_RECORD];
    struct record record;

    (void)state;
    memset(longest, '/', sizeof(longest) - 1);
    assert_int_equal(
        cache_read_system(longest, &name, &SETTINGS, SAMPLE_NOW, &record),
        STATUS_MISS);
    setenv("XDG_CACHE_HOME", longest, 1);
    place_be_user();
    assert_int_equal(cache_read_user(&name, &SETTINGS, SAMPLE_NOW, &record),
                     STATUS_MISS);
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
        WITH_RECORD(a_directory_in_the_way_is_a_miss),
        WITH_RECORD(a_fifo_in_the_way_is_a_miss),
        WITH_RECORD(a_socket_in_the_way_is_a_miss),
        WITH_RECORD(a_symbolic_link_is_a_miss),
        WITH_RECORD(a_file_that_others_may_write_is_a_miss),
        WITH_RECORD(an_unreadable_file_is_a_miss),
        WITH_RECORD(a_directory_that_others_may_write_is_a_miss),
        WITH_RECORD(a_strangers_file_is_a_miss),
        WITH_RECORD(no_cache_directory_is_a_miss),
        WITH_RECORD(a_path_too_long_is_a_miss),
        WITH_RECORD(the_users_cache_is_where_xdg_says),
        WITH_RECORD(the_user_reads_his_own_records),
        WITH_RECORD(a_record_being_replaced_is_never_mixed),
    };

    alarm(60); /* a FIFO must not hang us for ever */
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("cache_read", tests, place_make,
                                       place_remove);
}
