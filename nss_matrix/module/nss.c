/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entry points of the NSS module: a name in, an answer in the caller's
 * buffer out. Two of them carry all: 3_r for one family, 4_r for both. All
 * of it runs in a stranger's process: no assert, no output, no state, and a
 * stack of less than 8 KiB in all.
 *
 * UNAVAIL means "not my name" and nothing else: with `hosts: files matrix
 * [!UNAVAIL=return] dns` it is what lets a name go on to DNS, and one of ours
 * must never get there, where a wildcard would answer it.
 */
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "pack.h"

#define HOOK __attribute__((visibility("default")))

/* Where a hook's caller wants to be told how it went. */
struct answer_to {
    int *errnop;
    int *h_errnop;
    int32_t *ttlp; /* may be NULL */
};

/*
 * The outcomes as NSS knows them. An errno of 0 leaves the caller's as it is:
 * on success glibc's manual wants that, and for a name that is not ours any
 * other value becomes EAI_NODATA where EAI_NONAME is right (gethostbyname2_r
 * hands it on). NETDB_INTERNAL goes with ERANGE and nothing else: together
 * they make glibc call again with a larger buffer.
 */
static const struct outcome {
    enum nss_status nss;
    int errno_value;
    int h_errno_value;
} OUTCOMES[] = {
    [STATUS_OK] = {NSS_STATUS_SUCCESS, 0, NETDB_SUCCESS},
    [STATUS_INVALID] = {NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
    [STATUS_NOT_FOUND] = {NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND},
    [STATUS_TRY_AGAIN] = {NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN},
    [STATUS_UNAVAILABLE] = {NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN},
    [STATUS_NOT_OURS] = {NSS_STATUS_UNAVAIL, 0, NO_RECOVERY},
    [STATUS_TOO_BIG] = {NSS_STATUS_TRYAGAIN, ERANGE, NETDB_INTERNAL},
};

/* Beside the table: the server exists, but not in the family asked for. */
static const struct outcome NO_SUCH_FAMILY = {NSS_STATUS_NOTFOUND, ENOENT,
                                              NO_DATA};
static const struct outcome BAD_FAMILY = {NSS_STATUS_UNAVAIL, EAFNOSUPPORT,
                                          NO_RECOVERY};

static struct outcome outcome_of(enum status status)
{
    return status < ARRAY_SIZE(OUTCOMES) ? OUTCOMES[status]
                                         : OUTCOMES[STATUS_TRY_AGAIN];
}

/*
 * Called last, after every other call: errnop is mostly &errno itself, which
 * the other calls may have changed (systemd 11321).
 */
static enum nss_status tell(const struct answer_to *to, struct outcome outcome,
                            int32_t ttl)
{
    if (to->ttlp != NULL)
        *to->ttlp = ttl;
    if (outcome.errno_value != 0)
        *to->errnop = outcome.errno_value;
    *to->h_errnop = outcome.h_errno_value;
    return outcome.nss;
}

/* Seconds that the answer is in force yet: nscd keeps it for that long. */
static int32_t life_left(const struct record *record)
{
    int64_t left = record->expires - time(NULL);

    return left > 0 ? (int32_t)left : 0;
}

/* Finds the record; STATUS_OK only if it holds addresses. */
static enum status find(const char *asked, struct record *ret_record)
{
    struct server_name name;
    struct client client;
    enum status status = server_name_from_pseudo(asked, strlen(asked), &name);

    if (status != STATUS_OK)
        return status;
    client_init(&client, LIMIT_NSS_WAIT_MS, true);
    status = client_lookup(&client, &name, ret_record);
    return status == STATUS_OK ? error_status(ret_record->error) : status;
}

/* What packing a record came to, given that there is one. */
static struct outcome packed(enum status status)
{
    return status == STATUS_NOT_FOUND ? NO_SUCH_FAMILY : outcome_of(status);
}

HOOK enum nss_status _nss_matrix_gethostbyname4_r(const char *name,
                                                  struct gaih_addrtuple **pat,
                                                  char *buffer, size_t buflen,
                                                  int *errnop, int *h_errnop,
                                                  int32_t *ttlp);
HOOK enum nss_status _nss_matrix_gethostbyname3_r(const char *name, int af,
                                                  struct hostent *result,
                                                  char *buffer, size_t buflen,
                                                  int *errnop, int *h_errnop,
                                                  int32_t *ttlp, char **canonp);
HOOK enum nss_status _nss_matrix_gethostbyname2_r(const char *name, int af,
                                                  struct hostent *result,
                                                  char *buffer, size_t buflen,
                                                  int *errnop, int *h_errnop);
HOOK enum nss_status _nss_matrix_gethostbyname_r(const char *name,
                                                 struct hostent *result,
                                                 char *buffer, size_t buflen,
                                                 int *errnop, int *h_errnop);

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname4_r(const char *name,
                                             struct gaih_addrtuple **pat,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop,
                                             int32_t *ttlp)
{
    struct answer_to to = {errnop, h_errnop, ttlp};
    struct pack pack = pack_into(buffer, buflen);
    struct record record;
    enum status status = find(name, &record);

    if (status != STATUS_OK)
        return tell(&to, outcome_of(status), 0);
    status = pack_tuples(&pack, &record, name, pat);
    return tell(&to, packed(status),
                status == STATUS_OK ? life_left(&record) : 0);
}

/* 2_r cannot mix families: AF_UNSPEC is read as AF_INET, as others do. */
/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname3_r(const char *name, int af,
                                             struct hostent *result,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop,
                                             int32_t *ttlp, char **canonp)
{
    struct answer_to to = {errnop, h_errnop, ttlp};
    struct pack pack = pack_into(buffer, buflen);
    struct record record;
    enum status status;

    if (af == AF_UNSPEC)
        af = AF_INET;
    if (!server_name_is_pseudo(name, strlen(name)))
        return tell(&to, outcome_of(STATUS_NOT_OURS), 0);
    if (af != AF_INET && af != AF_INET6)
        return tell(&to, BAD_FAMILY, 0);
    status = find(name, &record);
    if (status != STATUS_OK)
        return tell(&to, outcome_of(status), 0);
    status = pack_hostent(&pack, &record, name, af, result);
    if (status == STATUS_OK && canonp != NULL)
        *canonp = result->h_name;
    return tell(&to, packed(status),
                status == STATUS_OK ? life_left(&record) : 0);
}

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname2_r(const char *name, int af,
                                             struct hostent *result,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop)
{
    return _nss_matrix_gethostbyname3_r(name, af, result, buffer, buflen,
                                        errnop, h_errnop, NULL, NULL);
}

/* IPv4, as everybody reads it: a hostent has one family. */
enum nss_status _nss_matrix_gethostbyname_r(const char *name,
                                            struct hostent *result,
                                            char *buffer, size_t buflen,
                                            int *errnop, int *h_errnop)
{
    return _nss_matrix_gethostbyname3_r(name, AF_INET, result, buffer, buflen,
                                        errnop, h_errnop, NULL, NULL);
}
