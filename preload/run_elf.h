/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an ELF file says about itself that matters to a preloaded library:
 * for which machine it is, which dynamic linker it asks for, and whether it
 * shows a TLS implementation of its own. Bounded by the file's size whatever
 * is in it. No I/O.
 */
#ifndef NSS_MATRIX_RUN_ELF_H
#define NSS_MATRIX_RUN_ELF_H

#include <stdint.h>

#include "util.h"

/*
 * TLS that the shim cannot reach, as far as it can be told from the file: a
 * program with a TLS library linked in and nothing exported looks like any
 * other.
 */
enum run_elf_tls {
    RUN_ELF_TLS_NOT_SEEN,
    RUN_ELF_TLS_GO,
    RUN_ELF_TLS_JAVA,
    RUN_ELF_TLS_OPENSSL, /* in the program, which exports it: vendors' Node */
    RUN_ELF_TLS_GNUTLS,
};

struct run_elf {
    unsigned bits;           /* 32 or 64 */
    bool foreign_order;      /* of octets; then nothing below is read */
    uint16_t machine;        /* EM_... */
    const char *interpreter; /* in the data; NULL: there is none */
    enum run_elf_tls tls;
};

/* Whether it begins as an ELF file does. */
bool run_elf_is(const void *data, size_t size);

/* False if it is no ELF file, or its headers lead out of it. */
MUST_CHECK bool run_elf_read(const void *data, size_t size,
                             struct run_elf *ret_elf);

#endif
