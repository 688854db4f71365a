/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lookup: name, cache, socket, spawn. */
#include "client.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <time.h>

#include "ask.h"
#include "cache_read.h"
#include "deadline.h"
#include "spawn.h"

/*
 * Seconds with decimals, as milliseconds; without strtod, whose decimal point
 * is the locale's. -1 if it is not that, or out of bounds.
 */
static int read_seconds(const char *text)
{
    int ms = 0;
    int unit = 1000; /* of the next decimal */
    bool decimals = false;

    for (; *text != '\0'; text++) {
        bool digit = *text >= '0' && *text <= '9';

        if (*text == '.' && !decimals)
            decimals = true;
        else if (digit && decimals)
            ms += (*text - '0') * (unit /= 10);
        else if (digit && ms <= LIMIT_SHIM_WAIT_MS)
            ms = ms * 10 + (*text - '0') * 1000;
        else
            return -1;
    }
    return ms >= 100 && ms <= LIMIT_SHIM_WAIT_MS ? ms : -1;
}

/* One look at the whole environment, instead of one for each of our names. */
static bool environment_names_us(void)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if ((*entry)[0] == 'N' &&
            strncmp(*entry, "NSS_MATRIX_", sizeof("NSS_MATRIX_") - 1) == 0)
            return true;
    return false;
}

void client_init(struct client *client, int wait_ms, bool obey_wait)
{
    bool named = environment_names_us();
    const char *helper = named ? secure_getenv("NSS_MATRIX_HELPER") : NULL;
    const char *timeout = named ? secure_getenv("NSS_MATRIX_TIMEOUT") : NULL;

    *client = (struct client){
        .secure = getauxval(AT_SECURE) != 0,
        .cache = NSS_MATRIX_CACHE_DIR,
        .socket = NSS_MATRIX_SOCKET,
        .helper = helper != NULL ? helper : NSS_MATRIX_HELPER_FILE,
        .wait_ms = wait_ms,
        .obey_wait = obey_wait,
    };
    if (!named)
        return;
    client->in_helper = secure_getenv(SPAWN_MARKER) != NULL;
    settings_overrides(&client->overrides);
    if (timeout != NULL && read_seconds(timeout) > 0) {
        client->wait_ms = read_seconds(timeout);
        client->obey_wait = false;
    }
}

static enum status from_cache(const struct client *client,
                              const struct server_name *name,
                              const struct settings *settings, int64_t now,
                              struct record *record)
{
    if (!settings->overridden &&
        cache_read_system(client->cache, name, settings, now, record) ==
            STATUS_OK)
        return STATUS_OK;
    if (client->secure)
        return STATUS_MISS;
    return cache_read_user(name, settings, now, record);
}

/*
 * The configuration may have been replaced while we waited: then the answer
 * was found under the one that is in force now, which is as good.
 */
static bool under_our_settings(const struct client *client,
                               const struct settings *settings,
                               const struct record *record)
{
    struct settings fresh;

    if (strcmp(record->settings, settings->token) == 0)
        return true;
    settings_now(&client->overrides, &fresh);
    return strcmp(record->settings, fresh.token) == 0;
}

static enum status from_socket(const struct client *client,
                               const struct server_name *name, int64_t now,
                               int64_t deadline, struct record *record)
{
    AUTO(close_fd) int fd = -1;

    if (ask_connect(client->socket, &fd) != STATUS_OK)
        return STATUS_MISS;
    return ask_exchange(fd, name, now, deadline, client->obey_wait, record);
}

static enum status from_spawned(const struct client *client,
                                const struct server_name *name, int64_t now,
                                int64_t deadline, struct record *record)
{
    AUTO(close_fd) int fd = -1;
    enum status status;

    if (client->secure || spawn_helper(client->helper, &fd) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    status = ask_exchange(fd, name, now, deadline, client->obey_wait, record);
    return status == STATUS_MISS ? STATUS_TRY_AGAIN : status;
}

static enum status lookup(const struct client *client,
                          const struct server_name *name, struct record *record)
{
    int64_t now = time(NULL);
    struct settings settings;
    enum status status = STATUS_MISS;

    settings_now(&client->overrides, &settings);
    if (from_cache(client, name, &settings, now, record) == STATUS_OK) {
        if (record->refresh <= now && !settings.overridden)
            ask_refresh(client->socket, name, now);
        return STATUS_OK;
    }

    int64_t deadline = deadline_after(client->wait_ms);

    /* What is found while we wait may live its full time from then on. */
    now += LIMIT_SHIM_WAIT_MS / 1000;

    if (!settings.overridden)
        status = from_socket(client, name, now, deadline, record);
    if (status == STATUS_MISS)
        status = from_spawned(client, name, now, deadline, record);
    if (status == STATUS_OK && !under_our_settings(client, &settings, record))
        return STATUS_TRY_AGAIN;
    return status;
}

enum status client_lookup(const struct client *client,
                          const struct server_name *name,
                          struct record *ret_record)
{
    int cancel_state;
    int saved = errno;
    enum status status = STATUS_NOT_FOUND;

    /* A thread cancelled between open and close would leave a descriptor. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (!client->in_helper && server_name_can_exist(name))
        status = lookup(client, name, ret_record);
    pthread_setcancelstate(cancel_state, NULL);
    errno = saved;
    return status;
}
