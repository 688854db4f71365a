/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup where the system has a helper of its own, who may misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "client_world.h"

/* The system's helper in a thread: what it does with who connects. */
struct listener {
    int fd;
    const char *reply; /* "" to hang up at once, NULL to be silent */
    size_t length;
    unsigned connections;
    char request[400]; /* the last */
    pthread_t thread;
};

static void *serve(void *argument)
{
    struct listener *listener = argument;
    char rest[400];

    for (;;) {
        AUTO(close_fd) int fd = accept(listener->fd, NULL, NULL);

        if (fd < 0)
            return NULL;
        listener->connections++;
        if (listener->reply != NULL && listener->length == 0)
            continue;
        ssize_t got =
            recv(fd, listener->request, sizeof(listener->request) - 1, 0);
        if (got <= 0)
            continue;
        listener->request[got] = '\0';
        if (listener->reply != NULL)
            send(fd, listener->reply, listener->length, MSG_NOSIGNAL);
        while (recv(fd, rest, sizeof(rest), 0) > 0)
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

/* What the system's helper finds while we wait lives from then on. */
static enum status ask_for_life(int64_t life)
{
    char text[LIMIT_RECORD];
    struct sample sample = sample_answer(NAME, time(NULL));
    struct listener listener = {.reply = text};
    struct client client = client_of(LATE_MS);
    struct settings settings;
    struct record record;
    enum status status;

    settings_now(&NONE, &settings);
    sample.settings = settings.token;
    sample.expires += life - SAMPLE_LIFE;
    listener.length = sample_write(&sample, text, LIMIT_RECORD);
    status = ask(&client, &listener, &record);
    (void)unlink(socket_path);
    return status;
}

static void an_answer_lives_for_48_hours_and_the_wait_at_most(void **state)
{
    (void)state;
    assert_int_equal(ask_for_life(LIMIT_LIFE_S), STATUS_OK);
    assert_int_equal(ask_for_life(LIMIT_LIFE_S + 5), STATUS_OK);
    assert_int_equal(ask_for_life(LIMIT_LIFE_S + 600), STATUS_TRY_AGAIN);
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

/* A hit on a record whose refresh time is so many seconds from now. */
static void hit(struct listener *listener, int64_t seconds, const char *spec)
{
    struct sample sample = sample_answer(NAME, time(NULL));
    struct client client = client_of(LATE_MS);
    struct settings settings;
    struct record record;

    client.overrides.spec = spec;
    settings_now(&client.overrides, &settings);
    sample.settings = settings.token;
    sample.found -= 100;
    sample.refresh = time(NULL) + seconds;
    place_record(spec != NULL ? place("user/nss-matrix") : cache, &sample,
                 getuid());
    assert_int_equal(ask(&client, listener, &record), STATUS_OK);
    assert_int_equal(record.refresh, sample.refresh);
    (void)unlink(socket_path);
}

static void
a_hit_before_the_refresh_time_or_under_overrides_asks_nobody(void **state)
{
    struct listener listener = {.reply = NULL};

    (void)state;
    have_helper(); /* which nobody spawns for it */
    hit(&listener, 5, NULL);
    hit(&listener, -1, "v1");
    assert_int_equal(listener.connections, 0);
}

static void a_hit_past_it_asks_the_system_to_refresh(void **state)
{
    struct listener listener = {.reply = NULL};

    (void)state;
    hit(&listener, -1, NULL);
    assert_int_equal(listener.connections, 1);
    assert_string_equal(listener.request,
                        "nss-matrix-request 1 refresh " NAME "\n");
}

/* As where the helper cannot write to the cache: no hit changes the record. */
static void many_hits_past_it_ask_a_few_times_a_second(void **state)
{
    struct listener listener = {.reply = NULL};
    time_t start = time(NULL);

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        hit(&listener, -1, NULL);
    assert_in_range(listener.connections, 1,
                    LIMIT_REFRESHES_S * (time(NULL) - start + 1));
}

static void a_hit_does_without_a_helper_to_refresh_it(void **state)
{
    struct sample sample = sample_answer(NAME, time(NULL));
    struct client client = client_of(LATE_MS);
    struct settings settings;
    struct record record;

    (void)state;
    have_helper();
    settings_now(&NONE, &settings);
    sample.settings = settings.token;
    sample.refresh = sample.found;
    place_record(cache, &sample, getuid());
    assert_int_equal(look_up(&client, NAME, &record), STATUS_OK);
    assert_string_equal(record.host, sample.host); /* not the spawned one's */
}

#define LOOKUP(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP(the_systems_helper_is_asked_before_one_is_spawned),
        LOOKUP(an_answer_lives_for_48_hours_and_the_wait_at_most),
        LOOKUP(who_is_hung_up_on_spawns_a_helper),
        LOOKUP(a_silent_system_is_given_up_without_a_spawn),
        LOOKUP(the_configurations_timeout_is_obeyed),
        LOOKUP(an_answer_under_other_settings_is_to_be_tried_again),
        LOOKUP(overrides_leave_the_system_aside),
        LOOKUP(secure_mode_knows_the_system_alone),
        /* first of these: afterwards the second's turns may be taken */
        LOOKUP(a_hit_before_the_refresh_time_or_under_overrides_asks_nobody),
        LOOKUP(a_hit_past_it_asks_the_system_to_refresh),
        LOOKUP(many_hits_past_it_ask_a_few_times_a_second),
        LOOKUP(a_hit_does_without_a_helper_to_refresh_it),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("client_socket", tests, setup,
                                       place_remove);
}
