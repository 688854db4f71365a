/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every limit of the project, in one table. Times are milliseconds (_MS) or
 * seconds (_S), sizes are octets unless the line says otherwise.
 */
#ifndef NSS_MATRIX_LIMIT_H
#define NSS_MATRIX_LIMIT_H

enum limit {
    /* names */
    LIMIT_SERVER_NAME = 255, /* a server name, port included */
    LIMIT_DNS_NAME = 253,    /* a name that DNS can hold, without last dot */
    LIMIT_DNS_LABEL = 63,

    /* the well-known fetch */
    LIMIT_CONNECT_MS = 3000, /* a host's addresses together, TLS included */
    LIMIT_ATTEMPT_MS = 250,  /* before the other family is tried beside one */
    LIMIT_FETCH_MS = 6000,   /* redirects included */
    LIMIT_HOPS = 10,
    LIMIT_BODY = 64 * 1024,
    LIMIT_HEADERS = 64 * 1024, /* of all hops together */
    LIMIT_JSON_DEPTH = 32,
    LIMIT_URL = 2048,
    LIMIT_HANDSHAKE_MESSAGES = 64, /* of TLS, on one connection; `check` too */

    /* DNS */
    LIMIT_SRV_RECORDS = 64,
    LIMIT_ADDRESSES = 32,        /* of one host name, both families together */
    LIMIT_ALIASES = 8,           /* CNAMEs followed */
    LIMIT_DNS_RESEND_MS = 1000,  /* a datagram, when nothing was heard */
    LIMIT_DNS_NEW = 192,         /* questions not answered and not older than */
    LIMIT_DNS_NEW_MS = 20,       /* this: more would not fit a server's queue */
    LIMIT_FAMILY_GRACE_MS = 250, /* what the second family may cost the first */
    LIMIT_FAMILY_EARLY_MS = 50,  /* before one is connected to alone */
    LIMIT_TARGET_GRACE_MS = 3000, /* what one SRV target may cost the others */

    /* a lookup */
    LIMIT_DISCOVERY_MS = 10000,
    LIMIT_NSS_WAIT_MS = 5000,
    LIMIT_SHIM_WAIT_MS = 12000,
    LIMIT_HELPER_LIFE_S = 30,
    LIMIT_REQUEST_WAIT_MS = 250, /* the helper waits for its request */
    LIMIT_LOCK_WAIT_MS = 3000,   /* for another lookup of the same name */
    LIMIT_REFRESHES_S = 4,       /* a second that a process asks for, at most */

    /* an answer */
    LIMIT_NSS_TARGETS = 16,
    LIMIT_TARGETS = 64,
    LIMIT_RECORD = 5120, /* the answer record, see record.h */
    LIMIT_REASON = 400,  /* a sentence for people */
    LIMIT_WARNINGS = 8,
    LIMIT_SETTINGS = 160, /* the token of settings.h, its NUL included */

    /* lives */
    LIMIT_LIFE_S = 48 * 3600,             /* of anything */
    LIMIT_DOCUMENT_DEFAULT_S = 24 * 3600, /* without cache headers */
    LIMIT_DOCUMENT_FLOOR_S = 60,
    LIMIT_FAILURE_FIRST_S = 60, /* the remote well-known; doubles up to */
    LIMIT_FAILURE_LAST_S = 3600,
    LIMIT_OUR_FAILURE_S = 10, /* our own DNS or network */
    LIMIT_NEGATIVE_S = 60,    /* "none" without an SOA that says more */
    LIMIT_HOSTS_FILE_S = 10,
};

#endif
