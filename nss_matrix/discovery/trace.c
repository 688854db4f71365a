/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps as they happened. */
#include "trace.h"

const char *trace_outcome_name(enum trace_outcome outcome)
{
    static const char *const NAMES[] = {
        [TRACE_OK] = "ok",           [TRACE_NONE] = "none",
        [TRACE_FAILED] = "failed",   [TRACE_INVALID] = "invalid",
        [TRACE_SKIPPED] = "skipped", [TRACE_TEMPORARY] = "temporary",
    };

    return NAMES[outcome];
}

void trace_add(struct trace *trace, const struct trace_entry *entry)
{
    if (trace->count < TRACE_MAX)
        trace->entries[trace->count++] = *entry;
}

void trace_target(enum piece_kind kind, const char *name, char *ret_target,
                  size_t room)
{
    static const char *const FORMATS[][2] = {
        [PIECE_WELL_KNOWN] = {"https://", "/.well-known/matrix/server"},
        [PIECE_SRV_FED] = {"SRV _matrix-fed._tcp.", ""},
        [PIECE_SRV_OLD] = {"SRV _matrix._tcp.", ""},
        [PIECE_ADDRESSES] = {"A, AAAA ", ""},
    };

    snprintf(ret_target, room, "%s%s%s", FORMATS[kind][0], name,
             FORMATS[kind][1]);
}
