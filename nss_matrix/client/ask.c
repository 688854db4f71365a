/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket, by one deadline. */
#include "ask.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "deadline.h"
#include "wire.h"

void ask_lift_fd(int *fd)
{
    if (*fd >= 0 && *fd <= STDERR_FILENO) {
        int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        util_close_fd(fd);
        *fd = lifted;
    }
}

enum status ask_connect(const char *path, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close_fd) int fd = -1;

    if (!util_copy(address.sun_path, sizeof(address.sun_path), path,
                   strlen(path)))
        return STATUS_MISS;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ask_lift_fd(&fd);
    if (fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return STATUS_MISS;
    *ret_fd = TAKE_FD(fd);
    return STATUS_OK;
}

/* Waits until fd is ready. False at the deadline. */
static bool wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd waited = {.fd = fd, .events = events};
    int ready;

    do
        ready = poll(&waited, 1, deadline_left(deadline));
    while (ready < 0 && errno == EINTR && deadline_left(deadline) > 0);
    return ready > 0;
}

/* Whether the call just failed for now only. */
static bool for_now(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

static enum status send_all(int fd, const char *text, size_t length,
                            int64_t deadline)
{
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && !for_now())
            return STATUS_MISS;
        if (sent < 0 && !wait_for(fd, POLLOUT, deadline))
            return STATUS_TRY_AGAIN;
        if (sent > 0) {
            text += sent;
            length -= (size_t)sent;
        }
    }
    return STATUS_OK;
}

/*
 * Takes `wait MS\n` off the front of what came, and moves the deadline unless
 * it is NULL. True if it was there.
 */
static bool take_wait(struct record *record, int64_t start, int64_t *deadline)
{
    char *line_end = memchr(record->text, '\n', record->length);
    size_t word = sizeof(RECORD_WAIT) - 1;

    if (line_end == NULL || record->length < word ||
        memcmp(record->text, RECORD_WAIT, word) != 0)
        return false;
    size_t line = (size_t)(line_end - record->text) + 1;
    struct wire_reader reader = {record->text + word, line_end + 1, false};
    uint64_t ms = wire_take_number(&reader, '\n', LIMIT_SHIM_WAIT_MS);

    if (!reader.failed && deadline != NULL)
        *deadline = start + (int64_t)ms;
    record->length -= line;
    memmove(record->text, line_end + 1, record->length);
    return true;
}

/*
 * STATUS_OK if what came so far is the record, whole; STATUS_MISS if more
 * must come; STATUS_TRY_AGAIN if it is no record and waiting would be in vain.
 */
static enum status judge(const struct record *record)
{
    size_t promised;

    if (record->length < RECORD_HEAD)
        return STATUS_MISS;
    if (record_promised_length(record->text, &promised) != STATUS_OK)
        return STATUS_TRY_AGAIN;
    return record->length < promised ? STATUS_MISS : STATUS_OK;
}

static enum status receive_record(int fd, int64_t deadline, bool obey_wait,
                                  struct record *record)
{
    int64_t start = deadline_clock();
    enum status status = STATUS_MISS;
    bool heard = false;
    bool may_ask_to_wait = true;

    record->length = 0;
    while (status == STATUS_MISS) {
        ssize_t got = recv(fd, record->text + record->length,
                           LIMIT_RECORD - record->length, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && !for_now()))
            return heard ? STATUS_TRY_AGAIN : STATUS_MISS;
        if (got < 0 && !wait_for(fd, POLLIN, deadline))
            return STATUS_TRY_AGAIN;
        if (got > 0) {
            record->length += (size_t)got;
            heard = true;
            /* Once: who repeats it would move the deadline for ever. */
            if (may_ask_to_wait &&
                take_wait(record, start, obey_wait ? &deadline : NULL))
                may_ask_to_wait = false;
            status = judge(record);
        }
    }
    return status;
}

enum status ask_exchange(int fd, const struct server_name *name, int64_t now,
                         int64_t deadline, bool obey_wait,
                         struct record *ret_record)
{
    /* The request borrows the buffer that the reply will be read into. */
    size_t length = record_request(name, false, ret_record->text);
    enum status status = send_all(fd, ret_record->text, length, deadline);

    if (status == STATUS_OK)
        status = receive_record(fd, deadline, obey_wait, ret_record);
    if (status != STATUS_OK)
        return status;
    if (record_parse(ret_record, now) != STATUS_OK ||
        strcmp(ret_record->name, name->key) != 0)
        return STATUS_TRY_AGAIN;
    return STATUS_OK;
}

/*
 * Takes one of this second's turns, if one is left. The second and how many
 * were taken in it are one word, so that threads and children need no lock;
 * it is all that a process keeps of its lookups.
 */
static bool take_turn(int64_t now)
{
    static _Atomic uint32_t turns;
    const uint32_t taken_mask = 0xff;
    uint32_t second = (uint32_t)now << 8;
    uint32_t before = turns;
    uint32_t after;

    do {
        bool same = (before & ~taken_mask) == second;

        if (same && (before & taken_mask) >= LIMIT_REFRESHES_S)
            return false;
        after = same ? before + 1 : second + 1;
    } while (!atomic_compare_exchange_weak(&turns, &before, after));
    return true;
}

void ask_refresh(const char *path, const struct server_name *name, int64_t now)
{
    char request[RECORD_REQUEST_MAX];
    AUTO(close_fd) int fd = -1;

    if (take_turn(now) && ask_connect(path, &fd) == STATUS_OK)
        (void)!send(fd, request, record_request(name, true, request),
                    MSG_NOSIGNAL | MSG_DONTWAIT);
}
