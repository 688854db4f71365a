/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cJSON's allocator, watched while a line is made. */
#include "json_line.h"

#include <stdlib.h>

#include "standard.h"
#include "status.h"

static bool lacking;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        lacking = true;
    return memory;
}

cJSON *json_line_begin(void)
{
    cJSON_Hooks watched = {.malloc_fn = allocate, .free_fn = free};

    lacking = false;
    cJSON_InitHooks(&watched);
    return cJSON_CreateObject();
}

char *json_line_end(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);

    cJSON_Delete(object);
    cJSON_InitHooks(NULL);
    if (lacking)
        standard_no_memory("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
    return text;
}
