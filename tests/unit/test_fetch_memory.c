/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each allocation of ours and of OpenSSL's fails once during a fetch: that says
 * nothing about the server, or one that delegates would be taken for one that
 * does not.
 */
#include "fetch_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "counts.h"
#include "openssl_memory.h"

/* Which allocation fails in this thread, of ours and of OpenSSL's; 0: none. */
static _Thread_local unsigned failing;

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    return failing > 0 && --failing == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* One takes only so many connections. */
static void renew_server(struct fetch_world *world)
{
    fetch_world_server(
        world, tls_authority_context(world->authority, FETCH_WORLD_NAMES, 3600),
        TLS_SERVER_NORMAL);
    fetch_world_reply(world, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      TLS_SERVER_CLOSES);
}

static void is_trouble_of_ours(void **state)
{
    struct fetch_world *world = *state;
    unsigned count = 0;
    bool reached = true;
    /* Not all of some thousand, and others for each build of OpenSSL. */
    unsigned step = getenv("NSS_MATRIX_LONG") != NULL ? 1 : 13;

    for (unsigned at = 1; reached; at += step) {
        const struct fetch_answer *answer;

        if (count % 50 == 0)
            renew_server(world);
        fetch_world_fetcher(world);
        failing = at;
        answer = fetch_world_get(world, "a.test", "/x");
        reached = failing == 0;
        failing = 0;
        count += reached;
        if (answer->result != FETCH_OK && answer->result != FETCH_INTERNAL)
            fail_msg("allocation %u: %d, %s", at, (int)answer->result,
                     answer->detail);
    }
    assert_true(count > 100);
    counts_figure("allocations that failed in a fetch", count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_trouble_of_ours, fetch_world_setup,
                                        fetch_world_teardown),
    };
    const struct sigaction ignored = {.sa_handler = SIG_IGN};

    /* As our commands do: OpenSSL writes to what is closed. */
    sigaction(SIGPIPE, &ignored, NULL);
    openssl_memory_watch();
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("fetch_memory", tests, NULL, NULL);
}
