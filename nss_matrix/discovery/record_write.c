/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing the answer record. */
#include "record_write.h"

#include "record.h"
#include "wire.h"

/* How much of an outcome is written. */
struct extent {
    bool names;
    unsigned warnings;
    unsigned targets;
};

static void put_line(struct wire_writer *writer, const char *key,
                     const char *value)
{
    wire_put(writer, key);
    wire_put(writer, value[0] != '\0' ? value : "-");
    wire_put(writer, "\n");
}

static void put_time(struct wire_writer *writer, const char *key, int64_t time)
{
    wire_put(writer, key);
    wire_put_number(writer, (uint64_t)time, 0);
    wire_put(writer, "\n");
}

static void put_target(struct wire_writer *writer, const struct target *target,
                       bool with_name)
{
    char ip[ADDRESS_TEXT];

    wire_put(writer, "target ");
    wire_put(writer, address_text(&target->address, ip));
    wire_put(writer, " ");
    wire_put_number(writer, target->port, 0);
    wire_put(writer, " ");
    wire_put_number(writer, target->priority, 0);
    wire_put(writer, " ");
    wire_put_number(writer, target->weight, 0);
    wire_put(writer, " ");
    put_line(writer, "", with_name ? target->name : "");
}

static bool put_body(struct wire_writer *writer, const struct outcome *outcome,
                     const char *key, const struct extent *extent)
{
    put_line(writer, "name ", key);
    put_line(writer, "spec ", spec_name(outcome->spec));
    put_line(writer, "step ", outcome->step);
    put_line(writer, "error ", error_name(outcome->error));
    put_line(writer, "host ", outcome->host);
    put_line(writer, "tls-name ", outcome->tls_name);
    put_line(writer, "cert-name ", outcome->cert_name);
    for (unsigned i = 0; i < extent->targets; i++)
        put_target(writer, &outcome->targets[i], extent->names);
    for (unsigned i = 0; i < extent->warnings; i++)
        put_line(writer, "warning ", outcome->warnings[i]);
    put_line(writer, "reason ", outcome->reason);
    wire_put(writer, "end\n");
    return !writer->failed;
}

/* Leaves out a little more. */
static void shrink(struct extent *extent)
{
    if (extent->names)
        extent->names = false;
    else if (extent->warnings > 0)
        extent->warnings--;
    else
        extent->targets--;
}

static void put_length(char *text, size_t length)
{
    char digits[5];
    struct wire_writer writer = wire_writer(digits, sizeof(digits));

    wire_put_number(&writer, length, 4);
    memcpy(text + RECORD_HEAD - sizeof(digits), digits, 4);
}

size_t record_write(const struct outcome *outcome, const char *key,
                    const char *settings, int64_t now,
                    char ret_text[static LIMIT_RECORD + 1])
{
    struct extent extent = {true, outcome->warning_count,
                            outcome->target_count};
    struct wire_writer writer = wire_writer(ret_text, LIMIT_RECORD + 1);

    wire_put(&writer, "nss-matrix-answer " RECORD_VERSION " 0000\n");
    put_line(&writer, "settings ", settings);
    put_time(&writer, "found @", outcome->found);
    put_time(&writer, "refresh @",
             outcome->expires - (outcome->expires - now) / 5);
    put_time(&writer, "expires @", outcome->expires);

    struct wire_writer start = writer;

    while (!put_body(&writer, outcome, key, &extent)) {
        writer = start;
        shrink(&extent);
    }
    put_length(ret_text, writer.length);
    return writer.length;
}

bool record_write_refresh(char *text, size_t length, int64_t refresh)
{
    static const char WORD[] = "\nrefresh @";
    char digits[21];
    struct wire_writer writer = wire_writer(digits, sizeof(digits));
    char *at = memmem(text, length, WORD, sizeof(WORD) - 1);

    wire_put_number(&writer, (uint64_t)refresh, 0);
    if (at == NULL)
        return false;
    at += sizeof(WORD) - 1;
    if ((size_t)(text + length - at) <= writer.length ||
        at[writer.length] != '\n')
        return false;
    memcpy(at, digits, writer.length);
    return true;
}
