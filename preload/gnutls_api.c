/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loaded copies of GnuTLS, each with all the functions that the shim
 * calls in it. They are looked for in the object that a real function lies
 * in, never in the caller's scope: with two copies in a process that may name
 * the other one's.
 */
#include "gnutls_api.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>

struct member {
    const char *name;
    size_t offset;
    bool optional;
};

#define MEMBER(function)                                                       \
    {                                                                          \
        .name = #function, .offset = offsetof(struct gnutls_api, function)     \
    }
#define OPTIONAL(function)                                                     \
    {                                                                          \
        .name = #function, .offset = offsetof(struct gnutls_api, function),    \
        .optional = true                                                       \
    }

static const struct member MEMBERS[] = {
    MEMBER(gnutls_check_version),
    MEMBER(gnutls_server_name_set),
    MEMBER(gnutls_alpn_set_protocols),
    MEMBER(gnutls_session_is_resumed),
    MEMBER(gnutls_record_send),
    MEMBER(gnutls_certificate_verify_peers),
    OPTIONAL(gnutls_session_set_verify_cert2),
    MEMBER(gnutls_certificate_get_peers),
    MEMBER(gnutls_x509_crt_init),
    MEMBER(gnutls_x509_crt_import),
    MEMBER(gnutls_x509_crt_deinit),
    MEMBER(gnutls_x509_crt_check_hostname2),
    MEMBER(gnutls_x509_crt_get_subject_alt_name),
};

static _Atomic(const struct gnutls_api *) apis;

/*
 * Where the thread's last real function lies. A shim is there from the start,
 * so its variable can be reached without calling the dynamic linker.
 */
static _Thread_local const void *last_inside
    __attribute__((tls_model("initial-exec")));

static const struct gnutls_api *find_known(const void *function)
{
    const struct gnutls_api *api = atomic_load(&apis);

    while (api != NULL &&
           !real_is_own_call((const char *)function + 1, api->inside))
        api = api->next;
    return api;
}

static bool fill(struct gnutls_api *api, void *handle)
{
    for (size_t i = 0; i < ARRAY_SIZE(MEMBERS); i++) {
        void *function = dlsym(handle, MEMBERS[i].name);

        if (function == NULL) {
            /* The tool's dlerror() is not to speak of our lookups. */
            /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is the thread's */
            (void)dlerror();
            if (!MEMBERS[i].optional)
                return false;
        }
        memcpy((char *)api + MEMBERS[i].offset, &function, sizeof(function));
    }
    return true;
}

/* The object stays loaded then: what is found in it is kept for good. */
static struct gnutls_api *make(const void *function)
{
    AUTO(free) struct gnutls_api *api = calloc(1, sizeof(*api));
    Dl_info info;
    void *handle;
    bool filled;

    if (api == NULL || dladdr(function, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle == NULL) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is the thread's */
        (void)dlerror();
        return NULL;
    }
    api->inside = function;
    filled = fill(api, handle);
    dlclose(handle);
    return filled ? TAKE(api) : NULL;
}

/* Two threads may both make the table of a copy, which does no harm. */
const struct gnutls_api *gnutls_api_of(const void *function)
{
    const struct gnutls_api *known = find_known(function);
    struct gnutls_api *made;
    int saved = errno;

    if (known != NULL)
        return known;
    made = make(function);
    errno = saved;
    if (made == NULL)
        return NULL;
    made->next = atomic_load(&apis);
    while (!atomic_compare_exchange_weak(&apis, &made->next, made))
        ;
    return made;
}

void *gnutls_api_find(struct real *real, const void *caller)
{
    void *function;

    if (last_inside != NULL &&
        real_is_own_call(caller, (const void *)(uintptr_t)gnutls_api_find))
        caller = last_inside;
    function = real_find(real, caller);
    if (function != NULL)
        last_inside = (const char *)function + 1;
    return function;
}
