/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module that stands where libnss_matrix.so.2 would, hands every call on to
 * the real one ($NSS_MATRIX_MODULE) and takes down which hook it was. For
 * tests that must know how libc calls us; built with the module's soname.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "hooks.h"

#define SEEN __attribute__((visibility("default")))

/* What nss_lookup prints: " 4" or " 2:inet6" for each call. */
extern SEEN char counting_nss_calls[200];
char counting_nss_calls[200];

SEEN hook_by_name _nss_matrix_gethostbyname_r;
SEEN hook_by_name2 _nss_matrix_gethostbyname2_r;
SEEN hook_by_name3 _nss_matrix_gethostbyname3_r;
SEEN hook_by_name4 _nss_matrix_gethostbyname4_r;

static void take_down(const char *hook, int family)
{
    const char *name = family == AF_INET    ? ":inet"
                       : family == AF_INET6 ? ":inet6"
                                            : "";
    size_t length = strlen(counting_nss_calls);

    snprintf(counting_nss_calls + length, sizeof(counting_nss_calls) - length,
             " %s%s", hook, name);
}

static const struct hooks *real(void)
{
    static struct hooks hooks;
    static bool loaded;

    if (!loaded && hooks_load(hooks_module(), &hooks) != 0)
        abort();
    loaded = true;
    return &hooks;
}

enum nss_status _nss_matrix_gethostbyname_r(const char *name,
                                            struct hostent *result,
                                            char *buffer, size_t buflen,
                                            int *errnop, int *h_errnop)
{
    take_down("1", AF_UNSPEC);
    return real()->by_name(name, result, buffer, buflen, errnop, h_errnop);
}

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname2_r(const char *name, int af,
                                             struct hostent *result,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop)
{
    take_down("2", af);
    return real()->by_name2(name, af, result, buffer, buflen, errnop, h_errnop);
}

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname3_r(const char *name, int af,
                                             struct hostent *result,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop,
                                             int32_t *ttlp, char **canonp)
{
    take_down("3", af);
    return real()->by_name3(name, af, result, buffer, buflen, errnop, h_errnop,
                            ttlp, canonp);
}

/* NOLINTNEXTLINE(readability-function-size): glibc's parameters */
enum nss_status _nss_matrix_gethostbyname4_r(const char *name,
                                             struct gaih_addrtuple **pat,
                                             char *buffer, size_t buflen,
                                             int *errnop, int *h_errnop,
                                             int32_t *ttlp)
{
    take_down("4", AF_UNSPEC);
    return real()->by_name4(name, pat, buffer, buflen, errnop, h_errnop, ttlp);
}
