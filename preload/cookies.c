/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shared table. A cookie's number is its place in an array of entries;
 * names are kept once, in a stretch of text; two hash indexes find both.
 *
 * A slot of an index is one word, half of it a part of the hash, half a
 * number. Who finds a slot empty claims it with the hash alone, makes the
 * entry and then puts its number in: so two who come at once with the same
 * target get one cookie. Nobody waits for long: a claimant that was killed in
 * between is replaced by who waited for it.
 */
#include "cookies.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

enum {
    SLOTS = 128 * 1024,
    NAMES_ROOM = 4 * 1024 * 1024, /* octets of names, each with its NUL */
    PREFIX = 12,                  /* octets of an IPv6 cookie before its number,
                                     and of a mapped IPv4 address before it */
};

struct index {
    _Atomic uint64_t slots[SLOTS];
};

struct entry {
    _Atomic uint32_t name; /* where in the text; written last, 0: no entry */
    uint16_t port;
    unsigned char address[16];
};

struct family {
    _Atomic uint32_t used;
    struct index index;
    struct entry entries[COOKIES_MAX + 1];
};

/* Untouched pages of it cost nothing. */
struct table {
    struct family v4, v6;
    _Atomic uint32_t names_used;
    struct index names;
    char text[NAMES_ROOM];
};

static struct table *table;

static const unsigned char V4_RANGE[] = {239, 73};
static const unsigned char V6_RANGE[PREFIX] = {0xff, 0x01, [10] = 0x0d, 0xb8};
static const unsigned char MAPPED[PREFIX] = {[10] = 0xff, 0xff};

void cookies_init(void)
{
    void *memory = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    table = memory == MAP_FAILED ? NULL : memory;
}

static uint64_t hash_octets(uint64_t hash, const void *octets, size_t length)
{
    const unsigned char *at = octets;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* FNV-1a's high bits are poor for short input: stirred once more. */
static uint64_t stir(uint64_t hash)
{
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

static uint64_t hash_name(const char *key)
{
    return hash_octets(UINT64_C(0xcbf29ce484222325), key, strlen(key) + 1);
}

uint64_t cookies_hash(const char *key, const struct address *address,
                      uint16_t port)
{
    uint64_t hash = hash_name(key);

    hash = hash_octets(hash, address->bytes, address_size(address));
    hash = stir(hash_octets(hash, &port, sizeof(port)));
    return hash != 0 ? hash : 1;
}

/* One of the two kinds of things that are looked for and made. */
struct search {
    struct index *index;
    uint64_t hash;
    const struct cookie *cookie;
    uint32_t name; /* for entries: where its name is */
    bool (*is)(const struct search *search, uint32_t number);
    uint32_t (*make)(const struct search *search); /* 0: no room */
};

/* Takes size of what is limited to max; gives the first taken, 0 if none. */
static uint32_t take_room(_Atomic uint32_t *used, uint32_t size, uint32_t max)
{
    uint32_t old = atomic_load(used);

    do {
        if (old > max || max - old < size)
            return 0;
    } while (!atomic_compare_exchange_weak(used, &old, old + size));
    return old + 1;
}

static bool is_name(const struct search *search, uint32_t at)
{
    return at < NAMES_ROOM &&
           strncmp(table->text + at, search->cookie->key, NAMES_ROOM - at) == 0;
}

static uint32_t make_name(const struct search *search)
{
    size_t size = strlen(search->cookie->key) + 1;
    uint32_t at = take_room(&table->names_used, (uint32_t)size, NAMES_ROOM - 1);

    if (at != 0)
        memcpy(table->text + at, search->cookie->key, size);
    return at;
}

static struct family *family_of(const struct address *address)
{
    return address->family == AF_INET ? &table->v4 : &table->v6;
}

static bool is_entry(const struct search *search, uint32_t number)
{
    const struct address *address = &search->cookie->address;
    const struct entry *entry;

    if (number > COOKIES_MAX)
        return false;
    entry = &family_of(address)->entries[number];
    return atomic_load(&entry->name) == search->name &&
           entry->port == search->cookie->port &&
           memcmp(entry->address, address->bytes, address_size(address)) == 0;
}

static uint32_t make_entry(const struct search *search)
{
    struct family *family = family_of(&search->cookie->address);
    uint32_t number = take_room(&family->used, 1, COOKIES_MAX);

    if (number != 0) {
        struct entry *entry = &family->entries[number];

        entry->port = search->cookie->port;
        memcpy(entry->address, search->cookie->address.bytes,
               address_size(&search->cookie->address));
        atomic_store(&entry->name, search->name);
    }
    return number;
}

/*
 * Another thread or process has claimed the slot and makes the entry, which
 * takes it microseconds. Gives the number, or 0 if it seems to be gone.
 */
static uint32_t wait_for_number(const _Atomic uint64_t *slot)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    uint32_t number = 0;

    for (unsigned i = 0; i < 100 && number == 0; i++) {
        if (i < 64)
            sched_yield();
        else
            nanosleep(&moment, NULL);
        number = (uint32_t)atomic_load(slot);
    }
    return number;
}

/* Puts a new entry into a slot that is claimed; gives the slot's number. */
static uint32_t fill(_Atomic uint64_t *slot, uint64_t claim,
                     const struct search *search)
{
    uint32_t number = search->make(search);

    /* If somebody was quicker after all, the one just made is lost. */
    if (number != 0 &&
        !atomic_compare_exchange_strong(slot, &claim, claim | number))
        number = (uint32_t)claim;
    return number;
}

/* The number of what is searched; 0 if there is none and none can be made. */
static uint32_t find(const struct search *search, bool make)
{
    uint64_t claim = search->hash & ~UINT64_C(0xffffffff);

    if (claim == 0)
        claim = UINT64_C(1) << 32;
    for (unsigned i = 0; i < SLOTS; i++) {
        _Atomic uint64_t *slot =
            &search->index->slots[(search->hash + i) % SLOTS];
        uint64_t found = atomic_load(slot);
        uint32_t number;

        if (found == 0) {
            if (!make)
                return 0;
            if (atomic_compare_exchange_strong(slot, &found, claim))
                return fill(slot, claim, search);
        }
        if ((found & ~UINT64_C(0xffffffff)) != claim)
            continue;
        number = (uint32_t)found;
        if (number == 0)
            number = wait_for_number(slot);
        if (number == 0 && make)
            number = fill(slot, claim, search);
        if (number != 0 && search->is(search, number))
            return number;
    }
    return 0;
}

/* Looks first: in a full table a claim would be in the way for ever. */
static uint32_t find_or_make(const struct search *search, bool full)
{
    uint32_t number = find(search, false);

    return number != 0 || full ? number : find(search, true);
}

static void write_cookie(int family, uint32_t number,
                         struct address *ret_address)
{
    size_t last = family == AF_INET ? 3 : 15;

    *ret_address = (struct address){.family = family};
    if (family == AF_INET)
        memcpy(ret_address->bytes, V4_RANGE, sizeof(V4_RANGE));
    else
        memcpy(ret_address->bytes, V6_RANGE, sizeof(V6_RANGE));
    ret_address->bytes[last - 1] = (unsigned char)(number >> 8);
    ret_address->bytes[last] = (unsigned char)number;
}

enum status cookies_make(const struct cookie *cookie,
                         struct address *ret_address)
{
    struct search search = {.cookie = cookie, .is = is_name, .make = make_name};
    struct family *family;
    uint32_t number;

    if (table == NULL)
        return STATUS_TOO_BIG;
    family = family_of(&cookie->address);
    search.index = &table->names;
    search.hash = stir(hash_name(cookie->key));
    search.name = find_or_make(&search, atomic_load(&table->names_used) >=
                                            NAMES_ROOM - LIMIT_SERVER_NAME - 1);
    if (search.name == 0)
        return STATUS_TOO_BIG;
    search.index = &family->index;
    search.hash = cookies_hash(cookie->key, &cookie->address, cookie->port);
    search.is = is_entry;
    search.make = make_entry;
    number = find_or_make(&search, atomic_load(&family->used) >= COOKIES_MAX);
    if (number == 0)
        return STATUS_TOO_BIG;
    write_cookie(cookie->address.family, number, ret_address);
    return STATUS_OK;
}

/* The cookie without its IPv6 wrapping, if it has one. */
static struct address unmapped(const struct address *address)
{
    struct address v4 = {.family = AF_INET};

    if (address->family != AF_INET6 ||
        memcmp(address->bytes, MAPPED, PREFIX) != 0)
        return *address;
    memcpy(v4.bytes, address->bytes + PREFIX, sizeof(v4.v4));
    return v4;
}

/* Under AT_SECURE there are no cookies, and the shim does nothing at all. */
bool cookies_is(const struct address *address)
{
    struct address bare = unmapped(address);
    bool inside = bare.family == AF_INET
                      ? memcmp(bare.bytes, V4_RANGE, sizeof(V4_RANGE)) == 0
                      : memcmp(bare.bytes, V6_RANGE, sizeof(V6_RANGE)) == 0;

    return inside && getauxval(AT_SECURE) == 0;
}

bool cookies_is_socket(const struct sockaddr *to, socklen_t length)
{
    struct address address = {0};
    sa_family_t family;

    if (to == NULL || length < sizeof(family))
        return false;
    /* Read by its octets: the object is a sockaddr of some other type. */
    memcpy(&family, to, sizeof(family));
    if (family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        address.family = AF_INET;
        memcpy(&address.v4, &((const struct sockaddr_in *)to)->sin_addr,
               sizeof(address.v4));
        return cookies_is(&address);
    }
    /* The kernel takes IPv6 addresses without the scope too (RFC 2133). */
    if (family == AF_INET6 &&
        length >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
        address.family = AF_INET6;
        memcpy(&address.v6, &((const struct sockaddr_in6 *)to)->sin6_addr,
               sizeof(address.v6));
        return cookies_is(&address);
    }
    return false;
}

/* Nothing that another process could have written is believed. */
static bool copy_name(uint32_t at, char key[static LIMIT_SERVER_NAME + 1])
{
    size_t length;

    if (at == 0 || at >= NAMES_ROOM - LIMIT_SERVER_NAME - 1)
        return false;
    length = strnlen(table->text + at, LIMIT_SERVER_NAME + 1);
    return util_copy(key, LIMIT_SERVER_NAME + 1, table->text + at, length);
}

/* What a bare cookie address numbers; NULL: no such number. */
static const struct entry *entry_of(const struct address *bare)
{
    size_t last = address_size(bare) - 1;
    uint32_t number =
        (uint32_t)bare->bytes[last - 1] << 8 | (uint32_t)bare->bytes[last];

    /* An IPv6 cookie's two octets in between are 0. */
    if (table == NULL || number == 0 ||
        (bare->family == AF_INET6 &&
         (bare->bytes[PREFIX] != 0 || bare->bytes[PREFIX + 1] != 0)))
        return NULL;
    return &family_of(bare)->entries[number];
}

enum status cookies_find(const struct address *address,
                         struct cookie *ret_cookie)
{
    struct address bare = unmapped(address);
    struct cookie cookie = {.address.family = bare.family};
    const struct entry *entry = entry_of(&bare);

    if (entry == NULL || !copy_name(atomic_load(&entry->name), cookie.key))
        return STATUS_MISS;
    cookie.port = entry->port;
    memcpy(cookie.address.bytes, entry->address, address_size(&bare));
    *ret_cookie = cookie;
    return STATUS_OK;
}

static bool family_has_port(const struct family *family, uint32_t name,
                            uint16_t port)
{
    uint32_t used = atomic_load(&family->used);

    for (uint32_t i = 1; i <= used && i <= COOKIES_MAX; i++)
        if (atomic_load(&family->entries[i].name) == name &&
            family->entries[i].port == port)
            return true;
    return false;
}

bool cookies_share_port(const struct address *address, uint16_t port)
{
    struct address bare = unmapped(address);
    const struct entry *entry = entry_of(&bare);
    uint32_t name = entry != NULL ? atomic_load(&entry->name) : 0;

    return name != 0 && (family_has_port(&table->v4, name, port) ||
                         family_has_port(&table->v6, name, port));
}
