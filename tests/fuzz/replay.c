/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replays a fuzz target's corpus as a test: each file of NAME.corpus beside
 * fuzz_NAME.c, or those named as arguments, once, in a buffer of its exact
 * length so that sanitizers see what reads behind it. TAP: a test a file. No
 * file at all is a failure. libFuzzer's own main takes the place of this one.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "util.h"

static const char PREFIX[] = "fuzz_";

static bool replay(const char *path)
{
    AUTO(close_file) FILE *file = fopen(path, "rb");
    struct stat state;

    if (file == NULL || fstat(fileno(file), &state) != 0)
        return false;
    size_t size = (size_t)state.st_size;
    AUTO(free) uint8_t *data = malloc(size > 0 ? size : 1);
    if (data == NULL || fread(data, 1, size, file) != size)
        return false;
    return LLVMFuzzerTestOneInput(data, size) == 0;
}

/* What breaks a promise ends the program: say before which file it is. */
static bool replay_test(const char *path, unsigned number)
{
    printf("# %s\n", path);
    fflush(stdout);
    bool good = replay(path);
    printf("%s %u - %s\n", good ? "ok" : "not ok", number, path);
    fflush(stdout);
    return good;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The corpus of the target that this program is. */
static unsigned replay_corpus(bool *good)
{
    const char *name = strstr(program_invocation_short_name, PREFIX);
    const char *source = getenv("srcdir");
    struct dirent **inputs = NULL;
    char path[4096];

    snprintf(path, sizeof(path), "%s/tests/fuzz/%s.corpus",
             source != NULL ? source : ".",
             name != NULL ? name + sizeof(PREFIX) - 1 : "");
    int count = scandir(path, &inputs, is_input, alphasort);
    if (count <= 0)
        printf("# nothing in %s\n", path);
    size_t directory = strlen(path);
    for (int i = 0; i < count; i++) {
        snprintf(path + directory, sizeof(path) - directory, "/%s",
                 inputs[i]->d_name);
        *good &= replay_test(path, (unsigned)i + 1);
        free(inputs[i]);
    }
    free(inputs);
    return count > 0 ? (unsigned)count : 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    bool good = true;

    for (int i = 1; i < argc; i++)
        good &= replay_test(argv[i], ++count);
    if (argc <= 1)
        count = replay_corpus(&good);
    if (count == 0)
        printf("not ok 1 - there is a corpus\n");
    printf("1..%u\n", count > 0 ? count : 1);
    return good && count > 0 ? 0 : 1;
}
