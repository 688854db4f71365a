/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of the check. */
#include "check_options.h"

#include <getopt.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "configuration_value.h"
#include "limit.h"

enum option_code {
    OPTION_FORMAT = 256,
    OPTION_JSON,
    OPTION_STRICT,
    OPTION_EXPECT,
    OPTION_WATCH,
    OPTION_CACERT,
    OPTION_CAPATH,
    OPTION_DNS,
    OPTION_USER_AGENT,
    OPTION_COLOUR,
};

static const int DAYS_RANGE[] = {0, 100000};
static const int WATCH_RANGE[] = {1, 100000};

static const char SHORT[] = ":46f:t:H:w:c:hV";

static const struct option LONG[] = {
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"expect", required_argument, NULL, OPTION_EXPECT},
    {"watch", required_argument, NULL, OPTION_WATCH},
    {"file", required_argument, NULL, 'f'},
    {"ipv4", no_argument, NULL, '4'},
    {"ipv6", no_argument, NULL, '6'},
    {"timeout", required_argument, NULL, 't'},
    {"hostname", required_argument, NULL, 'H'},
    {"warning", required_argument, NULL, 'w'},
    {"critical", required_argument, NULL, 'c'},
    {"cacert", required_argument, NULL, OPTION_CACERT},
    {"capath", required_argument, NULL, OPTION_CAPATH},
    {"dns", required_argument, NULL, OPTION_DNS},
    {"user-agent", required_argument, NULL, OPTION_USER_AGENT},
    {"color", required_argument, NULL, OPTION_COLOUR},
    {"colour", required_argument, NULL, OPTION_COLOUR},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char *const FORMS[] = {"human", "json",   "fedtester",
                                    "tap",   "nagios", "prometheus"};

static const char HELP[] =
    "usage: matrix-resolve check [OPTION]... NAME...\n"
    "       check_matrix_federation -H NAME [OPTION]...\n"
    "\n"
    "Tests whether the Matrix server NAME can be federated with, from this\n"
    "machine: every address of it and of its well-known's host. No cache is\n"
    "read. The released text (v1) judges; where the draft differs, that is a\n"
    "warning.\n"
    "\n"
    "  --format FORM          human, json, fedtester, tap, nagios, prometheus\n"
    "  --json                 the same as --format json\n"
    "  --strict               warnings give exit status 3\n"
    "  --expect WHAT          reachable, or unreachable for a server that\n"
    "                         must not be\n"
    "  -f, --file FILE        names from a file, one a line; - is stdin\n"
    "  --watch SECONDS        again and again\n"
    "  -4, --ipv4             IPv4 addresses only\n"
    "  -6, --ipv6             IPv6 addresses only\n"
    "  -t, --timeout SECONDS  discovery, then each address; 0.1 to 10\n"
    "  -w, --warning DAYS     a certificate that ends sooner: a warning; 14\n"
    "  -c, --critical DAYS    in the Nagios form: critical; 3\n"
    "  -H, --hostname NAME    another way to give NAME\n"
    "  --cacert FILE          trust these authorities (PEM)\n"
    "  --capath DIR           trust those in this hashed directory\n"
    "  --dns ADDR[:PORT]      ask this DNS server\n"
    "  --user-agent TEXT      for all requests\n"
    "  --color, --colour=WHEN  auto, always or never\n"
    "  -h, --help             print this\n"
    "  -V, --version          print the version\n"
    "\n"
    "Exit status: 0 passed, 1 failed, 2 usage or no server name, 3 passed\n"
    "with warnings (--strict), 4 undecided, 5 internal. In the Nagios form: 0\n"
    "OK, 1 warning, 2 critical, 3 unknown. See matrix-resolve-check(1).\n";

/* What a usage error ends with. */
static int usage_status = 2;

static _Noreturn void complain(const char *format, ...) PRINTF_LIKE(1, 2);

static _Noreturn void complain(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    if (usage_status == 3) {
        va_list again;

        va_copy(again, values);
        fputs("MATRIX UNKNOWN - ", stdout);
        vfprintf(stdout, format, again);
        fputc('\n', stdout);
        va_end(again);
    }
    fputs("matrix-resolve check: ", stderr);
    vfprintf(stderr, format, values);
    va_end(values);
    fputs("\nTry `matrix-resolve check --help`.\n", stderr);
    exit(usage_status);
}

static enum check_form read_form(const char *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(FORMS); i++)
        if (strcmp(text, FORMS[i]) == 0)
            return (enum check_form)i;
    complain("--format takes human, json, fedtester, tap, nagios or "
             "prometheus, not `%s`",
             text);
}

static const char *read_dns(const char *text)
{
    struct configuration_why why;

    if (!configuration_value_dns(text, &why))
        complain("--dns: %s", why.text);
    return text;
}

static bool read_expectation(const char *text)
{
    if (strcmp(text, "unreachable") != 0 && strcmp(text, "reachable") != 0)
        complain("--expect takes reachable or unreachable, not `%s`", text);
    return text[0] == 'u';
}

static _Noreturn void print_and_exit(const char *text)
{
    fputs(text, stdout);
    exit(fflush(stdout) != 0 ? 5 : usage_status == 3 ? 3 : 0);
}

static void take_network(struct check_options *options, int code)
{
    if (code == '4' || code == '6') {
        options->family = code == '4' ? AF_INET : AF_INET6;
    } else if (code == 't') {
        options->timeout_ms = option_timeout(optarg, complain);
    } else if (code == OPTION_USER_AGENT) {
        options->user_agent = optarg;
    } else if (code == OPTION_CACERT) {
        free(options->ca_file);
        options->ca_file = option_path("--cacert", optarg, false, complain);
        options->overrides.ca_file = options->ca_file;
    } else if (code == OPTION_CAPATH) {
        free(options->ca_path);
        options->ca_path = option_path("--capath", optarg, true, complain);
        options->overrides.ca_path = options->ca_path;
    } else {
        options->overrides.dns = read_dns(optarg);
    }
}

static void take_option(struct check_options *options, int code, char **argv)
{
    switch (code) {
    case OPTION_FORMAT:
        options->form = read_form(optarg);
        break;
    case OPTION_JSON:
        options->form = CHECK_JSON;
        break;
    case OPTION_STRICT:
        options->strict = true;
        break;
    case OPTION_EXPECT:
        options->expect_unreachable = read_expectation(optarg);
        break;
    case OPTION_WATCH:
        options->watch_s =
            option_number("--watch", optarg, WATCH_RANGE, complain);
        break;
    case 'f':
        options->file = optarg;
        break;
    case 'H':
        options->host = optarg;
        break;
    case 'w':
        options->warn_days = option_number("-w", optarg, DAYS_RANGE, complain);
        break;
    case 'c':
        options->critical_days =
            option_number("-c", optarg, DAYS_RANGE, complain);
        break;
    case '4':
    case '6':
    case 't':
    case OPTION_USER_AGENT:
    case OPTION_CACERT:
    case OPTION_CAPATH:
    case OPTION_DNS:
        take_network(options, code);
        break;
    case OPTION_COLOUR:
        options->colour = option_colour(optarg, complain);
        break;
    case 'h':
        print_and_exit(HELP);
    case 'V':
        print_and_exit("matrix-resolve check " VERSION "\n");
    default:
        option_unknown(code, SHORT, argv, complain);
    }
}

static void check(struct check_options *options)
{
    if (options->host != NULL && options->name_count > 0)
        complain("-H or names as arguments, not both");
    if (options->host != NULL) {
        options->names = (char **)&options->host;
        options->name_count = 1;
    }
    if (options->name_count > 0 && options->file != NULL)
        complain("names are arguments or in -f FILE, not both");
    if (options->name_count == 0 && options->file == NULL)
        complain("which server? Give a name, or -f FILE");
    if (options->form == CHECK_NAGIOS &&
        (options->name_count != 1 || options->watch_s > 0))
        complain("the Nagios form is for one server, once");
}

static int next_option(int argc, char **argv)
{
    return getopt_long(argc, argv, SHORT, LONG, NULL);
}

/* Before anything is complained of: a plugin says so in its own way. */
static bool is_for_nagios(int argc, char **argv)
{
    bool is_for = false;
    int code;

    optind = 1;
    while ((code = next_option(argc, argv)) != -1)
        if (code == OPTION_FORMAT)
            is_for = strcmp(optarg, "nagios") == 0;
    return is_for;
}

void check_options_read(int argc, char **argv, bool plugin,
                        struct check_options *ret_options)
{
    int code;

    *ret_options = (struct check_options){
        .form = plugin ? CHECK_NAGIOS : CHECK_HUMAN,
        .family = AF_UNSPEC,
        .timeout_ms = LIMIT_DISCOVERY_MS,
        .warn_days = 14,
        .critical_days = 3,
    };
    opterr = 0;
    usage_status = plugin || is_for_nagios(argc, argv) ? 3 : 2;
    settings_overrides(&ret_options->overrides);
    optind = 1;
    while ((code = next_option(argc, argv)) != -1)
        take_option(ret_options, code, argv);
    ret_options->names = argv + optind;
    ret_options->name_count = argc - optind;
    check(ret_options);
}
