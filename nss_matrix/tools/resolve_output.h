/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * matrix-resolve's forms of output: one function each. Whatever came from a
 * stranger is escaped already (escape.h) or passed the grammar of names.
 */
#ifndef NSS_MATRIX_RESOLVE_OUTPUT_H
#define NSS_MATRIX_RESOLVE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "lookup.h"
#include "outcome.h"
#include "resolve_options.h"
#include "trace.h"

/* One name's answer, as the forms need it. Pointers are borrowed. */
struct resolve_answer {
    const char *typed;
    const struct server_name *asked; /* NULL: what was typed is no name */
    const struct outcome *outcome;
    const struct trace *trace; /* NULL: nothing was tried */
    enum lookup_source source;
    int ms;      /* what it took */
    int64_t now; /* seconds since 1970 */
    const struct resolve_options *options;
};

/* Writes the Host header in the letters the name was typed in. */
const char *resolve_output_host(const struct resolve_answer *answer,
                                char host[static LIMIT_SERVER_NAME + 1]);

/* The name to show for it: as it was typed if it is a name, else escaped. */
const char *resolve_output_name(const struct resolve_answer *answer,
                                char shown[static LIMIT_REASON]);

/* Writes the answer in one of the forms. */
void resolve_output(FILE *out, enum resolve_form form,
                    const struct resolve_answer *answer);

/*
 * What goes to stderr with it: the reason of a failure, for the forms that
 * have no room for it, malloc'ed; NULL if there is nothing to say.
 */
char *resolve_output_complaint(enum resolve_form form,
                               const struct resolve_answer *answer);

/* For people: the four facts or the reason; with_trace shows every step. */
void resolve_output_block(FILE *out, const struct resolve_answer *answer,
                          bool with_trace);

/* The steps: stage, target, outcome, milliseconds, a line each. */
void resolve_output_steps(FILE *out, const struct resolve_answer *answer);

/* `ip<TAB>port<TAB>tls-name-or--<TAB>host`, a row per target. */
void resolve_output_short(FILE *out, const struct resolve_answer *answer);

/* One JSON object on one line; format 1, doc/matrix-resolve.schema.json. */
void resolve_output_json(FILE *out, const struct resolve_answer *answer);

/* The curl command that reaches the first target with the four facts. */
void resolve_output_curl(FILE *out, const struct resolve_answer *answer);

/* The openssl s_client command that checks the first target's certificate. */
void resolve_output_openssl(FILE *out, const struct resolve_answer *answer);

/* `3 h 20 min`, `24 h`, `45 s`, minutes rounded up; gives text. */
const char *resolve_output_span(int64_t seconds, char text[static 32]);

#endif
