/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a failure of OpenSSL's may be for want of memory, which says nothing
 * about a server. It has many words for it, some of which a server's own faults
 * have too, so what it allocates is watched.
 */
#ifndef NSS_MATRIX_OPENSSL_MEMORY_H
#define NSS_MATRIX_OPENSSL_MEMORY_H

/*
 * For a command of ours, before anything of OpenSSL's or libcurl's is called:
 * later, OpenSSL refuses, and nothing is counted.
 */
void openssl_memory_watch(void);

/* How many allocations of OpenSSL's have failed so far in this process. */
unsigned openssl_memory_failures(void);

#endif
