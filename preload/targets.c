/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name's targets, sorted and turned into cookies. */
#include "targets.h"

#include <netdb.h>
#include <sys/socket.h>

#include "cookies.h"
#include "names.h"
#include "note.h"

/* For asking the kernel about routes; -1: not made, or no such family. */
struct probe {
    int v4, v6;
};

static void util_close_probe(struct probe *probe)
{
    util_close_fd(&probe->v4);
    util_close_fd(&probe->v6);
}

/*
 * Whether there is a route: a datagram socket is connected, by which nothing
 * is sent. The address is the real one; a cookie would never be usable.
 */
static bool usable(struct probe *probe, const struct record_target *target)
{
    int *fd = target->address.family == AF_INET ? &probe->v4 : &probe->v6;
    struct sockaddr_storage to;
    socklen_t length = address_to_socket(&target->address, target->port, &to);

    if (*fd < 0)
        *fd = socket(target->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return !cookies_is(&target->address) && *fd >= 0 &&
           connect(*fd, (struct sockaddr *)&to, length) == 0;
}

static bool has(const struct targets *targets, const struct address *cookie)
{
    for (unsigned i = 0; i < targets->count; i++)
        if (address_equal(&targets->cookies[i], cookie))
            return true;
    return false;
}

static enum status add(const struct record *record,
                       const struct record_target *target,
                       struct targets *targets)
{
    struct cookie cookie = {.address = target->address, .port = target->port};
    struct address made;

    /* Nobody's server is there; and it would be taken for a cookie. */
    if (cookies_is(&target->address))
        return STATUS_OK;
    memcpy(cookie.key, record->name, strlen(record->name) + 1);
    if (cookies_make(&cookie, &made) != STATUS_OK) {
        note_refusal("%s: the table of addresses is full", record->name);
        return STATUS_UNAVAILABLE;
    }
    if (!has(targets, &made))
        targets->cookies[targets->count++] = made;
    return STATUS_OK;
}

/* A record's targets, and which of them there is a route to. */
struct sorting {
    const struct record *record;
    bool usable[LIMIT_TARGETS];
};

/* Adds those from start to before end that are usable, or that are not. */
static enum status add_some(const struct sorting *sorting, unsigned start,
                            unsigned end, bool are_usable,
                            struct targets *targets)
{
    enum status status = STATUS_OK;

    for (unsigned i = start; i < end && status == STATUS_OK; i++) {
        struct record_target target = record_target(sorting->record, i);

        if (sorting->usable[i] == are_usable)
            status = add(sorting->record, &target, targets);
    }
    return status;
}

/* Where the priority of target number start ends. */
static unsigned priority_end(const struct record *record, unsigned start)
{
    uint16_t priority = record_target(record, start).priority;
    unsigned end = start + 1;

    while (end < record->target_count &&
           record_target(record, end).priority == priority)
        end++;
    return end;
}

static enum status add_all(const struct record *record, struct targets *targets)
{
    AUTO(close_probe) struct probe probe = {-1, -1};
    struct sorting sorting = {.record = record};
    enum status status = STATUS_OK;
    unsigned end;

    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        sorting.usable[i] = usable(&probe, &target);
    }
    for (unsigned start = 0; start < record->target_count; start = end) {
        end = priority_end(record, start);
        if (status == STATUS_OK)
            status = add_some(&sorting, start, end, true, targets);
        if (status == STATUS_OK)
            status = add_some(&sorting, start, end, false, targets);
    }
    if (status == STATUS_OK && targets->count == 0) {
        note_refusal("%s: has no address that can be used", record->name);
        status = STATUS_NOT_FOUND;
    }
    return status;
}

enum status targets_find(const char *pseudo, struct targets *ret_targets)
{
    const struct names_answer *answer;
    struct record record;
    int saved = errno;
    enum status status =
        names_find_record(pseudo, strlen(pseudo), &record, &answer);

    ret_targets->count = 0;
    if (status == STATUS_OK)
        status = add_all(&record, ret_targets);
    errno = saved;
    return status;
}

unsigned targets_next(const struct targets *targets, int family, unsigned from)
{
    while (from < targets->count && targets->cookies[from].family != family)
        from++;
    return from;
}

int targets_eai(enum status status)
{
    if (status == STATUS_OK)
        return 0;
    if (status == STATUS_INVALID || status == STATUS_NOT_FOUND)
        return EAI_NONAME;
    return status == STATUS_NO_MEMORY ? EAI_MEMORY : EAI_AGAIN;
}

int targets_h_errno(enum status status)
{
    if (status == STATUS_OK)
        return NETDB_SUCCESS;
    if (status == STATUS_INVALID || status == STATUS_NOT_FOUND)
        return HOST_NOT_FOUND;
    return TRY_AGAIN;
}
