/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caches: shown, flushed. */
#include "resolve_cache.h"

#include <fcntl.h>
#include <time.h>

#include "cache_read.h"
#include "cache_write.h"
#include "escape.h"
#include "record.h"
#include "resolve_name.h"
#include "resolve_output.h"

/* The places to look in: the system's cache, and the user's if there is one. */
struct places {
    int count;
    struct cache_place list[2];
};

struct show {
    const struct cache_place *place;
    int64_t now;
    unsigned shown;
};

static void find_places(struct places *places)
{
    const struct settings plain = {.overridden = false};

    cache_system_place(&places->list[0]);
    places->count = 1;
    if (cache_own_place(&plain, &places->list[1]) == STATUS_OK &&
        !places->list[1].system)
        places->count = 2;
}

/* Reads a record whatever its settings and its age are. */
static enum status read_record(const struct cache_place *place, const char *key,
                               int64_t now, struct record *ret_record)
{
    AUTO(close_fd) int fd = -1;
    char path[PATH_MAX];
    uid_t owner;
    ssize_t got;

    snprintf(path, sizeof(path), "%s/%s/%s", place->directory,
             CACHE_VERSION_DIRECTORY, key);
    if (cache_directory_owner(place->directory, &owner) != STATUS_OK ||
        cache_open(path, owner, &fd) != STATUS_OK)
        return STATUS_MISS;
    got = read(fd, ret_record->text, LIMIT_RECORD);
    if (got <= 0)
        return STATUS_MISS;
    ret_record->length = (size_t)got;
    return record_parse(ret_record, now);
}

static void show_record(void *argument, const char *key)
{
    struct show *show = argument;
    struct record record;
    char life[40] = "expired";
    char span[32];
    char age[32];
    char ip[ADDRESS_TEXT];

    if (read_record(show->place, key, show->now, &record) != STATUS_OK)
        return;
    if (record.expires > show->now)
        snprintf(life, sizeof(life), "good for %s",
                 resolve_output_span(record.expires - show->now, span));
    printf("%-6s  %s  step %s, ", show->place->system ? "system" : "user",
           record.name, record.step);
    if (record.error != ERROR_NONE) {
        fputs(error_name(record.error), stdout);
    } else {
        struct record_target target = record_target(&record, 0);
        bool v6 = target.address.family == AF_INET6;

        printf("%s%s%s:%u", v6 ? "[" : "", address_text(&target.address, ip),
               v6 ? "]" : "", target.port);
        if (record.target_count > 1)
            printf(" and %u more", record.target_count - 1);
    }
    printf(", spec %s, %s old, %s\n", record.spec,
           resolve_output_span(show->now - record.found, age), life);
    show->shown++;
}

/* Ends the process for what is no name. */
static void read_name(const char *typed, struct server_name *name)
{
    char reason[LIMIT_REASON];

    if (resolve_name_read(typed, name, reason) != STATUS_OK) {
        fprintf(stderr, "matrix-resolve: %s\n", reason);
        exit(status_exit(STATUS_INVALID));
    }
}

int resolve_cache_show(const struct resolve_options *options)
{
    struct show show = {.now = time(NULL)};
    struct server_name name;
    struct places places;

    find_places(&places);
    for (int i = 0; i < places.count; i++) {
        show.place = &places.list[i];
        if (options->name_count == 0 &&
            cache_list(show.place, show_record, &show) != STATUS_OK &&
            errno == EACCES)
            fprintf(stderr,
                    "matrix-resolve: %s cannot be listed; name a server to "
                    "see its record\n",
                    show.place->directory);
        for (int n = 0; n < options->name_count; n++) {
            read_name(options->names[n], &name);
            if (server_name_can_exist(&name))
                show_record(&show, name.key);
        }
    }
    if (show.shown == 0)
        fputs("matrix-resolve: nothing is cached\n", stderr);
    return show.shown > 0 ? 0 : status_exit(STATUS_NOT_FOUND);
}

struct flush {
    const struct cache_place *place;
    unsigned removed, kept;
};

static void flush_record(void *argument, const char *key)
{
    struct flush *flush = argument;
    char shown[LIMIT_REASON];

    switch (cache_remove(flush->place, key)) {
    case STATUS_OK:
        flush->removed++;
        break;
    case STATUS_MISS:
        break;
    default:
        /* Whoever owns the cache can name a file so, and root may flush it. */
        escape_text(shown, sizeof(shown), key, strlen(key));
        fprintf(stderr, "matrix-resolve: %s in %s cannot be removed: %s\n",
                shown, flush->place->directory, strerror(errno));
        flush->kept++;
    }
}

int resolve_cache_flush(const struct resolve_options *options)
{
    struct flush flush = {0};
    struct server_name name;
    struct places places;

    find_places(&places);
    for (int i = 0; i < places.count; i++) {
        flush.place = &places.list[i];
        if (options->all &&
            cache_list(flush.place, flush_record, &flush) != STATUS_OK &&
            errno == EACCES) {
            fprintf(stderr, "matrix-resolve: %s is root's to flush\n",
                    flush.place->directory);
            flush.kept++;
        }
        for (int n = 0; n < options->name_count; n++) {
            read_name(options->names[n], &name);
            if (server_name_can_exist(&name))
                flush_record(&flush, name.key);
        }
    }
    printf("%u removed\n", flush.removed);
    if (flush.kept > 0)
        return status_exit(STATUS_UNAVAILABLE);
    return flush.removed > 0 || options->all ? 0
                                             : status_exit(STATUS_NOT_FOUND);
}
