/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three standard streams of a command, which its caller may have closed,
 * filled or stopped reading.
 */
#ifndef NSS_MATRIX_STANDARD_H
#define NSS_MATRIX_STANDARD_H

/*
 * Takes the places of those that are closed, so that no socket and no cache
 * file does: what is written to them would go there. Reading or writing them
 * then fails with EBADF, as before. First thing in main.
 */
void standard_open(void);

/*
 * Flushes standard output. Where what was printed could not be written, ends
 * the process: by SIGPIPE if nobody reads any more, else with a line that
 * begins with program, and with status.
 */
void standard_flush(const char *program, int status);

/* Ends the process with a line that begins with program, and with status. */
_Noreturn void standard_no_memory(const char *program, int status);

#endif
