/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process's own answers: for each pseudo-hostname one snapshot of what
 * discovery said, so that connect, SNI, verification and Host never come
 * from two different answers. Private to the process, append-only, read
 * without locks; an answer that ended is asked for anew, and a session
 * keeps the snapshot it began with.
 */
#ifndef NSS_MATRIX_NAMES_H
#define NSS_MATRIX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limit.h"
#include "record.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

enum {
    NAMES_PSEUDO = LIMIT_SERVER_NAME + 24, /* room for NAME.matrix */
    NAMES_MAX = 65535,                     /* of a process */
    NAMES_SNAPSHOTS_MAX = 64,              /* of one name */
    NAMES_SPELLINGS_MAX = 8, /* of one answer; others get the key's letters */
};

/*
 * Where a name has to stand and nobody's may: no server can have it, and no
 * authority certifies it (RFC 6761, RFC 2606).
 */
#define NAMES_NOBODY "nobody.invalid"

/*
 * What does not change as long as the delegation stands. Never freed; when
 * an answer is refreshed and says the same, it is the same snapshot.
 */
struct names_answer {
    char key[LIMIT_SERVER_NAME + 1];       /* of the server name */
    char pseudo[NAMES_PSEUDO];             /* as asked: lower case, no dot */
    char cert_name[LIMIT_SERVER_NAME + 1]; /* N: host name or IP text */
    bool cert_is_ip;                       /* then no SNI is sent */
    char host[LIMIT_SERVER_NAME + 1];      /* H: the Host header */
    char step[4];
};

/*
 * Whether text (length octets; a NUL at the end may be counted) is a
 * pseudo-hostname by its suffix. No I/O; the first question in every hook.
 * Always false under AT_SECURE.
 */
bool names_is_pseudo(const char *text, size_t length);

/*
 * The answer for a pseudo-hostname, asking for it if none is in force: this
 * may take LIMIT_SHIM_WAIT_MS. STATUS_OK with a snapshot that lives as long
 * as the process; else the status of the failure, after one line on stderr
 * (note.h), at most once a minute for one name and reason. errno is kept.
 */
MUST_CHECK enum status names_find(const char *pseudo, size_t length,
                                  const struct names_answer **ret_answer);

/*
 * The same, with the record for its targets, in force now.
 */
MUST_CHECK enum status
names_find_record(const char *pseudo, size_t length, struct record *ret_record,
                  const struct names_answer **ret_answer);

/*
 * Whether this process's own answer for key has the target: from the answers
 * it got so far, else by asking once. STATUS_OK, STATUS_NOT_FOUND if the
 * answer is another one, or the status of the failure; silent. errno is kept.
 */
MUST_CHECK enum status names_check_target(const char *key,
                                          const struct address *address,
                                          uint16_t port);

/*
 * Calls visit for the answer that stands now of every name that is known,
 * the newest name first, until it is true; says whether it was.
 */
typedef bool names_visit(void *argument, const struct names_answer *answer);
bool names_each(names_visit *visit, void *argument);

#endif
