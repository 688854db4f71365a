/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plays the scripted discoveries of tests/scenarios (scenario.h): each under
 * both texts, without and with asking ahead, its answers in every order that
 * they may come in. The outcome must not depend on any of it.
 */
#include "discovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <limits.h>

#include "play.h"
#include "record.h"

enum {
    SHUFFLES = 150, /* of more answers than all orders of can be tried */
    ALL_ORDERS_OF = 5,
};

/* A discovery of the name, and the configuration it looks at. */
struct run {
    struct configuration configuration;
    struct discovery *discovery;
};

static unsigned long runs_played;

static void run_start(struct run *run, bool ahead)
{
    runs_played++;
    run->configuration = play.scenario.configuration;
    run->configuration.speculate = ahead;
    run->discovery = discovery_new(&play.name, &run->configuration);
    assert_non_null(run->discovery);
    run->discovery->family = play.scenario.family;
}

static void run_end(struct run *run)
{
    discovery_free(run->discovery);
    run->discovery = NULL;
}

static enum discovery_state advance(struct run *run)
{
    return discovery_advance(run->discovery, SCENARIO_NOW);
}

static void learn(struct run *run, const struct scenario_answer *answer)
{
    struct piece *piece = scenario_piece(answer);

    PLAY_CHECK(piece != NULL, "bad data `%s`", answer->data);
    assert_int_equal(pieces_put(&run->discovery->pieces, piece), STATUS_OK);
}

static bool wishes_for(const struct discovery *discovery, enum piece_kind kind,
                       const char *name)
{
    for (unsigned i = 0; i < discovery->wish_count; i++)
        if (discovery->wishes[i].kind == kind &&
            strcmp(discovery->wishes[i].name, name) == 0)
            return true;
    return false;
}

/* Ends the run as its driver would, and looks at what it came to. */
static void conclude(struct run *run, enum discovery_state state)
{
    enum error gives_up = play.scenario.gives_up;

    PLAY_CHECK((state == DISCOVERY_WAITING) == (gives_up != ERROR_NONE), "%s",
               state == DISCOVERY_DONE ? "done" : "waiting");
    if (state == DISCOVERY_WAITING)
        discovery_give_up(run->discovery, SCENARIO_NOW, gives_up, "given up");
    play_check_outcome(&run->discovery->outcome, run->discovery->outcome.host);
}

/* Without asking ahead: exactly the questions of the script, in its order. */
static void play_plainly(void)
{
    const struct scenario *scenario = &play.scenario;
    enum discovery_state state;
    struct run run;

    play.manner = "the plain sequence";
    run_start(&run, false);
    state = advance(&run);
    for (unsigned i = 0; i < scenario->ask_count; i++) {
        const struct scenario_list *ask = &scenario->asks[i];

        for (unsigned j = 0; j < ask->count; j++) {
            const struct scenario_question *next = &ask->list[j];
            const struct scenario_answer *answer =
                scenario_find(scenario, next->kind, next->name);

            PLAY_CHECK(state == DISCOVERY_WAITING,
                       "done before it asked for %s", next->name);
            PLAY_CHECK(run.discovery->wish_count == ask->count - j,
                       "%u wishes at %s", run.discovery->wish_count,
                       next->name);
            PLAY_CHECK(run.discovery->wishes[0].kind == next->kind &&
                           strcmp(run.discovery->wishes[0].name, next->name) ==
                               0,
                       "asks for %s", run.discovery->wishes[0].name);
            if (answer == NULL)
                break;
            learn(&run, answer);
            state = advance(&run);
        }
    }
    PLAY_CHECK(scenario->gives_up != ERROR_NONE || state == DISCOVERY_DONE,
               "then asks for %s", run.discovery->wishes[0].name);
    conclude(&run, state);
    run_end(&run);
}

/* The wishes are those of the list, and no others. */
static void check_wishes(const struct discovery *discovery,
                         const struct scenario_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        PLAY_CHECK(
            wishes_for(discovery, list->list[i].kind, list->list[i].name),
            "does not wish for %s", list->list[i].name);
    PLAY_CHECK(discovery->wish_count == list->count, "%u wishes, not %u",
               discovery->wish_count, list->count);
}

/* Asking ahead, what is wished for at each point that the script names. */
static void play_ahead(void)
{
    const struct scenario *scenario = &play.scenario;
    struct run run;

    play.manner = "asking ahead";
    run_start(&run, true);
    for (unsigned i = 0; i < scenario->ahead_count; i++) {
        const struct scenario_list *learnt = &scenario->learnt[i];

        for (unsigned j = 0; j < learnt->count; j++) {
            const struct scenario_answer *answer = scenario_find(
                scenario, learnt->list[j].kind, learnt->list[j].name);

            PLAY_CHECK(answer != NULL, "no answer for %s",
                       learnt->list[j].name);
            learn(&run, answer);
        }
        PLAY_CHECK(advance(&run) == DISCOVERY_WAITING, "done");
        check_wishes(run.discovery, &scenario->ahead[i]);
    }
    run_end(&run);
}

/* Both must be as far; who asks ahead must also ask what the other asks. */
static enum discovery_state advance_both(struct run *plain, struct run *ahead)
{
    enum discovery_state state = advance(plain);

    PLAY_CHECK(advance(ahead) == state, "asking ahead it is not as far");
    for (unsigned i = 0; i < plain->discovery->wish_count; i++)
        PLAY_CHECK(state == DISCOVERY_DONE ||
                       wishes_for(ahead->discovery,
                                  plain->discovery->wishes[i].kind,
                                  plain->discovery->wishes[i].name),
                   "asking ahead it does not ask for %s",
                   plain->discovery->wishes[i].name);
    return state;
}

/*
 * All answers in this order, also those that nobody has asked for yet, as
 * from a cache, and those that come when it is done already.
 */
static void play_in_order(const unsigned *order, unsigned count)
{
    enum discovery_state state;
    struct run plain, ahead;
    bool done;

    run_start(&plain, false);
    run_start(&ahead, true);
    done = advance_both(&plain, &ahead) == DISCOVERY_DONE;
    for (unsigned i = 0; i < count; i++) {
        learn(&plain, &play.scenario.answers[order[i]]);
        learn(&ahead, &play.scenario.answers[order[i]]);
        state = advance_both(&plain, &ahead);
        PLAY_CHECK(!done || state == DISCOVERY_DONE,
                   "answer %u came late and undid it", order[i]);
        done = state == DISCOVERY_DONE;
        if (done) {
            conclude(&plain, state);
            conclude(&ahead, state);
        }
    }
    state = advance_both(&plain, &ahead);
    conclude(&plain, state);
    conclude(&ahead, state);
    run_end(&plain);
    run_end(&ahead);
}

static void swap(unsigned *a, unsigned *b)
{
    unsigned was = *a;

    *a = *b;
    *b = was;
}

static void play_all_orders(unsigned *order, unsigned from, unsigned count)
{
    if (from == count)
        play_in_order(order, count);
    for (unsigned i = from; i < count; i++) {
        swap(&order[from], &order[i]);
        play_all_orders(order, from + 1, count);
        swap(&order[from], &order[i]);
    }
}

static void play_orders(void)
{
    unsigned order[SCENARIO_ANSWERS];
    unsigned count = play.scenario.answer_count;

    play.manner = "answers in any order";
    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    if (count <= ALL_ORDERS_OF) {
        play_all_orders(order, 0, count);
        return;
    }
    for (unsigned turn = 0; turn < SHUFFLES; turn++) {
        for (unsigned i = count; i > 1; i--)
            swap(&order[i - 1], &order[play_draw(i)]);
        play_in_order(order, count);
    }
}

/* The order that the script gives, before the answers it does not name. */
static void play_late(void)
{
    const struct scenario *scenario = &play.scenario;
    unsigned order[SCENARIO_LIST];

    play.manner = "answers as late as the script says";
    for (unsigned i = 0; i < scenario->late.count; i++) {
        const struct scenario_question *late = &scenario->late.list[i];
        const struct scenario_answer *answer =
            scenario_find(scenario, late->kind, late->name);

        PLAY_CHECK(answer != NULL, "no answer for %s", late->name);
        order[i] = (unsigned)(answer - scenario->answers);
    }
    if (scenario->late.count > 0)
        play_in_order(order, scenario->late.count);
}

/*
 * As a driver does it: of what is wished for, one or the other is answered.
 * What was asked ahead and is not in the script stays without an answer, and
 * nobody may wait for it.
 */
static void play_as_driven(bool speculate)
{
    const struct scenario_answer *known[PIECES_NEEDED];
    enum discovery_state state;
    struct run run;
    unsigned count;

    play.manner = speculate ? "driven ahead" : "driven";
    run_start(&run, speculate);
    do {
        state = advance(&run);
        count = 0;
        for (unsigned i = 0; i < run.discovery->wish_count; i++) {
            const struct discovery_wish *wish = &run.discovery->wishes[i];

            known[count] =
                scenario_find(&play.scenario, wish->kind, wish->name);
            PLAY_CHECK(known[count] != NULL || speculate ||
                           play.scenario.gives_up != ERROR_NONE,
                       "asks for %s", wish->name);
            count += known[count] != NULL;
        }
        if (state == DISCOVERY_WAITING && count > 0)
            learn(&run, known[play_draw(count)]);
    } while (state == DISCOVERY_WAITING && count > 0);
    conclude(&run, state);
    run_end(&run);
}

/* As lookups do it: by the key, and the asker's own letters put back. */
static void play_by_key(void)
{
    struct server_name asked = play.name;
    char host[LIMIT_SERVER_NAME + 1] = "";
    struct run run;

    play.manner = "by its key";
    if (play.scenario.gives_up != ERROR_NONE)
        return;
    assert_int_equal(
        server_name_parse(asked.key, strlen(asked.key), &play.name), STATUS_OK);
    run_start(&run, true);
    for (unsigned i = 0; i < play.scenario.answer_count; i++)
        learn(&run, &play.scenario.answers[i]);
    PLAY_CHECK(advance(&run) == DISCOVERY_DONE, "waiting");
    if (run.discovery->outcome.error == ERROR_NONE)
        record_host(run.discovery->outcome.step, run.discovery->outcome.host,
                    &asked, host);
    play_check_outcome(&run.discovery->outcome, host);
    run_end(&run);
    play.name = asked;
}

/* What nobody can resolve is found out before anybody is asked. */
static void play_refusal(void)
{
    play.manner = "a bad name";
    PLAY_CHECK(play.scenario.outcome.error == ERROR_INVALID_SERVER_NAME,
               "`%s` is no server name", play.scenario.name);
    PLAY_CHECK(play.scenario.ask_count == 0, "nobody is to be asked");
}

static void play_under(enum spec spec)
{
    const char *name = play.scenario.name;
    const char *fault = scenario_read(play.path, spec, &play.scenario);

    play.manner = "reading it";
    play.chance = UINT64_C(0x9e3779b97f4a7c15);
    PLAY_CHECK(fault == NULL, "%s", fault);
    if (server_name_parse(name, strlen(name), &play.name) != STATUS_OK) {
        play_refusal();
    } else {
        play_plainly();
        play_ahead();
        play_orders();
        play_late();
        for (unsigned turn = 0; turn < SHUFFLES; turn++)
            play_as_driven(turn % 2 == 0);
        play_by_key();
    }
    scenario_done(&play.scenario);
}

static void plays(void **state)
{
    play.path = *state;
    play_under(SPEC_DRAFT);
    play_under(SPEC_V1);
}

int main(int argc, char **argv)
{
    const char *source = getenv("srcdir");
    char pattern[PATH_MAX];
    glob_t found = {0};
    struct CMUnitTest *tests;
    int failed;

    snprintf(pattern, sizeof(pattern), "%s/tests/scenarios/%s.txt",
             source != NULL ? source : ".", argc > 1 ? argv[1] : "*");
    if (glob(pattern, 0, NULL, &found) != 0) {
        fprintf(stderr, "no %s\n", pattern);
        return 1;
    }
    tests = calloc(found.gl_pathc, sizeof(*tests));
    for (size_t i = 0; tests != NULL && i < found.gl_pathc; i++) {
        tests[i].name = strrchr(found.gl_pathv[i], '/') + 1;
        tests[i].test_func = plays;
        tests[i].initial_state = found.gl_pathv[i];
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed =
        _cmocka_run_group_tests("discovery", tests, found.gl_pathc, NULL, NULL);
    printf("# figure: scenarios = %zu\n", found.gl_pathc);
    printf("# figure: discoveries played of them, in both texts = %lu\n",
           runs_played);
    free(tests);
    globfree(&found);
    return failed;
}
