/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS messages made by hand, so that they are exactly as wrong as meant. */
#ifndef NSS_MATRIX_TEST_DNS_WRITER_H
#define NSS_MATRIX_TEST_DNS_WRITER_H

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DNS_WRITER_REPLY = 0x8180, /* QR, RD, RA */
    DNS_WRITER_TRUNCATED = 0x0200,
    DNS_WRITER_AUTHORITATIVE = 0x0400,

    /* sections: where their count stands in the header */
    DNS_WRITER_ANSWER = 6,
    DNS_WRITER_AUTHORITY = 8,
    DNS_WRITER_ADDITIONAL = 10,

    DNS_WRITER_QUESTION = 12, /* where the question's name stands */
};

struct dns_writer {
    size_t length;
    unsigned char octets[65535];
};

static inline void dns_writer_put(struct dns_writer *w, const void *octets,
                                  size_t length)
{
    if (length > sizeof(w->octets) - w->length)
        abort();
    memcpy(w->octets + w->length, octets, length);
    w->length += length;
}

static inline void dns_writer_8(struct dns_writer *w, unsigned number)
{
    unsigned char octet = (unsigned char)number;

    dns_writer_put(w, &octet, 1);
}

static inline void dns_writer_16(struct dns_writer *w, unsigned number)
{
    dns_writer_8(w, number >> 8);
    dns_writer_8(w, number & 0xff);
}

static inline void dns_writer_32(struct dns_writer *w, uint32_t number)
{
    dns_writer_16(w, number >> 16);
    dns_writer_16(w, number & 0xffff);
}

/* Overwrites 16 bits. */
static inline void dns_writer_set(struct dns_writer *w, size_t at,
                                  unsigned number)
{
    w->octets[at] = (unsigned char)(number >> 8);
    w->octets[at + 1] = (unsigned char)number;
}

/* A name without compression; "" is the root. */
static inline void dns_writer_name(struct dns_writer *w, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");

        dns_writer_8(w, (unsigned)length);
        dns_writer_put(w, name, length);
        name += length;
        if (*name == '.')
            name++;
    }
    dns_writer_8(w, 0);
}

static inline void dns_writer_pointer(struct dns_writer *w, size_t at)
{
    dns_writer_16(w, 0xc000 | (unsigned)at);
}

/* The header and one question. */
static inline void dns_writer_begin(struct dns_writer *w, unsigned id,
                                    unsigned flags, const char *name,
                                    unsigned type)
{
    w->length = 0;
    dns_writer_16(w, id);
    dns_writer_16(w, flags);
    dns_writer_16(w, 1);
    dns_writer_16(w, 0);
    dns_writer_16(w, 0);
    dns_writer_16(w, 0);
    dns_writer_name(w, name);
    dns_writer_16(w, type);
    dns_writer_16(w, ns_c_in);
}

/* A record's head; what is put until dns_writer_close(, start) is its data. */
static inline size_t dns_writer_open(struct dns_writer *w, unsigned section,
                                     const char *owner, unsigned type,
                                     uint32_t ttl)
{
    dns_writer_set(w, section, ns_get16(w->octets + section) + 1);
    dns_writer_name(w, owner);
    dns_writer_16(w, type);
    dns_writer_16(w, ns_c_in);
    dns_writer_32(w, ttl);
    dns_writer_16(w, 0);
    return w->length;
}

static inline void dns_writer_close(struct dns_writer *w, size_t start)
{
    dns_writer_set(w, start - 2, (unsigned)(w->length - start));
}

static inline void dns_writer_address(struct dns_writer *w, const char *owner,
                                      uint32_t ttl, const char *text)
{
    unsigned char octets[16];
    int v6 = strchr(text, ':') != NULL;

    if (inet_pton(v6 ? AF_INET6 : AF_INET, text, octets) != 1)
        abort();
    size_t start = dns_writer_open(w, DNS_WRITER_ANSWER, owner,
                                   v6 ? ns_t_aaaa : ns_t_a, ttl);
    dns_writer_put(w, octets, v6 ? 16 : 4);
    dns_writer_close(w, start);
}

static inline void dns_writer_alias(struct dns_writer *w, const char *owner,
                                    uint32_t ttl, const char *target)
{
    size_t start =
        dns_writer_open(w, DNS_WRITER_ANSWER, owner, ns_t_cname, ttl);

    dns_writer_name(w, target);
    dns_writer_close(w, start);
}

/* priority, weight and port are 1, 2 and 8443. */
static inline void dns_writer_srv(struct dns_writer *w, const char *owner,
                                  uint32_t ttl, const char *target)
{
    size_t start = dns_writer_open(w, DNS_WRITER_ANSWER, owner, ns_t_srv, ttl);

    dns_writer_16(w, 1);
    dns_writer_16(w, 2);
    dns_writer_16(w, 8443);
    dns_writer_name(w, target);
    dns_writer_close(w, start);
}

static inline void dns_writer_soa(struct dns_writer *w, const char *owner,
                                  uint32_t ttl, uint32_t minimum)
{
    size_t start =
        dns_writer_open(w, DNS_WRITER_AUTHORITY, owner, ns_t_soa, ttl);

    dns_writer_name(w, "ns.example.net");
    dns_writer_name(w, "");
    for (unsigned i = 0; i < 4; i++)
        dns_writer_32(w, 7777);
    dns_writer_32(w, minimum);
    dns_writer_close(w, start);
}

#endif
