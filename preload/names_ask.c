/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking the thin client, as the module does, and what people are told. */
#include "names_ask.h"

#include "client.h"
#include "limit.h"
#include "note.h"

static void refuse_without_helper(const char *pseudo)
{
    struct client client;

    client_init(&client, LIMIT_SHIM_WAIT_MS, false);
    note_refusal("%s: the helper %s cannot be run; it must be root's or yours, "
                 "and writable by nobody else",
                 pseudo, client.helper);
}

void names_ask_refused(const char *pseudo, enum status status,
                       const struct record *record)
{
    if (record != NULL)
        note_refusal("%s: %s (%s)", pseudo,
                     record->reason != NULL ? record->reason : "no server",
                     error_name(record->error));
    else if (status == STATUS_NOT_FOUND)
        note_refusal("%s: DNS cannot hold such a name", pseudo);
    else if (status == STATUS_TRY_AGAIN)
        note_refusal("%s: no answer in time", pseudo);
    else
        refuse_without_helper(pseudo);
}

enum status names_ask(const struct server_name *name, struct record *ret_record)
{
    struct client client;

    client_init(&client, LIMIT_SHIM_WAIT_MS, false);
    return client_lookup(&client, name, ret_record);
}
