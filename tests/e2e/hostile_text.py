#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that says nothing but what should not reach a terminal.

hostile_text.py DIRECTORY: HTTPS on 127.0.0.77, ports 443 and 8448, with
cert.pem and key.pem of the directory; makes the file `ready` there. What it
says is chosen by the file `mode`: the number of the octets, and whether the
well-known has them in m.server, as its body or in a redirect.
"""

import http.server
import json
import pathlib
import ssl
import sys
import threading

ADDRESS = "127.0.0.77"
OCTETS = [
    b"\x1b[2J\x1b[31mred\x1b]0;title\x07",
    b"a\nb\r\nnext: line\n",
    b"$(touch /tmp/owned)`id`; rm -rf / &",
    "\u202emoc.live\u2066\u200f\ufeff".encode(),
    b"\xff\xfe\x80\xc0\xaf invalid",
    b"\"'\\ | # <b>%s%n\t=",
    b"\x7f\x9b31m\x00\x08\x08",
]


def in_json(octets):
    """As a string that a JSON parser takes, if the octets allow it."""
    try:
        return json.dumps(octets.decode()).encode()
    except UnicodeDecodeError:
        return b'"' + octets.replace(b"\0", b"") + b'"'


def in_header(octets):
    return octets.translate(None, b"\r\n\0")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers everything with the octets of the day."""

    def do_GET(self):
        which, kind = (PLACE / "mode").read_text().split()
        octets = OCTETS[int(which)]
        text = in_json(octets)
        head = [b"HTTP/1.1 200 " + in_header(octets)]
        if self.path.endswith("/version"):
            body = b'{"server":{"name":%s,"version":%s}}' % (text, text)
        elif self.path.startswith("/_matrix/key"):
            body = (b'{"server_name":%s,"valid_until_ts":%s,"verify_keys":'
                    b'{%s:{"key":%s}},"signatures":{%s:{%s:%s}}}'
                    % ((text,) * 7))
        elif kind == "body":
            body = octets
        elif kind == "redirect":
            head = [b"HTTP/1.1 302 Found",
                    b"Location: https://evil.test/" + in_header(octets)]
            body = b""
        else:
            body = b'{"m.server":%s}' % text
        head += [b"Content-Type: " + in_header(octets),
                 b"Server: " + in_header(octets),
                 b"Connection: close",
                 b"Content-Length: %d" % len(body), b"", body]
        self.wfile.write(b"\r\n".join(head))
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Who hangs up on a certificate like ours is no news."""
    daemon_threads = True

    def handle_error(self, *_):
        pass


def serve(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PLACE / "cert.pem", PLACE / "key.pem")
    server = Server((ADDRESS, port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    PLACE = pathlib.Path(sys.argv[1])
    serve(443)
    serve(8448)
    (PLACE / "ready").touch()
