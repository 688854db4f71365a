/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard streams that are not as usual. */
#include "standard.h"

#include <fcntl.h>
#include <signal.h>

#include "util.h"

void standard_open(void)
{
    /* Opened for what the stream is not for. */
    static const int MODES[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    /* In this order, in which the kernel hands descriptors out. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            /* cppcheck-suppress leakReturnValNotUsed ; it is to stay open */
            (void)!open("/dev/null", MODES[fd]);
}

void standard_flush(const char *program, int status)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL};

    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return;
    if (errno == 0) /* it was an earlier one that failed */
        errno = EIO;
    /* `... | head`: as a program ends that nobody told to ignore it. */
    if (errno == EPIPE) {
        sigaction(SIGPIPE, &normal, NULL);
        raise(SIGPIPE);
    }
    fprintf(stderr, "%s: cannot write: %s\n", program, strerror(errno));
    exit(status);
}

void standard_no_memory(const char *program, int status)
{
    fprintf(stderr, "%s: out of memory\n", program);
    exit(status);
}
