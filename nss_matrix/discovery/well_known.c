/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The well-known document: cJSON parses it, after well_known_text has looked
 * at what cJSON would let pass.
 */
#include "well_known.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "escape.h"
#include "limit.h"
#include "well_known_text.h"

static const char KEY[] = "m.server";

static void util_cjson(cJSON **json)
{
    cJSON_Delete(*json);
}

static enum status invalid(char *ret_reason, const char *reason)
{
    snprintf(ret_reason, WELL_KNOWN_REASON_MAX, "%s", reason);
    return STATUS_INVALID;
}

/* The last one wins; letter case matters, whatever cJSON's getters say. */
static const cJSON *find_server(const cJSON *document, bool *ret_other_case)
{
    const cJSON *found = NULL;
    const cJSON *item;

    *ret_other_case = false;
    cJSON_ArrayForEach(item, document)
    {
        if (strcmp(item->string, KEY) == 0)
            found = item;
        else if (strcasecmp(item->string, KEY) == 0)
            *ret_other_case = true;
    }
    return found;
}

static enum status read_server(const cJSON *document,
                               struct server_name *ret_name, char *ret_reason)
{
    static const char BAD[] = "has an m.server that is no server name: ";
    struct server_name name;
    bool other_case;
    const cJSON *server = find_server(document, &other_case);

    if (server == NULL)
        return invalid(ret_reason, other_case
                                       ? "has no m.server (letter case matters)"
                                       : "has no m.server");
    if (!cJSON_IsString(server))
        return invalid(ret_reason, "has an m.server that is no string");
    if (server->valuestring[0] == '\0')
        return invalid(ret_reason, "has an m.server that is empty");
    if (server_name_parse(server->valuestring, strlen(server->valuestring),
                          &name) != STATUS_OK) {
        memcpy(ret_reason, BAD, sizeof(BAD));
        escape_text(ret_reason + sizeof(BAD) - 1,
                    WELL_KNOWN_REASON_MAX - (sizeof(BAD) - 1),
                    server->valuestring, strlen(server->valuestring));
        return STATUS_INVALID;
    }
    *ret_name = name;
    return STATUS_OK;
}

enum status well_known_parse(const char *body, size_t length,
                             struct server_name *ret_name,
                             char ret_reason[static WELL_KNOWN_REASON_MAX])
{
    const char *fault = well_known_text_fault(body, length);
    const char *end = body;

    if (fault != NULL)
        return invalid(ret_reason, fault);

    /*
     * The end is checked here: cJSON's own check wants a NUL behind the body.
     * It does not say why it failed; malloc does.
     */
    errno = 0;
    AUTO(cjson)
    cJSON *document = cJSON_ParseWithLengthOpts(body, length, &end, false);
    if (document == NULL && errno == ENOMEM)
        return STATUS_NO_MEMORY;
    if (document == NULL)
        return invalid(ret_reason, "is not JSON");
    if (!well_known_text_is_blank(end, (size_t)(body + length - end)))
        return invalid(ret_reason, "has something after its JSON");
    if (!cJSON_IsObject(document))
        return invalid(ret_reason, "is JSON, but no object");
    return read_server(document, ret_name, ret_reason);
}
