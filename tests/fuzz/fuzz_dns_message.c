/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DNS messages. The first octet says which type was asked for; the question's
 * name and id are the message's own where it has some, so that answers are
 * reached. An answer keeps all limits and holds valid names only, whatever
 * else the message says; what is not ours changes nothing.
 */
#include "fuzz.h"

#include <resolv.h>

#include "dns_message.h"
#include "server_name.h"
#include "srv.h"

enum {
    POISON = 0x5a,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RCODE = 0x000f,
};

static void ask(const unsigned char *message, size_t length, unsigned choice,
                struct dns_question *ret_question)
{
    static const ns_type TYPES[] = {ns_t_a, ns_t_aaaa, ns_t_srv};
    char name[NS_MAXDNAME];

    *ret_question = (struct dns_question){.name = "example.org"};
    ret_question->type = TYPES[choice % ARRAY_SIZE(TYPES)];
    if (length >= 2)
        ret_question->id = (uint16_t)ns_get16(message);
    if (length > NS_HFIXEDSZ &&
        dn_expand(message, message + length, message + NS_HFIXEDSZ, name,
                  sizeof(name)) > 0 &&
        server_name_resolvable(name))
        memcpy(ret_question->name, name, strlen(name) + 1);
}

static uint32_t draw(void *argument, uint32_t most)
{
    uint32_t *state = argument;

    *state = *state * 1664525 + 1013904223;
    return *state % (most + 1);
}

static void check_target(const char *target)
{
    struct server_name host;

    if (target[0] == '\0' || strcmp(target, ".") == 0)
        return;
    FUZZ_CHECK(server_name_parse(target, strlen(target), &host) == STATUS_OK);
    FUZZ_CHECK(host.kind == SERVER_NAME_HOST && host.port == 0);
    FUZZ_CHECK(host.resolvable && strcmp(host.key, target) == 0);
}

static bool holds(const struct dns_srv *list, unsigned count,
                  const struct dns_srv *one)
{
    for (unsigned i = 0; i < count; i++)
        if (memcmp(&list[i], one, sizeof(*one)) == 0)
            return true;
    return false;
}

/* RFC 2782's order loses nothing and keeps priorities apart. */
static void check_order(const struct dns_answer *answer)
{
    struct dns_srv *ordered = calloc(answer->count + 1, sizeof(*ordered));
    uint32_t state = answer->ttl;

    FUZZ_CHECK(ordered != NULL);
    memcpy(ordered, answer->srv, answer->count * sizeof(*ordered));
    srv_order(ordered, answer->count, draw, &state);
    for (unsigned i = 0; i < answer->count; i++) {
        FUZZ_CHECK(holds(ordered, answer->count, &answer->srv[i]));
        FUZZ_CHECK(i == 0 || ordered[i - 1].priority <= ordered[i].priority);
    }
    free(ordered);
}

static void check_lists(const struct dns_answer *answer, ns_type type)
{
    if (type == ns_t_srv) {
        FUZZ_CHECK(answer->count <= LIMIT_SRV_RECORDS);
        for (unsigned i = 0; i < answer->count; i++)
            check_target(answer->srv[i].target);
        check_order(answer);
        return;
    }
    FUZZ_CHECK(answer->count <= LIMIT_ADDRESSES);
    for (unsigned i = 0; i < answer->count; i++)
        FUZZ_CHECK(answer->addresses[i].family ==
                   (type == ns_t_a ? AF_INET : AF_INET6));
}

static void check_read(const unsigned char *message,
                       const struct dns_question *question,
                       const struct dns_answer *answer)
{
    unsigned flags = ns_get16(message + 2);

    FUZZ_CHECK(answer->result == DNS_FOUND || answer->result == DNS_NONE);
    FUZZ_CHECK((answer->result == DNS_FOUND) == (answer->count > 0));
    FUZZ_CHECK(answer->result == DNS_NONE ||
               (flags & FLAG_RCODE) == ns_r_noerror);
    FUZZ_CHECK((flags & FLAG_TRUNCATED) == 0 ||
               (flags & FLAG_RCODE) == ns_r_notimpl);
    check_lists(answer, question->type);
}

static void check_reading(enum dns_reading reading,
                          const unsigned char *message,
                          const struct dns_question *question,
                          const struct dns_answer *answer, const char *alias)
{
    FUZZ_CHECK(answer->ttl <= LIMIT_LIFE_S);
    FUZZ_CHECK(answer->aliases <= LIMIT_ALIASES);
    FUZZ_CHECK(memchr(answer->detail, '\0', sizeof(answer->detail)) != NULL);
    FUZZ_CHECK(fuzz_printable(answer->detail));
    switch (reading) {
    case DNS_READ:
        check_read(message, question, answer);
        break;
    case DNS_ALIAS:
        FUZZ_CHECK(answer->aliases > 0);
        FUZZ_CHECK(server_name_resolvable(alias));
        break;
    case DNS_FAILED:
        FUZZ_CHECK(answer->detail[0] != '\0');
        break;
    default:
        FUZZ_CHECK(reading == DNS_TRUNCATED);
    }
}

/* Another id or another name: not an answer to that question. */
static void check_others(const unsigned char *message, size_t length,
                         struct dns_question question)
{
    static struct dns_answer answer;
    char alias[LIMIT_DNS_NAME + 1];

    question.id ^= 0x0100;
    FUZZ_CHECK(dns_message_read(message, length, &question, &answer, alias) ==
               DNS_NOT_OURS);
    question.id ^= 0x0100;
    if (length < NS_HFIXEDSZ || ns_get16(message + 4) == 0)
        return;
    question.name[0] ^= 0x15;
    FUZZ_CHECK(dns_message_read(message, length, &question, &answer, alias) ==
               DNS_NOT_OURS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dns_answer answer, untouched;
    char alias[LIMIT_DNS_NAME + 1];
    struct dns_question question;

    if (size == 0)
        return 0;
    ask(data + 1, size - 1, data[0], &question);
    memset(&answer, POISON, sizeof(answer));
    memset(&untouched, POISON, sizeof(untouched));
    enum dns_reading reading =
        dns_message_read(data + 1, size - 1, &question, &answer, alias);
    if (reading == DNS_NOT_OURS)
        FUZZ_CHECK(memcmp(&answer, &untouched, sizeof(answer)) == 0);
    else
        check_reading(reading, data + 1, &question, &answer, alias);
    check_others(data + 1, size - 1, question);
    return 0;
}
