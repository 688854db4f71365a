/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The address book: one entry for each name, with a question for each family
 * until both have answered or one has waited long enough for the other.
 */
#include "addresses.h"

#include "addresses_combine.h"
#include "deadline.h"
#include "hosts.h"
#include "server_name.h"

/* In the order of the list. */
enum {
    V6,
    V4,
    FAMILIES
};

static const ns_type TYPES[FAMILIES] = {[V6] = ns_t_aaaa, [V4] = ns_t_a};
static const int FAMILY_NUMBERS[FAMILIES] = {[V6] = AF_INET6, [V4] = AF_INET};

struct entry;

/* One family's question, and what of its answer is kept. */
struct family {
    struct entry *entry;
    struct dns_query *query; /* NULL: answered, given up, or never asked */
    struct addresses_family said;
};

struct entry {
    struct address_book *book;
    struct entry *next;
    int64_t started;
    struct loop_timer grace;
    struct family families[FAMILIES];
    bool early; /* one family has waited long enough to be used alone */
    bool known;
    struct addresses addresses;
    char *name;
};

struct address_book {
    struct loop *loop;
    struct dns *dns;
    address_book_changed *changed;
    void *argument;
    int family; /* AF_UNSPEC: both */
    struct entry *entries;
    char *hosts_file;
};

enum status address_book_new(struct loop *loop, struct dns *dns,
                             const char *hosts_file,
                             address_book_changed *changed, void *argument,
                             struct address_book **ret_book)
{
    AUTO(free) struct address_book *book = calloc(1, sizeof(*book));

    if (book == NULL)
        return STATUS_NO_MEMORY;
    book->loop = loop;
    book->dns = dns;
    book->changed = changed;
    book->argument = argument;
    book->hosts_file = strdup(hosts_file);
    if (book->hosts_file == NULL)
        return STATUS_NO_MEMORY;
    *ret_book = TAKE(book);
    return STATUS_OK;
}

void address_book_limit(struct address_book *book, int family)
{
    book->family = family;
}

static bool is_wanted(const struct address_book *book, int family)
{
    return book->family == AF_UNSPEC || book->family == family;
}

static void free_entry(struct entry *entry)
{
    loop_unset(&entry->grace);
    for (unsigned i = 0; i < FAMILIES; i++)
        dns_cancel(&entry->families[i].query);
    free(entry->name);
    free(entry);
}

void address_book_free(struct address_book *book)
{
    if (book == NULL)
        return;
    while (book->entries != NULL) {
        struct entry *entry = book->entries;

        book->entries = entry->next;
        free_entry(entry);
    }
    free(book->hosts_file);
    free(book);
}

static struct entry *find(const struct address_book *book, const char *name)
{
    for (struct entry *entry = book->entries; entry != NULL;
         entry = entry->next)
        if (strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

const struct addresses *address_book_get(const struct address_book *book,
                                         const char *name)
{
    const struct entry *entry = find(book, name);

    return entry != NULL && entry->known ? &entry->addresses : NULL;
}

unsigned address_book_early(const struct address_book *book, const char *name,
                            struct address ret_list[static LIMIT_ADDRESSES])
{
    const struct entry *entry = find(book, name);
    const struct family *family;

    if (entry == NULL || entry->known || !entry->early)
        return 0;
    family = &entry->families[entry->families[V6].said.count > 0 ? V6 : V4];
    memcpy(ret_list, family->said.list, family->said.count * sizeof(*ret_list));
    return family->said.count;
}

static void combine(struct entry *entry)
{
    addresses_combine(&entry->addresses, &entry->families[V6].said,
                      &entry->families[V4].said);
    entry->addresses.ms = (int)(deadline_clock() - entry->started);
    entry->known = true;
}

/* Nothing of the entry may be used after it: the book may be gone. */
static void settle(struct entry *entry)
{
    loop_unset(&entry->grace);
    combine(entry);
    entry->book->changed(entry->book->argument);
}

/* The one that the timer is set for. */
static struct family *late_family(struct entry *entry)
{
    return &entry->families[entry->families[V6].query != NULL ? V6 : V4];
}

static void wait_for(struct entry *entry, int ms, loop_due *call)
{
    loop_set(entry->book->loop, &entry->grace, deadline_after(ms), call, entry);
}

/*
 * The timer: one family has addresses, the other was too late. Unless it is we
 * who are: with many names under way answers lie in their sockets for a while.
 */
static void give_up_waiting(void *argument)
{
    struct entry *entry = argument;
    struct family *family = late_family(entry);

    if (dns_is_our_turn(family->query)) {
        wait_for(entry, LIMIT_FAMILY_EARLY_MS, give_up_waiting);
        return;
    }
    dns_cancel(&family->query);
    family->said.result = DNS_TEMPORARY;
    family->said.ttl = LIMIT_OUR_FAILURE_S;
    snprintf(family->said.detail, sizeof(family->said.detail),
             "no answer long after the other family's");
    settle(entry);
}

/*
 * What the other family has yet: as long as it was waited for until now, since
 * where every answer is slow a slow one is not lost.
 */
static int grace_left(const struct entry *entry)
{
    const int least = LIMIT_FAMILY_GRACE_MS - LIMIT_FAMILY_EARLY_MS;
    int took = (int)(deadline_clock() - entry->started);

    return took > least ? took : least;
}

/*
 * The same timer, the first time. Both questions went out together, so one of
 * them may be lost: it is sent again, while there is time for an answer.
 * Nothing of the entry may be used after.
 */
static void become_early(void *argument)
{
    struct entry *entry = argument;

    entry->early = true;
    dns_hurry(late_family(entry)->query);
    wait_for(entry, grace_left(entry), give_up_waiting);
    entry->book->changed(entry->book->argument);
}

static void answered(void *argument, const struct dns_answer *answer)
{
    struct family *family = argument;
    struct entry *entry = family->entry;
    struct family *other =
        &entry->families[family == &entry->families[V6] ? V4 : V6];

    family->query = NULL;
    addresses_take(answer, &family->said);
    if (other->query == NULL)
        settle(entry);
    else if (family->said.count > 0)
        wait_for(entry, LIMIT_FAMILY_EARLY_MS, become_early);
}

/* What looks like an address is not asked for, in whatever notation. */
static bool is_refused(struct entry *entry)
{
    struct addresses *addresses = &entry->addresses;
    struct server_name host;

    if (server_name_parse(entry->name, strlen(entry->name), &host) ==
            STATUS_OK &&
        host.kind == SERVER_NAME_HOST && host.port == 0 && host.resolvable)
        return false;
    addresses->result = DNS_NONE;
    addresses->life = LIMIT_LIFE_S;
    snprintf(addresses->detail, sizeof(addresses->detail),
             "not a name that DNS is asked for");
    return true;
}

/*
 * Whether the hosts file has the name: then DNS has no say. Nor has it where
 * we cannot look.
 */
static bool is_in_hosts_file(struct entry *entry)
{
    struct addresses *addresses = &entry->addresses;
    struct addresses_family families[FAMILIES] = {{.count = 0}};
    struct address list[LIMIT_ADDRESSES];
    unsigned count;

    if (hosts_find(entry->book->hosts_file, entry->name, list, &count) !=
        STATUS_OK) {
        addresses->result = DNS_TEMPORARY;
        addresses->internal = true;
        addresses->life = LIMIT_OUR_FAILURE_S;
        snprintf(addresses->detail, sizeof(addresses->detail),
                 "the hosts file cannot be read: %s", strerror(errno));
        return true;
    }
    if (count == 0)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct addresses_family *family =
            &families[list[i].family == AF_INET ? V4 : V6];

        if (is_wanted(entry->book, list[i].family))
            family->list[family->count++] = list[i];
    }
    addresses_combine(addresses, &families[V6], &families[V4]);
    addresses->result = addresses->count > 0 ? DNS_FOUND : DNS_NONE;
    addresses->hosts_file = true;
    addresses->life = LIMIT_HOSTS_FILE_S;
    if (addresses->count == 0)
        snprintf(addresses->detail, sizeof(addresses->detail),
                 "the hosts file has only the other family's");
    return true;
}

static enum status ask(struct entry *entry)
{
    for (unsigned i = 0; i < FAMILIES; i++) {
        struct family *family = &entry->families[i];

        family->entry = entry;
        if (!is_wanted(entry->book, FAMILY_NUMBERS[i])) {
            family->said.result = DNS_NONE;
            family->said.ttl = LIMIT_LIFE_S;
            snprintf(family->said.detail, sizeof(family->said.detail),
                     "not asked");
        } else if (dns_ask(entry->book->dns, entry->name, TYPES[i], answered,
                           family, &family->query) != STATUS_OK) {
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

enum status address_book_want(struct address_book *book, const char *name)
{
    if (find(book, name) != NULL)
        return STATUS_OK;
    struct entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return STATUS_NO_MEMORY;
    entry->book = book;
    entry->started = deadline_clock();
    entry->name = strdup(name);
    if (entry->name != NULL)
        entry->known = is_refused(entry) || is_in_hosts_file(entry);
    if (entry->name == NULL || (!entry->known && ask(entry) != STATUS_OK)) {
        free_entry(entry);
        return STATUS_NO_MEMORY;
    }
    entry->next = book->entries;
    book->entries = entry;
    return STATUS_OK;
}
