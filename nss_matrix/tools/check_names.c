/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list is read to its end: nothing is checked of half a list. */
#include "check_names.h"

#include <poll.h>

#include "escape.h"
#include "resolve_name.h"

static enum status add(struct check_names *names, const char *typed)
{
    struct server_name name;
    char reason[LIMIT_REASON];
    char shown[LIMIT_REASON];
    bool good = resolve_name_read(typed, &name, reason) == STATUS_OK;
    struct check_name *entry;
    struct check_name *list =
        reallocarray(names->list, (unsigned)names->count + 1, sizeof(list[0]));

    if (list == NULL)
        return STATUS_NO_MEMORY;
    names->list = list;
    entry = &list[names->count];
    if (!good)
        escape_text(shown, sizeof(shown), typed, strlen(typed));
    *entry = (struct check_name){.shown = strdup(good ? name.text : shown),
                                 .reason = good ? NULL : strdup(reason)};
    if (entry->shown == NULL || (!good && entry->reason == NULL)) {
        free(entry->shown);
        free(entry->reason);
        return STATUS_NO_MEMORY;
    }
    names->count++;
    return STATUS_OK;
}

static enum status read_all(struct resolve_name_source *source,
                            struct check_names *names)
{
    const char *typed;

    for (;;) {
        struct pollfd stream = {.fd = source->fd, .events = POLLIN};

        switch (resolve_name_next(source, &typed)) {
        case RESOLVE_NAME_TAKEN:
            if (add(names, typed) != STATUS_OK)
                return STATUS_NO_MEMORY;
            break;
        case RESOLVE_NAME_LATER:
            poll(&stream, 1, -1);
            break;
        default:
            errno = source->error;
            return source->error != 0 ? STATUS_UNAVAILABLE : STATUS_OK;
        }
    }
}

enum status check_names_read(const struct check_options *options,
                             struct check_names *names)
{
    AUTO(free) struct resolve_name_source *source = malloc(sizeof(*source));
    AUTO(close_fd) int fd = -1;
    enum status status;

    if (options->file != NULL &&
        resolve_name_open(options->file, &fd) != STATUS_OK)
        return STATUS_INVALID;
    if (source == NULL)
        return STATUS_NO_MEMORY;
    resolve_name_source(source, options->names, options->name_count, fd);
    status = read_all(source, names);
    /* Nothing to check would look like nothing wrong. */
    return status == STATUS_OK && names->count == 0 ? STATUS_NOT_FOUND : status;
}

void check_names_done(struct check_names *names)
{
    for (int i = 0; i < names->count; i++) {
        free(names->list[i].shown);
        free(names->list[i].reason);
    }
    free(names->list);
    *names = (struct check_names){0};
}
