/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: GNU options, and dig's +form and @server for old hands. */
#include "resolve_options.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <getopt.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "address.h"
#include "configuration_value.h"
#include "limit.h"

enum option_code {
    OPTION_TRACE = 256,
    OPTION_SHORT,
    OPTION_JSON,
    OPTION_CURL,
    OPTION_OPENSSL,
    OPTION_SPEC,
    OPTION_NO_CACHE,
    OPTION_TIMEOUT,
    OPTION_CACERT,
    OPTION_CAPATH,
    OPTION_DNS,
    OPTION_USER_AGENT,
    OPTION_COLOUR,
    OPTION_ALL,
    OPTION_JOBS,
    OPTION_ORDERED,
};

enum {
    JOBS = 64,
};

static const int JOBS_RANGE[] = {1, 1024};

static const char SHORT[] = ":46f:hV";

static const struct option LONG[] = {
    {"trace", no_argument, NULL, OPTION_TRACE},
    {"short", no_argument, NULL, OPTION_SHORT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"curl", no_argument, NULL, OPTION_CURL},
    {"openssl", no_argument, NULL, OPTION_OPENSSL},
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"spec", required_argument, NULL, OPTION_SPEC},
    {"no-cache", no_argument, NULL, OPTION_NO_CACHE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"cacert", required_argument, NULL, OPTION_CACERT},
    {"capath", required_argument, NULL, OPTION_CAPATH},
    {"dns", required_argument, NULL, OPTION_DNS},
    {"user-agent", required_argument, NULL, OPTION_USER_AGENT},
    {"file", required_argument, NULL, 'f'},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"ordered", no_argument, NULL, OPTION_ORDERED},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"colour", required_argument, NULL, OPTION_COLOUR},
    {"all", no_argument, NULL, OPTION_ALL},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char HELP[] =
    "usage: matrix-resolve [OPTION]... NAME...\n"
    "       matrix-resolve cache show [NAME]...\n"
    "       matrix-resolve cache flush NAME... | --all\n"
    "       matrix-resolve check [OPTION]... NAME...\n"
    "\n"
    "Finds where the Matrix server NAME is reached by federation: the\n"
    "addresses and ports, the TLS name (SNI), the name the certificate must\n"
    "cover, the Host header. NAME is example.org, example.org:8448,\n"
    "@user:example.org, #room:example.org, example.org.matrix or a URL.\n"
    "\n"
    "What is printed (several names: one JSON object a line):\n"
    "  --trace            every step, its time, why the next was taken or not\n"
    "  --short            rows of ip, port, TLS name or -, Host; with tabs\n"
    "  --json             one JSON object\n"
    "  --curl, --openssl  the command that reaches it without nss-matrix\n"
    "  --color, --colour=WHEN  auto, always or never\n"
    "\n"
    "How it is found:\n"
    "  -4, --ipv4         IPv4 addresses only\n"
    "  -6, --ipv6         IPv6 addresses only\n"
    "  --spec draft|v1    which text of the discovery process\n"
    "  --no-cache         neither read nor write the caches\n"
    "  --timeout SECONDS  0.1 to 10\n"
    "  --cacert FILE      trust these authorities (PEM)\n"
    "  --capath DIR       trust those in this hashed directory\n"
    "  --dns ADDR[:PORT]  ask this DNS server; also @ADDR\n"
    "  --user-agent TEXT  for the well-known request\n"
    "  -f, --file FILE    names from a file, one a line; - is stdin\n"
    "  --jobs N           so many names at a time, 1 to 1024; 64\n"
    "  --ordered          answers in the order of the names\n"
    "\n"
    "Else:\n"
    "  --all              with cache flush: all of it\n"
    "  -h, --help         print this\n"
    "  -V, --version      print versions and places\n"
    "\n"
    "+trace, +short and +json do as in dig. Exit status: 0 found, 1 no such\n"
    "server, 2 usage or no server name, 4 temporary, 5 internal.\n"
    "See matrix-resolve(1).\n";

static _Noreturn void complain(const char *format, ...) PRINTF_LIKE(1, 2);

static _Noreturn void complain(const char *format, ...)
{
    va_list values;

    fputs("matrix-resolve: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputs("\nTry `matrix-resolve --help`.\n", stderr);
    exit(2);
}

static _Noreturn void print_version(void)
{
    printf("matrix-resolve %s\nlibcurl %s, cJSON %s\nconfiguration %s\n"
           "cache %s\nsocket %s\nhelper %s\n",
           VERSION, curl_version_info(CURLVERSION_NOW)->version,
           cJSON_Version(), NSS_MATRIX_CONF_FILE, NSS_MATRIX_CACHE_DIR,
           NSS_MATRIX_SOCKET, NSS_MATRIX_HELPER_FILE);
    option_printed(5);
}

static const char *read_dns(const char *text)
{
    struct configuration_why why;

    if (!configuration_value_dns(text, &why))
        complain("--dns: %s", why.text);
    return text;
}

static void set_form(struct resolve_options *options, enum resolve_form form)
{
    options->form = form;
    options->form_given = true;
}

/* How it is found; false if the option is about something else. */
static bool take_network(struct resolve_options *options, int code)
{
    switch (code) {
    case '4':
        options->family = AF_INET;
        return true;
    case '6':
        options->family = AF_INET6;
        return true;
    case OPTION_SPEC:
        options->overrides.spec = option_spec(optarg, complain);
        return true;
    case OPTION_TIMEOUT:
        options->timeout_ms = option_timeout(optarg, complain);
        return true;
    case OPTION_CACERT:
        options->overrides.ca_file =
            option_path("--cacert", optarg, false, complain);
        return true;
    case OPTION_CAPATH:
        options->overrides.ca_path =
            option_path("--capath", optarg, true, complain);
        return true;
    case OPTION_DNS:
        options->overrides.dns = read_dns(optarg);
        return true;
    case OPTION_USER_AGENT:
        options->user_agent = optarg;
        return true;
    default:
        return false;
    }
}

static void take_option(struct resolve_options *options, int code, char **argv)
{
    switch (code) {
    case OPTION_TRACE:
    case OPTION_SHORT:
    case OPTION_JSON:
    case OPTION_CURL:
    case OPTION_OPENSSL:
        set_form(options,
                 (enum resolve_form)(code - OPTION_TRACE + (int)RESOLVE_TRACE));
        break;
    case 'f':
        options->file = optarg;
        break;
    case OPTION_NO_CACHE:
        options->no_cache = true;
        break;
    case OPTION_COLOUR:
        options->colour = option_colour(optarg, complain);
        break;
    case OPTION_JOBS:
        options->jobs = option_number("--jobs", optarg, JOBS_RANGE, complain);
        break;
    case OPTION_ORDERED:
        options->ordered = true;
        break;
    case OPTION_ALL:
        options->all = true;
        break;
    case 'h':
        fputs(HELP, stdout);
        option_printed(5);
    case 'V':
        print_version();
    default:
        if (!take_network(options, code))
            option_unknown(code, SHORT, argv, complain);
    }
}

/* `@192.0.2.53` is a name server; `@user:example.org` is a user. */
static bool is_dns_server(const char *word)
{
    char text[ADDRESS_TEXT];
    struct address address;

    if (word[0] != '@')
        return false;

    bool brackets = word[1] == '[';
    const char *start = word + 1 + brackets;
    size_t length = strcspn(start, brackets ? "]" : ":");

    return address_parse(start, &address) ||
           (util_copy(text, sizeof(text), start, length) &&
            address_parse(text, &address));
}

/* Takes dig's words out of the names. */
static void take_words(struct resolve_options *options)
{
    int kept = 0;

    for (int i = 0; i < options->name_count; i++) {
        const char *word = options->names[i];

        if (strcmp(word, "+short") == 0)
            set_form(options, RESOLVE_SHORT);
        else if (strcmp(word, "+trace") == 0)
            set_form(options, RESOLVE_TRACE);
        else if (strcmp(word, "+json") == 0)
            set_form(options, RESOLVE_JSON);
        else if (is_dns_server(word))
            options->overrides.dns = word + 1;
        else
            options->names[kept++] = options->names[i];
    }
    options->name_count = kept;
}

static void drop_first_name(struct resolve_options *options)
{
    options->names++;
    options->name_count--;
}

static bool first_name_is(const struct resolve_options *options,
                          const char *word)
{
    return options->name_count > 0 && strcmp(options->names[0], word) == 0;
}

static void take_command(struct resolve_options *options)
{
    if (first_name_is(options, "resolve")) {
        drop_first_name(options);
    } else if (first_name_is(options, "cache")) {
        drop_first_name(options);
        if (first_name_is(options, "show"))
            options->command = RESOLVE_CACHE_SHOW;
        else if (first_name_is(options, "flush"))
            options->command = RESOLVE_CACHE_FLUSH;
        else
            complain("`cache` is followed by `show` or `flush`");
        drop_first_name(options);
    } else if (first_name_is(options, "check")) {
        complain("`check` is the first word: matrix-resolve check "
                 "[OPTION]... NAME...");
    }
}

static void check(const struct resolve_options *options)
{
    bool resolves = options->command == RESOLVE_RESOLVE;

    if (resolves && options->name_count > 0 && options->file != NULL)
        complain("names are arguments or in -f FILE, not both");
    if (resolves && options->name_count == 0 && options->file == NULL)
        complain("which server? Give a name, or -f FILE");
    if (options->command == RESOLVE_CACHE_FLUSH &&
        options->all == (options->name_count > 0))
        complain("`cache flush` takes names, or --all");
    if (options->all && options->command != RESOLVE_CACHE_FLUSH)
        complain("--all is for `cache flush`");
    if (!resolves && options->file != NULL)
        complain("-f is not for `cache`");
    if (!resolves && options->form_given)
        complain("`cache` has one form of output");
}

void resolve_options_read(int argc, char **argv,
                          struct resolve_options *ret_options)
{
    int code;

    *ret_options = (struct resolve_options){
        .family = AF_UNSPEC, .timeout_ms = LIMIT_DISCOVERY_MS, .jobs = JOBS};
    settings_overrides(&ret_options->overrides);
    opterr = 0;
    while ((code = getopt_long(argc, argv, SHORT, LONG, NULL)) != -1)
        take_option(ret_options, code, argv);
    ret_options->names = argv + optind;
    ret_options->name_count = argc - optind;
    take_words(ret_options);
    take_command(ret_options);
    check(ret_options);
}
