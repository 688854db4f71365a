/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of a hook, as nscd makes it: with error variables of its own. */
#ifndef NSS_MATRIX_TESTS_NSS_CALL_H
#define NSS_MATRIX_TESTS_NSS_CALL_H

#include <arpa/inet.h>
#include <stdalign.h>

#include "module_world.h"

#define NAME "Example.ORG.matrix"
#define MIXED                                                                  \
    "target 192.0.2.1 8448 10 0 -\ntarget 2001:db8::1 8448 10 0 -\n"           \
    "target 192.0.2.2 8448 10 0 -\ntarget 192.0.2.9 8448 20 0 -\n"

enum {
    ROOM = 2048,
    POISON = 0x5a,
    UNTOUCHED = 999, /* in variables that a hook must not write to */
};

/* What one call of a hook gave. */
struct outcome {
    enum nss_status status;
    int errno_value, h_errno_value;
    int32_t ttl;
    char *canonical;
    struct gaih_addrtuple *list;
    struct hostent host;
};

static alignas(16) char room[ROOM];

static inline struct outcome call4(const char *name, char *buffer, size_t size)
{
    struct outcome got = {
        .errno_value = UNTOUCHED, .h_errno_value = UNTOUCHED, .ttl = UNTOUCHED};

    errno = 4711;
    got.status = hooks.by_name4(name, &got.list, buffer, size, &got.errno_value,
                                &got.h_errno_value, &got.ttl);
    assert_int_equal(errno, 4711); /* nscd has variables of its own */
    return got;
}

static inline struct outcome call3(const char *name, int family, char *buffer,
                                   size_t size)
{
    struct outcome got = {
        .errno_value = UNTOUCHED, .h_errno_value = UNTOUCHED, .ttl = UNTOUCHED};

    errno = 4711;
    got.status =
        hooks.by_name3(name, family, &got.host, buffer, size, &got.errno_value,
                       &got.h_errno_value, &got.ttl, &got.canonical);
    assert_int_equal(errno, 4711);
    return got;
}

static inline void assert_outcome(struct outcome got, enum nss_status status,
                                  int errno_value, int h_errno_value)
{
    assert_int_equal(got.status, status);
    assert_int_equal(got.errno_value, errno_value);
    assert_int_equal(got.h_errno_value, h_errno_value);
    if (status == NSS_STATUS_SUCCESS) {
        assert_in_range(got.ttl, SAMPLE_LIFE - 60, SAMPLE_LIFE);
    } else {
        assert_int_equal(got.ttl, 0);
        assert_null(got.list);
        assert_null(got.host.h_name);
        assert_null(got.canonical);
    }
}

static const char *text_of(int family, const void *octets)
{
    static char text[INET6_ADDRSTRLEN];

    assert_non_null(inet_ntop(family, octets, text, sizeof(text)));
    return text;
}

#define IN_WORLD(test) cmocka_unit_test_setup(test, world_without_helper)

#endif
