/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options end at the first word that is none: what follows belongs to the
 * command. A mistake ends in 125, so that it cannot be taken for the
 * command's own status.
 */
#include "run_options.h"

#include <getopt.h>
#include <stdarg.h>

#include "option.h"
#include "run_refusal.h"

enum option_code {
    OPTION_SPEC = 256,
    OPTION_CACERT,
    OPTION_CAPATH,
    OPTION_FORCE,
    OPTION_SHELL,
    OPTION_PRINT_ENV,
};

static const char SHORT[] = "+:vqhV";

static const struct option LONG[] = {
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"spec", required_argument, NULL, OPTION_SPEC},
    {"cacert", required_argument, NULL, OPTION_CACERT},
    {"capath", required_argument, NULL, OPTION_CAPATH},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"shell", no_argument, NULL, OPTION_SHELL},
    {"print-env", no_argument, NULL, OPTION_PRINT_ENV},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char HELP[] =
    "usage: matrix-run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
    "       matrix-run [OPTION]... --shell\n"
    "       eval \"$(matrix-run [OPTION]... --print-env)\"\n"
    "\n"
    "Runs COMMAND so that https://NAME.matrix/ is the federation endpoint of\n"
    "the Matrix server NAME: address, port, TLS name, certificate name and\n"
    "Host are put right in a program that knows nothing of Matrix.\n"
    "\n"
    "  -v, --verbose    say for each name its step, address, SNI and Host\n"
    "  -q, --quiet      do not say why a name failed or was refused\n"
    "  --spec draft|v1  which text of the discovery process\n"
    "  --cacert FILE    discovery trusts these authorities (PEM)\n"
    "  --capath DIR     discovery trusts those in this hashed directory\n"
    "  --force          run what the shim cannot help too\n"
    "  --shell          run $SHELL\n"
    "  --print-env      print the environment for a shell of your own\n"
    "  -h, --help       print this\n"
    "  -V, --version    print the version\n"
    "\n"
    "Exit status: 125 matrix-run failed or refused, 126 COMMAND cannot be\n"
    "run, 127 it was not found, otherwise COMMAND's own.\n"
    "See matrix-run(1).\n";

static _Noreturn void complain(const char *format, ...) PRINTF_LIKE(1, 2);

static _Noreturn void complain(const char *format, ...)
{
    char text[RUN_REFUSAL_TEXT];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    run_refusal_line("options: %s", text);
    run_refusal_line("try `matrix-run --help`");
    exit(RUN_REFUSAL_OURS);
}

static void replace(char **place, char *value)
{
    free(*place);
    *place = value;
}

static void take_option(struct run_options *options, int code, char **argv)
{
    switch (code) {
    case 'v':
        options->notes = "verbose";
        break;
    case 'q':
        options->notes = "quiet";
        break;
    case OPTION_SPEC:
        options->spec = option_spec(optarg, complain);
        break;
    case OPTION_CACERT:
        replace(&options->ca_file,
                option_path("--cacert", optarg, false, complain));
        break;
    case OPTION_CAPATH:
        replace(&options->ca_path,
                option_path("--capath", optarg, true, complain));
        break;
    case OPTION_FORCE:
        options->force = true;
        break;
    case OPTION_SHELL:
        options->mode = RUN_OPTIONS_SHELL;
        break;
    case OPTION_PRINT_ENV:
        options->mode = RUN_OPTIONS_PRINT_ENV;
        break;
    case 'h':
        fputs(HELP, stdout);
        option_printed(RUN_REFUSAL_OURS);
    case 'V':
        printf("matrix-run %s\n", VERSION);
        option_printed(RUN_REFUSAL_OURS);
    default:
        option_unknown(code, SHORT, argv, complain);
    }
}

void run_options_read(int argc, char **argv, struct run_options *ret_options)
{
    int code;
    bool has_command;

    *ret_options = (struct run_options){.mode = RUN_OPTIONS_COMMAND};
    opterr = 0;
    while ((code = getopt_long(argc, argv, SHORT, LONG, NULL)) != -1)
        take_option(ret_options, code, argv);
    ret_options->command = argv + optind;
    has_command = optind < argc;
    if (ret_options->mode == RUN_OPTIONS_COMMAND && !has_command)
        complain("which command? Give one, or --shell");
    if (ret_options->mode != RUN_OPTIONS_COMMAND && has_command)
        complain("%s takes no command", ret_options->mode == RUN_OPTIONS_SHELL
                                            ? "--shell"
                                            : "--print-env");
}

void run_options_done(struct run_options *options)
{
    replace(&options->ca_file, NULL);
    replace(&options->ca_path, NULL);
}
