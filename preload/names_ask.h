/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One lookup of a server name, from cache or discovery; and why it failed. */
#ifndef NSS_MATRIX_NAMES_ASK_H
#define NSS_MATRIX_NAMES_ASK_H

#include "record.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

/* As client_lookup, with the time that the shim has. Changes errno. */
MUST_CHECK enum status names_ask(const struct server_name *name,
                                 struct record *ret_record);

/*
 * Says why there is no answer: the record is a failed discovery's, or NULL
 * where there was none.
 */
void names_ask_refused(const char *pseudo, enum status status,
                       const struct record *record);

#endif
