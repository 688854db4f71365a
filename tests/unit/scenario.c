/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of scripted discoveries. */
#include "scenario.h"

static const char *const KINDS[] = {[PIECE_WELL_KNOWN] = "well-known",
                                    [PIECE_SRV_FED] = "srv-fed",
                                    [PIECE_SRV_OLD] = "srv-old",
                                    [PIECE_ADDRESSES] = "addresses"};

static const char *const FINDINGS[] = {
    [FINDING_FOUND] = "found",         [FINDING_NONE] = "none",
    [FINDING_TEMPORARY] = "temporary", [FINDING_FAILED] = "failed",
    [FINDING_INVALID] = "invalid",
};

static const struct {
    const char *word;
    enum piece_flags flag;
} FLAGS[] = {
    {"transport", PIECE_TRANSPORT}, {"ours", PIECE_OURS},
    {"hosts", PIECE_HOSTS},         {"alias", PIECE_ALIAS},
    {"partial", PIECE_PARTIAL},     {"insecure", PIECE_INSECURE},
    {"internal", PIECE_INTERNAL},
};

/* The next word of a line; NULL at its end. */
static char *take_word(char **rest)
{
    char *word;

    do
        word = strsep(rest, " ");
    while (word != NULL && word[0] == '\0');
    return word;
}

static bool take_place(char **rest, const char *const *names, unsigned count,
                       unsigned *ret_place)
{
    const char *word = take_word(rest);

    for (unsigned i = 0; word != NULL && i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *ret_place = i;
            return true;
        }
    }
    return false;
}

static bool take_number(char **rest, long most, long *ret_number)
{
    const char *word = take_word(rest);
    char *end = NULL;

    if (word == NULL)
        return false;
    *ret_number = strtol(word, &end, 10);
    return end != word && *end == '\0' && *ret_number >= 0 &&
           *ret_number <= most;
}

static bool take_u16(char **rest, uint16_t *ret_number)
{
    long number;

    if (!take_number(rest, UINT16_MAX, &number))
        return false;
    *ret_number = (uint16_t)number;
    return true;
}

static bool copy_word(char *to, size_t room, const char *word)
{
    if (word != NULL && strcmp(word, "-") == 0)
        word = "";
    return word != NULL && util_copy(to, room, word, strlen(word));
}

static bool take_question(char **rest, struct scenario_question *question)
{
    unsigned kind;

    if (!take_place(rest, KINDS, ARRAY_SIZE(KINDS), &kind))
        return false;
    question->kind = (enum piece_kind)kind;
    return copy_word(question->name, sizeof(question->name), take_word(rest));
}

static bool take_list(struct scenario_list *list, char *rest)
{
    char *one;

    while ((one = strsep(&rest, ",")) != NULL)
        if (list->count == SCENARIO_LIST ||
            !take_question(&one, &list->list[list->count++]))
            return false;
    return list->count > 0;
}

static bool take_deny(struct scenario *scenario, char *rest)
{
    struct configuration *configuration = &scenario->configuration;
    char *ip = strsep(&rest, "/");
    struct cidr *deny;
    long bits;

    if (rest == NULL || !take_number(&rest, 128, &bits))
        return false;
    deny = reallocarray(configuration->deny, configuration->deny_count + 1,
                        sizeof(*deny));
    if (deny == NULL)
        return false;
    configuration->deny = deny;
    deny += configuration->deny_count++;
    deny->bits = (unsigned)bits;
    return address_parse(ip, &deny->address);
}

static bool take_family(struct scenario *scenario, char *rest)
{
    bool v6 = strcmp(rest, "6") == 0;

    scenario->family = v6 ? AF_INET6 : AF_INET;
    return v6 || strcmp(rest, "4") == 0;
}

static bool take_flag(struct scenario_answer *answer, const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(FLAGS); i++) {
        if (strcmp(FLAGS[i].word, word) == 0) {
            answer->flags |= FLAGS[i].flag;
            return true;
        }
    }
    return false;
}

static bool take_know(struct scenario *scenario, char *rest)
{
    struct scenario_answer *answer = &scenario->answers[scenario->answer_count];
    const char *word;
    unsigned finding;

    if (scenario->answer_count++ == SCENARIO_ANSWERS)
        return false;
    answer->life = 300;
    if (!take_question(&rest, &answer->question) ||
        !take_place(&rest, FINDINGS, ARRAY_SIZE(FINDINGS), &finding))
        return false;
    answer->finding = (enum finding)finding;
    while ((word = take_word(&rest)) != NULL) {
        if (strcmp(word, "=") == 0)
            return copy_word(answer->data, sizeof(answer->data), rest);
        if (strcmp(word, "life") == 0 || strcmp(word, "age") == 0) {
            if (!take_number(&rest, LIMIT_LIFE_S,
                             word[0] == 'l' ? &answer->life : &answer->age))
                return false;
        } else if (!take_flag(answer, word)) {
            return false;
        }
    }
    return true;
}

static bool take_ask(struct scenario *scenario, char *rest)
{
    return scenario->ask_count < SCENARIO_ASKS &&
           take_list(&scenario->asks[scenario->ask_count++], rest);
}

static bool take_ahead(struct scenario *scenario, char *rest)
{
    return scenario->ahead_count < SCENARIO_ASKS &&
           take_list(&scenario->ahead[scenario->ahead_count++], rest);
}

static bool take_learnt(struct scenario *scenario, char *rest)
{
    return take_list(&scenario->learnt[scenario->ahead_count], rest);
}

static bool take_late(struct scenario *scenario, char *rest)
{
    return take_list(&scenario->late, rest);
}

static bool take_gives_up(struct scenario *scenario, char *rest)
{
    return error_from_name(rest, &scenario->gives_up);
}

static bool take_step(struct scenario *scenario, char *rest)
{
    static const char *const STEPS[] = {"",    "1",   "2",   "3", "3.1", "3.2",
                                        "3.3", "3.4", "3.5", "4", "5",   "6"};
    unsigned step;

    if (!take_place(&rest, STEPS, ARRAY_SIZE(STEPS), &step))
        return false;
    scenario->outcome.step = STEPS[step];
    return true;
}

static bool take_target(struct scenario *scenario, char *rest)
{
    struct outcome *outcome = &scenario->outcome;
    struct target *target = &outcome->targets[outcome->target_count];
    const char *ip = take_word(&rest);

    return outcome->target_count++ < LIMIT_TARGETS && ip != NULL &&
           address_parse(ip, &target->address) &&
           take_u16(&rest, &target->port) &&
           take_u16(&rest, &target->priority) &&
           take_u16(&rest, &target->weight) &&
           copy_word(target->name, sizeof(target->name), take_word(&rest));
}

static bool take_error(struct scenario *scenario, char *rest)
{
    return error_from_name(rest, &scenario->outcome.error);
}

static bool take_warning(struct scenario *scenario, char *rest)
{
    struct outcome *outcome = &scenario->outcome;

    return outcome->warning_count < LIMIT_WARNINGS &&
           copy_word(outcome->warnings[outcome->warning_count++], SCENARIO_CODE,
                     rest);
}

/* The lines that are one text or one number. */
static bool take_plain(struct scenario *scenario, const char *word, char *rest)
{
    struct outcome *outcome = &scenario->outcome;
    const struct {
        const char *word;
        char *to;
        size_t room;
    } TEXTS[] = {
        {"name", scenario->name, sizeof(scenario->name)},
        {"host", outcome->host, sizeof(outcome->host)},
        {"tls-name", outcome->tls_name, sizeof(outcome->tls_name)},
        {"cert-name", outcome->cert_name, sizeof(outcome->cert_name)},
        {"reason", outcome->reason, sizeof(outcome->reason)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++)
        if (strcmp(TEXTS[i].word, word) == 0)
            return copy_word(TEXTS[i].to, TEXTS[i].room, rest);
    if (strcmp(word, "expires") == 0)
        return take_number(&rest, LIMIT_LIFE_S, &scenario->expires);
    if (strcmp(word, "found") == 0)
        return take_number(&rest, LIMIT_LIFE_S, &scenario->found);
    return false;
}

static bool take_line(struct scenario *scenario, char *line)
{
    static const struct {
        const char *word;
        bool (*take)(struct scenario *scenario, char *rest);
    } WORDS[] = {
        {"deny", take_deny},         {"family", take_family},
        {"know", take_know},         {"ask", take_ask},
        {"ahead", take_ahead},       {"late", take_late},
        {"gives-up", take_gives_up}, {"step", take_step},
        {"target", take_target},     {"error", take_error},
        {"warning", take_warning},   {"learnt", take_learnt},
    };
    const char *word = strsep(&line, " ");
    char none[] = "";

    if (line == NULL)
        line = none;
    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        if (strcmp(WORDS[i].word, word) == 0)
            return WORDS[i].take(scenario, line);
    return take_plain(scenario, word, line);
}

/* What of a line counts under spec; NULL: none of it. */
static char *without_prefix(char *line, enum spec spec)
{
    static const char *const PREFIXES[] = {
        [SPEC_DRAFT] = "draft: ",
        [SPEC_V1] = "v1: ",
    };

    for (size_t i = 0; i < ARRAY_SIZE(PREFIXES); i++)
        if (strncmp(line, PREFIXES[i], strlen(PREFIXES[i])) == 0)
            return i == spec ? line + strlen(PREFIXES[i]) : NULL;
    return line;
}

const char *scenario_read(const char *path, enum spec spec,
                          struct scenario *ret_scenario)
{
    static char fault[SCENARIO_LINE + 64];
    char whole[SCENARIO_LINE];
    char line[SCENARIO_LINE];
    AUTO(close_file) FILE *file = fopen(path, "re");

    memset(ret_scenario, 0, sizeof(*ret_scenario));
    ret_scenario->configuration.spec = ret_scenario->outcome.spec = spec;
    ret_scenario->outcome.step = "";
    ret_scenario->expires = ret_scenario->found = -1;
    if (file == NULL)
        return "it cannot be opened";
    while (fgets(line, sizeof(line), file) != NULL) {
        char *counts;

        line[strcspn(line, "\n")] = '\0';
        memcpy(whole, line, sizeof(whole));
        counts = without_prefix(line, spec);
        if (counts != NULL && counts[0] != '\0' && counts[0] != '#' &&
            !take_line(ret_scenario, counts)) {
            snprintf(fault, sizeof(fault), "cannot read `%s`", whole);
            return fault;
        }
    }
    return NULL;
}

void scenario_done(struct scenario *scenario)
{
    free(scenario->configuration.deny);
    scenario->configuration.deny = NULL;
}

const struct scenario_answer *scenario_find(const struct scenario *scenario,
                                            enum piece_kind kind,
                                            const char *name)
{
    for (unsigned i = 0; i < scenario->answer_count; i++) {
        const struct scenario_answer *answer = &scenario->answers[i];

        if (answer->question.kind == kind &&
            strcmp(answer->question.name, name) == 0)
            return answer;
    }
    return NULL;
}

static bool add_srv(struct piece *piece, char *text)
{
    struct dns_srv *srv = &piece->srv[piece->srv_count++];

    return piece->srv_count <= SCENARIO_LIST &&
           take_u16(&text, &srv->priority) && take_u16(&text, &srv->weight) &&
           take_u16(&text, &srv->port) &&
           copy_word(srv->target, sizeof(srv->target), take_word(&text));
}

static bool add_data(struct piece *piece, char *data)
{
    char *one;

    if (piece->kind == PIECE_WELL_KNOWN)
        return copy_word(piece->delegated, sizeof(piece->delegated), data);
    while ((one = strsep(&data, ",")) != NULL) {
        if (piece->kind == PIECE_ADDRESSES) {
            const char *ip = take_word(&one);

            if (ip == NULL || piece->address_count == SCENARIO_LIST ||
                !address_parse(ip, &piece->addresses[piece->address_count++]))
                return false;
        } else if (!add_srv(piece, one)) {
            return false;
        }
    }
    return true;
}

struct piece *scenario_piece(const struct scenario_answer *answer)
{
    struct piece *piece =
        piece_new(answer->question.kind, answer->question.name);
    char data[SCENARIO_LINE];

    if (piece == NULL)
        return NULL;
    piece->finding = answer->finding;
    piece->flags = answer->flags;
    piece->found = SCENARIO_NOW - answer->age;
    piece->expires = piece->found + answer->life;
    snprintf(piece->detail, sizeof(piece->detail), "is as the script says");
    piece->srv = calloc(SCENARIO_LIST + 1, sizeof(*piece->srv));
    piece->addresses = calloc(SCENARIO_LIST, sizeof(*piece->addresses));
    memcpy(data, answer->data, sizeof(data));
    if (piece->srv == NULL || piece->addresses == NULL ||
        (data[0] != '\0' && !add_data(piece, data))) {
        piece_free(piece);
        return NULL;
    }
    return piece;
}
