/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few helpers everybody needs: cleanup at the end of scope, handing
 * over, bounded copies. libc only; nothing here allocates or prints.
 */
#ifndef NSS_MATRIX_UTIL_H
#define NSS_MATRIX_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* AUTO(close_fd) int fd = -1;  runs util_close_fd(&fd) at the end of scope. */
#define AUTO(how) __attribute__((cleanup(util_##how)))

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* A printf-like function: format is argument f, the values start at v. */
#define PRINTF_LIKE(f, v) __attribute__((format(printf, f, v)))

/* Hands a pointer over: yields it and leaves NULL behind. */
#define TAKE(pointer)                                                          \
    ({                                                                         \
        __typeof__(pointer) *util_taken_from = &(pointer);                     \
        __typeof__(pointer) util_taken = *util_taken_from;                     \
        *util_taken_from = NULL;                                               \
        util_taken;                                                            \
    })

/* Hands a descriptor over: yields it and leaves -1 behind. */
#define TAKE_FD(fd)                                                            \
    ({                                                                         \
        int util_taken_fd = (fd);                                              \
        (fd) = -1;                                                             \
        util_taken_fd;                                                         \
    })

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Closes *fd unless it is negative; errno is kept. */
static inline void util_close_fd(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        errno = saved;
        *fd = -1;
    }
}

/* Frees *pointer, whatever it points at. */
static inline void util_free(void *pointer)
{
    free(*(void **)pointer);
}

/* Closes *file unless it is NULL. */
static inline void util_close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/*
 * Copies length octets and a NUL into room octets. False, and nothing copied,
 * if they do not fit: a name cut short would be another name.
 */
static inline MUST_CHECK bool util_copy(char *to, size_t room, const char *from,
                                        size_t length)
{
    if (length >= room)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

#endif
