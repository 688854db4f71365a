/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps for people: one aligned line each, hops of a redirect below. */
#include "paint.h"
#include "resolve_output.h"

enum {
    TARGET_WIDTH_MAX = 90,
};

static enum paint outcome_paint(enum trace_outcome outcome)
{
    static const enum paint PAINTS[] = {
        [TRACE_OK] = PAINT_GOOD,       [TRACE_NONE] = PAINT_PLAIN,
        [TRACE_FAILED] = PAINT_WARN,   [TRACE_INVALID] = PAINT_BAD,
        [TRACE_TEMPORARY] = PAINT_BAD, [TRACE_SKIPPED] = PAINT_FAINT,
    };

    return PAINTS[outcome];
}

static int target_width(const struct trace *trace)
{
    size_t widest = 0;

    for (unsigned i = 0; i < trace->count; i++) {
        size_t width = strlen(trace->entries[i].target);

        if (width > widest && width <= TARGET_WIDTH_MAX)
            widest = width;
    }
    return (int)widest;
}

/* Who said it, how long that took, and until when it holds. */
static void print_origin(FILE *out, const struct resolve_answer *answer,
                         const struct piece *piece)
{
    char span[32];

    if (piece == NULL)
        return;
    fprintf(out, " %s(", paint(PAINT_FAINT));
    if (piece->remembered)
        fprintf(out, "cached, %s old",
                resolve_output_span(answer->now - piece->found, span));
    else if ((piece->flags & PIECE_HOSTS) != 0)
        fprintf(out, "hosts file");
    else
        fprintf(out, "%d ms", piece->ms);
    fprintf(out, "; good for %s)%s",
            resolve_output_span(piece->expires - answer->now, span),
            paint(PAINT_PLAIN));
}

static void print_hops(FILE *out, const struct piece *piece, int indent)
{
    if (piece == NULL || piece->hop_count < 2)
        return;
    for (unsigned i = 0; i < piece->hop_count; i++) {
        const struct piece_hop *hop = &piece->hops[i];

        fprintf(out, "%*s%s %s", indent, "", i == 0 ? "from" : "to  ",
                hop->url);
        if (hop->status != 0)
            fprintf(out, ": status %d from %s (%d ms)", hop->status, hop->ip,
                    hop->ms);
        fputc('\n', out);
    }
}

/* A, AAAA found nothing to say but a number: the addresses say more. */
static void print_addresses(FILE *out, const struct piece *piece)
{
    char ip[ADDRESS_TEXT];

    if (piece == NULL)
        return;
    for (unsigned i = 0; i < piece->address_count; i++)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ",
                address_text(&piece->addresses[i], ip));
}

static void print_records(FILE *out, const struct piece *piece, int indent)
{
    if (piece == NULL)
        return;
    for (unsigned i = 0; i < piece->srv_count; i++) {
        const struct dns_srv *srv = &piece->srv[i];

        fprintf(out, "%*s%s port %u, priority %u, weight %u\n", indent, "",
                srv->target[0] != '\0' ? srv->target : "(no host name)",
                srv->port, srv->priority, srv->weight);
    }
}

void resolve_output_steps(FILE *out, const struct resolve_answer *answer)
{
    const struct trace *trace = answer->trace;
    int width = target_width(trace);
    int indent = 5 + 12 + width + 2;

    for (unsigned i = 0; i < trace->count; i++) {
        const struct trace_entry *entry = &trace->entries[i];

        fprintf(out, "%-4s %-11s %-*s  %s%s%s", entry->step, entry->stage,
                width, entry->target, paint(outcome_paint(entry->outcome)),
                trace_outcome_name(entry->outcome), paint(PAINT_PLAIN));
        fprintf(out, ", %s", entry->detail);
        print_addresses(out, entry->piece);
        print_origin(out, answer, entry->piece);
        fputc('\n', out);
        print_hops(out, entry->piece, indent);
        print_records(out, entry->piece, indent);
    }
    if (trace->count > 0)
        fputc('\n', out);
}
