/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines on stderr, in a process that is not ours: a descriptor 2 that has
 * become a network connection gets none, nor does one that was closed at first
 * and may be any file by now; and a pipe that nobody reads any more must not
 * end the tool.
 */
#include "note.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "deadline.h"

enum {
    REFUSALS = 64, /* lines that are remembered, of which each has one place */
    VERBOSES = 4096,
    AGAIN_S = 60,
};

static const char PREFIX[] = "matrix-run: ";

static enum level {
    LEVEL_UNKNOWN, /* a constructor that runs before ours may be refused */
    LEVEL_NORMAL,
    LEVEL_QUIET,
    LEVEL_VERBOSE,
} level;

/* What was said. links looks a name up in child after child: shared. */
static struct said {
    _Atomic uint64_t refusals[REFUSALS];
    _Atomic uint64_t verboses[VERBOSES];
} said_here, *said = &said_here;

void note_init(void)
{
    const char *wish = secure_getenv("NSS_MATRIX_NOTES");
    int saved = errno;
    void *shared = mmap(NULL, sizeof(said_here), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    said = shared != MAP_FAILED ? shared : &said_here;
    level = LEVEL_NORMAL;
    if (wish != NULL && strcmp(wish, "verbose") == 0)
        level = LEVEL_VERBOSE;
    if ((wish != NULL && strcmp(wish, "quiet") == 0) ||
        fcntl(STDERR_FILENO, F_GETFD) < 0)
        level = LEVEL_QUIET;
    errno = saved;
}

/*
 * Whether the line was said before: a refusal within a minute, what -v shows
 * of a name ever. A place holds 40 bits of the line's hash and 24 of the time;
 * of two threads with the same line one says it.
 */
static bool said_before(const char *line, size_t length, bool refusal)
{
    const uint64_t seconds = UINT64_C(0xffffff);
    uint64_t now = ((uint64_t)(deadline_clock() / 1000) + 1) & seconds;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)line[i]) * UINT64_C(0x100000001b3);

    _Atomic uint64_t *place = refusal ? &said->refusals[hash % REFUSALS]
                                      : &said->verboses[hash % VERBOSES];
    uint64_t old = atomic_load(place);

    hash &= ~seconds;
    if ((old & ~seconds) == hash && old != 0 &&
        (!refusal || ((now - old) & seconds) < AGAIN_S))
        return true;
    return !atomic_compare_exchange_strong(place, &old, hash | now) &&
           (old & ~seconds) == hash;
}

/* Descriptor 2 is whatever the tool made it: a log, or by now a peer. */
static bool is_for_people(void)
{
    int domain;
    socklen_t size = sizeof(domain);

    return getsockopt(STDERR_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &size) !=
               0 ||
           domain == AF_UNIX;
}

/* One write(), with SIGPIPE taken back if it was the write that raised it. */
static void write_line(const char *line, size_t length)
{
    const struct timespec at_once = {0};
    sigset_t pipe;
    sigset_t old;
    sigset_t pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &pipe, &old) != 0)
        return;
    sigpending(&pending);
    if (write(STDERR_FILENO, line, length) < 0 && errno == EPIPE &&
        sigismember(&pending, SIGPIPE) == 0)
        (void)sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void say(bool refusal, const char *format, va_list values)
{
    char line[NOTE_MAX];
    size_t prefix = sizeof(PREFIX) - 1;
    int saved = errno;
    int formatted;
    size_t length;

    memcpy(line, PREFIX, prefix);
    formatted = vsnprintf(line + prefix, sizeof(line) - prefix, format, values);
    if (formatted < 0)
        return;
    length = strlen(line);
    /* What a stranger chose must not move a terminal's cursor. */
    for (size_t i = prefix; i < length; i++)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    line[length++] = '\n'; /* in the place of the NUL */
    if (!said_before(line, length, refusal) && is_for_people())
        write_line(line, length);
    errno = saved;
}

void note_refusal(const char *format, ...)
{
    va_list values;

    if (level == LEVEL_UNKNOWN)
        note_init();
    if (level == LEVEL_QUIET)
        return;
    va_start(values, format);
    say(true, format, values);
    va_end(values);
}

void note_verbose(const char *format, ...)
{
    va_list values;

    if (level == LEVEL_UNKNOWN)
        note_init();
    if (level != LEVEL_VERBOSE)
        return;
    va_start(values, format);
    say(false, format, values);
    va_end(values);
}
