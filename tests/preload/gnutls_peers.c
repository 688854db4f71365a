/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Verifying a session's peer, by every function that does. */
#include "gnutls_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct shown {
    const char *common_name;
    const char *names[WORLD_NAMES];
    bool is_n; /* for WORLD_NAME */
} SHOWN[] = {
    {"nobody", {"DNS:" WORLD_N}, true},
    {"nobody", {"DNS:*.delegated.tools.test", "DNS:a.test"}, true},
    {"nobody", {"DNS:other.test"}, false},
    {"nobody", {"DNS:" WORLD_NAME}, false},
    {"nobody", {"DNS:*.tools.test.matrix"}, false},
    {WORLD_NAME, {NULL}, false},
    {"nobody", {"DNS:delegated.tools.test"}, false},
    {"nobody", {"DNS:" WORLD_OTHER_N}, false},
    {"nobody", {"IP:198.51.100.1"}, false},
};

enum {
    SHOWN_COUNT = sizeof(SHOWN) / sizeof(*SHOWN),
};

/* How a tool verifies: after the handshake, or by GnuTLS within it. */
enum way {
    WAY_PEERS,
    WAY_PEERS_PURPOSE,
    WAY_PEERS2,
    WAY_PEERS3,
    WAY_CALLBACK,
    WAY_CERT,
    WAY_CERT2,
    WAY_CERT2_NULL, /* with a host name's element that is empty, if none */
    WAY_COUNT,
};

/* What it says about itself, before the handshake. */
struct tool {
    enum way way;
    const char *first; /* a name that it has before; NULL: none */
    const char *sni;   /* NULL: none */
    const char *host;  /* what to verify; NULL: the chain alone */
    bool verify_first; /* before the name is set */
    unsigned flags;    /* for WAY_CERT and WAY_CERT2 */
};

static const char *callback_host;

static int verify_in_callback(gnutls_session_t session)
{
    unsigned status = 1;

    if (gnutls_certificate_verify_peers3(session, callback_host, &status) < 0)
        return -1;
    return status == 0 ? 0 : -1;
}

static void fill(const struct tool *tool, gnutls_typed_vdata_st data[2])
{
    memset(data, 0, 2 * sizeof(*data));
    data[0].type = GNUTLS_DT_KEY_PURPOSE_OID;
    data[0].data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER;
    data[1].type = GNUTLS_DT_DNS_HOSTNAME;
    data[1].data = (unsigned char *)tool->host;
}

static void prepare(gnutls_session_t session, const struct tool *tool,
                    gnutls_typed_vdata_st data[2])
{
    if (tool->way == WAY_CALLBACK) {
        callback_host = tool->host;
        gnutls_session_set_verify_function(session, verify_in_callback);
    } else if (tool->way == WAY_CERT) {
        gnutls_session_set_verify_cert(session, tool->host, tool->flags);
    } else if (tool->way == WAY_CERT2) {
        gnutls_session_set_verify_cert2(
            session, data, tool->host != NULL ? 2 : 1, tool->flags);
    } else if (tool->way == WAY_CERT2_NULL) {
        gnutls_session_set_verify_cert2(session, data, 2, tool->flags);
    }
}

/* Whether the tool is content, once the handshake is done. */
static bool judge(gnutls_session_t session, const struct tool *tool,
                  gnutls_typed_vdata_st data[2])
{
    unsigned status = 0;
    int result = 0;

    if (tool->way == WAY_PEERS)
        result = gnutls_certificate_verify_peers(
            session, tool->host != NULL ? &data[1] : NULL, tool->host != NULL,
            &status);
    else if (tool->way == WAY_PEERS_PURPOSE)
        result = gnutls_certificate_verify_peers(
            session, data, tool->host != NULL ? 2 : 1, &status);
    else if (tool->way == WAY_PEERS2)
        result = gnutls_certificate_verify_peers2(session, &status);
    else if (tool->way == WAY_PEERS3)
        result = gnutls_certificate_verify_peers3(session, tool->host, &status);
    return result == 0 && status == 0;
}

static bool accepts(const struct tool *tool, const struct shown *shown)
{
    struct world_server server = {0};
    gnutls_typed_vdata_st data[2];
    gnutls_typed_vdata_st before[2];
    gnutls_session_t session;
    bool accepted;

    world_start(&server, world_certificate(shown->common_name, shown->names));
    session = world_client(&server);
    fill(tool, data);
    memcpy(before, data, sizeof(data));
    if (tool->verify_first)
        prepare(session, tool, data);
    if (tool->first != NULL)
        assert_int_equal(world_name(session, tool->first), 0);
    if (tool->sni != NULL)
        assert_int_equal(world_name(session, tool->sni), 0);
    if (!tool->verify_first)
        prepare(session, tool, data);
    accepted = world_handshake(session) == 0 && judge(session, tool, data);
    assert_memory_equal(before, data, sizeof(data));
    gnutls_deinit(session);
    world_done(&server);
    return accepted;
}

/* The tool with every way and every certificate. */
static void assert_all(struct tool tool, const bool wanted[SHOWN_COUNT])
{
    for (tool.way = 0; tool.way < WAY_COUNT; tool.way++) {
        /* There is no host name in that one. */
        if (tool.way == WAY_PEERS2 && tool.host != NULL)
            continue;
        for (size_t i = 0; i < SHOWN_COUNT; i++)
            if (accepts(&tool, &SHOWN[i]) != wanted[i])
                fail_msg("way %d, certificate %zu: %d", tool.way, i,
                         !wanted[i]);
    }
}

static void n_is_verified_where_the_name_is_asked_for(void **state)
{
    bool wanted[SHOWN_COUNT];

    (void)state;
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        wanted[i] = SHOWN[i].is_n;
    assert_all((struct tool){.sni = WORLD_NAME, .host = WORLD_NAME}, wanted);
    assert_all((struct tool){.sni = WORLD_NAME,
                             .host = WORLD_NAME,
                             .verify_first = true},
               wanted);
    assert_all((struct tool){.sni = WORLD_NAME,
                             .host = "DELEGATED.tools.test.matrix."},
               wanted);
    assert_all((struct tool){.host = WORLD_NAME}, wanted);
}

/* A tool that looks at names by itself may take NAME.matrix for right. */
static void the_second_check_is_made_where_no_name_is_asked_for(void **state)
{
    bool wanted[SHOWN_COUNT];

    (void)state;
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        wanted[i] = SHOWN[i].is_n;
    assert_all((struct tool){.sni = WORLD_NAME}, wanted);
    assert_all((struct tool){.sni = WORLD_NAME, .verify_first = true}, wanted);
    assert_all((struct tool){.first = "plain.test",
                             .sni = WORLD_NAME,
                             .verify_first = true},
               wanted);
    assert_all((struct tool){.first = WORLD_OTHER,
                             .sni = WORLD_NAME,
                             .verify_first = true},
               wanted);
}

static void the_chain_alone_is_enough_without_our_name(void **state)
{
    bool wanted[SHOWN_COUNT];

    (void)state;
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        wanted[i] = true;
    assert_all((struct tool){.sni = "plain.test"}, wanted);
    assert_all((struct tool){.sni = "plain.test", .verify_first = true},
               wanted);
    assert_all((struct tool){.first = WORLD_NAME,
                             .sni = "plain.test",
                             .verify_first = true},
               wanted);
    assert_all((struct tool){.sni = NULL}, wanted);
}

static void other_names_are_verified_as_ever(void **state)
{
    bool wanted[SHOWN_COUNT] = {false};

    (void)state;
    wanted[2] = true;
    assert_all((struct tool){.sni = "other.test", .host = "other.test"},
               wanted);
    /* The tool's own will: it wants that name and no other. */
    assert_all((struct tool){.sni = WORLD_NAME, .host = "other.test"}, wanted);
    wanted[2] = false;
    wanted[7] = true;
    assert_all((struct tool){.sni = WORLD_NAME, .host = WORLD_OTHER}, wanted);
}

static void nothing_passes_for_a_name_without_answer(void **state)
{
    static const bool wanted[SHOWN_COUNT] = {false};

    (void)state;
    assert_all((struct tool){.host = WORLD_NOWHERE}, wanted);
    assert_all((struct tool){.sni = WORLD_NAME, .host = WORLD_NOWHERE}, wanted);
    assert_all((struct tool){.sni = "plain.test", .host = "a_b.matrix"},
               wanted);
    assert_all((struct tool){.sni = WORLD_NAME, .host = WORLD_NAME ".matrix"},
               wanted);
}

static void an_address_is_verified_as_one(void **state)
{
    static const struct shown RIGHT = {"nobody", {"IP:" WORLD_IP_N}, true};
    static const struct shown WRONG[] = {
        {"nobody", {"IP:198.51.100.6"}, false},
        {"nobody", {"DNS:" WORLD_IP_N}, false},
        {WORLD_IP_N, {NULL}, false},
        {"nobody", {"DNS:" WORLD_IP}, false},
    };
    struct tool tool = {.sni = WORLD_IP};

    (void)state;
    for (tool.way = 0; tool.way < WAY_COUNT; tool.way++) {
        tool.flags = GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES;
        tool.host = WORLD_IP;
        assert_true(accepts(&tool, &RIGHT));
        for (size_t i = 0; i < 4; i++)
            assert_false(accepts(&tool, &WRONG[i]));
        tool.flags = 0;
        tool.host = NULL;
        assert_true(accepts(&tool, &RIGHT));
        for (size_t i = 0; i < 4; i++)
            assert_false(accepts(&tool, &WRONG[i]));
    }
    tool =
        (struct tool){.way = WAY_PEERS3, .sni = WORLD_IP6, .host = WORLD_IP6};
    assert_true(accepts(&tool, &(struct shown){"", {"IP:" WORLD_IP6_N}, true}));
    assert_false(
        accepts(&tool, &(struct shown){"", {"IP:2001:db8:1::7"}, false}));
}

/* curl -k and its like: whatever is shown. */
static void who_verifies_nothing_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHOWN_COUNT; i++) {
        struct world_server server = {0};
        gnutls_session_t session;

        world_start(&server,
                    world_certificate(SHOWN[i].common_name, SHOWN[i].names));
        session = world_client(&server);
        assert_int_equal(world_name(session, WORLD_NAME), 0);
        assert_int_equal(world_handshake(session), 0);
        assert_true(world_send(session, "x", 1));
        gnutls_deinit(session);
        world_done(&server);
    }
}

/* A name that no other test shows: the script looks for it on stderr. */
static void verification_in_the_handshake_is_explained_too(void **state)
{
    static const struct shown SHOW[] = {
        {"nobody", {"DNS:seen-by-cert.test"}, false},
        {"nobody", {"DNS:seen-by-cert2.test"}, false},
    };

    (void)state;
    assert_false(accepts(
        &(struct tool){.way = WAY_CERT, .sni = WORLD_NAME, .host = WORLD_NAME},
        &SHOW[0]));
    assert_false(accepts(
        &(struct tool){.way = WAY_CERT2, .sni = WORLD_NAME, .host = WORLD_NAME},
        &SHOW[1]));
}

/* GnuTLS has its elements from us then, and we from an array that is gone. */
static void elements_live_as_long_as_the_session(void **state)
{
    struct world_server server = {0};
    struct tool tool = {.way = WAY_CERT2, .host = WORLD_NAME};
    gnutls_session_t session;

    (void)state;
    world_start(&server, NULL);
    session = world_client(&server);
    for (int i = 0; i < 3; i++) {
        gnutls_typed_vdata_st *data = malloc(2 * sizeof(*data));

        assert_non_null(data);
        fill(&tool, data);
        gnutls_session_set_verify_cert2(session, data, 2, 0);
        memset(data, 0x55, 2 * sizeof(*data));
        free(data);
    }
    assert_int_equal(world_name(session, WORLD_NAME), 0);
    assert_int_equal(world_handshake(session), 0);
    assert_int_equal(gnutls_session_get_verify_cert_status(session), 0);
    gnutls_deinit(session);
    world_done(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(n_is_verified_where_the_name_is_asked_for),
        cmocka_unit_test(the_second_check_is_made_where_no_name_is_asked_for),
        cmocka_unit_test(the_chain_alone_is_enough_without_our_name),
        cmocka_unit_test(other_names_are_verified_as_ever),
        cmocka_unit_test(nothing_passes_for_a_name_without_answer),
        cmocka_unit_test(an_address_is_verified_as_one),
        cmocka_unit_test(who_verifies_nothing_is_left_alone),
        cmocka_unit_test(verification_in_the_handshake_is_explained_too),
        cmocka_unit_test(elements_live_as_long_as_the_session),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
