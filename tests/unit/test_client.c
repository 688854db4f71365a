/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lookup in the thin layer, with all its places in a temporary directory.
 * Never as root, who has no cache of his own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "client.h"
#include "deadline.h"
#include "place.h"
#include "spawn.h"

#define NAME "example.org"

enum {
    SOON_MS = 50,
    LATE_MS = 10000,
    TOLERANCE_MS = 1000, /* for a busy machine */
};

static char cache[PLACE_MAX], socket_path[PLACE_MAX], helper[PLACE_MAX];

static struct client client_of(int wait_ms)
{
    return (struct client){.cache = cache,
                           .socket = socket_path,
                           .helper = helper,
                           .wait_ms = wait_ms,
                           .obey_wait = true};
}

static int setup(void **state)
{
    if (place_make(state) != 0 || place_fake_helper() == NULL)
        return -1;
    place_become_user();
    snprintf(cache, sizeof(cache), "%s", place("system"));
    snprintf(socket_path, sizeof(socket_path), "%s", place("socket"));
    setenv("XDG_CACHE_HOME", place("user"), 1);
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_CONF");
    return 0;
}

/* Before each test: empty caches, nobody at the socket, no helper. */
static int reset(void **state)
{
    static const char *const FILES[] = {
        "system/v1/" NAME, "user/nss-matrix/v1/" NAME, "socket", "conf"};

    (void)state;
    place_directory(cache, getuid());
    place_directory(place("user"), getuid());
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++)
        (void)unlink(place(FILES[i]));
    snprintf(helper, sizeof(helper), "%s", place("none"));
    unsetenv("NSS_MATRIX_SPEC");
    unsetenv("NSS_MATRIX_CONF");
    unsetenv(SPAWN_MARKER);
    return 0;
}

static void have_helper(void)
{
    snprintf(helper, sizeof(helper), "%s", place("fake_helper"));
}

/* A record in force, whose host tells where it was found. */
static void have_record(const char *directory, const char *host,
                        const struct overrides *overrides)
{
    struct sample sample = sample_answer(NAME, time(NULL));
    struct settings settings;

    settings_now(overrides, &settings);
    sample.settings = settings.token;
    sample.host = sample.tls_name = sample.cert_name = host;
    place_record(directory, &sample, getuid());
}

static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* A lookup that keeps errno and descriptors, whatever comes of it. */
static enum status look_up(const struct client *client, const char *text,
                           struct record *record)
{
    unsigned before = count_descriptors();
    struct server_name name;
    enum status status;

    assert_int_equal(server_name_parse(text, strlen(text), &name), STATUS_OK);
    errno = 4711;
    status = client_lookup(client, &name, record);
    assert_int_equal(errno, 4711);
    assert_int_equal(count_descriptors(), before);
    return status;
}

static const struct overrides NONE;

static void the_systems_cache_comes_first(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(cache, "system.example", &NONE);
    have_record(place("user/nss-matrix"), "user.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "system.example");
}

static void the_users_cache_comes_next(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(place("user/nss-matrix"), "user.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "user.example");
}

static void with_nobody_to_ask_it_is_unavailable(void **state)
{
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
}

static void without_socket_a_helper_is_spawned(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.name, NAME);
    assert_string_equal(record.host, "fed.example.net");
}

static void a_spawned_helper_that_fails_is_to_be_tried_again(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "closes.example", &record),
                     STATUS_TRY_AGAIN);
    assert_int_equal(look_up(&client, "half.example", &record),
                     STATUS_TRY_AGAIN);
}

static void a_silent_helper_is_given_up_in_time(void **state)
{
    struct client client = client_of(SOON_MS);
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "silent.example", &record),
                     STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
}

/* The system's helper in a thread: what it does with who connects. */
struct listener {
    int fd;
    const char *reply; /* "" to hang up at once, NULL to be silent */
    size_t length;
    unsigned connections;
    pthread_t thread;
};

static void *serve(void *argument)
{
    struct listener *listener = argument;
    char request[400];

    for (;;) {
        AUTO(close_fd) int fd = accept(listener->fd, NULL, NULL);

        if (fd < 0)
            return NULL;
        listener->connections++;
        if (listener->reply != NULL && listener->length == 0)
            continue;
        if (recv(fd, request, sizeof(request), 0) <= 0)
            continue;
        if (listener->reply != NULL)
            send(fd, listener->reply, listener->length, MSG_NOSIGNAL);
        while (recv(fd, request, sizeof(request), 0) > 0)
            ; /* until the client hangs up */
    }
}

static void start_listening(struct listener *listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_true(util_copy(address.sun_path, sizeof(address.sun_path),
                          socket_path, strlen(socket_path)));
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(listener->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener->fd, 8), 0);
    assert_int_equal(pthread_create(&listener->thread, NULL, serve, listener),
                     0);
}

static void stop_listening(struct listener *listener)
{
    shutdown(listener->fd, SHUT_RDWR); /* ends the accept */
    assert_int_equal(pthread_join(listener->thread, NULL), 0);
    util_close_fd(&listener->fd);
}

/* As look_up, but who listens has descriptors of its own. */
static enum status ask(const struct client *client, struct listener *listener,
                       struct record *record)
{
    struct server_name name;
    enum status status;

    start_listening(listener);
    assert_int_equal(server_name_parse(NAME, strlen(NAME), &name), STATUS_OK);
    errno = 4711;
    status = client_lookup(client, &name, record);
    assert_int_equal(errno, 4711);
    stop_listening(listener);
    return status;
}

static size_t good_reply(char text[static LIMIT_RECORD], const char *host)
{
    struct sample sample = sample_answer(NAME, time(NULL));
    struct settings settings;

    settings_now(&NONE, &settings);
    sample.settings = settings.token;
    sample.host = host;
    return sample_write(&sample, text, LIMIT_RECORD);
}

static void the_systems_helper_is_asked_before_one_is_spawned(void **state)
{
    char text[LIMIT_RECORD];
    struct listener listener = {.reply = text,
                                .length = good_reply(text, "socket.example")};
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(ask(&client, &listener, &record), STATUS_OK);
    assert_string_equal(record.host, "socket.example");
}

/* As systemd does when all its places are taken. */
static void who_is_hung_up_on_spawns_a_helper(void **state)
{
    struct listener listener = {.reply = ""};
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(ask(&client, &listener, &record), STATUS_OK);
    assert_string_equal(record.host, "fed.example.net");
    assert_int_equal(listener.connections, 1);
}

static void a_silent_system_is_given_up_without_a_spawn(void **state)
{
    struct listener listener = {.reply = NULL};
    struct client client = client_of(SOON_MS);
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(ask(&client, &listener, &record), STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, SOON_MS, SOON_MS + TOLERANCE_MS);
}

static void the_configurations_timeout_is_obeyed(void **state)
{
    struct listener listener = {.reply = "wait 0\n", .length = 7};
    struct client client = client_of(LATE_MS);
    int64_t start = deadline_clock();
    struct record record;

    (void)state;
    assert_int_equal(ask(&client, &listener, &record), STATUS_TRY_AGAIN);
    assert_in_range(deadline_clock() - start, 0, LATE_MS / 2);
}

static void an_answer_under_other_settings_is_to_be_tried_again(void **state)
{
    char text[LIMIT_RECORD];
    struct sample sample = sample_answer(NAME, time(NULL));
    struct listener listener = {.reply = text};
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    sample.settings = "conf=1.2.3.4,overrides=none";
    listener.length = sample_write(&sample, text, sizeof(text));
    assert_int_equal(ask(&client, &listener, &record), STATUS_TRY_AGAIN);
}

static void overrides_leave_the_system_aside(void **state)
{
    char text[LIMIT_RECORD];
    struct listener listener = {.reply = text,
                                .length = good_reply(text, "socket.example")};
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    client.overrides.spec = "v1";
    setenv("NSS_MATRIX_SPEC", "v1", 1);
    have_helper();
    have_record(cache, "system.example", &client.overrides);
    assert_int_equal(ask(&client, &listener, &record), STATUS_OK);
    assert_string_equal(record.host, "fed.example.net"); /* spawned */
    assert_int_equal(listener.connections, 0);

    have_record(place("user/nss-matrix"), "user.example", &client.overrides);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "user.example");
}

static void records_under_other_settings_are_not_taken(void **state)
{
    struct overrides others = {.spec = "v1"};
    struct client client = client_of(SOON_MS);
    struct record record;

    (void)state;
    have_record(cache, "system.example", &others);
    have_record(place("user/nss-matrix"), "user.example", &others);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
    client.overrides = (struct overrides){.ca_file = "v1"};
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
}

static void a_configuration_replaced_meanwhile_is_as_good(void **state)
{
    struct client client = client_of(LATE_MS);
    char conf[PLACE_MAX];
    struct record record;

    (void)state;
    snprintf(conf, sizeof(conf), "%s", place("conf"));
    place_file(conf, "", 0, getuid());
    client.overrides.conf = conf;
    setenv("NSS_MATRIX_CONF", conf, 1);
    have_helper();
    assert_int_equal(look_up(&client, "replaces.example", &record), STATUS_OK);
}

static void secure_mode_knows_the_system_alone(void **state)
{
    char text[LIMIT_RECORD];
    struct listener listener = {.reply = text,
                                .length = good_reply(text, "socket.example")};
    struct listener closed = {.reply = ""};
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    client.secure = true;
    have_helper();
    have_record(place("user/nss-matrix"), "user.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_UNAVAILABLE);
    assert_int_equal(ask(&client, &listener, &record), STATUS_OK);
    assert_string_equal(record.host, "socket.example");
    (void)unlink(socket_path);
    assert_int_equal(ask(&client, &closed, &record), STATUS_UNAVAILABLE);
    have_record(cache, "system.example", &NONE);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, "system.example");
}

static void below_a_helper_nothing_is_found(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    have_record(cache, "system.example", &NONE);
    setenv(SPAWN_MARKER, "1", 1);
    assert_int_equal(look_up(&client, NAME, &record), STATUS_NOT_FOUND);
}

static void names_that_dns_cannot_hold_ask_nobody(void **state)
{
    struct client client = client_of(LATE_MS);
    struct record record;

    (void)state;
    have_helper();
    assert_int_equal(look_up(&client, "a..b", &record), STATUS_NOT_FOUND);
    assert_int_equal(look_up(&client, "..", &record), STATUS_NOT_FOUND);
    assert_int_equal(look_up(&client, "[2001:db8::1]", &record), STATUS_OK);
}

static void look_up_silent(void *argument)
{
    struct client *client = argument;
    struct server_name name;
    struct record record;

    if (server_name_parse("silent.example", 14, &name) == STATUS_OK)
        (void)!client_lookup(client, &name, &record);
}

/* Can be cancelled in pause() and not before, when nothing is held. */
static void *be_cancelled(void *argument)
{
    look_up_silent(argument);
    for (;;)
        pause();
    return NULL;
}

static void a_cancelled_thread_leaves_nothing_behind(void **state)
{
    struct client client = client_of(SOON_MS);
    unsigned before = count_descriptors();

    (void)state;
    have_helper();
    for (unsigned i = 0; i < 10; i++) {
        pthread_t thread;
        void *result;

        assert_int_equal(pthread_create(&thread, NULL, be_cancelled, &client),
                         0);
        assert_int_equal(pthread_cancel(thread), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_ptr_equal(result, PTHREAD_CANCELED);
    }
    assert_int_equal(count_descriptors(), before);
}

static void the_cancellation_state_is_as_before(void **state)
{
    static const int STATES[] = {PTHREAD_CANCEL_DISABLE, PTHREAD_CANCEL_ENABLE};
    struct client client = client_of(SOON_MS);
    struct record record;
    int before;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(STATES); i++) {
        pthread_setcancelstate(STATES[i], NULL);
        (void)look_up(&client, NAME, &record);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
        assert_int_equal(before, STATES[i]);
    }
}

static void the_places_are_those_of_the_build(void **state)
{
    struct client client;

    (void)state;
    unsetenv("NSS_MATRIX_HELPER");
    unsetenv("NSS_MATRIX_TIMEOUT");
    client_init(&client, 1234, true);
    assert_false(client.secure);
    assert_string_equal(client.cache, NSS_MATRIX_CACHE_DIR);
    assert_string_equal(client.socket, NSS_MATRIX_SOCKET);
    assert_string_equal(client.helper, NSS_MATRIX_HELPER_FILE);
    assert_int_equal(client.wait_ms, 1234);
    assert_true(client.obey_wait);
    assert_null(client.overrides.spec);
}

static void the_environment_amends_them(void **state)
{
    struct client client;

    (void)state;
    setenv("NSS_MATRIX_HELPER", "/other", 1);
    setenv("NSS_MATRIX_SPEC", "v1", 1);
    client_init(&client, 1234, true);
    unsetenv("NSS_MATRIX_HELPER");
    assert_string_equal(client.helper, "/other");
    assert_string_equal(client.overrides.spec, "v1");
}

static void the_timeout_is_seconds_with_decimals(void **state)
{
    static const struct {
        const char *text;
        int ms; /* 1234: as if it were not there */
    } TIMEOUTS[] = {
        {"1", 1000},
        {"12", 12000},
        {"12.0", 12000},
        {"0.1", 100},
        {"2.5", 2500},
        {"1.2345", 1234},
        {"0.123456789", 123},
        {"00005", 5000},
        {".5", 500},
        {"5.", 5000},
        {"", 1234},
        {"0", 1234},
        {"0.09", 1234},
        {"12.001", 1234},
        {"13", 1234},
        {"-1", 1234},
        {"1e3", 1234},
        {" 1", 1234},
        {"1 ", 1234},
        {"1,5", 1234},
        {"1.2.3", 1234},
        {".", 1234},
        {"99999999999999999999999", 1234},
    };
    struct client client;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TIMEOUTS); i++) {
        setenv("NSS_MATRIX_TIMEOUT", TIMEOUTS[i].text, 1);
        client_init(&client, 1234, true);
        if (client.wait_ms != TIMEOUTS[i].ms)
            fail_msg("'%s' is %d", TIMEOUTS[i].text, client.wait_ms);
        if (TIMEOUTS[i].ms != 1234)
            assert_false(client.obey_wait);
    }
    unsetenv("NSS_MATRIX_TIMEOUT");
}

#define LOOKUP(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP(the_systems_cache_comes_first),
        LOOKUP(the_users_cache_comes_next),
        LOOKUP(with_nobody_to_ask_it_is_unavailable),
        LOOKUP(without_socket_a_helper_is_spawned),
        LOOKUP(a_spawned_helper_that_fails_is_to_be_tried_again),
        LOOKUP(a_silent_helper_is_given_up_in_time),
        LOOKUP(the_systems_helper_is_asked_before_one_is_spawned),
        LOOKUP(who_is_hung_up_on_spawns_a_helper),
        LOOKUP(a_silent_system_is_given_up_without_a_spawn),
        LOOKUP(the_configurations_timeout_is_obeyed),
        LOOKUP(an_answer_under_other_settings_is_to_be_tried_again),
        LOOKUP(overrides_leave_the_system_aside),
        LOOKUP(records_under_other_settings_are_not_taken),
        LOOKUP(a_configuration_replaced_meanwhile_is_as_good),
        LOOKUP(secure_mode_knows_the_system_alone),
        LOOKUP(below_a_helper_nothing_is_found),
        LOOKUP(names_that_dns_cannot_hold_ask_nobody),
        LOOKUP(a_cancelled_thread_leaves_nothing_behind),
        LOOKUP(the_cancellation_state_is_as_before),
        LOOKUP(the_places_are_those_of_the_build),
        LOOKUP(the_environment_amends_them),
        LOOKUP(the_timeout_is_seconds_with_decimals),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("client", tests, setup, place_remove);
}
