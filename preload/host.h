/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Host writer: stands between a program's writes and its TLS library and
 * puts the real Host in place of the pseudo-name in outgoing HTTP/1 requests.
 * Octets in, octets out; it knows no TLS, makes no system call, and keeps one
 * block of about 9 KiB per session. What it follows and what it leaves alone:
 *
 * - In a head, the value of a `Host` field that is the session's own
 *   pseudo-name (any letter case, one last dot, `:port` or not) is replaced;
 *   every other octet, blanks and line ends included, stays as it was. Other
 *   values stay. An absolute-form target stays too: only Host is rewritten.
 * - Bodies are followed by Content-Length or chunks, with trailers, so that
 *   nothing in them is taken for a head; then the next request is expected.
 * - Whatever it cannot follow makes the session opaque: from there on all
 *   octets pass untouched, for good. That is: no HTTP/1.x request line (HTTP/2,
 *   TLS, HTTP/0.9); a field line without a name, or a control octet in it;
 *   white space before the first field; Host, Content-Length,
 *   Transfer-Encoding, Connection or Upgrade folded over two lines or over
 *   HOST_LINE long; a bad, second different or overflowing length; any coding
 *   but one `chunked`; both at once; a coding in HTTP/1.0; a broken chunk; and
 *   what follows the head of CONNECT or of a request with Upgrade, for the
 *   answer, which would tell, is not seen here.
 *
 * How to use it for a session of OpenSSL or GnuTLS: give host_write() the
 * arguments of the program's write and a sink that is the real write; return
 * what it returns. It keeps the rules of SSL_write and gnutls_record_send:
 *
 * - > 0: that many octets of data are done with: sent, but for an unfinished
 *   line of a head, which is held (nobody can answer half a head; the Host to
 *   replace is unfinished until the next line begins without a blank). It is
 *   length, unless the sink itself took only part of a piece of a body, as
 *   with SSL_MODE_ENABLE_PARTIAL_WRITE or one record of GnuTLS.
 * - <= 0: what the sink returned, at once, so that SSL_get_error() still
 *   speaks of it. The program then calls again with the same octets, which may
 *   have moved and may be more or fewer; none is sent twice. data NULL carries
 *   on with what was blocked, as gnutls_record_send(session, NULL, 0) does.
 * - A blocked piece is offered again as it was: what comes from this module's
 *   memory at the same address with the same length, what comes from the
 *   program's (bodies, all that is opaque) at the same place of its octets.
 *
 * A session belongs to one TLS connection: a new connection on the same
 * object (SSL_clear) needs a new one. One thread at a time, as with the TLS
 * session itself; the sink may do what it likes but free this session or write
 * to it.
 */
#ifndef NSS_MATRIX_HOST_H
#define NSS_MATRIX_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    HOST_LINE = 8192, /* a longer line of a head is not held to its end */
    HOST_NAME = 300,  /* the longest pseudo-name and the longest Host */
};

struct host_session;

/*
 * The real write: takes up to length octets, gives how many, or <= 0 for
 * blocked or failed. Called with (NULL, 0) where host_write() is called with
 * NULL, and with length 0 for a write of nothing.
 */
typedef ssize_t host_sink_write(void *arg, const char *data, size_t length);

struct host_sink {
    host_sink_write *write;
    void *arg;
};

/*
 * A writer that puts host (with a port or without) where Host is name
 * (`example.org.matrix`). Both are copied. NULL: no memory, or one of them is
 * empty, over HOST_NAME or not of visible ASCII alone; the connection must
 * then be refused or go on with Host as it is, which the server refuses.
 * Nothing else in this module allocates.
 */
struct host_session *host_new(const char *name, const char *host);

/* Wipes (heads hold credentials) and frees; NULL is accepted. */
void host_free(struct host_session *session);

/* Writes length octets by the rules above. Does not touch errno itself. */
ssize_t host_write(struct host_session *session, const char *data,
                   size_t length, const struct host_sink *sink);

/* Whether all octets that host_write() has not seen yet pass untouched. */
bool host_is_opaque(const struct host_session *session);

#endif
