/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The look at what came of a scenario. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct play play;

/* xorshift64 */
unsigned play_draw(unsigned below)
{
    play.chance ^= play.chance << 13;
    play.chance ^= play.chance >> 7;
    play.chance ^= play.chance << 17;
    return (unsigned)(play.chance % below);
}

static const char *code_of(const char *warning)
{
    static char code[SCENARIO_CODE];

    snprintf(code, sizeof(code), "%.*s", (int)strcspn(warning, ":"), warning);
    return code;
}

static void check_names(const struct outcome *got, const char *host)
{
    const struct outcome *want = &play.scenario.outcome;

    PLAY_CHECK(strcmp(got->step, want->step) == 0, "step %s", got->step);
    PLAY_CHECK(strcmp(host, want->host) == 0, "host %s", host);
    PLAY_CHECK(strcmp(got->tls_name, want->tls_name) == 0, "tls-name %s",
               got->tls_name);
    PLAY_CHECK(strcmp(got->cert_name, want->cert_name) == 0, "cert-name %s",
               got->cert_name);
    PLAY_CHECK(got->spec == want->spec, "spec %s", spec_name(got->spec));
}

static void check_targets(const struct outcome *got)
{
    const struct outcome *want = &play.scenario.outcome;

    PLAY_CHECK(got->target_count == want->target_count, "%u targets",
               got->target_count);
    for (unsigned i = 0; i < got->target_count; i++) {
        const struct target *a = &got->targets[i];
        const struct target *b = &want->targets[i];
        char ip[ADDRESS_TEXT];

        PLAY_CHECK(address_equal(&a->address, &b->address) &&
                       a->port == b->port && a->priority == b->priority &&
                       a->weight == b->weight && strcmp(a->name, b->name) == 0,
                   "target %s %u %u %u %s", address_text(&a->address, ip),
                   a->port, a->priority, a->weight, a->name);
    }
}

void play_check_outcome(const struct outcome *got, const char *host)
{
    const struct outcome *want = &play.scenario.outcome;

    PLAY_CHECK(got->error == want->error, "error %s: %s",
               error_name(got->error), got->reason);
    check_names(got, host);
    check_targets(got);
    PLAY_CHECK((got->error == ERROR_NONE) == (got->reason[0] == '\0'),
               "reason %s", got->reason);
    PLAY_CHECK(strstr(got->reason, want->reason) != NULL, "reason %s",
               got->reason);
    for (unsigned i = 0; i < got->warning_count; i++)
        PLAY_CHECK(i < want->warning_count && strcmp(code_of(got->warnings[i]),
                                                     want->warnings[i]) == 0,
                   "warning %s", got->warnings[i]);
    PLAY_CHECK(got->warning_count == want->warning_count, "%u warnings",
               got->warning_count);
    PLAY_CHECK(play.scenario.expires < 0 ||
                   got->expires == SCENARIO_NOW + play.scenario.expires,
               "expires %ld", (long)(got->expires - SCENARIO_NOW));
    PLAY_CHECK(play.scenario.found < 0 ||
                   got->found == SCENARIO_NOW - play.scenario.found,
               "found %ld", (long)(SCENARIO_NOW - got->found));
}
