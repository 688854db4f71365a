/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list is read to its end: nothing is checked of half a list. */
#include "check_names.h"

#include <poll.h>
#include <search.h>

#include "escape.h"
#include "resolve_name.h"

static void clear(struct check_name *name)
{
    free(name->shown);
    free(name->reason);
}

static int compare(const void *one, const void *other)
{
    return strcmp(one, other);
}

/* Whether it was there; if not, it is from now on. */
static enum status know(struct check_names *names, char *shown, bool *ret_known)
{
    char *const *node = tsearch(shown, &names->known, compare);

    if (node == NULL)
        return STATUS_NO_MEMORY;
    *ret_known = *node != shown;
    return STATUS_OK;
}

/* gcc 12 forgets that the list is the caller's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
static enum status make(const char *typed, struct check_name *ret_name)
{
    struct server_name name;
    char reason[LIMIT_REASON];
    char shown[LIMIT_REASON];
    AUTO(free) char *text = NULL;
    AUTO(free) char *why = NULL;
    bool good = resolve_name_read(typed, &name, reason) == STATUS_OK;

    if (!good)
        escape_text(shown, sizeof(shown), typed, strlen(typed));
    text = strdup(good ? name.text : shown);
    why = good ? NULL : strdup(reason);
    if (text == NULL || (!good && why == NULL))
        return STATUS_NO_MEMORY;
    *ret_name = (struct check_name){.shown = TAKE(text), .reason = TAKE(why)};
    return STATUS_OK;
}
#pragma GCC diagnostic pop

static enum status add(struct check_names *names, bool once, const char *typed)
{
    struct check_name *list =
        reallocarray(names->list, (unsigned)names->count + 1, sizeof(list[0]));
    struct check_name *name;
    bool known = false;

    if (list == NULL)
        return STATUS_NO_MEMORY;
    names->list = list;
    name = &list[names->count];
    if (make(typed, name) != STATUS_OK)
        return STATUS_NO_MEMORY;
    names->count++;
    if (once && know(names, name->shown, &known) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (known)
        clear(&list[--names->count]);
    return STATUS_OK;
}

static enum status read_all(struct resolve_name_source *source, bool once,
                            struct check_names *names)
{
    const char *typed;

    for (;;) {
        struct pollfd stream = {.fd = source->fd, .events = POLLIN};

        switch (resolve_name_next(source, &typed)) {
        case RESOLVE_NAME_TAKEN:
            if (add(names, once, typed) != STATUS_OK)
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
    status = read_all(source, options->form == CHECK_PROMETHEUS, names);
    /* Nothing to check would look like nothing wrong. */
    return status == STATUS_OK && names->count == 0 ? STATUS_NOT_FOUND : status;
}

/* The tree has borrowed what it holds. */
static void forget(void *shown)
{
    (void)shown;
}

void check_names_done(struct check_names *names)
{
    tdestroy(names->known, forget);
    for (int i = 0; i < names->count; i++)
        clear(&names->list[i]);
    free(names->list);
    *names = (struct check_names){0};
}
