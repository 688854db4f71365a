/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/nss-matrix.conf, line by line, then the overrides; a bad line ends it.
 * What the values mean is configuration_value's.
 */
#include "configuration.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "configuration_value.h"
#include "escape.h"
#include "server_name.h"

enum {
    LINE_MAX_OCTETS = 1024, /* without the newline */
};

/* Reads the value of one key into the configuration. False: see why. */
typedef bool set_key(struct configuration *configuration, const char *value,
                     struct configuration_why *why);

const char *spec_name(enum spec spec)
{
    return spec == SPEC_V1 ? "v1" : "draft";
}

bool spec_from_name(const char *name, enum spec *ret_spec)
{
    if (strcmp(name, "draft") != 0 && strcmp(name, "v1") != 0)
        return false;
    *ret_spec = name[0] == 'v' ? SPEC_V1 : SPEC_DRAFT;
    return true;
}

static bool no_memory(struct configuration_why *why)
{
    errno = ENOMEM;
    return configuration_wrong(why, "no memory");
}

static bool keep_text(char **text, const char *value,
                      struct configuration_why *why)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return no_memory(why);
    free(*text);
    *text = copy;
    return true;
}

static bool set_spec(struct configuration *configuration, const char *value,
                     struct configuration_why *why)
{
    return spec_from_name(value, &configuration->spec) ||
           configuration_wrong_value(why, "expected draft or v1", value);
}

static bool set_timeout(struct configuration *configuration, const char *value,
                        struct configuration_why *why)
{
    return configuration_value_seconds(value, &configuration->timeout_ms, why);
}

static bool set_ca_file(struct configuration *configuration, const char *value,
                        struct configuration_why *why)
{
    return configuration_value_ca_file(value, why) &&
           keep_text(&configuration->ca_file, value, why);
}

static bool set_ca_path(struct configuration *configuration, const char *value,
                        struct configuration_why *why)
{
    return configuration_value_ca_path(value, why) &&
           keep_text(&configuration->ca_path, value, why);
}

static bool set_proxy(struct configuration *configuration, const char *value,
                      struct configuration_why *why)
{
    return configuration_value_proxy(value, why) &&
           keep_text(&configuration->proxy, value, why);
}

static bool set_cache(struct configuration *configuration, const char *value,
                      struct configuration_why *why)
{
    return configuration_value_yes(value, &configuration->cache, why);
}

static bool set_speculate(struct configuration *configuration,
                          const char *value, struct configuration_why *why)
{
    return configuration_value_yes(value, &configuration->speculate, why);
}

static bool set_dns(struct configuration *configuration, const char *value,
                    struct configuration_why *why)
{
    return configuration_value_dns(value, why) &&
           keep_text(&configuration->dns, value, why);
}

/* Makes room for one more in a list that has count entries of size octets. */
static void *longer(void *list, unsigned count, size_t size,
                    struct configuration_why *why)
{
    void *longer_list;

    if (count == CONFIGURATION_LIST_MAX) {
        configuration_wrong(why, "more than %d such lines",
                            CONFIGURATION_LIST_MAX);
        return NULL;
    }
    longer_list = reallocarray(list, count + 1, size);
    if (longer_list == NULL)
        no_memory(why);
    return longer_list;
}

static bool set_insecure(struct configuration *configuration, const char *value,
                         struct configuration_why *why)
{
    struct insecure entry;
    struct insecure *list;

    if (!configuration_value_insecure(value, &entry, why))
        return false;
    list = longer(configuration->insecure, configuration->insecure_count,
                  sizeof(entry), why);
    if (list == NULL)
        return false;
    configuration->insecure = list;
    list[configuration->insecure_count++] = entry;
    return true;
}

static bool set_deny(struct configuration *configuration, const char *value,
                     struct configuration_why *why)
{
    struct cidr network;
    struct cidr *list;

    if (!configuration_value_cidr(value, &network, why))
        return false;
    list = longer(configuration->deny, configuration->deny_count,
                  sizeof(network), why);
    if (list == NULL)
        return false;
    configuration->deny = list;
    list[configuration->deny_count++] = network;
    return true;
}

static const struct {
    const char *name;
    set_key *set;
    bool repeats;
} KEYS[] = {
    {"spec", set_spec, false},
    {"timeout", set_timeout, false},
    {"ca-file", set_ca_file, false},
    {"ca-path", set_ca_path, false},
    {"proxy", set_proxy, false},
    {"cache", set_cache, false},
    {"speculate", set_speculate, false},
    {"insecure", set_insecure, true},
    {"deny", set_deny, true},
};

/* A file that is being read. */
struct reading {
    FILE *file;
    unsigned line;                   /* the number of the line in text */
    unsigned seen[ARRAY_SIZE(KEYS)]; /* the line each key was set in */
    char text[LINE_MAX_OCTETS + 1];
};

/* Reads the next line into reading->text. False at the end, or see why. */
static bool next_line(struct reading *reading, struct configuration_why *why)
{
    size_t length = 0;
    int c = getc_unlocked(reading->file);

    if (c == EOF)
        return false;
    reading->line++;
    for (; c != EOF && c != '\n'; c = getc_unlocked(reading->file)) {
        if (c == '\r')
            return configuration_wrong(
                why, "the line has a carriage return: use Unix line ends");
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return configuration_wrong(why, "the line has a control character");
        if (length == LINE_MAX_OCTETS)
            return configuration_wrong(why, "the line is over %d octets",
                                       LINE_MAX_OCTETS);
        reading->text[length++] = (char)c;
    }
    reading->text[length] = '\0';
    return true;
}

/* Splits the line, without its comment, into key and value ("": none). */
static void split_line(char *text, const char **ret_key, const char **ret_value)
{
    static const char BLANKS[] = " \t";
    char *value;

    for (char *c = strchr(text, '#'); c != NULL; c = strchr(c + 1, '#')) {
        if (c == text || strchr(BLANKS, c[-1]) != NULL) {
            *c = '\0';
            break;
        }
    }
    text += strspn(text, BLANKS);
    for (size_t end = strlen(text);
         end > 0 && strchr(BLANKS, text[end - 1]) != NULL; end--)
        text[end - 1] = '\0';
    value = text + strcspn(text, BLANKS);
    if (*value != '\0')
        *value++ = '\0';
    *ret_key = text;
    *ret_value = value + strspn(value, BLANKS);
}

static bool take_line(struct configuration *configuration,
                      struct reading *reading, struct configuration_why *why)
{
    struct configuration_why reason;
    const char *key;
    const char *value;
    size_t at = 0;

    split_line(reading->text, &key, &value);
    if (key[0] == '\0')
        return true;
    while (at < ARRAY_SIZE(KEYS) && strcmp(KEYS[at].name, key) != 0)
        at++;
    if (at == ARRAY_SIZE(KEYS))
        return configuration_wrong_value(why, "expected a key", key);
    if (value[0] == '\0')
        return configuration_wrong(why, "`%s` has no value", key);
    if (reading->seen[at] > 0 && !KEYS[at].repeats)
        return configuration_wrong(why, "`%s` is already set in line %u", key,
                                   reading->seen[at]);
    reading->seen[at] = reading->line;
    if (!KEYS[at].set(configuration, value, &reason))
        return configuration_wrong(why, "`%s`: %s", key, reason.text);
    return true;
}

/* Writes the error; gives the status. errno says whether memory was short. */
static enum status bad_place(char *error, const char *place, unsigned line,
                             const char *why)
{
    enum status status =
        errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_UNAVAILABLE;
    char shown[100];
    char number[16] = "";

    escape_text(shown, sizeof(shown), place, strlen(place));
    if (line > 0)
        snprintf(number, sizeof(number), ":%u", line);
    snprintf(error, CONFIGURATION_ERROR_MAX, "%s%s: %s", shown, number, why);
    return status;
}

static enum status read_file(struct configuration *configuration,
                             const char *path, bool may_be_absent, char *error)
{
    /* Not waiting, in case somebody made it a FIFO. */
    AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct configuration_why why = {""};
    struct reading reading = {0};
    struct stat state;

    if (fd < 0 && errno == ENOENT && may_be_absent)
        return STATUS_OK;
    if (fd < 0 || fstat(fd, &state) != 0)
        return bad_place(error, path, 0, strerror(errno));
    errno = 0;
    if (!S_ISREG(state.st_mode) && !S_ISCHR(state.st_mode))
        return bad_place(error, path, 0, "is not a file");

    AUTO(close_file) FILE *file = fdopen(fd, "r");
    if (file == NULL)
        return bad_place(error, path, 0, strerror(errno));
    TAKE_FD(fd);
    reading.file = file;
    errno = 0;
    while (next_line(&reading, &why)) {
        if (!take_line(configuration, &reading, &why))
            break;
    }
    if (why.text[0] != '\0')
        return bad_place(error, path, reading.line, why.text);
    if (ferror(file))
        return bad_place(error, path, 0, strerror(errno));
    return STATUS_OK;
}

/* One override, checked as the same text in the file would be. */
struct override {
    const char *variable, *value;
    set_key *set;
};

static enum status apply(struct configuration *configuration,
                         const struct overrides *overrides, char *error)
{
    const struct override all[] = {
        {"NSS_MATRIX_SPEC", overrides->spec, set_spec},
        {"NSS_MATRIX_CA_FILE", overrides->ca_file, set_ca_file},
        {"NSS_MATRIX_CA_PATH", overrides->ca_path, set_ca_path},
        {"NSS_MATRIX_DNS", overrides->dns, set_dns},
    };
    struct configuration_why why;

    /* Whom to trust is one setting: none of the file's survives another. */
    if (overrides->ca_file != NULL || overrides->ca_path != NULL) {
        free(TAKE(configuration->ca_file));
        free(TAKE(configuration->ca_path));
    }
    errno = 0;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i].value != NULL &&
            !all[i].set(configuration, all[i].value, &why))
            return bad_place(error, all[i].variable, 0, why.text);
    return STATUS_OK;
}

/* Which file is meant must not depend on where a program happens to run. */
static bool is_good_path(const char *path, struct configuration_why *why)
{
    return path == NULL || path[0] == '/' ||
           configuration_wrong_value(why, "expected an absolute path", path);
}

enum status configuration_load(const struct overrides *overrides,
                               struct configuration *ret_configuration,
                               char error[static CONFIGURATION_ERROR_MAX])
{
    struct configuration_why why;
    enum status status;

    *ret_configuration = (struct configuration){
        .spec = SPEC_DRAFT,
        .cache = true,
        .speculate = true,
    };
    errno = 0;
    if (!is_good_path(overrides->conf, &why))
        return bad_place(error, "NSS_MATRIX_CONF", 0, why.text);
    status = read_file(ret_configuration, settings_conf_path(overrides),
                       overrides->conf == NULL, error);
    return status == STATUS_OK ? apply(ret_configuration, overrides, error)
                               : status;
}

void configuration_done(struct configuration *configuration)
{
    free(TAKE(configuration->ca_file));
    free(TAKE(configuration->ca_path));
    free(TAKE(configuration->proxy));
    free(TAKE(configuration->dns));
    free(TAKE(configuration->user_agent));
    free(TAKE(configuration->insecure));
    free(TAKE(configuration->deny));
    configuration->insecure_count = 0;
    configuration->deny_count = 0;
}
