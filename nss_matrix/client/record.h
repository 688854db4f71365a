/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer record and the request: all that passes between the thin layer
 * and the helper, as text. A cache file holds exactly one record; a reply is
 * exactly one record.
 *
 * The request is one line:
 *
 *     nss-matrix-request 1 NAME\n
 *
 * 1 is the version of the record that the client reads and the helper must
 * answer in; NAME is the key of a server name (server_name.h). With the word
 * `refresh ` before NAME nobody waits for an answer, and none is sent: a
 * record is in force, but past its refresh time. Before its
 * reply the helper may send the line `wait MS\n`: the configuration's
 * `timeout`, which then takes the place of the client's own default.
 *
 * The record, every line present and in this order, each ended by \n (octets
 * 0x20 to 0x7e otherwise), at most LIMIT_RECORD octets in all:
 *
 *     nss-matrix-answer 1 LLLL   LLLL: the record's length in octets, four
 *                                decimals: less than that is half a record
 *     settings TOKEN             what it was found under: settings.h
 *     found @N                   when, in seconds since 1970
 *     refresh @N                 from here on somebody should look it up anew
 *     expires @N                 no longer in force; at most 48 h after now
 *     name NAME                  the key of the server name
 *     spec draft|v1              the text that was followed
 *     step STEP                  1, 2, 3, 3.1 ... 6 as v1.19 numbers them, or -
 *     error ERROR                a name of status.h; none: the rest is used
 *     host HOST                  the Host header, or -
 *     tls-name NAME              the SNI, or - where none is sent
 *     cert-name NAME             a host name or an IP address (no brackets)
 *                                that the certificate must cover, or -
 *     target IP PORT PRIORITY WEIGHT NAME
 *                                0 to LIMIT_TARGETS lines in the order to
 *                                try; 0 0 where no SRV record was used; NAME
 *                                is whose address it is, - if unknown
 *     warning TEXT               0 to LIMIT_WARNINGS lines: `code: sentence`
 *     reason TEXT                a sentence for people, or -
 *     end
 *
 * `name` and the letter case of `host` are the key's: an undelegated Host is
 * written as its asker wrote the name (record_host). Another version of the
 * format is another number here and another cache directory.
 */
#ifndef NSS_MATRIX_RECORD_H
#define NSS_MATRIX_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "limit.h"
#include "server_name.h"
#include "status.h"
#include "util.h"

#define RECORD_VERSION "1"
#define RECORD_REQUEST "nss-matrix-request " RECORD_VERSION " "
#define RECORD_REFRESH "refresh "
#define RECORD_WAIT "wait "

enum {
    RECORD_HEAD = 25, /* the first line: enough to know the length */
    RECORD_REQUEST_MAX = sizeof(RECORD_REQUEST RECORD_REFRESH) +
                         LIMIT_SERVER_NAME + sizeof("\n"),
};

/* A record and its text, which the strings point into: not to be copied. */
struct record {
    const char *settings;
    int64_t found, refresh, expires; /* seconds since 1970 */
    const char *name;
    const char *spec;
    const char *step;
    enum error error;
    const char *host, *tls_name, *cert_name; /* NULL where it says - */
    unsigned target_count;
    uint16_t target_at[LIMIT_TARGETS]; /* in text, of record_target */
    unsigned warning_count;
    const char *warnings; /* of record_warning */
    const char *reason;   /* NULL where it says - */
    size_t length;        /* octets in text */
    char text[LIMIT_RECORD + 1];
};

struct record_target {
    struct address address;
    uint16_t port, priority, weight;
    const char *name; /* NULL where it says - */
};

/*
 * The length that the record's first RECORD_HEAD octets promise. STATUS_OK, or
 * STATUS_INVALID if they are not the head of a record of our version.
 */
MUST_CHECK enum status record_promised_length(const char *head,
                                              size_t *ret_length);

/*
 * Reads record->text (record->length octets) in place and believes nothing:
 * the whole format, the grammar of every name, and expiry at most 48 h after
 * now (seconds since 1970). STATUS_OK or STATUS_INVALID.
 */
MUST_CHECK enum status record_parse(struct record *record, int64_t now);

/* Target number index, which must be less than target_count. */
struct record_target record_target(const struct record *record, unsigned index);

/* Warning number index, which must be less than warning_count. */
const char *record_warning(const struct record *record, unsigned index);

/*
 * Writes the Host header for a name as its asker wrote it: host, which was
 * found for the name's key by step, in the asker's letters and with their
 * last dot if the name was not delegated (steps 1, 2, 4, 5, 6).
 */
void record_host(const char *step, const char *host,
                 const struct server_name *asked,
                 char ret_host[static LIMIT_SERVER_NAME + 1]);

/* Writes the request for name, or to refresh it; gives its length. */
size_t record_request(const struct server_name *name, bool refresh,
                      char ret_request[static RECORD_REQUEST_MAX]);

/*
 * Reads a request, \n included; request[length] must be writable. STATUS_OK
 * or STATUS_INVALID.
 */
MUST_CHECK enum status record_request_parse(char *request, size_t length,
                                            struct server_name *ret_name,
                                            bool *ret_refresh);

#endif
