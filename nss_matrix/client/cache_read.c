/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One file, one record, or a miss. */
#include "cache_read.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "wire.h"

static const char VERSIONED[] = "/" CACHE_VERSION_DIRECTORY;

static bool others_may_write(const struct stat *file)
{
    return (file->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

enum status cache_directory_owner(const char *directory, uid_t *ret_owner)
{
    struct stat found;

    if (stat(directory, &found) != 0 || !S_ISDIR(found.st_mode) ||
        others_may_write(&found))
        return STATUS_MISS;
    *ret_owner = found.st_uid;
    return STATUS_OK;
}

static int open_file(const char *path)
{
    return open(path,
                O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

static bool may_be_believed(int fd, uid_t owner)
{
    struct stat found;

    return fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
           !others_may_write(&found) &&
           (found.st_uid == owner || found.st_uid == 0);
}

enum status cache_open(const char *path, uid_t owner, int *ret_fd)
{
    AUTO(close_fd) int fd = open_file(path);

    if (!may_be_believed(fd, owner))
        return STATUS_MISS;
    *ret_fd = TAKE_FD(fd);
    return STATUS_OK;
}

/*
 * The record's own buffer holds the path until the file is read over it: a
 * second buffer would cost the host's thread another kilobyte of stack. The
 * directory, which is the path's beginning, is looked at once there is a file:
 * so a miss is one system call.
 */
static enum status read_file(struct record *record, size_t directory,
                             const uid_t *user)
{
    AUTO(close_fd) int fd = open_file(record->text);
    uid_t owner;
    ssize_t got;

    if (fd < 0)
        return STATUS_MISS;
    record->text[directory] = '\0';
    if (cache_directory_owner(record->text, &owner) != STATUS_OK ||
        (user != NULL && owner != *user) || !may_be_believed(fd, owner))
        return STATUS_MISS;
    do
        got = read(fd, record->text, LIMIT_RECORD);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return STATUS_MISS;
    record->length = (size_t)got;
    return STATUS_OK;
}

/* What was read, judged. */
static enum status take_record(struct record *record,
                               const struct server_name *name,
                               const struct settings *settings, int64_t now)
{
    if (record_parse(record, now) != STATUS_OK || record->expires <= now ||
        strcmp(record->name, name->key) != 0 ||
        strcmp(record->settings, settings->token) != 0)
        return STATUS_MISS;
    return STATUS_OK;
}

static void put_file(struct wire_writer *path, const struct server_name *name)
{
    wire_put(path, VERSIONED);
    wire_put(path, "/");
    wire_put(path, name->key);
}

enum status cache_read_system(const char *directory,
                              const struct server_name *name,
                              const struct settings *settings, int64_t now,
                              struct record *ret_record)
{
    struct wire_writer path =
        wire_writer(ret_record->text, sizeof(ret_record->text));
    int saved = errno;
    enum status status = STATUS_MISS;

    wire_put(&path, directory);
    put_file(&path, name);
    if (!path.failed && server_name_can_exist(name) &&
        read_file(ret_record, strlen(directory), NULL) == STATUS_OK)
        status = take_record(ret_record, name, settings, now);
    errno = saved;
    return status;
}

enum status cache_user_directory(char *path, size_t room)
{
    struct wire_writer writer = wire_writer(path, room);
    const char *cache = secure_getenv("XDG_CACHE_HOME");
    const char *home = secure_getenv("HOME");

    if (cache != NULL && cache[0] == '/') {
        wire_put(&writer, cache);
        wire_put(&writer, "/nss-matrix");
    } else if (home != NULL && home[0] == '/') {
        wire_put(&writer, home);
        wire_put(&writer, "/.cache/nss-matrix");
    } else {
        return STATUS_MISS;
    }
    return writer.failed ? STATUS_TOO_BIG : STATUS_OK;
}

enum status cache_read_user(const struct server_name *name,
                            const struct settings *settings, int64_t now,
                            struct record *ret_record)
{
    char *text = ret_record->text;
    int saved = errno;
    enum status status = STATUS_MISS;
    uid_t user = geteuid();

    if (user != 0 && server_name_can_exist(name) &&
        cache_user_directory(text, sizeof(ret_record->text)) == STATUS_OK) {
        size_t length = strlen(text);
        struct wire_writer path =
            wire_writer(text + length, sizeof(ret_record->text) - length);

        put_file(&path, name);
        if (!path.failed && read_file(ret_record, length, &user) == STATUS_OK)
            status = take_record(ret_record, name, settings, now);
    }
    errno = saved;
    return status;
}
