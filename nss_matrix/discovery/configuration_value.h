/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values of the configuration's keys: text to what it means. Each gives
 * false if the text is not of its form, with a sentence's second half in
 * why, which fits behind "FILE:LINE: " (struct configuration_why).
 */
#ifndef NSS_MATRIX_CONFIGURATION_VALUE_H
#define NSS_MATRIX_CONFIGURATION_VALUE_H

#include "configuration.h"

/* Why something is wrong: a sentence, printable ASCII on one line. */
struct configuration_why {
    char text[400];
};

/* Writes the sentence; gives false. */
bool configuration_wrong(struct configuration_why *why, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* As configuration_wrong, with a value that is escaped in `` at its end. */
bool configuration_wrong_value(struct configuration_why *why, const char *what,
                               const char *value);

/* `yes` or `no`. */
bool configuration_value_yes(const char *text, bool *ret_yes,
                             struct configuration_why *why);

/* Seconds, 0.1 to 12, decimals allowed. */
bool configuration_value_seconds(const char *text, int *ret_ms,
                                 struct configuration_why *why);

/* A network without bits behind its prefix, or one address. */
bool configuration_value_cidr(const char *text, struct cidr *ret_network,
                              struct configuration_why *why);

/* NAME, *.SUFFIX, or a network. */
bool configuration_value_insecure(const char *text, struct insecure *ret_entry,
                                  struct configuration_why *why);

/* The absolute path of a file of certificates that can be read. */
bool configuration_value_ca_file(const char *text,
                                 struct configuration_why *why);

/* The absolute path of a directory that can be read. */
bool configuration_value_ca_path(const char *text,
                                 struct configuration_why *why);

/* http://, https:// or socks5h://[USER:PASSWORD@]HOST:PORT */
bool configuration_value_proxy(const char *text, struct configuration_why *why);

/* ADDR, ADDR4:PORT or [ADDR6][:PORT], as dns_new takes it. */
bool configuration_value_dns(const char *text, struct configuration_why *why);

#endif
