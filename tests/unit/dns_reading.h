/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the messages that dns_writer.h makes, and looking at the outcome. */
#ifndef NSS_MATRIX_TEST_DNS_READING_H
#define NSS_MATRIX_TEST_DNS_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dns_message.h"
#include "dns_writer.h"

enum {
    ID = 0x1234
};

static struct dns_writer w;
static struct dns_answer answer;
static char alias[LIMIT_DNS_NAME + 1];

/* Begins an answer to the question for name. */
static inline void begin(const char *name, unsigned type)
{
    dns_writer_begin(&w, ID, DNS_WRITER_REPLY, name, type);
}

static inline void begin_rcode(const char *name, unsigned type, unsigned rcode)
{
    dns_writer_begin(&w, ID, DNS_WRITER_REPLY | rcode, name, type);
}

/* Reads w from a block of its very size, so that sanitizers see its end. */
static inline enum dns_reading read_octets(size_t length, const char *name,
                                           ns_type type)
{
    struct dns_question question = {.type = type, .id = ID};
    unsigned char *octets = malloc(length > 0 ? length : 1);

    assert_non_null(octets);
    memcpy(octets, w.octets, length);
    snprintf(question.name, sizeof(question.name), "%s", name);
    memset(&answer, 0xee, sizeof(answer));
    enum dns_reading reading =
        dns_message_read(octets, length, &question, &answer, alias);
    free(octets);
    return reading;
}

static inline enum dns_reading read_as(const char *name, ns_type type)
{
    return read_octets(w.length, name, type);
}

static inline void assert_none(const char *name, ns_type type,
                               const char *detail)
{
    assert_int_equal(read_as(name, type), DNS_READ);
    assert_int_equal(answer.result, DNS_NONE);
    assert_int_equal(answer.count, 0);
    assert_string_equal(answer.detail, detail);
}

static inline void assert_failed(const char *name, ns_type type,
                                 const char *detail)
{
    assert_int_equal(read_as(name, type), DNS_FAILED);
    assert_string_equal(answer.detail, detail);
}

static inline void assert_address(unsigned index, const char *expected)
{
    char text[ADDRESS_TEXT];

    assert_true(index < answer.count);
    assert_string_equal(address_text(&answer.addresses[index], text), expected);
}

#endif
