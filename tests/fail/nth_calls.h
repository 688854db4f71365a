/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that can fail, as FAILING(result, name, parameters, arguments,
 * failure, errno). Included twice by nth.c, and therefore without a guard.
 */
FAILING(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL,
        EMFILE)
FAILING(FILE *, fdopen, (int fd, const char *mode), (fd, mode), NULL, ENOMEM)
FAILING(FILE *, open_memstream, (char **text, size_t *length), (text, length),
        NULL, ENOMEM)
FAILING(DIR *, opendir, (const char *path), (path), NULL, EMFILE)
FAILING(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), -1, EIO)
FAILING(ssize_t, pread, (int fd, void *to, size_t size, off_t at),
        (fd, to, size, at), -1, EIO)
FAILING(ssize_t, write, (int fd, const void *from, size_t size),
        (fd, from, size), -1, ENOSPC)
FAILING(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at),
        (fd, from, size, at), -1, ENOSPC)
FAILING(ssize_t, sendfile, (int to, int from, off_t *at, size_t size),
        (to, from, at, size), -1, EIO)
FAILING(int, rename, (const char *from, const char *to), (from, to), -1, ENOSPC)
FAILING(int, unlink, (const char *path), (path), -1, EIO)
FAILING(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags),
        -1, EIO)
FAILING(int, mkdir, (const char *path, mode_t mode), (path, mode), -1, ENOSPC)
FAILING(int, chmod, (const char *path, mode_t mode), (path, mode), -1, EPERM)
FAILING(int, fchmod, (int fd, mode_t mode), (fd, mode), -1, EPERM)
FAILING(int, ftruncate, (int fd, off_t size), (fd, size), -1, EIO)
FAILING(int, fsync, (int fd), (fd), -1, EIO)
FAILING(int, flock, (int fd, int how), (fd, how), -1, ENOLCK)
FAILING(int, stat, (const char *path, struct stat *found), (path, found), -1,
        EACCES)
FAILING(int, lstat, (const char *path, struct stat *found), (path, found), -1,
        EACCES)
FAILING(int, fstat, (int fd, struct stat *found), (fd, found), -1, EIO)
FAILING(int, fstatat, (int fd, const char *path, struct stat *found, int flags),
        (fd, path, found, flags), -1, EACCES)
FAILING(ssize_t, readlink, (const char *path, char *to, size_t room),
        (path, to, room), -1, EACCES)
FAILING(int, socket, (int family, int type, int protocol),
        (family, type, protocol), -1, EMFILE)
FAILING(int, socketpair, (int family, int type, int protocol, int pair[2]),
        (family, type, protocol, pair), -1, EMFILE)
FAILING(int, pipe2, (int pair[2], int flags), (pair, flags), -1, EMFILE)
FAILING(int, dup2, (int from, int to), (from, to), -1, EMFILE)
FAILING(int, connect, (int fd, const struct sockaddr *to, socklen_t size),
        (fd, to, size), -1, ENETUNREACH)
FAILING(int, setsockopt,
        (int fd, int level, int name, const void *value, socklen_t size),
        (fd, level, name, value, size), -1, ENOBUFS)
FAILING(int, getsockopt,
        (int fd, int level, int name, void *value, socklen_t *size),
        (fd, level, name, value, size), -1, ENOBUFS)
FAILING(ssize_t, send, (int fd, const void *from, size_t size, int flags),
        (fd, from, size, flags), -1, ENOBUFS)
FAILING(ssize_t, recv, (int fd, void *to, size_t size, int flags),
        (fd, to, size, flags), -1, ENOMEM)
FAILING(int, poll, (struct pollfd * list, nfds_t count, int ms),
        (list, count, ms), -1, ENOMEM)
FAILING(int, epoll_create1, (int flags), (flags), -1, EMFILE)
FAILING(int, epoll_ctl, (int fd, int what, int on, struct epoll_event *event),
        (fd, what, on, event), -1, ENOMEM)
FAILING(int, epoll_wait, (int fd, struct epoll_event *list, int room, int ms),
        (fd, list, room, ms), -1, ENOMEM)
FAILING(void *, mmap,
        (void *at, size_t size, int how, int flags, int fd, off_t offset),
        (at, size, how, flags, fd, offset), MAP_FAILED, ENOMEM)
FAILING(int, mprotect, (void *at, size_t size, int how), (at, size, how), -1,
        ENOMEM)
FAILING(int, memfd_create, (const char *name, unsigned flags), (name, flags),
        -1, EMFILE)
FAILING(pid_t, fork, (void), (), -1, EAGAIN)
FAILING(int, setgroups, (size_t count, const gid_t *list), (count, list), -1,
        EPERM)
FAILING(int, setresgid, (gid_t one, gid_t two, gid_t three), (one, two, three),
        -1, EPERM)
FAILING(int, setresuid, (uid_t one, uid_t two, uid_t three), (one, two, three),
        -1, EPERM)
FAILING(ssize_t, getrandom, (void *to, size_t size, unsigned flags),
        (to, size, flags), -1, EINTR)
FAILING(int, timer_create,
        (clockid_t clock, struct sigevent *event, timer_t *timer),
        (clock, event, timer), -1, EAGAIN)
FAILING(int, setenv, (const char *name, const char *value, int replace),
        (name, value, replace), -1, ENOMEM)
