/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built module as a program that loads it sees it: its four hooks. The
 * module is at $NSS_MATRIX_MODULE, else where libtool leaves it.
 */
#ifndef NSS_MATRIX_TESTS_HOOKS_H
#define NSS_MATRIX_TESTS_HOOKS_H

#include <dlfcn.h>
#include <netdb.h>
#include <nss.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum nss_status hook_by_name(const char *name, struct hostent *result,
                                     char *buffer, size_t buflen, int *errnop,
                                     int *h_errnop);
typedef enum nss_status hook_by_name2(const char *name, int af,
                                      struct hostent *result, char *buffer,
                                      size_t buflen, int *errnop,
                                      int *h_errnop);
typedef enum nss_status hook_by_name3(const char *name, int af,
                                      struct hostent *result, char *buffer,
                                      size_t buflen, int *errnop, int *h_errnop,
                                      int32_t *ttlp, char **canonp);
typedef enum nss_status hook_by_name4(const char *name,
                                      struct gaih_addrtuple **pat, char *buffer,
                                      size_t buflen, int *errnop, int *h_errnop,
                                      int32_t *ttlp);

struct hooks {
    hook_by_name *by_name;
    hook_by_name2 *by_name2;
    hook_by_name3 *by_name3;
    hook_by_name4 *by_name4;
};

static inline const char *hooks_module(void)
{
    const char *path = getenv("NSS_MATRIX_MODULE");

    return path != NULL ? path : ".libs/libnss_matrix.so.2";
}

/* Loads the module; 0, or -1 with a line on stderr. */
static inline int hooks_load(const char *path, struct hooks *ret_hooks)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    *ret_hooks = (struct hooks){
        (hook_by_name *)dlsym(module, "_nss_matrix_gethostbyname_r"),
        (hook_by_name2 *)dlsym(module, "_nss_matrix_gethostbyname2_r"),
        (hook_by_name3 *)dlsym(module, "_nss_matrix_gethostbyname3_r"),
        (hook_by_name4 *)dlsym(module, "_nss_matrix_gethostbyname4_r"),
    };
    return ret_hooks->by_name != NULL && ret_hooks->by_name2 != NULL &&
                   ret_hooks->by_name3 != NULL && ret_hooks->by_name4 != NULL
               ? 0
               : -1;
}

#endif
