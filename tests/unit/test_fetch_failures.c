/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches that get no answer: addresses, connections, TLS, limits, proxies. */
#include "fetch_world.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* In what is expected, PORT stands for the server's. */
static void assert_fails(struct fetch_world *world, const char *host,
                         enum fetch_result result, const char *expected)
{
    const struct fetch_answer *answer = fetch_world_get(world, host, "/x");
    const char *port = strstr(expected, "PORT");
    char detail[300];

    snprintf(detail, sizeof(detail), "%s", expected);
    if (port != NULL)
        snprintf(detail + (port - expected),
                 sizeof(detail) - (size_t)(port - expected), "%u%s",
                 tls_server_port(world->server), port + 4);
    assert_string_equal(answer->detail, detail);
    assert_int_equal(answer->result, result);
    assert_null(answer->body);
    assert_int_equal(answer->hop_count, 1);
    assert_int_equal(answer->status, 0);
}

static void assert_works(struct fetch_world *world, const char *host)
{
    const struct fetch_answer *answer = fetch_world_get(world, host, "/x");

    assert_string_equal(answer->detail, "200");
    assert_int_equal(answer->result, FETCH_OK);
}

static void reply_ok(struct fetch_world *world)
{
    fetch_world_reply(world, "/x", OK_REPLY, TLS_SERVER_KEEPS);
}

static void says_who_refused(void **state)
{
    struct fetch_world *world = *state;

    assert_fails(world, "nobody.test", FETCH_TRANSPORT,
                 "127.0.0.2 port PORT refused the connection");
    assert_string_equal(fetch_answer(world->fetch)->hops[0].ip, "");
}

static void tries_every_address_of_both_families(void **state)
{
    struct fetch_world *world = *state;

    reply_ok(world);
    assert_works(world, "two.test");
    assert_string_equal(fetch_answer(world->fetch)->hops[0].ip, "127.0.0.1");
    assert_works(world, "six.test");
}

static void takes_failing_dns_for_trouble_of_ours(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer =
        fetch_world_get(world, "unknown.test", "/x");

    assert_int_equal(answer->result, FETCH_OURS);
    assert_ptr_equal(strstr(answer->detail, "unknown.test: "), answer->detail);
}

static void refuses_a_certificate_for_another_name(void **state)
{
    struct fetch_world *world = *state;

    reply_ok(world);
    assert_fails(world, "uncovered.test", FETCH_TLS,
                 "certificate verify failed at 127.0.0.1 port PORT: the "
                 "certificate does not cover uncovered.test");
    assert_int_equal(tls_server_requests(world->server), 0);
}

static void refuses_an_address_certified_as_a_name(void **state)
{
    struct fetch_world *world = *state;
    SSL_CTX *as_name =
        tls_authority_context(world->authority, "DNS:127.0.0.1", 60);

    fetch_world_server(world, as_name, TLS_SERVER_NORMAL);
    assert_fails(world, "127.0.0.1", FETCH_TLS,
                 "certificate verify failed at 127.0.0.1 port PORT: the "
                 "certificate does not cover 127.0.0.1");
    assert_int_equal(tls_server_requests(world->server), 0);
}

static void refuses_an_unknown_authority(void **state)
{
    struct fetch_world *world = *state;

    /* The system's store, which knows nothing of ours. */
    world->configuration.ca_file = NULL;
    fetch_world_fetcher(world);
    reply_ok(world);
    assert_fails(world, "a.test", FETCH_TLS,
                 "certificate verify failed at 127.0.0.1 port PORT: unable to "
                 "get local issuer certificate");
    assert_int_equal(tls_server_requests(world->server), 0);
}

static void refuses_an_expired_certificate(void **state)
{
    struct fetch_world *world = *state;
    SSL_CTX *context =
        tls_authority_context(world->authority, FETCH_WORLD_NAMES, -60);

    fetch_world_server(world, context, TLS_SERVER_NORMAL);
    assert_fails(world, "a.test", FETCH_TLS,
                 "certificate verify failed at 127.0.0.1 port PORT: "
                 "certificate has expired");
}

static void takes_any_certificate_where_that_is_configured(void **state)
{
    struct fetch_world *world = *state;
    struct insecure entry = {.name = "uncovered.test"};
    SSL_CTX *context;

    world->configuration.insecure = &entry;
    world->configuration.insecure_count = 1;
    context = tls_authority_context(world->authority, "DNS:else.test", -60);
    fetch_world_server(world, context, TLS_SERVER_NORMAL);
    reply_ok(world);
    assert_works(world, "uncovered.test");
    assert_true(fetch_answer(world->fetch)->insecure);
    assert_int_equal(fetch_world_get(world, "a.test", "/x")->result, FETCH_TLS);
    assert_false(fetch_answer(world->fetch)->insecure);
}

static void takes_a_broken_store_for_trouble_of_ours(void **state)
{
    struct fetch_world *world = *state;

    world->configuration.ca_file = world->hosts;
    fetch_world_fetcher(world);
    assert_int_equal(fetch_world_get(world, "a.test", "/x")->result,
                     FETCH_INTERNAL);
}

static void says_what_a_broken_handshake_was(void **state)
{
    struct fetch_world *world = *state;
    SSL_CTX *context =
        tls_authority_context(world->authority, FETCH_WORLD_NAMES, 60);
    const struct fetch_answer *answer;

    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_VERSION), 1);
    fetch_world_server(world, context, TLS_SERVER_NORMAL);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_int_equal(answer->result, FETCH_TLS);
    assert_ptr_equal(
        strstr(answer->detail, "TLS handshake failed at 127.0.0.1 port "),
        answer->detail);
    assert_null(strstr(answer->detail, "error:"));
}

static void gives_up_on_a_handshake_that_stalls(void **state)
{
    struct fetch_world *world = *state;

    fetch_world_server(world, NULL, TLS_SERVER_STALLS);
    world->fetcher->connect_ms = 100;
    assert_fails(world, "a.test", FETCH_TRANSPORT,
                 "127.0.0.1 port PORT did not finish the TLS handshake within "
                 "0.1 s");
}

static void gives_up_on_an_answer_that_stalls(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    fetch_world_reply(world, "/x",
                      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                      TLS_SERVER_HANGS);
    world->fetcher->total_ms = 200;
    answer = fetch_world_get(world, "a.test", "/x");
    assert_int_equal(answer->result, FETCH_TRANSPORT);
    assert_non_null(strstr(answer->detail, "sent no whole answer within 0.2 "));
    assert_null(answer->body);
}

static void stops_waiting_for_addresses(void **state)
{
    struct fetch_world *world = *state;
    const struct fetch_answer *answer;

    world->fetcher->total_ms = 0;
    answer = fetch_world_get(world, "unknown.test", "/x");
    assert_int_equal(answer->result, FETCH_OURS);
}

static void says_who_hung_up(void **state)
{
    struct fetch_world *world = *state;

    /* There is no reply for it. */
    assert_fails(world, "a.test", FETCH_TRANSPORT,
                 "127.0.0.1 port PORT hung up without an answer");
}

static void connects_to_nothing_that_is_denied(void **state)
{
    struct fetch_world *world = *state;
    struct cidr networks[2] = {{.bits = 32}, {.bits = 128}};

    world->configuration.deny = networks;
    world->configuration.deny_count = 1;
    reply_ok(world);
    assert_true(address_parse("127.0.0.2", &networks[0].address));
    assert_works(world, "two.test");
    assert_fails(world, "nobody.test", FETCH_BLOCKED,
                 "`deny` forbids the addresses of nobody.test");
    assert_true(address_parse("127.0.0.1", &networks[0].address));
    assert_fails(world, "127.0.0.1", FETCH_BLOCKED,
                 "`deny` forbids the addresses of 127.0.0.1");
    assert_fails(world, "[::ffff:127.0.0.1]", FETCH_BLOCKED,
                 "`deny` forbids the addresses of ::ffff:127.0.0.1");
    assert_int_equal(tls_server_connections(world->server), 1);
}

static void follows_no_redirect_to_what_is_denied(void **state)
{
    struct fetch_world *world = *state;
    struct cidr network = {.bits = 32};
    const struct fetch_answer *answer;

    world->configuration.deny = &network;
    world->configuration.deny_count = 1;
    assert_true(address_parse("127.0.0.2", &network.address));
    fetch_world_reply(world, "/x",
                      "HTTP/1.1 302 X\r\nContent-Length: 0\r\n"
                      "Location: https://nobody.test:PORT/\r\n\r\n",
                      TLS_SERVER_KEEPS);
    answer = fetch_world_get(world, "a.test", "/x");
    assert_int_equal(answer->result, FETCH_BLOCKED);
    assert_int_equal(answer->hop_count, 2);
}

static void takes_no_proxy_from_the_environment(void **state)
{
    struct fetch_world *world = *state;

    reply_ok(world);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_works(world, "a.test");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

/* The server itself plays the proxy. */
static void use_proxy(struct fetch_world *world, enum tls_server_mode mode,
                      const char *host, char proxy[static 64])
{
    fetch_world_server(world, NULL, mode);
    snprintf(proxy, 64, "http://%s:%u", host, tls_server_port(world->server));
    world->configuration.proxy = proxy;
    fetch_world_fetcher(world);
    reply_ok(world);
}

static void goes_through_the_configured_proxy(void **state)
{
    struct fetch_world *world = *state;
    struct cidr network = {.bits = 8};
    char proxy[64];

    /* Neither `deny` nor no_proxy is about the proxy. */
    assert_true(address_parse("127.0.0.0", &network.address));
    world->configuration.deny = &network;
    world->configuration.deny_count = 1;
    setenv("no_proxy", "*", 1);
    use_proxy(world, TLS_SERVER_PROXY, "b.test", proxy);
    assert_works(world, "a.test");
    assert_false(fetch_answer(world->fetch)->freshness.no_store);
    /* The proxy finds the addresses: this name has none here. */
    assert_int_equal(fetch_world_get(world, "unknown.test", "/x")->result,
                     FETCH_TLS);
    assert_fails(world, "127.0.0.1", FETCH_BLOCKED, "`deny` forbids 127.0.0.1");
    unsetenv("no_proxy");
}

static void blames_the_proxy_for_what_it_does(void **state)
{
    struct fetch_world *world = *state;
    char proxy[64];

    use_proxy(world, TLS_SERVER_PROXY, "nobody.test", proxy);
    assert_fails(world, "a.test", FETCH_OURS,
                 "the proxy 127.0.0.2 port PORT refused the connection");
    use_proxy(world, TLS_SERVER_NO_PROXY, "b.test", proxy);
    assert_fails(world, "a.test", FETCH_TRANSPORT,
                 "the proxy 127.0.0.1 port PORT answered 403");
}

static void can_be_cancelled_at_any_time(void **state)
{
    struct fetch_world *world = *state;

    reply_ok(world);
    for (int turns = 0; turns < 12; turns++) {
        fetch_world_start(world, turns % 2 == 0 ? "a.test" : "unknown.test",
                          "/x");
        for (int i = 0; i < turns && !world->done; i++)
            assert_int_equal(loop_turn(world->loop), STATUS_OK);
        fetch_free(world->fetch);
        world->fetch = NULL;
    }
    assert_works(world, "a.test");
}

/* In a process without any network: not even loopback is up there. */
static char fetch_without_network(struct fetch_world *world)
{
    const struct fetch_answer *answer;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return 's';
    answer = fetch_world_get(world, "a.test", "/x");
    return answer->result == FETCH_OURS &&
                   strcmp(answer->detail,
                          "this machine has no route to a.test") == 0
               ? 'y'
               : 'n';
}

static void takes_a_missing_network_for_trouble_of_ours(void **state)
{
    char how = 'n';
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        how = fetch_without_network(*state);
        if (write(ends[1], &how, 1) == 1)
            kill(getpid(), SIGKILL); /* nothing of the parent's is cleaned up */
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(read(ends[0], &how, 1), 1);
    close(ends[0]);
    close(ends[1]);
    if (how == 's')
        print_message("# not looked at: namespaces are forbidden here\n");
    else
        assert_int_equal(how, 'y');
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fetch_world_setup,                   \
                                    fetch_world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(says_who_refused),
        TEST(tries_every_address_of_both_families),
        TEST(takes_failing_dns_for_trouble_of_ours),
        TEST(refuses_a_certificate_for_another_name),
        TEST(refuses_an_address_certified_as_a_name),
        TEST(refuses_an_unknown_authority),
        TEST(refuses_an_expired_certificate),
        TEST(takes_any_certificate_where_that_is_configured),
        TEST(takes_a_broken_store_for_trouble_of_ours),
        TEST(says_what_a_broken_handshake_was),
        TEST(gives_up_on_a_handshake_that_stalls),
        TEST(gives_up_on_an_answer_that_stalls),
        TEST(stops_waiting_for_addresses),
        TEST(says_who_hung_up),
        TEST(connects_to_nothing_that_is_denied),
        TEST(follows_no_redirect_to_what_is_denied),
        TEST(takes_no_proxy_from_the_environment),
        TEST(goes_through_the_configured_proxy),
        TEST(blames_the_proxy_for_what_it_does),
        TEST(can_be_cancelled_at_any_time),
        TEST(takes_a_missing_network_for_trouble_of_ours),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    cmocka_set_message_output(CM_OUTPUT_TAP);
    sigaction(SIGPIPE, &ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
