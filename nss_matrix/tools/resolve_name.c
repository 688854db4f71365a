/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what people type to a server name, one by one or in a stream. */
#include "resolve_name.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "address.h"
#include "escape.h"

/* What is wrong with a name, first match first. */
static const char *find_fault(const char *name, size_t length)
{
    const char *colon = memchr(name, ':', length);
    struct address address;
    char text[ADDRESS_TEXT];

    if (length == 0)
        return "it is empty";
    if (length > LIMIT_SERVER_NAME)
        return "it is longer than 255 octets";
    if (util_copy(text, sizeof(text), name, length) &&
        address_parse(text, &address) && address.family == AF_INET6)
        return "an IPv6 address stands in brackets: [2001:db8::1]";
    if (memchr(name, '_', length) != NULL)
        return "a server name has no underscore";
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return "it has a blank or octets that are not printable ASCII; "
                   "an international name is written in its xn-- form";
    if (server_name_is_pseudo(name,
                              colon != NULL ? (size_t)(colon - name) : length))
        return "a server cannot be below .matrix, which is the suffix of "
               "pseudo-hostnames; theirs have the port before it: "
               "example.org.8448.matrix";
    if (colon != NULL)
        return "the port after the colon is a number from 1 to 65535";
    return "a server name is a host name of letters, digits, `-` and `.`, an "
           "IPv4 address in four decimals or an IPv6 address in brackets, "
           "then perhaps :port";
}

/* Cuts URL, user and room down to the server's part. */
static const char *find_server(const char *typed, size_t *ret_length)
{
    const char *start = typed;
    const char *scheme = strstr(typed, "://");
    const char *colon = strchr(typed, ':');
    const char *at;
    size_t length;

    if (scheme != NULL) {
        start = scheme + 3;
        length = strcspn(start, "/?#");
        /* A name and a password in a URL are neither used nor shown. */
        at = memrchr(start, '@', length);
        *ret_length = at != NULL ? length - (size_t)(at + 1 - start) : length;
        return at != NULL ? at + 1 : start;
    }
    if (typed[0] != '\0' && strchr("@#!", typed[0]) != NULL && colon != NULL)
        start = colon + 1;
    *ret_length = strlen(start);
    return start;
}

enum status resolve_name_read(const char *typed, struct server_name *ret_name,
                              char ret_reason[static LIMIT_REASON])
{
    size_t length;
    const char *server = find_server(typed, &length);
    char shown[120];
    enum status status = server_name_from_pseudo(server, length, ret_name);

    if (status != STATUS_OK)
        status = server_name_parse(server, length, ret_name);
    if (status == STATUS_OK)
        return STATUS_OK;
    escape_text(shown, sizeof(shown), server, length);
    snprintf(ret_reason, LIMIT_REASON, "`%s` is not a Matrix server name: %s",
             shown, find_fault(server, length));
    return STATUS_INVALID;
}

enum status resolve_name_open(const char *file, int *ret_fd)
{
    AUTO(close_fd) int fd = -1;
    struct stat state;

    fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &state) != 0)
        return STATUS_INVALID;
    /* Each of the two would only be noticed when nothing can be read. */
    if (S_ISDIR(state.st_mode)) {
        errno = EISDIR;
        return STATUS_INVALID;
    }
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        errno = EBADF;
        return STATUS_INVALID;
    }
    *ret_fd = TAKE_FD(fd);
    return STATUS_OK;
}

void resolve_name_source(struct resolve_name_source *source, char **names,
                         int count, int fd)
{
    struct stat file;

    memset(source, 0, offsetof(struct resolve_name_source, text));
    source->names = names;
    source->count = fd >= 0 ? 0 : count;
    source->fd = fd;
    source->ended = fd < 0;
    source->total = source->count;
    if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
        source->total = file.st_size - lseek(fd, 0, SEEK_CUR);
}

/* Reads more behind what is there. False if there is nothing now. */
static bool read_more(struct resolve_name_source *source)
{
    struct pollfd stream = {.fd = source->fd, .events = POLLIN};
    ssize_t got;

    if (source->start > 0) {
        memmove(source->text, source->text + source->start, source->length);
        source->start = 0;
    }
    if (poll(&stream, 1, 0) <= 0)
        return false;
    got = read(source->fd, source->text + source->length,
               sizeof(source->text) - 1 - source->length);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (got < 0)
        source->error = errno;
    if (got <= 0)
        source->ended = true;
    else
        source->length += (size_t)got;
    return true;
}

/*
 * Takes a line off the front, if one is there whole, is the last, or is too
 * long to be a name on it: then its end is passed over when it comes.
 */
static char *take_line(struct resolve_name_source *source)
{
    char *line = source->text + source->start;
    char *end = memchr(line, '\n', source->length);
    bool whole = end != NULL;
    bool passed_over = source->in_word;
    size_t length = whole ? (size_t)(end - line) : source->length;

    if (!whole && !source->ended && length < sizeof(source->text) - 1)
        return NULL;
    if (!whole && length == 0)
        return NULL;
    source->start += length + whole;
    source->length -= length + whole;
    source->taken += (int64_t)(length + whole);
    source->in_word = !whole;
    line[length] = '\0';
    /* A NUL must not cut a name down to another one. */
    for (char *nul; (nul = memchr(line, '\0', length)) != NULL;)
        *nul = '\1';
    if (passed_over)
        line[0] = '\0';
    return line;
}

static enum resolve_name_next next_line(struct resolve_name_source *source,
                                        const char **ret_typed)
{
    for (;;) {
        char *line = take_line(source);

        if (line == NULL && source->ended)
            return RESOLVE_NAME_END;
        if (line == NULL && !read_more(source))
            return RESOLVE_NAME_LATER;
        if (line == NULL)
            continue;
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            *ret_typed = line;
            return RESOLVE_NAME_TAKEN;
        }
    }
}

enum resolve_name_next resolve_name_next(struct resolve_name_source *source,
                                         const char **ret_typed)
{
    if (source->fd >= 0)
        return next_line(source, ret_typed);
    if (source->taken == source->count)
        return RESOLVE_NAME_END;
    *ret_typed = source->names[source->taken++];
    return RESOLVE_NAME_TAKEN;
}
