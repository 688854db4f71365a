/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and replacing the files of one name. Sweeping is cache_sweep.c. */
#include "cache_write.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>

#include "cache_act.h"
#include "cache_read.h"
#include "record.h"
#include "record_write.h"

#define RECORDS "/" CACHE_VERSION_DIRECTORY
#define PIECES RECORDS "/~pieces"
#define LOCKS RECORDS "/~locks"

enum {
    FILE_MODE = 0644,
    DIRECTORY_MODE = 0711,
    PRIVATE_MODE = 0700,
    KEPT_FREE = 100, /* one part in so many, of room and of files */
};

void cache_system_place(struct cache_place *ret_place)
{
    _Static_assert(sizeof(NSS_MATRIX_CACHE_DIR) < sizeof(ret_place->directory),
                   "the configured path fits");
    ret_place->system = true;
    memcpy(ret_place->directory, NSS_MATRIX_CACHE_DIR,
           sizeof(NSS_MATRIX_CACHE_DIR));
}

/*
 * Whether a directory may be written to: it is not there yet, or nobody but
 * its owner can, who is that user ((uid_t)-1: whoever it is).
 */
static bool is_sound(const char *directory, uid_t user)
{
    struct stat found;
    uid_t owner;

    if (lstat(directory, &found) != 0)
        return errno == ENOENT;
    return cache_directory_owner(directory, &owner) == STATUS_OK &&
           (user == (uid_t)-1 || owner == user);
}

enum status cache_own_place(const struct settings *settings,
                            struct cache_place *ret_place)
{
    uid_t user = geteuid();
    uid_t owner;

    /* The system's cache is root's to write, or the service user's whose
     * directory it is. */
    cache_system_place(ret_place);
    if (!settings->overridden && user == 0)
        return is_sound(ret_place->directory, (uid_t)-1) ? STATUS_OK
                                                         : STATUS_MISS;
    if (!settings->overridden &&
        cache_directory_owner(ret_place->directory, &owner) == STATUS_OK &&
        owner == user)
        return STATUS_OK;
    ret_place->system = false;
    return user != 0 &&
                   cache_user_directory(ret_place->directory,
                                        sizeof(ret_place->directory)) ==
                       STATUS_OK &&
                   is_sound(ret_place->directory, user)
               ? STATUS_OK
               : STATUS_MISS;
}

/* Writes the path of a name's file; the sizes of the two make it fit. */
static void write_path(char path[static PATH_MAX],
                       const struct cache_place *place, const char *below,
                       const char *key)
{
    snprintf(path, PATH_MAX, "%s%s%s%s", place->directory, below,
             key[0] != '\0' ? "/" : "", key);
}

static enum status read_whole(int fd, char *text, size_t room,
                              size_t *ret_length)
{
    size_t length = 0;
    ssize_t got;

    while (length < room &&
           ((got = read(fd, text + length, room - length)) > 0 ||
            (got < 0 && errno == EINTR)))
        length += got > 0 ? (size_t)got : 0;
    *ret_length = length;
    return length < room ? STATUS_OK : STATUS_TOO_BIG;
}

enum status cache_read_pieces(const struct cache_place *place,
                              const struct server_name *name,
                              const struct settings *settings, int64_t now,
                              struct pieces *ret_pieces)
{
    AUTO(close_fd) int fd = -1;
    AUTO(free) char *text = NULL;
    char path[PATH_MAX];
    uid_t owner;
    size_t length;

    write_path(path, place, PIECES, name->key);
    if (!server_name_can_exist(name) ||
        cache_directory_owner(place->directory, &owner) != STATUS_OK ||
        cache_open(path, place->system ? owner : geteuid(), &fd) != STATUS_OK)
        return STATUS_MISS;
    text = malloc(PIECES_TEXT_MAX + 1);
    if (text == NULL ||
        read_whole(fd, text, PIECES_TEXT_MAX, &length) != STATUS_OK)
        return STATUS_MISS;
    return pieces_read(text, length, settings->token, now, ret_pieces);
}

/* Makes one directory; one that is there already is as good. */
static bool make_directory(const char *path, mode_t mode)
{
    struct stat found;

    if (mkdir(path, mode) == 0)
        return chmod(path, mode) == 0;
    return errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/*
 * A user's cache directory may be the first thing in a new home: its parents
 * are made too. The system's parents are the installation's business.
 */
static bool make_parents(const struct cache_place *place)
{
    char path[sizeof(place->directory)];

    if (place->system)
        return true;
    memcpy(path, place->directory, sizeof(path));
    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make_directory(path, PRIVATE_MODE))
            return false;
        *slash = '/';
    }
    return true;
}

static bool make_directories(const struct cache_place *place)
{
    static const char *const BELOW[] = {"", RECORDS, PIECES, LOCKS};
    char path[PATH_MAX];
    struct stat found;

    write_path(path, place, LOCKS, "");
    if (stat(path, &found) == 0)
        return true;
    if (!make_parents(place))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(BELOW); i++) {
        bool private = !place->system || strcmp(BELOW[i], LOCKS) == 0;

        write_path(path, place, BELOW[i], "");
        if (!make_directory(path, private ? PRIVATE_MODE : DIRECTORY_MODE))
            return false;
    }
    return true;
}

/*
 * Anybody may have any name looked up, and each is kept. One that is not there
 * yet must not take the last room of a file system that others write to; one
 * that is takes none. Where a number is not known, both are 0.
 */
static bool may_be_kept(const struct cache_place *place,
                        const struct server_name *name)
{
    char path[PATH_MAX];
    struct stat found;
    struct statvfs left;

    write_path(path, place, RECORDS, name->key);
    return lstat(path, &found) == 0 || statvfs(place->directory, &left) != 0 ||
           (left.f_bavail >= left.f_blocks / KEPT_FREE &&
            left.f_favail >= left.f_files / KEPT_FREE);
}

static bool write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* A reader sees the old file or the new one, never half of either. */
static bool replace_file(const struct cache_place *place, const char *below,
                         const char *key, const char *text, size_t length)
{
    AUTO(close_fd) int fd = -1;
    char temporary[PATH_MAX];
    char path[PATH_MAX];
    char chance[32];
    uint64_t random = 0;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return false;
    snprintf(chance, sizeof(chance), "~tmp.%016llx",
             (unsigned long long)random);
    write_path(temporary, place, RECORDS, chance);
    write_path(path, place, below, key);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              FILE_MODE);
    if (fd < 0)
        return false;
    if (write_whole(fd, text, length) && fchmod(fd, FILE_MODE) == 0 &&
        rename(temporary, path) == 0)
        return true;
    unlink(temporary);
    return false;
}

enum status cache_write(const struct cache_place *place,
                        const struct server_name *name, const char *record,
                        size_t length, const char *pieces, size_t pieces_length)
{
    AUTO(cache_acting) struct cache_acting acting = {0};

    if (!server_name_can_exist(name) ||
        cache_act(place, &acting) != STATUS_OK || !may_be_kept(place, name) ||
        !make_directories(place) ||
        !replace_file(place, PIECES, name->key, pieces, pieces_length) ||
        !replace_file(place, RECORDS, name->key, record, length))
        return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

static bool is_due(const struct record *record, const struct server_name *name,
                   const struct settings *settings, int64_t now)
{
    return record->refresh <= now && record->expires > now &&
           strcmp(record->name, name->key) == 0 &&
           strcmp(record->settings, settings->token) == 0;
}

/* A record that is due, as it is and as it was read, which cuts it up. */
struct due {
    char text[LIMIT_RECORD + 1];
    struct record record;
};

static enum status read_due(const struct cache_place *place,
                            const struct server_name *name,
                            const struct settings *settings, int64_t now,
                            struct due *ret_due)
{
    AUTO(close_fd) int fd = -1;
    struct record *record = &ret_due->record;
    char path[PATH_MAX];
    uid_t owner;

    write_path(path, place, RECORDS, name->key);
    if (!server_name_can_exist(name) ||
        cache_directory_owner(place->directory, &owner) != STATUS_OK ||
        cache_open(path, owner, &fd) != STATUS_OK ||
        read_whole(fd, ret_due->text, sizeof(ret_due->text), &record->length) !=
            STATUS_OK)
        return STATUS_MISS;
    memcpy(record->text, ret_due->text, record->length);
    return record_parse(record, now) == STATUS_OK &&
                   is_due(record, name, settings, now)
               ? STATUS_OK
               : STATUS_MISS;
}

enum status cache_refresh_due(const struct cache_place *place,
                              const struct server_name *name,
                              const struct settings *settings, int64_t now)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    struct due due;

    return cache_act(place, &acting) == STATUS_OK
               ? read_due(place, name, settings, now, &due)
               : STATUS_MISS;
}

enum status cache_postpone_refresh(const struct cache_place *place,
                                   const struct server_name *name,
                                   const struct settings *settings, int64_t now)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    struct due due;

    if (cache_act(place, &acting) != STATUS_OK ||
        read_due(place, name, settings, now, &due) != STATUS_OK)
        return STATUS_MISS;

    int64_t left = due.record.expires - now;
    int64_t wait = left / 2;

    if (wait < LIMIT_FAILURE_FIRST_S)
        wait = LIMIT_FAILURE_FIRST_S;
    if (wait > left)
        wait = left;
    return record_write_refresh(due.text, due.record.length, now + wait) &&
                   replace_file(place, RECORDS, name->key, due.text,
                                due.record.length)
               ? STATUS_OK
               : STATUS_MISS;
}

static void woken(int signal)
{
    (void)signal;
}

/*
 * flock has no time limit of its own: an alarm interrupts it, and rings again
 * every 10 ms in case it rang before the wait began.
 */
static bool lock_within(int fd, int wait_ms)
{
    struct sigaction action = {.sa_handler = woken};
    struct sigaction before;
    struct itimerval alarm = {
        .it_value = {wait_ms / 1000, (wait_ms % 1000) * 1000 + 1},
        .it_interval = {0, 10000}};
    const struct itimerval none = {0};
    bool locked;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (sigaction(SIGALRM, &action, &before) != 0 ||
        setitimer(ITIMER_REAL, &alarm, NULL) != 0)
        return false;
    locked = flock(fd, LOCK_EX) == 0;
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &before, NULL);
    return locked;
}

enum status cache_lock(const struct cache_place *place,
                       const struct server_name *name, int wait_ms, int *ret_fd)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    AUTO(close_fd) int fd = -1;
    char path[PATH_MAX];
    int make = O_CREAT;

    if (!server_name_can_exist(name) || cache_act(place, &acting) != STATUS_OK)
        return STATUS_MISS;
    if (!may_be_kept(place, name))
        make = 0; /* but one may be there */
    else if (!make_directories(place))
        return STATUS_MISS;
    write_path(path, place, LOCKS, name->key);
    fd = open(path, O_RDWR | make | O_CLOEXEC | O_NOFOLLOW, PRIVATE_MODE);
    if (fd < 0 || !lock_within(fd, wait_ms))
        return STATUS_MISS;
    *ret_fd = TAKE_FD(fd);
    return STATUS_OK;
}

enum status cache_remove(const struct cache_place *place, const char *key)
{
    AUTO(cache_acting) struct cache_acting acting = {0};
    char path[PATH_MAX];
    bool found;

    if (cache_act(place, &acting) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    write_path(path, place, RECORDS, key);
    found = unlink(path) == 0;
    if (!found && errno != ENOENT)
        return STATUS_UNAVAILABLE;
    write_path(path, place, PIECES, key);
    found |= unlink(path) == 0;
    write_path(path, place, LOCKS, key);
    unlink(path);
    return found ? STATUS_OK : STATUS_MISS;
}
