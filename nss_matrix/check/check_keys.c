/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key document: whose it is, until when, and who signed it. */
#include <inttypes.h>
#include <time.h>

#include "check_judge.h"

enum {
    HOUR_MS = 3600 * 1000,
    WEEK_H = 7 * 24,
};

static void judge_server_name(struct check *check,
                              const struct check_target *target)
{
    const struct key_document *document = &target->document;

    if (!document->is_named)
        check_find(check, target, CHECK_REQUIRED, "server-name",
                   "the key document has no server_name");
    else if (strcmp(document->server_name, check->asked.text) == 0)
        return;
    else if (server_name_is_valid(document->server_name))
        check_find(check, target, CHECK_REQUIRED, "server-name",
                   "the server says that its name is %s, not %s. If that is "
                   "the name you meant: matrix-resolve check %s",
                   document->server_name, check->asked.text,
                   document->server_name);
    else
        check_find(check, target, CHECK_REQUIRED, "server-name",
                   "the server says that its name is `%s`, which is not %s "
                   "and no server name",
                   document->server_name, check->asked.text);
}

static void judge_validity(struct check *check,
                           const struct check_target *target)
{
    const struct key_document *document = &target->document;
    int64_t hours = (document->valid_until_ms - check->now * 1000) / HOUR_MS;

    if (!document->has_valid_until)
        check_find(check, target, CHECK_REQUIRED, "keys-validity",
                   "the key document has no valid_until_ts that is an integer");
    else if (document->valid_until_ms <= check->now * 1000)
        check_find(check, target, CHECK_REQUIRED, "keys-expired",
                   "the key document's valid_until_ts is %" PRId64
                   " hours in the past: peers refuse it (is a clock off, or a "
                   "proxy keeping an old answer?)",
                   -hours);
    else if (hours < 1)
        check_find(check, target, CHECK_WARNING, "keys-short-lived",
                   "the key document is valid for less than an hour");
    else if (hours > WEEK_H)
        check_find(check, target, CHECK_INFORMATIVE, "keys-long-lived",
                   "valid_until_ts is %" PRId64
                   " days ahead; peers count seven days at most",
                   hours / 24);
}

static void judge_each_key(struct check *check,
                           const struct check_target *target)
{
    const struct key_document *document = &target->document;

    for (unsigned i = 0; i < document->key_count; i++) {
        const struct key_document_key *key = &document->keys[i];

        if (key->ed25519 && key->fault[0] != '\0')
            check_find(check, target, CHECK_REQUIRED, "keys-signature",
                       "the key %s %s", key->id, key->fault);
    }
    if (!key_document_has_key(document))
        check_find(check, target, CHECK_REQUIRED, "keys-none",
                   "the key document has no ed25519 key of 32 octets in "
                   "verify_keys");
    if (!document->canonical)
        check_find(check, target, CHECK_REQUIRED, "keys-canonical",
                   "the key document %s, which canonical JSON does not have: "
                   "nobody can verify its signatures",
                   document->canonical_fault);
    if (document->more_keys > 0)
        check_find(check, target, CHECK_WARNING, "keys-many",
                   "%u more keys were not looked at", document->more_keys);
}

static bool is_good(const struct check *check,
                    const struct key_document *document)
{
    return document->is_named &&
           strcmp(document->server_name, check->asked.text) == 0 &&
           document->has_valid_until &&
           document->valid_until_ms > check->now * 1000 &&
           document->canonical && key_document_has_key(document) &&
           key_document_is_signed(document);
}

static void add_row(struct check *check, struct check_target *target)
{
    const struct key_document *document = &target->document;
    bool good = is_good(check, document);
    bool named = document->is_named &&
                 strcmp(document->server_name, check->asked.text) == 0;
    time_t until = document->valid_until_ms / 1000;
    struct tm tm;
    char date[40] = "";

    if (gmtime_r(&until, &tm) != NULL)
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
    check_row_add(target, CHECK_KEYS, good ? CHECK_OK : CHECK_FAIL,
                  target->first.http_ms,
                  "%s%.80s, %u key%s, signature%s %s, valid until %s",
                  named ? "for " : "for ANOTHER NAME: ", document->server_name,
                  document->key_count, document->key_count == 1 ? "" : "s",
                  document->key_count == 1 ? "" : "s",
                  key_document_is_signed(document) ? "good" : "BAD",
                  document->has_valid_until ? date : "NEVER");
}

void check_judge_keys(struct check *check, struct check_target *target)
{
    const struct http_response *response = &target->first.response;
    enum status status =
        key_document_read(http_response_body(response), response->body_length,
                          &target->document, target->document_fault);

    if (status == STATUS_NO_MEMORY) {
        check_judge_untested(check, target, CHECK_KEYS, "out of memory");
        return;
    }
    target->has_document = status == STATUS_OK;
    if (!target->has_document) {
        check_row_add(target, CHECK_KEYS, CHECK_FAIL, target->first.http_ms,
                      "the key document %s", target->document_fault);
        check_find(check, target, CHECK_REQUIRED, "keys-json",
                   "the key document %s", target->document_fault);
        return;
    }
    add_row(check, target);
    judge_server_name(check, target);
    judge_validity(check, target);
    judge_each_key(check, target);
}
