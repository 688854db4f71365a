/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the answer record, and both sides of the request. */
#include "record.h"

#include "wire.h"

static const char HEAD[] = "nss-matrix-answer " RECORD_VERSION " ";

enum {
    LENGTH_DIGITS = 4,
};

_Static_assert(sizeof(HEAD) - 1 + LENGTH_DIGITS + 1 == RECORD_HEAD,
               "the first line is the head");
_Static_assert(LIMIT_RECORD < 10000, "the length has four digits");

static const char *const SPECS[] = {"draft", "v1"};
static const char *const STEPS[] = {"1",   "2", "3.1", "3.2", "3.3", "3.4",
                                    "3.5", "3", "4",   "5",   "6",   "-"};

enum status record_promised_length(const char *head, size_t *ret_length)
{
    size_t length = 0;

    if (memcmp(head, HEAD, sizeof(HEAD) - 1) != 0 ||
        head[RECORD_HEAD - 1] != '\n')
        return STATUS_INVALID;
    for (size_t i = sizeof(HEAD) - 1; i < RECORD_HEAD - 1; i++) {
        if (head[i] < '0' || head[i] > '9')
            return STATUS_INVALID;
        length = length * 10 + (size_t)(head[i] - '0');
    }
    if (length <= RECORD_HEAD || length > LIMIT_RECORD)
        return STATUS_INVALID;
    *ret_length = length;
    return STATUS_OK;
}

/* As many octets as the machine compares at once; gcc's own notation. */
typedef unsigned char octets __attribute__((vector_size(16)));

/* Octets that are no part of a record become all ones in *bad. */
static void mark_bad(const char *text, octets *bad)
{
    octets these;

    memcpy(&these, text, sizeof(these));
    *bad |= (octets)(these - ' ' > '~' - ' ') & (octets)(these != '\n');
}

/* The whole record, before anything is read of it. It has a head at least. */
static bool printable(const char *text, size_t length)
{
    octets bad = {0};
    uint64_t halves[2];

    _Static_assert(sizeof(bad) <= RECORD_HEAD && sizeof(bad) == sizeof(halves),
                   "what is left at the end can be looked at with the rest");
    for (size_t i = 0; i + sizeof(bad) <= length; i += sizeof(bad))
        mark_bad(text + i, &bad);
    mark_bad(text + length - sizeof(bad), &bad);
    memcpy(halves, &bad, sizeof(bad));
    return (halves[0] | halves[1]) == 0;
}

WIRE_INLINE const char *take_line(struct wire_reader *reader, const char *key)
{
    wire_expect(reader, key);
    return wire_take(reader, '\n');
}

WIRE_INLINE const char *take_optional(struct wire_reader *reader,
                                      const char *key)
{
    const char *value = take_line(reader, key);

    if (value[0] == '\0')
        reader->failed = true;
    return strcmp(value, "-") == 0 ? NULL : value;
}

WIRE_INLINE int64_t take_time(struct wire_reader *reader, const char *key)
{
    wire_expect(reader, key);
    return (int64_t)wire_take_number(reader, '\n', INT64_MAX);
}

/* Most names in a record are the same one: *known is the last good one. */
static bool is_host(const char *name, const char **known)
{
    if (*known != NULL && strcmp(*known, name) == 0)
        return true;
    if (!server_name_is_host(name))
        return false;
    *known = name;
    return true;
}

static bool names_are_sane(const struct record *record, const char *known)
{
    struct address address;

    return (record->tls_name == NULL || is_host(record->tls_name, &known)) &&
           (record->cert_name == NULL || is_host(record->cert_name, &known) ||
            address_parse(record->cert_name, &address)) &&
           (record->host == NULL || is_host(record->host, &known) ||
            server_name_is_valid(record->host));
}

static bool is_one_of(const char *word, const char *const list[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/*
 * A target line stays as it is, fields ended by NULs: five strings that
 * record_target walks again.
 */
static void take_target(struct wire_reader *reader, struct record *record,
                        const char **known)
{
    struct address address;
    const char *ip = wire_take(reader, ' ');

    if (record->target_count == LIMIT_TARGETS || !address_parse(ip, &address)) {
        reader->failed = true;
        return;
    }
    record->target_at[record->target_count] = (uint16_t)(ip - record->text);
    if (wire_take_number(reader, ' ', UINT16_MAX) == 0)
        reader->failed = true;
    wire_take_number(reader, ' ', UINT16_MAX);
    wire_take_number(reader, ' ', UINT16_MAX);
    const char *name = wire_take(reader, '\n');
    if (strcmp(name, "-") != 0 && !is_host(name, known))
        reader->failed = true;
    record->target_count++;
}

static void take_warning(struct wire_reader *reader, struct record *record)
{
    const char *text = wire_take(reader, '\n');

    if (record->warning_count == 0)
        record->warnings = text;
    if (record->warning_count == LIMIT_WARNINGS)
        reader->failed = true;
    record->warning_count++;
}

static bool times_are_sane(const struct record *record, int64_t now)
{
    return record->found <= record->refresh &&
           record->refresh <= record->expires &&
           record->expires <= now + LIMIT_LIFE_S;
}

/* An answer has targets and all names; a failure has neither. */
static bool answer_is_whole(const struct record *record)
{
    if (record->error != ERROR_NONE)
        return record->target_count == 0;
    return record->target_count > 0 && record->host != NULL &&
           record->cert_name != NULL;
}

enum status record_parse(struct record *record, int64_t now)
{
    struct wire_reader reader = wire_reader(record->text, record->length);
    const char *known = NULL;
    size_t promised;

    if (record->length < RECORD_HEAD ||
        record_promised_length(record->text, &promised) != STATUS_OK ||
        promised != record->length || !printable(record->text, record->length))
        return STATUS_INVALID;
    reader.next += RECORD_HEAD;
    record->settings = take_line(&reader, "settings ");
    record->found = take_time(&reader, "found @");
    record->refresh = take_time(&reader, "refresh @");
    record->expires = take_time(&reader, "expires @");
    record->name = take_line(&reader, "name ");
    record->spec = take_line(&reader, "spec ");
    record->step = take_line(&reader, "step ");
    const char *error = take_line(&reader, "error ");
    record->host = take_optional(&reader, "host ");
    record->tls_name = take_optional(&reader, "tls-name ");
    record->cert_name = take_optional(&reader, "cert-name ");
    record->target_count = record->warning_count = 0;
    record->warnings = "";
    while (wire_skip(&reader, "target "))
        take_target(&reader, record, &known);
    while (wire_skip(&reader, "warning "))
        take_warning(&reader, record);
    record->reason = take_optional(&reader, "reason ");
    wire_expect(&reader, "end\n");

    if (reader.failed || reader.next != reader.end ||
        !error_from_name(error, &record->error) ||
        !is_one_of(record->spec, SPECS, ARRAY_SIZE(SPECS)) ||
        !is_one_of(record->step, STEPS, ARRAY_SIZE(STEPS)) ||
        !names_are_sane(record, known) || !times_are_sane(record, now) ||
        !answer_is_whole(record))
        return STATUS_INVALID;
    return STATUS_OK;
}

static const char *next_string(const char *string)
{
    return string + strlen(string) + 1;
}

/* The fields were checked by record_parse: digits, and in range. */
static uint16_t checked_number(const char *digits)
{
    unsigned number = 0;

    for (; *digits != '\0'; digits++)
        number = number * 10 + (unsigned)(*digits - '0');
    return (uint16_t)number;
}

struct record_target record_target(const struct record *record, unsigned index)
{
    struct record_target target = {0};
    const char *field = record->text + record->target_at[index];

    (void)address_parse(field, &target.address);
    field = next_string(field);
    target.port = checked_number(field);
    field = next_string(field);
    target.priority = checked_number(field);
    field = next_string(field);
    target.weight = checked_number(field);
    field = next_string(field);
    target.name = strcmp(field, "-") == 0 ? NULL : field;
    return target;
}

const char *record_warning(const struct record *record, unsigned index)
{
    const char *warning = record->warnings;

    for (unsigned i = 0; i < index; i++)
        warning = next_string(warning) + sizeof("warning ") - 1;
    return warning;
}

void record_host(const char *step, const char *host,
                 const struct server_name *asked,
                 char ret_host[static LIMIT_SERVER_NAME + 1])
{
    bool delegated = step[0] == '3';
    bool whole = strcmp(host, asked->key) == 0;
    const char *written = delegated ? host : asked->text;
    size_t length = delegated || whole ? strlen(written) : asked->host_length;

    memcpy(ret_host, written, length);
    ret_host[length] = '\0';
}

size_t record_request(const struct server_name *name, bool refresh,
                      char ret_request[static RECORD_REQUEST_MAX])
{
    struct wire_writer writer = wire_writer(ret_request, RECORD_REQUEST_MAX);

    wire_put(&writer, RECORD_REQUEST);
    wire_put(&writer, refresh ? RECORD_REFRESH : "");
    wire_put(&writer, name->key);
    wire_put(&writer, "\n");
    return writer.length;
}

enum status record_request_parse(char *request, size_t length,
                                 struct server_name *ret_name,
                                 bool *ret_refresh)
{
    struct wire_reader reader = wire_reader(request, length);
    enum status status;
    bool refresh;

    wire_expect(&reader, RECORD_REQUEST);
    refresh = wire_skip(&reader, RECORD_REFRESH);
    const char *name = wire_take(&reader, '\n');
    if (reader.failed || reader.next != reader.end)
        return STATUS_INVALID;
    status = server_name_parse(name, strlen(name), ret_name);
    if (status == STATUS_OK)
        *ret_refresh = refresh;
    return status;
}
