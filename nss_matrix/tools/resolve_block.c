/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The form for people: what was found, or why not and what to do next. */
#include <inttypes.h>

#include "escape.h"
#include "paint.h"
#include "record.h"
#include "resolve_advice.h"
#include "resolve_output.h"

const char *resolve_output_host(const struct resolve_answer *answer,
                                char host[static LIMIT_SERVER_NAME + 1])
{
    record_host(answer->outcome->step, answer->outcome->host, answer->asked,
                host);
    return host;
}

const char *resolve_output_span(int64_t seconds, char text[static 32])
{
    /* What ended meanwhile, or a clock that was set back. */
    if (seconds < 0)
        seconds = 0;

    int64_t minutes = (seconds + 59) / 60;

    if (seconds < 120)
        snprintf(text, 32, "%" PRId64 " s", seconds);
    else if (minutes < 120)
        snprintf(text, 32, "%" PRId64 " min", minutes);
    else if (minutes % 60 == 0)
        snprintf(text, 32, "%" PRId64 " h", minutes / 60);
    else
        snprintf(text, 32, "%" PRId64 " h %" PRId64 " min", minutes / 60,
                 minutes % 60);
    return text;
}

/* What each step means, in a few words. */
static const char *step_words(const char *step)
{
    static const struct {
        const char *step, *words;
    } WORDS[] = {
        {"1", "the name is an IP address"},
        {"2", "the name has a port"},
        {"3", "the well-known document decides"},
        {"3.1", "delegated by well-known to an IP address"},
        {"3.2", "delegated by well-known to a name with a port"},
        {"3.3", "delegated by well-known, then SRV _matrix-fed._tcp"},
        {"3.4", "delegated by well-known, then SRV _matrix._tcp (deprecated)"},
        {"3.5", "delegated by well-known, no SRV, port 8448"},
        {"4", "no usable well-known, SRV _matrix-fed._tcp"},
        {"5", "no usable well-known, SRV _matrix._tcp (deprecated)"},
        {"6", "no usable well-known, no SRV, port 8448"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        if (strcmp(WORDS[i].step, step) == 0)
            return WORDS[i].words;
    return "";
}

const char *resolve_output_name(const struct resolve_answer *answer,
                                char shown[static LIMIT_REASON])
{
    if (answer->asked != NULL)
        return answer->asked->text;
    escape_text(shown, LIMIT_REASON, answer->typed, strlen(answer->typed));
    return shown;
}

/* The widest address, so that the ports stand in a column. */
static int address_width(const struct outcome *outcome)
{
    size_t widest = 0;

    for (unsigned i = 0; i < outcome->target_count; i++) {
        char ip[ADDRESS_TEXT];
        size_t width = strlen(address_text(&outcome->targets[i].address, ip));

        widest = width > widest ? width : widest;
    }
    return (int)widest;
}

static void print_targets(FILE *out, const struct outcome *outcome)
{
    bool srv = outcome_is_by_srv(outcome);
    int width = address_width(outcome);

    for (unsigned i = 0; i < outcome->target_count; i++) {
        const struct target *target = &outcome->targets[i];
        char ip[ADDRESS_TEXT];

        fprintf(out, "  %-11s  %s%-*s  port %u%s", i == 0 ? "connect to" : "",
                paint(PAINT_STRONG), width, address_text(&target->address, ip),
                target->port, paint(PAINT_PLAIN));
        if (srv)
            fprintf(out, "  %s%s, priority %u, weight %u%s", paint(PAINT_FAINT),
                    target->name, target->priority, target->weight,
                    paint(PAINT_PLAIN));
        fputc('\n', out);
    }
}

static void print_fact(FILE *out, const char *label, const char *before,
                       const char *value)
{
    fprintf(out, "  %-11s  %s%s%s%s\n", label, before, paint(PAINT_STRONG),
            value, paint(PAINT_PLAIN));
}

/* Whether a step was asked of the network, or all were in the hosts file. */
static void print_live_source(FILE *out, const struct resolve_answer *answer)
{
    const struct trace *trace = answer->trace;
    const char *source = NULL;

    for (unsigned i = 0; i < trace->count; i++) {
        const struct piece *piece = trace->entries[i].piece;

        if (piece != NULL && (piece->flags & PIECE_HOSTS) == 0)
            source = "from the network";
        else if (piece != NULL && source == NULL)
            source = "from the hosts file";
    }
    if (source != NULL)
        fprintf(out, "%s in %d ms", source, answer->ms);
    else
        fputs("nothing had to be asked", out);
}

static void print_source(FILE *out, const struct resolve_answer *answer)
{
    static const char *const CACHES[] = {
        [LOOKUP_SYSTEM_CACHE] = "system cache",
        [LOOKUP_USER_CACHE] = "user cache",
    };
    const struct outcome *outcome = answer->outcome;
    char age[32];
    char life[32];

    fprintf(out, "  %s", paint(PAINT_FAINT));
    if (answer->source == LOOKUP_NETWORK)
        print_live_source(out, answer);
    else
        fprintf(out, "from the %s, %s old", CACHES[answer->source],
                resolve_output_span(answer->now - outcome->found, age));
    fprintf(out, "; good for %s; spec %s%s\n",
            resolve_output_span(outcome->expires - answer->now, life),
            spec_name(outcome->spec), paint(PAINT_PLAIN));
}

/* A labelled sentence; on a terminal it is broken between words to fit. */
static void print_paragraph(FILE *out, const char *label, enum paint colour,
                            const char *text)
{
    fprintf(out, "  %s%-11s%s  ", colour != PAINT_PLAIN ? paint(colour) : "",
            label, colour != PAINT_PLAIN ? paint(PAINT_PLAIN) : "");
    paint_wrapped(out, text, 15);
}

static void print_facts(FILE *out, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char host[LIMIT_SERVER_NAME + 1];

    fprintf(out, "%s%s%s: step %s, %s\n\n", paint(PAINT_STRONG),
            answer->asked->text, paint(PAINT_PLAIN), outcome->step,
            step_words(outcome->step));
    print_targets(out, outcome);
    if (outcome->tls_name[0] != '\0')
        print_fact(out, "TLS name", "", outcome->tls_name);
    else
        print_fact(out, "TLS name", "", "none is sent for an IP address");
    print_fact(out, "certificate", "must cover ", outcome->cert_name);
    print_fact(out, "Host", "", resolve_output_host(answer, host));
    fputc('\n', out);
}

static void print_failure(FILE *out, const struct resolve_answer *answer)
{
    const struct outcome *outcome = answer->outcome;
    char advice[RESOLVE_ADVICE_MAX];
    char shown[LIMIT_REASON];

    fprintf(out, "%s%s%s: %s%s%s", paint(PAINT_STRONG),
            resolve_output_name(answer, shown), paint(PAINT_PLAIN),
            paint(PAINT_BAD), error_name(outcome->error), paint(PAINT_PLAIN));
    if (outcome->step[0] != '\0')
        fprintf(out, " at step %s", outcome->step);
    fputs("\n\n", out);
    print_paragraph(out, "reason", PAINT_PLAIN, outcome->reason);
    resolve_advice(answer, advice);
    if (advice[0] != '\0')
        print_paragraph(out, "what next", PAINT_PLAIN, advice);
    fputc('\n', out);
}

void resolve_output_block(FILE *out, const struct resolve_answer *answer,
                          bool with_trace)
{
    const struct outcome *outcome = answer->outcome;
    bool failed = outcome->error != ERROR_NONE;

    if (answer->trace != NULL && (with_trace || failed))
        resolve_output_steps(out, answer);
    if (failed)
        print_failure(out, answer);
    else
        print_facts(out, answer);
    for (unsigned i = 0; i < outcome->warning_count; i++)
        print_paragraph(out, "warning", PAINT_WARN, outcome->warnings[i]);
    if (answer->trace != NULL)
        print_source(out, answer);
}
