/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gethostbyname and its relatives: what programs called before getaddrinfo,
 * and some still do. Return values and h_errno are those that glibc gives
 * for what the NSS module would have said.
 */
#include <netdb.h>

#include "cookies.h"
#include "hostent.h"
#include "names.h"
#include "preload.h"
#include "real.h"
#include "resolve.h"
#include "targets.h"

REAL_LIBC_DECLARE(gethostbyname);
REAL_LIBC_DECLARE(gethostbyname2);
REAL_LIBC_DECLARE(gethostbyname_r);
REAL_LIBC_DECLARE(gethostbyname2_r);

/* Where the _r functions want the answer. */
struct reply {
    struct hostent *host;
    struct hostent_buffer buffer;
    struct hostent **result;
    int *h_errnop;
};

static bool is_ours(const char *name, int family)
{
    return name != NULL && (family == AF_INET || family == AF_INET6) &&
           names_is_pseudo(name, strlen(name));
}

/* No such name is 0 without a result, as in glibc; errno is not touched. */
static int answer(const char *name, int family, const struct reply *reply)
{
    struct targets targets;
    enum status status = targets_find(name, &targets);

    *reply->result = NULL;
    *reply->h_errnop = targets_h_errno(status);
    if (status != STATUS_OK)
        return *reply->h_errnop == TRY_AGAIN ? EAGAIN : 0;
    status = hostent_make(name, family, &targets, reply->buffer, reply->host);
    if (status == STATUS_TOO_BIG) {
        *reply->h_errnop = NETDB_INTERNAL;
        return ERANGE;
    }
    if (status == STATUS_OK)
        *reply->result = reply->host;
    else
        *reply->h_errnop = NO_DATA;
    return 0;
}

/* errno as the number returned, which is what glibc sets it to. */
static int with_errno(int error)
{
    if (error != 0)
        errno = error;
    return error;
}

/* Loaded before the program starts: __tls_get_addr is not needed for that. */
#define THREAD_LOCAL                                                           \
    static _Thread_local __attribute__((tls_model("initial-exec")))

/* The forms without a buffer: one for each thread, until its next call. */
static struct hostent *answer_here(const char *name, int family)
{
    THREAD_LOCAL struct hostent host;
    THREAD_LOCAL char room[HOSTENT_ROOM];
    struct hostent *result;
    struct reply reply = {&host, {room, sizeof(room)}, &result, &h_errno};

    (void)with_errno(answer(name, family, &reply));
    return result;
}

/* An ordinary name's answer, without cookies. */
static struct hostent *cleaned(const char *name, struct hostent *host)
{
    if (host == NULL || resolve_is_numeric(name) || hostent_drop_cookies(host))
        return host;
    h_errno = HOST_NOT_FOUND;
    return NULL;
}

static void clean(const char *name, const struct reply *reply)
{
    if (*reply->result != NULL && !resolve_is_numeric(name) &&
        !hostent_drop_cookies(*reply->result)) {
        *reply->result = NULL;
        *reply->h_errnop = HOST_NOT_FOUND;
    }
}

HOOK(struct hostent *, gethostbyname, (const char *name))
{
    if (is_ours(name, AF_INET))
        return answer_here(name, AF_INET);
    return cleaned(name, REAL_LIBC(gethostbyname)(name));
}

HOOK(struct hostent *, gethostbyname2, (const char *name, int family))
{
    if (is_ours(name, family))
        return answer_here(name, family);
    return cleaned(name, REAL_LIBC(gethostbyname2)(name, family));
}

HOOK(int, gethostbyname_r,
     (const char *restrict name, struct hostent *restrict host,
      char *restrict buffer, size_t size, struct hostent **restrict result,
      int *restrict h_errnop))
{
    struct reply reply = {host, {buffer, size}, result, h_errnop};
    int error;

    if (is_ours(name, AF_INET))
        return with_errno(answer(name, AF_INET, &reply));
    error =
        REAL_LIBC(gethostbyname_r)(name, host, buffer, size, result, h_errnop);
    clean(name, &reply);
    return error;
}

/* NOLINTNEXTLINE(readability-function-size): libc's parameters */
HOOK(int, gethostbyname2_r,
     (const char *restrict name, int family, struct hostent *restrict host,
      char *restrict buffer, size_t size, struct hostent **restrict result,
      int *restrict h_errnop))
{
    struct reply reply = {host, {buffer, size}, result, h_errnop};
    int error;

    if (is_ours(name, family))
        return with_errno(answer(name, family, &reply));
    error = REAL_LIBC(gethostbyname2_r)(name, family, host, buffer, size,
                                        result, h_errnop);
    clean(name, &reply);
    return error;
}
