/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSL's allocator is libc's, with a count. */
#include "openssl_memory.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_uint failures;

static void *counted(void *memory)
{
    if (memory == NULL)
        atomic_fetch_add(&failures, 1);
    return memory;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return counted(malloc(size));
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return counted(realloc(old, size));
}

static void release(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

void openssl_memory_watch(void)
{
    (void)CRYPTO_set_mem_functions(allocate, reallocate, release);
}

unsigned openssl_memory_failures(void)
{
    return atomic_load(&failures);
}
