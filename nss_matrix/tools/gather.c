/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* open_memstream, and nothing in part. */
#include "gather.h"

#include "standard.h"
#include "status.h"
#include "util.h"

static _Noreturn void give_up(void)
{
    standard_no_memory("matrix-resolve", status_exit(STATUS_UNAVAILABLE));
}

FILE *gather_stream(struct gather *gather)
{
    if (gather->stream == NULL)
        gather->stream = open_memstream(&gather->text, &gather->length);
    if (gather->stream == NULL)
        give_up();
    return gather->stream;
}

void gather_print(struct gather *gather, FILE *out)
{
    FILE *stream = gather_stream(gather);

    if (fflush(stream) != 0 || ferror(stream) != 0)
        give_up();
    fwrite(gather->text, 1, gather->length, out);
    gather_done(gather);
}

void gather_done(struct gather *gather)
{
    if (gather->stream != NULL)
        fclose(gather->stream);
    free(gather->text);
    *gather = (struct gather){0};
}
