/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place_answer CACHE NAME ERROR [TARGET]...: puts a record that is in force
 * for some minutes into a cache directory, `-` for the one fixed at configure,
 * as if a helper had found it just now under the settings of this environment.
 * ERROR is none, or a name of status.h; TARGET is `IP PORT PRIORITY WEIGHT
 * NAME` or only an IP. Our own uid owns it; -u before CACHE: an ordinary
 * user's, if we are root.
 */
#include <time.h>

#include "place.h"
#include "settings.h"

static void add_target(char *lines, size_t room, const char *target)
{
    size_t length = strlen(lines);
    bool whole = strchr(target, ' ') != NULL;

    snprintf(lines + length, room - length, "target %s%s\n", target,
             whole ? "" : " 8448 0 0 -");
}

int main(int argc, char **argv)
{
    bool as_user = argc > 1 && strcmp(argv[1], "-u") == 0;
    char **words = argv + (as_user ? 1 : 0);
    char lines[LIMIT_RECORD] = "";
    struct overrides overrides;
    struct settings settings;
    struct sample sample;

    if (argc - (as_user ? 1 : 0) < 4)
        return 2;
    settings_overrides(&overrides);
    settings_now(&overrides, &settings);
    sample = strcmp(words[3], "none") == 0
                 ? sample_answer(words[2], time(NULL))
                 : sample_failure(words[2], time(NULL), words[3]);
    sample.settings = settings.token;
    for (char **target = words + 4; *target != NULL; target++)
        add_target(lines, sizeof(lines), *target);
    sample.targets = lines;
    place_record(strcmp(words[1], "-") == 0 ? NSS_MATRIX_CACHE_DIR : words[1],
                 &sample, as_user ? place_user() : getuid());
    return 0;
}
