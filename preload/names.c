/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of names: chains that only grow at their heads, by compare and
 * swap, so that a reader needs no lock, a fork in any moment leaves a whole
 * table, and a pointer that was handed out stays good. Nothing grows for
 * ever: a name has few different answers, and they are found again.
 */
#include "names.h"

#include <stdatomic.h>
#include <sys/auxv.h>
#include <time.h>

#include "cookies.h"
#include "names_ask.h"
#include "names_seen.h"
#include "note.h"

enum {
    BUCKETS = 4096,
};

struct snapshot {
    struct names_answer answer;
    char record_host[LIMIT_SERVER_NAME + 1]; /* before the asker's letters */
    struct snapshot *older;                  /* of the same name */
};

struct name {
    _Atomic(struct snapshot *) newest;
    _Atomic(struct snapshot *) current;
    _Atomic unsigned count;
    _Atomic int64_t expires; /* of current; in seconds since 1970 */
    struct name *next;       /* in its bucket */
    struct name *older;      /* of all names */
    char key[LIMIT_SERVER_NAME + 1];
};

static _Atomic(struct name *) buckets[BUCKETS];
static _Atomic(struct name *) newest_name;
static _Atomic unsigned names_count;

static size_t without_nul(const char *text, size_t length)
{
    return length > 0 && text[length - 1] == '\0' ? length - 1 : length;
}

bool names_is_pseudo(const char *text, size_t length)
{
    return server_name_is_pseudo(text, without_nul(text, length)) &&
           getauxval(AT_SECURE) == 0;
}

static _Atomic(struct name *) *bucket_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return &buckets[(hash ^ (hash >> 32)) % BUCKETS];
}

static struct name *find_in(struct name *chain, const char *key)
{
    while (chain != NULL && strcmp(chain->key, key) != 0)
        chain = chain->next;
    return chain;
}

static struct name *find_name(const char *key)
{
    return find_in(atomic_load(bucket_of(key)), key);
}

/* Finds it or makes it. NULL: no memory, or too many. */
static struct name *make_name(const char *key)
{
    _Atomic(struct name *) *bucket = bucket_of(key);
    struct name *head = atomic_load(bucket);
    struct name *found = find_in(head, key);
    AUTO(free) struct name *name = NULL;

    if (found != NULL)
        return found;
    if (atomic_load(&names_count) >= NAMES_MAX)
        return NULL;
    name = calloc(1, sizeof(*name));
    if (name == NULL ||
        !util_copy(name->key, sizeof(name->key), key, strlen(key)))
        return NULL;
    do {
        found = find_in(head, key);
        if (found != NULL)
            return found;
        name->next = head;
    } while (!atomic_compare_exchange_weak(bucket, &head, name));
    name->older = atomic_load(&newest_name);
    while (!atomic_compare_exchange_weak(&newest_name, &name->older, name))
        ;
    atomic_fetch_add(&names_count, 1);
    return TAKE(name);
}

static bool same_answer(const struct names_answer *a,
                        const struct names_answer *b)
{
    return strcmp(a->pseudo, b->pseudo) == 0 &&
           strcmp(a->cert_name, b->cert_name) == 0 &&
           strcmp(a->host, b->host) == 0 && strcmp(a->step, b->step) == 0;
}

static struct snapshot *find_snapshot(struct snapshot *chain,
                                      const struct names_answer *answer)
{
    while (chain != NULL && !same_answer(&chain->answer, answer))
        chain = chain->older;
    return chain;
}

/* How many spellings of what a snapshot says are kept. */
static unsigned count_spellings(const struct snapshot *chain,
                                const struct snapshot *wanted)
{
    unsigned count = 0;

    for (; chain != NULL; chain = chain->older)
        count +=
            strcmp(chain->record_host, wanted->record_host) == 0 &&
            strcmp(chain->answer.cert_name, wanted->answer.cert_name) == 0 &&
            strcmp(chain->answer.step, wanted->answer.step) == 0;
    return count;
}

/* The host in the key's letters: nobody asked so, but everybody can. */
static void spell_as_key(struct snapshot *snapshot)
{
    struct names_answer *answer = &snapshot->answer;
    struct server_name name;

    if (server_name_parse(answer->key, strlen(answer->key), &name) == STATUS_OK)
        record_host(answer->step, snapshot->record_host, &name, answer->host);
}

/*
 * The snapshot that says the same, or a new one. NULL as make_name. A stranger
 * may send a tool to as many spellings of a name as it has letters: these must
 * not take the place of answers that differ.
 */
static struct snapshot *make_snapshot(struct name *name,
                                      struct snapshot *wanted)
{
    struct snapshot *head = atomic_load(&name->newest);
    struct snapshot *found = find_snapshot(head, &wanted->answer);
    AUTO(free) struct snapshot *snapshot = NULL;

    if (found == NULL && count_spellings(head, wanted) >= NAMES_SPELLINGS_MAX) {
        spell_as_key(wanted);
        found = find_snapshot(head, &wanted->answer);
    }
    if (found != NULL)
        return found;
    if (atomic_load(&name->count) >= NAMES_SNAPSHOTS_MAX)
        return NULL;
    snapshot = malloc(sizeof(*snapshot));
    if (snapshot == NULL)
        return NULL;
    *snapshot = *wanted;
    do {
        found = find_snapshot(head, &wanted->answer);
        if (found != NULL)
            return found;
        snapshot->older = head;
    } while (!atomic_compare_exchange_weak(&name->newest, &head, snapshot));
    atomic_fetch_add(&name->count, 1);
    return TAKE(snapshot);
}

/* What a tool asks for, in the two forms that are needed. */
struct question {
    char pseudo[NAMES_PSEUDO];
    struct server_name name;
};

static enum status read_question(const char *text, size_t length,
                                 struct question *ret_question)
{
    enum status status =
        server_name_from_pseudo(text, length, &ret_question->name);

    if (status != STATUS_OK)
        return status;
    if (text[length - 1] == '.')
        length--;
    if (!util_copy(ret_question->pseudo, sizeof(ret_question->pseudo), text,
                   length))
        return STATUS_INVALID;
    for (char *c = ret_question->pseudo; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return STATUS_OK;
}

/* All lengths were checked when the record was read. */
static void put(char *to, size_t room, const char *from)
{
    to[0] = '\0';
    (void)!util_copy(to, room, from, strlen(from));
}

/* The host's letters are the asker's where the name is not delegated. */
static void fill_answer(struct snapshot *snapshot,
                        const struct question *question)
{
    struct names_answer *answer = &snapshot->answer;

    memcpy(answer->key, question->name.key, sizeof(answer->key));
    memcpy(answer->pseudo, question->pseudo, sizeof(answer->pseudo));
    record_host(answer->step, snapshot->record_host, &question->name,
                answer->host);
}

static void say_found(const struct names_answer *answer,
                      const struct record *record)
{
    struct record_target target = record_target(record, 0);
    char address[ADDRESS_TEXT];
    char more[32] = "";

    if (record->target_count > 1)
        snprintf(more, sizeof(more), " and %u more", record->target_count - 1);
    note_verbose("%s: step %s, %s port %u%s, %s%s, Host %s", answer->pseudo,
                 answer->step, address_text(&target.address, address),
                 target.port, more, answer->cert_is_ip ? "no SNI, IP " : "SNI ",
                 answer->cert_name, answer->host);
    for (unsigned i = 0; i < record->warning_count; i++)
        note_verbose("%s: %s", answer->pseudo, record_warning(record, i));
}

/* Keeps what a record says. */
static enum status learn(const struct question *question,
                         const struct record *record,
                         const struct names_answer **ret_answer)
{
    struct snapshot wanted;
    struct address address;
    struct snapshot *snapshot = NULL;
    struct name *name = make_name(question->name.key);

    memset(&wanted, 0, sizeof(wanted));
    put(wanted.answer.cert_name, sizeof(wanted.answer.cert_name),
        record->cert_name);
    put(wanted.answer.step, sizeof(wanted.answer.step), record->step);
    put(wanted.record_host, sizeof(wanted.record_host), record->host);
    wanted.answer.cert_is_ip = address_parse(record->cert_name, &address);
    fill_answer(&wanted, question);
    if (name != NULL)
        snapshot = make_snapshot(name, &wanted);
    if (snapshot == NULL) {
        note_refusal("%s: no room for another answer", question->pseudo);
        return STATUS_UNAVAILABLE;
    }
    names_seen_add(record);
    if (atomic_exchange(&name->current, snapshot) == NULL)
        say_found(&snapshot->answer, record);
    atomic_store(&name->expires, record->expires);
    *ret_answer = &snapshot->answer;
    return STATUS_OK;
}

static enum status ask_and_learn(const struct question *question,
                                 struct record *ret_record,
                                 const struct names_answer **ret_answer)
{
    enum status status = names_ask(&question->name, ret_record);

    if (status != STATUS_OK) {
        names_ask_refused(question->pseudo, status, NULL);
        return status;
    }
    if (ret_record->error != ERROR_NONE) {
        names_ask_refused(question->pseudo, status, ret_record);
        return error_status(ret_record->error);
    }
    return learn(question, ret_record, ret_answer);
}

/* What is in force already, for a question that may be spelled differently. */
static const struct names_answer *in_force(const struct question *question)
{
    struct name *name = find_name(question->name.key);
    struct snapshot wanted;
    struct snapshot *current;

    /* expires is written after current: seen new, so is current. */
    if (name == NULL || atomic_load(&name->expires) <= (int64_t)time(NULL))
        return NULL;
    current = atomic_load(&name->current);
    wanted = *current;
    fill_answer(&wanted, question);
    if (same_answer(&wanted.answer, &current->answer))
        return &current->answer;
    current = make_snapshot(name, &wanted);
    return current != NULL ? &current->answer : NULL;
}

static enum status find(const char *pseudo, size_t length,
                        struct record *ret_record, bool need_record,
                        const struct names_answer **ret_answer)
{
    struct question question;
    enum status status = read_question(pseudo, length, &question);

    if (status != STATUS_OK) {
        if (status != STATUS_NOT_OURS)
            note_refusal("%.*s: before .matrix stands no server name",
                         length < 300 ? (int)length : 300, pseudo);
        return status;
    }
    const struct names_answer *answer =
        need_record ? NULL : in_force(&question);
    if (answer != NULL) {
        *ret_answer = answer;
        return STATUS_OK;
    }
    return ask_and_learn(&question, ret_record, ret_answer);
}

enum status names_find_record(const char *pseudo, size_t length,
                              struct record *ret_record,
                              const struct names_answer **ret_answer)
{
    int saved = errno;
    enum status status =
        find(pseudo, without_nul(pseudo, length), ret_record, true, ret_answer);

    errno = saved;
    return status;
}

enum status names_find(const char *pseudo, size_t length,
                       const struct names_answer **ret_answer)
{
    struct record record;
    int saved = errno;
    enum status status =
        find(pseudo, without_nul(pseudo, length), &record, false, ret_answer);

    errno = saved;
    return status;
}

static bool has_target(const struct record *record, uint64_t hash)
{
    for (unsigned i = 0; i < record->target_count; i++) {
        struct record_target target = record_target(record, i);

        if (cookies_hash(record->name, &target.address, target.port) == hash)
            return true;
    }
    return false;
}

enum status names_check_target(const char *key, const struct address *address,
                               uint16_t port)
{
    uint64_t hash = cookies_hash(key, address, port);
    struct server_name name;
    struct record record;
    int saved = errno;
    enum status status = STATUS_OK;

    if (names_seen_has(hash))
        return STATUS_OK;
    /* The key may be what another process wrote: read as a stranger's. */
    if (server_name_parse(key, strlen(key), &name) != STATUS_OK ||
        strcmp(name.key, key) != 0)
        return STATUS_NOT_FOUND;
    status = names_ask(&name, &record);
    if (status == STATUS_OK)
        status = error_status(record.error);
    if (status == STATUS_OK) {
        names_seen_add(&record);
        status = has_target(&record, hash) ? STATUS_OK : STATUS_NOT_FOUND;
    }
    errno = saved;
    return status;
}

bool names_each(names_visit *visit, void *argument)
{
    for (struct name *name = atomic_load(&newest_name); name != NULL;
         name = name->older) {
        struct snapshot *current = atomic_load(&name->current);

        if (current != NULL && visit(argument, &current->answer))
            return true;
    }
    return false;
}
