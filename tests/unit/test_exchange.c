/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this machine lacks is told apart from what a server does wrong. The
 * system calls below stand before libc's: no packet leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "exchange.h"

static int connect_error; /* 0: it connects */
static bool no_descriptor, no_wait, no_session;

/* The other end is closed at once: what is connected can be written to. */
int socket(int family, int type, int protocol)
{
    int pair[2];

    (void)family;
    (void)protocol;
    if (no_descriptor && (type & 0xf) == SOCK_STREAM) {
        errno = EMFILE;
        return -1;
    }
    assert_int_equal(socketpair(AF_UNIX, type, 0, pair), 0);
    close(pair[1]);
    return pair[0];
}

/* route_exists asks with a datagram's socket: there is a way. */
int connect(int fd, const struct sockaddr *to, socklen_t length)
{
    int type = 0;
    socklen_t size = sizeof(type);

    (void)to;
    (void)length;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size), 0);
    if (type == SOCK_DGRAM || connect_error == 0)
        return 0;
    errno = connect_error;
    return -1;
}

int epoll_ctl(int epoll, int how, int fd, struct epoll_event *event)
{
    if (no_wait && how != EPOLL_CTL_DEL) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_epoll_ctl, epoll, how, fd, event);
}

static SSL_CTX *tls;

static void over(void *argument)
{
    *(bool *)argument = true;
}

/* Runs one to its end; *exchange is to be ended. */
static void run(struct exchange *exchange, struct loop *loop)
{
    struct exchange_plan plan = {.loop = loop,
                                 .tls = no_session ? NULL : tls,
                                 .port = 8448,
                                 .tls_name = "",
                                 .cert_name = "192.0.2.1",
                                 .host = "192.0.2.1",
                                 .path = "/",
                                 .agent = "test",
                                 .limit_ms = 60000};
    bool done = false;

    assert_true(address_parse("192.0.2.1", &plan.address));
    exchange_start(exchange, &plan, over, &done);
    while (!done)
        assert_int_equal(loop_turn(loop), STATUS_OK);
}

static enum exchange_stage stage_reached(void)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    struct loop *loop = NULL;
    enum exchange_stage stage;

    assert_non_null(exchange);
    assert_int_equal(loop_new(&loop), STATUS_OK);
    run(exchange, loop);
    assert_true(exchange->over);
    assert_true(exchange->fault[0] != '\0');
    stage = exchange->stage;
    exchange_end(exchange);
    loop_free(loop);
    free(exchange);
    return stage;
}

static int set_up(void **state)
{
    (void)state;
    connect_error = 0;
    no_descriptor = no_wait = no_session = false;
    tls = SSL_CTX_new(TLS_client_method());
    return tls == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    SSL_CTX_free(tls);
    return 0;
}

static void blames_the_server_for_what_it_refuses(void **state)
{
    static const int ITS[] = {ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ITS); i++) {
        connect_error = ITS[i];
        assert_int_equal(stage_reached(), EXCHANGE_TCP);
    }
}

static void does_not_blame_it_for_what_this_machine_refuses(void **state)
{
    static const int OURS[] = {ENETUNREACH, EADDRNOTAVAIL, EAGAIN, ENOBUFS,
                               ENOMEM,      EACCES,        EPERM};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(OURS); i++) {
        connect_error = OURS[i];
        assert_int_equal(stage_reached(), EXCHANGE_ROUTE);
    }
}

static void does_not_blame_it_for_what_this_machine_lacks(void **state)
{
    (void)state;
    no_descriptor = true;
    assert_int_equal(stage_reached(), EXCHANGE_ROUTE);
    no_descriptor = false;
    no_wait = true;
    assert_int_equal(stage_reached(), EXCHANGE_ROUTE);
    no_wait = false;
    no_session =
        true; /* what SSL_new gives then is what it has without memory */
    assert_int_equal(stage_reached(), EXCHANGE_ROUTE);
    no_session = false;
    assert_int_equal(stage_reached(), EXCHANGE_TLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blames_the_server_for_what_it_refuses,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            does_not_blame_it_for_what_this_machine_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            does_not_blame_it_for_what_this_machine_lacks, set_up, tear_down),
    };

    signal(SIGPIPE, SIG_IGN);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
