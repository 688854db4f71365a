/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line of JSON, whole or not there: cJSON leaves out what it has no memory
 * for, and an object without its "cert_name" would pass for another answer.
 */
#ifndef NSS_MATRIX_JSON_LINE_H
#define NSS_MATRIX_JSON_LINE_H

#include <cjson/cJSON.h>

/* An empty object to fill; one at a time. */
cJSON *json_line_begin(void);

/*
 * Takes the object; gives it as text without a newline, to be freed with
 * free(). Ends the process with a message and status 5 if memory was lacking
 * since json_line_begin.
 */
char *json_line_end(cJSON *object);

#endif
