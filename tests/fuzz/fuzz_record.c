/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer record and the request. The first octet says where the rest was
 * read: from a cache file, in slices from a helper's socket, or as the
 * request that a helper reads. What is taken keeps the grammar and every
 * bound, and means the same when it is written anew.
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "ask.h"
#include "deadline.h"
#include "outcome.h"
#include "record.h"
#include "record_write.h"

enum {
    SLICES_MAX = 64, /* more would fill the socket */
    WAIT_MS = 2000,  /* never waited: the other end hangs up */
};

static const char ASKED[] = "example.org";

static void check_targets(const struct record *record)
{
    FUZZ_CHECK(record->target_count <= LIMIT_TARGETS);
    FUZZ_CHECK((record->target_count > 0) == (record->error == ERROR_NONE));
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        FUZZ_CHECK(target.address.family == AF_INET ||
                   target.address.family == AF_INET6);
        FUZZ_CHECK(target.port != 0);
        FUZZ_CHECK(target.name == NULL || server_name_is_host(target.name));
    }
}

static void check_record(const struct record *record)
{
    struct address address;

    FUZZ_CHECK(record->length <= LIMIT_RECORD);
    FUZZ_CHECK(record->found >= 0 && record->found <= record->refresh);
    FUZZ_CHECK(record->refresh <= record->expires);
    FUZZ_CHECK(record->expires <= FUZZ_NOW + LIMIT_LIFE_S);
    FUZZ_CHECK(record->warning_count <= LIMIT_WARNINGS);
    FUZZ_CHECK(record->host == NULL || server_name_is_valid(record->host));
    FUZZ_CHECK(record->tls_name == NULL ||
               server_name_is_host(record->tls_name));
    FUZZ_CHECK(record->cert_name == NULL ||
               server_name_is_host(record->cert_name) ||
               address_parse(record->cert_name, &address));
    FUZZ_CHECK(record->error != ERROR_NONE ||
               (record->host != NULL && record->cert_name != NULL));
    FUZZ_CHECK(record->reason == NULL || fuzz_printable(record->reason));
    FUZZ_CHECK(fuzz_printable(record->settings));
    for (unsigned i = 0; i < record->warning_count; i++)
        FUZZ_CHECK(fuzz_printable(record_warning(record, i)));
    check_targets(record);
}

/* False if it does not fit: the helper's texts are shorter than a record's. */
static bool keep(char *to, size_t room, const char *from)
{
    return from == NULL ? util_copy(to, room, "", 0)
                        : util_copy(to, room, from, strlen(from));
}

static bool keep_targets(const struct record *record, struct outcome *outcome)
{
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target from = record_target(record, i);
        struct target *to = &outcome->targets[i];

        *to = (struct target){.address = from.address,
                              .port = from.port,
                              .priority = from.priority,
                              .weight = from.weight};
        if (!keep(to->name, sizeof(to->name), from.name))
            return false;
    }
    outcome->target_count = record->target_count;
    return true;
}

/* The record as the outcome that a helper would have written it from. */
static bool make_outcome(const struct record *record, struct outcome *outcome)
{
    memset(outcome, 0, sizeof(*outcome));
    outcome->error = record->error;
    outcome->step = record->step;
    outcome->found = record->found;
    outcome->expires = record->expires;
    outcome->warning_count = record->warning_count;
    for (unsigned i = 0; i < record->warning_count; i++)
        if (record_warning(record, i)[0] == '\0' ||
            !keep(outcome->warnings[i], OUTCOME_WARNING_MAX,
                  record_warning(record, i)))
            return false;
    return spec_from_name(record->spec, &outcome->spec) &&
           keep(outcome->host, sizeof(outcome->host), record->host) &&
           keep(outcome->tls_name, sizeof(outcome->tls_name),
                record->tls_name) &&
           keep(outcome->cert_name, sizeof(outcome->cert_name),
                record->cert_name) &&
           keep(outcome->reason, sizeof(outcome->reason), record->reason) &&
           keep_targets(record, outcome);
}

static void check_same(const struct record *a, const struct record *b)
{
    FUZZ_CHECK(a->found == b->found && a->refresh == b->refresh);
    FUZZ_CHECK(a->expires == b->expires && a->error == b->error);
    FUZZ_CHECK(fuzz_same(a->settings, b->settings));
    FUZZ_CHECK(fuzz_same(a->name, b->name) && fuzz_same(a->spec, b->spec));
    FUZZ_CHECK(fuzz_same(a->step, b->step) && fuzz_same(a->host, b->host));
    FUZZ_CHECK(fuzz_same(a->tls_name, b->tls_name));
    FUZZ_CHECK(fuzz_same(a->cert_name, b->cert_name));
    FUZZ_CHECK(fuzz_same(a->reason, b->reason));
    FUZZ_CHECK(a->target_count == b->target_count);
    FUZZ_CHECK(a->warning_count == b->warning_count);
    for (unsigned i = 0; i < a->target_count; i++) {
        struct record_target one = record_target(a, i);
        struct record_target other = record_target(b, i);

        FUZZ_CHECK(address_equal(&one.address, &other.address));
        FUZZ_CHECK(one.port == other.port && one.priority == other.priority);
        FUZZ_CHECK(one.weight == other.weight);
        FUZZ_CHECK(fuzz_same(one.name, other.name));
    }
    for (unsigned i = 0; i < a->warning_count; i++)
        FUZZ_CHECK(fuzz_same(record_warning(a, i), record_warning(b, i)));
}

static void check_rewritten(const struct record *record)
{
    static struct outcome outcome;
    static struct record again;
    int64_t now = record->expires < FUZZ_NOW ? record->expires : FUZZ_NOW;

    if (record->name[0] == '\0' || record->settings[0] == '\0' ||
        !make_outcome(record, &outcome))
        return;
    again.length =
        record_write(&outcome, record->name, record->settings, now, again.text);
    FUZZ_CHECK(again.length <= LIMIT_RECORD);
    /* An address may be longer in its canonical form, so that all no longer
       fits; a refresh time may have another number of digits. */
    bool whole = record->length + 6 * LIMIT_TARGETS <= LIMIT_RECORD;
    bool moved =
        record_write_refresh(again.text, again.length, record->refresh);
    FUZZ_CHECK(record_parse(&again, FUZZ_NOW) == STATUS_OK);
    check_record(&again);
    if (whole && moved)
        check_same(record, &again);
}

static void fuzz_file(const uint8_t *data, size_t size)
{
    static struct record record;

    if (size > LIMIT_RECORD)
        return;
    memcpy(record.text, data, size);
    record.length = size;
    if (record_parse(&record, FUZZ_NOW) != STATUS_OK)
        return;
    check_record(&record);
    check_rewritten(&record);
}

/* A message a slice: each recv gets one. */
static enum status ask(const uint8_t *data, size_t size, bool sliced,
                       struct record *ret_record)
{
    AUTO(close_fd) int ours = -1;
    AUTO(close_fd) int theirs = -1;
    struct server_name name;
    int pair[2];

    FUZZ_CHECK(server_name_parse(ASKED, strlen(ASKED), &name) == STATUS_OK);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    ours = pair[0];
    theirs = pair[1];
    for (size_t at = 0, count = 0; at < size; count++) {
        size_t part = sliced && count < SLICES_MAX ? fuzz_slice(data, size, at)
                                                   : size - at;

        FUZZ_CHECK(send(theirs, data + at, part, MSG_NOSIGNAL) ==
                   (ssize_t)part);
        at += part;
    }
    FUZZ_CHECK(shutdown(theirs, SHUT_WR) == 0);
    return ask_exchange(ours, &name, FUZZ_NOW, deadline_after(WAIT_MS), true,
                        ret_record);
}

/* A stranger's octets behind the record may be seen or not; no more. */
static void fuzz_reply(const uint8_t *data, size_t size)
{
    static struct record whole, sliced;

    if (size == 0 || size > LIMIT_RECORD)
        return;
    enum status status = ask(data, size, false, &whole);
    enum status other = ask(data, size, true, &sliced);

    FUZZ_CHECK(status == STATUS_OK || status == STATUS_TRY_AGAIN);
    if (status == STATUS_OK) {
        check_record(&whole);
        FUZZ_CHECK(strcmp(whole.name, ASKED) == 0);
        FUZZ_CHECK(other == STATUS_OK && whole.length == sliced.length);
        FUZZ_CHECK(memcmp(whole.text, sliced.text, whole.length) == 0);
    } else if (other == STATUS_OK) {
        check_record(&sliced);
        FUZZ_CHECK(sliced.length < size);
    }
}

static void fuzz_request(const uint8_t *data, size_t size)
{
    char request[RECORD_REQUEST_MAX + 1];
    char again[RECORD_REQUEST_MAX];
    struct server_name name, other;
    bool refresh, also;

    if (size > RECORD_REQUEST_MAX)
        return;
    memcpy(request, data, size);
    if (record_request_parse(request, size, &name, &refresh) != STATUS_OK)
        return;
    size_t length = record_request(&name, refresh, again);
    FUZZ_CHECK(length < sizeof(again) && length <= size);
    FUZZ_CHECK(record_request_parse(again, length, &other, &also) == STATUS_OK);
    FUZZ_CHECK(strcmp(other.key, name.key) == 0 && also == refresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        fuzz_file(data + 1, size - 1);
        break;
    case 1:
        fuzz_reply(data + 1, size - 1);
        break;
    default:
        fuzz_request(data + 1, size - 1);
    }
    return 0;
}
