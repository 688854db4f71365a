#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The backend behind /_test/echo: answers any request with what arrived, as
# JSON: method, path, headers, length and SHA-256 of the body. HTTP/1.1 with
# keep-alive and chunked bodies, on the Unix socket given.
# ?pause=MILLISECONDS makes it read slowly, that long between pieces of 64 KiB.

import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer
from urllib.parse import parse_qs, urlsplit

PIECE = 65536


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _chunks(self):
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield from self._pieces(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass

    def _pieces(self, left):
        while left > 0:
            piece = self.rfile.read(min(left, PIECE))
            if not piece:
                raise ConnectionError("body cut short")
            left -= len(piece)
            yield piece

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        return self._pieces(int(self.headers.get("Content-Length", 0)))

    def _echo(self):
        query = parse_qs(urlsplit(self.path).query)
        pause = float(query.get("pause", ["0"])[0]) / 1000
        digest, length = hashlib.sha256(), 0
        for piece in self._body():
            digest.update(piece)
            length += len(piece)
            time.sleep(pause)
        answer = json.dumps({
            "method": self.command, "path": self.path, "length": length,
            "sha256": digest.hexdigest(),
            "headers": self.headers.items()}).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _echo

    def log_message(self, *_):
        pass  # nginx writes the log


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


Server(sys.argv[1], Echo).serve_forever()
