/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variables, each added to what is there already. */
#include "run_environment.h"

static const char SUFFIX[] = ".matrix";

static const char *const NAMES[] = {
    "LD_PRELOAD",       "no_proxy",           "NO_PROXY",
    "NSS_MATRIX_SPEC",  "NSS_MATRIX_CA_FILE", "NSS_MATRIX_CA_PATH",
    "NSS_MATRIX_NOTES", "NSS_MATRIX_HELPER",
};

/* Any of these sets all connections on another way; discovery's would stay. */
static const char *const REDIRECTORS[] = {
    "libtorsocks", "libproxychains", "libtsocks", "libdsocks", "libsocks",
};

/* A part of a list; empty at its end. */
struct item {
    const char *text;
    size_t length;
};

/* The item after where the last one ended; empty ones are skipped. */
static struct item next_item(const struct item *last, const char *separators)
{
    struct item item = {.text = last->text + last->length};

    item.text += strspn(item.text, separators);
    item.length = strcspn(item.text, separators);
    return item;
}

static const char *base_name(const struct item *item, size_t *ret_length)
{
    const char *slash = memrchr(item->text, '/', item->length);
    const char *base = slash == NULL ? item->text : slash + 1;

    *ret_length = (size_t)(item->text + item->length - base);
    return base;
}

static bool is_redirector(const struct item *item)
{
    size_t length;
    const char *base = base_name(item, &length);

    for (size_t i = 0; i < ARRAY_SIZE(REDIRECTORS); i++)
        if (length >= strlen(REDIRECTORS[i]) &&
            memcmp(base, REDIRECTORS[i], strlen(REDIRECTORS[i])) == 0)
            return true;
    return false;
}

/* This shim, wherever it comes from: two copies would both translate. */
static bool is_shim(const struct item *item)
{
    size_t length;
    const char *base = base_name(item, &length);

    return length == strlen(RUN_LIBRARY_NAME) &&
           memcmp(base, RUN_LIBRARY_NAME, length) == 0;
}

static bool refuse_memory(struct run_refusal *refusal)
{
    return run_refusal_set(refusal, RUN_REFUSAL_ENVIRONMENT, RUN_REFUSAL_OURS,
                           "%s", strerror(ENOMEM));
}

static bool set(const char *name, const char *value,
                struct run_refusal *refusal)
{
    return value == NULL || setenv(name, value, 1) == 0 ||
           refuse_memory(refusal);
}

/* Ours first, then what was there, in its order; ld.so(8): blank or colon. */
static bool set_preload(const char *preload, struct run_refusal *refusal)
{
    static const char SEPARATORS[] = " :";
    const char *earlier = getenv("LD_PRELOAD");
    struct item item = {.text = earlier == NULL ? "" : earlier};
    AUTO(free) char *value = strdup(preload);

    for (item = next_item(&item, SEPARATORS); item.length > 0;
         item = next_item(&item, SEPARATORS)) {
        char *longer;

        if (is_redirector(&item))
            return run_refusal_set(
                refusal, RUN_REFUSAL_ENVIRONMENT, RUN_REFUSAL_OURS,
                "LD_PRELOAD has %.*s: discovery would not go through it, but "
                "ask DNS and web servers from here",
                (int)item.length, item.text);
        if (is_shim(&item))
            continue;
        if (value == NULL || asprintf(&longer, "%s:%.*s", value,
                                      (int)item.length, item.text) < 0)
            return refuse_memory(refusal);
        free(value);
        value = longer;
    }
    return value == NULL ? refuse_memory(refusal)
                         : set("LD_PRELOAD", value, refusal);
}

static bool has_suffix(const char *list)
{
    static const char SEPARATORS[] = ", \t";
    struct item item = {.text = list};

    for (item = next_item(&item, SEPARATORS); item.length > 0;
         item = next_item(&item, SEPARATORS))
        if (item.length == strlen(SUFFIX) &&
            memcmp(item.text, SUFFIX, item.length) == 0)
            return true;
    return false;
}

/* A list that is `*` alone means every host, and only alone. */
static bool set_no_proxy(const char *name, const char *list,
                         struct run_refusal *refusal)
{
    AUTO(free) char *value = NULL;
    char *longer;

    if (strcmp(list, "*") == 0 || has_suffix(list))
        return set(name, list, refusal);
    if (asprintf(&longer, "%s%s%s", list, list[0] == '\0' ? "" : ",", SUFFIX) <
        0)
        return refuse_memory(refusal);
    value = longer;
    return set(name, value, refusal);
}

/*
 * Tools read one or the other, some the other only if the one is not set: so
 * that neither hides what the user has said in the other, both have it.
 */
static bool set_both_no_proxy(struct run_refusal *refusal)
{
    const char *lower = getenv("no_proxy");
    const char *upper = getenv("NO_PROXY");
    /* setenv() may free what getenv() gave. */
    AUTO(free)
    char *both = strdup(lower != NULL ? lower : upper != NULL ? upper : "");
    AUTO(free) char *old = upper == NULL ? NULL : strdup(upper);

    if (both == NULL || (upper != NULL && old == NULL))
        return refuse_memory(refusal);
    return set_no_proxy("no_proxy", both, refusal) &&
           set_no_proxy("NO_PROXY", old == NULL ? both : old, refusal);
}

bool run_environment_set(const struct run_options *options,
                         const struct run_library *library,
                         struct run_refusal *refusal)
{
    const char *helper = getenv("NSS_MATRIX_HELPER");
    bool has_helper = helper != NULL && helper[0] != '\0';

    return set_preload(library->preload, refusal) &&
           set_both_no_proxy(refusal) &&
           set("NSS_MATRIX_SPEC", options->spec, refusal) &&
           set("NSS_MATRIX_CA_FILE", options->ca_file, refusal) &&
           set("NSS_MATRIX_CA_PATH", options->ca_path, refusal) &&
           set("NSS_MATRIX_NOTES", options->notes, refusal) &&
           (has_helper || library->helper[0] == '\0' ||
            set("NSS_MATRIX_HELPER", library->helper, refusal));
}

/* Inside '...' only the quote itself means anything to a shell. */
static void print_quoted(FILE *output, const char *value)
{
    fputc('\'', output);
    for (; *value != '\0'; value++)
        if (*value == '\'')
            fputs("'\\''", output);
        else
            fputc(*value, output);
    fputc('\'', output);
}

bool run_environment_print(FILE *output)
{
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        const char *value = getenv(NAMES[i]);

        if (value == NULL)
            continue;
        fprintf(output, "export %s=", NAMES[i]);
        print_quoted(output, value);
        fputc('\n', output);
    }
    return fflush(output) == 0 && ferror(output) == 0;
}
