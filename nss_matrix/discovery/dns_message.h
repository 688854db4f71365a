/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading one DNS message as an answer to one question. Believes nothing:
 * whatever octets come, the outcome is one of those below. Pure: no I/O.
 */
#ifndef NSS_MATRIX_DNS_MESSAGE_H
#define NSS_MATRIX_DNS_MESSAGE_H

#include "dns.h"

struct dns_question {
    char name[LIMIT_DNS_NAME + 1]; /* without last dot */
    ns_type type;
    uint16_t id;
};

enum dns_reading {
    DNS_READ,      /* *ret_answer says what */
    DNS_ALIAS,     /* the chain ends in *ret_alias: ask for that next */
    DNS_TRUNCATED, /* ask again over TCP */
    DNS_FAILED,    /* this server cannot say: ask another (detail says why) */
    DNS_NOT_OURS,  /* not an answer to this question: wait on (RFC 5452) */
};

/*
 * Reads length octets of message. CNAMEs are followed within the message;
 * records of other names than the chain's end are not believed. For
 * DNS_ALIAS, ret_answer->aliases and ttl hold what the chain cost so far.
 * DNS_NOT_OURS leaves both alone; else ret_alias is used as scratch.
 */
enum dns_reading dns_message_read(const unsigned char *message, size_t length,
                                  const struct dns_question *question,
                                  struct dns_answer *ret_answer,
                                  char ret_alias[static LIMIT_DNS_NAME + 1]);

#endif
