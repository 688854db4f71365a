/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A name service module that knows at once: every name has two addresses, one
 * of each family, and nothing is asked or read. What getaddrinfo() takes with
 * it is libc's own part of a lookup, which no module can be faster than.
 */
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

__attribute__((visibility("default"))) enum nss_status
_nss_constant_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
                               char *buffer, size_t buflen, int *errnop,
                               int *h_errnop, int32_t *ttlp);

/* The module's own answer to the same question has these, in this order. */
static const unsigned char V6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x35};
static const unsigned char V4[4] = {192, 0, 2, 35};

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_constant_gethostbyname4_r(const char *name,
                                               struct gaih_addrtuple **pat,
                                               char *buffer, size_t buflen,
                                               int *errnop, int *h_errnop,
                                               int32_t *ttlp)
{
    size_t gap = -(uintptr_t)buffer & (alignof(struct gaih_addrtuple) - 1);
    struct gaih_addrtuple *tuples = (void *)(buffer + gap);
    size_t length = strlen(name) + 1;
    char *copy = (char *)(tuples + 2);

    if (gap + 2 * sizeof(*tuples) + length > buflen) {
        *errnop = ERANGE;
        *h_errnop = NETDB_INTERNAL;
        return NSS_STATUS_TRYAGAIN;
    }
    memcpy(copy, name, length);
    tuples[0] = (struct gaih_addrtuple){
        .next = &tuples[1], .name = copy, .family = AF_INET6};
    tuples[1] = (struct gaih_addrtuple){.name = copy, .family = AF_INET};
    memcpy(tuples[0].addr, V6, sizeof(V6));
    memcpy(tuples[1].addr, V4, sizeof(V4));
    if (*pat != NULL)
        **pat = tuples[0];
    else
        *pat = tuples;
    if (ttlp != NULL)
        *ttlp = 60;
    *h_errnop = NETDB_SUCCESS;
    return NSS_STATUS_SUCCESS;
}
