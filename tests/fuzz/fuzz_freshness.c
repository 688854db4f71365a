/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cache-Control, Age, Expires and Date, a header a line. Lives are within
 * their limits; line ends, the letter case of names and repeated lines do not
 * matter; a line more never makes up for one that says "not reusable".
 */
#include "fuzz.h"

#include "freshness.h"
#include "limit.h"

enum form {
    AS_IT_IS,
    WITH_LINE_END,
    UPPER_CASE, /* of names */
    TWICE,      /* each line, one after the other */
};

static void feed(struct freshness *freshness, const char *line, size_t length,
                 enum form form)
{
    char *copy = malloc(length + 2);
    size_t size = length;

    FUZZ_CHECK(copy != NULL);
    memcpy(copy, line, length);
    if (form == WITH_LINE_END) {
        memcpy(copy + length, "\r\n", 2);
        size += 2;
    }
    for (size_t i = 0; form == UPPER_CASE && i < length && copy[i] != ':'; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    freshness_header(freshness, copy, size);
    if (form == TWICE)
        freshness_header(freshness, copy, size);
    free(copy);
}

static struct freshness read_all(const char *text, size_t size, enum form form)
{
    struct freshness freshness = {0};

    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = (end != NULL ? (size_t)(end - text) : size) - at;

        feed(&freshness, text + at, length, form);
        at += length + 1;
    }
    return freshness;
}

static void add(struct freshness *freshness, const char *line)
{
    freshness_header(freshness, line, strlen(line));
}

static void check_life(const struct freshness *freshness)
{
    int64_t life = freshness_life(freshness, FUZZ_NOW);
    int64_t document = freshness_document_life(freshness, FUZZ_NOW);

    FUZZ_CHECK(life >= -1);
    FUZZ_CHECK((life == -1) ==
               (!freshness->no_store && !freshness->has_max_age &&
                !freshness->has_expires));
    FUZZ_CHECK(document >= LIMIT_DOCUMENT_FLOOR_S && document <= LIMIT_LIFE_S);
    FUZZ_CHECK(life != -1 || document == LIMIT_DOCUMENT_DEFAULT_S);
    FUZZ_CHECK(life < LIMIT_DOCUMENT_FLOOR_S || life > LIMIT_LIFE_S ||
               document == life);
    FUZZ_CHECK(freshness->max_age >= 0 && freshness->age >= 0);
}

/* What one line more does. */
static void check_more(const struct freshness *freshness)
{
    int64_t life = freshness_life(freshness, FUZZ_NOW);
    struct freshness more = *freshness;

    add(&more, "Age: 7");
    FUZZ_CHECK(freshness_life(&more, FUZZ_NOW) <= life);
    more = *freshness;
    add(&more, "Cache-Control: public, max-age=3600");
    FUZZ_CHECK(!freshness->has_max_age ||
               freshness_life(&more, FUZZ_NOW) <= life);
    FUZZ_CHECK(more.max_age <= 3600);
    add(&more, "cache-control:\tNO-STORE ,x");
    add(&more, "Cache-Control: max-age=9");
    FUZZ_CHECK(freshness_life(&more, FUZZ_NOW) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct freshness freshness = read_all(text, size, AS_IT_IS);

    check_life(&freshness);
    check_more(&freshness);
    for (enum form form = WITH_LINE_END; form <= TWICE; form++) {
        struct freshness other = read_all(text, size, form);

        FUZZ_CHECK(freshness_life(&other, FUZZ_NOW) ==
                   freshness_life(&freshness, FUZZ_NOW));
    }
    return 0;
}
