/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What matrix-resolve, its `check` and matrix-run read on their command lines
 * alike: the values of options. A value that is wrong ends the program, by
 * the caller's way to say so; libc and the thin layer only, as matrix-run is.
 */
#ifndef NSS_MATRIX_OPTION_H
#define NSS_MATRIX_OPTION_H

#include <stdbool.h>

/* Says what is wrong with the command line and ends the program. */
typedef __attribute__((noreturn, format(printf, 1, 2))) void (
    *option_complaint)(const char *format, ...);

enum option_colour {
    OPTION_COLOUR_AUTO,
    OPTION_COLOUR_ALWAYS,
    OPTION_COLOUR_NEVER
};

/* `--timeout 0.5`, up to LIMIT_DISCOVERY_MS, in milliseconds. */
int option_timeout(const char *text, option_complaint complain);

/* A whole number from least to most; name is the option's. */
int option_number(const char *name, const char *text, const int range[2],
                  option_complaint complain);

/* `--color WHEN`. */
enum option_colour option_colour(const char *text, option_complaint complain);

/* `--spec TEXT`; gives the text. */
const char *option_spec(const char *text, option_complaint complain);

/*
 * A file or directory that can be read, absolute, the caller's to free: an
 * answer is kept under the path, and a program may change its directory.
 */
char *option_path(const char *name, const char *path, bool directory,
                  option_complaint complain);

/*
 * What is wrong with the word that getopt_long stopped at with code, in argv;
 * opterr is 0, and known are its short options, which begin with `:` or `+:`.
 */
_Noreturn void option_unknown(int code, const char *known, char **argv,
                              option_complaint complain);

/*
 * Ends the program with 0, or with failed if what was to be printed was not:
 * `--help >/dev/full` is no help.
 */
_Noreturn void option_printed(int failed);

#endif
