/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripted discoveries: one file is one server name, what the network would
 * say to each question, and what must come of it. A line is one of
 *
 *     # what this shows, and where the rule stands
 *     name NAME                 the server name as it is written
 *     deny CIDR                 as in the configuration
 *     family 4|6                addresses of no other one are asked for
 *     know KIND NAME FINDING [life N] [age N] [FLAG]... [= DATA]
 *                               what the answer to a question would be
 *     ask KIND NAME[, KIND NAME]...
 *                               what is wished for next without asking ahead:
 *                               all such lines are the plain sequence
 *     ahead KIND NAME[, ...]    all that is wished for first, asking ahead
 *     learnt KIND NAME[, ...]   what is answered before the next `ahead` line
 *     late KIND NAME[, ...]     an order in which answers come in
 *     gives-up ERROR            the driver ends it where no answer is known
 *     step STEP                 and what it comes to, as in record.h, where
 *     host HOST                 only `name` and what differs from nothing
 *     tls-name NAME             has to be said
 *     cert-name NAME
 *     target IP PORT PRIORITY WEIGHT NAME
 *     error ERROR
 *     reason TEXT               which is part of the reason
 *     warning CODE              all of them, in their order
 *     expires N                 seconds from now
 *     found N                   seconds before now
 *
 * `draft: ` or `v1: ` before a line makes it count for that text only; each
 * file is run under both. KIND, FINDING and their DATA: pieces.h; `life` is
 * 300 and `age` 0 if they are not said, FLAG is transport, ours, hosts,
 * alias, partial, insecure or internal. DATA is m.server, or addresses, or SRV
 * records `PRIORITY WEIGHT PORT TARGET` in the order drawn, with commas
 * between.
 */
#ifndef NSS_MATRIX_TESTS_SCENARIO_H
#define NSS_MATRIX_TESTS_SCENARIO_H

#include "configuration.h"
#include "outcome.h"
#include "pieces.h"

enum {
    SCENARIO_NOW = 1700000000,
    SCENARIO_ANSWERS = 24,
    SCENARIO_ASKS = 8, /* lines */
    SCENARIO_LIST = 12,
    SCENARIO_CODE = 32,
    SCENARIO_LINE = 1024,
};

struct scenario_question {
    enum piece_kind kind;
    char name[LIMIT_DNS_NAME + 1];
};

struct scenario_list {
    unsigned count;
    struct scenario_question list[SCENARIO_LIST];
};

struct scenario_answer {
    struct scenario_question question;
    enum finding finding;
    unsigned flags;
    int64_t life, age;
    char data[SCENARIO_LINE];
};

struct scenario {
    char name[LIMIT_SERVER_NAME + 16]; /* may be too long a one */
    struct configuration configuration;
    int family;
    unsigned answer_count;
    struct scenario_answer answers[SCENARIO_ANSWERS];
    unsigned ask_count;
    struct scenario_list asks[SCENARIO_ASKS];
    unsigned ahead_count;
    struct scenario_list learnt[SCENARIO_ASKS + 1]; /* before each of them */
    struct scenario_list ahead[SCENARIO_ASKS];
    struct scenario_list late;
    enum error gives_up;    /* ERROR_NONE: it does not */
    struct outcome outcome; /* what it must be; but warnings are codes */
    int64_t expires, found; /* as the lines say; -1: not said */
};

/*
 * Reads a script as it is under spec. NULL, or which line (static) cannot be
 * read. Free with scenario_done in any case.
 */
const char *scenario_read(const char *path, enum spec spec,
                          struct scenario *ret_scenario);

void scenario_done(struct scenario *scenario);

/* The scripted answer to a question; NULL if there is none. */
const struct scenario_answer *scenario_find(const struct scenario *scenario,
                                            enum piece_kind kind,
                                            const char *name);

/* The answer as a piece, which is the caller's; NULL if its DATA is bad. */
struct piece *scenario_piece(const struct scenario_answer *answer);

#endif
