#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The hosts of the private federation that misbehave in ways no real server
# offers. Each has addresses of its own, and port 443 there; hostile.json, made
# from names.py, says who does what. One function per behaviour; it gets the
# connection after the TLS handshake, unless it is in BEFORE_TLS.
# Connections and requests are written to hostile.log, a JSON object a line.

import functools
import gzip
import json
import os
import socket
import ssl
import sys
import threading
import time

PORT = 443
LIMIT = 65536  # the most that a client has to read of a document
IPV6_FREEBIND = 78  # not in Python's socket module


def document(length, host):
    """A good document, padded to `length` octets."""
    text = b'{"m.server":"trap.%s:443"' % host
    return text + b" " * (length - len(text) - 1) + b"}"


def response(*headers, status=b"200 OK"):
    return b"\r\n".join((b"HTTP/1.1 " + status,
                         b"Content-Type: application/json",
                         *headers)) + b"\r\n\r\n"


def wait_for_end(connection):
    """Says nothing until the other side has gone."""
    while connection.recv(65536):
        pass


def read_request(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed before a request")
        request += piece
    return request


def stall_connect(connection, _host):
    wait_for_end(connection)


def stall_tls(connection, _host):
    wait_for_end(connection)


def stall_headers(connection, _host):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/js")
    wait_for_end(connection)


def dribble(connection, host):
    body = document(100, host)
    for octet in response(b"Content-Length: 100") + body:
        connection.sendall(bytes([octet]))
        time.sleep(1)


def short_body(connection, host):
    connection.sendall(response(b"Content-Length: 200") + document(100, host))


def endless_body(connection, _host):
    connection.sendall(response(b"Transfer-Encoding: chunked"))
    while True:
        connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")


def endless_headers(connection, _host):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Padding: " + b"x" * 1000 + b"\r\n")


def endless_redirects(connection, host):
    there = os.urandom(8).hex().encode()
    connection.sendall(response(
        b"Location: https://%s/%s" % (host, there), b"Content-Length: 0",
        b"Connection: close", status=b"302 Found"))


def too_large(connection, host):
    connection.sendall(response(b"Content-Length: %d" % (LIMIT + 1),
                                b"Connection: close")
                       + document(LIMIT + 1, host))


@functools.lru_cache
def bomb(host):
    return gzip.compress(document(1 << 26, host), 9)


def gzip_bomb(connection, host):
    packed = bomb(host)
    connection.sendall(response(b"Content-Encoding: gzip",
                                b"Content-Length: %d" % len(packed),
                                b"Connection: close") + packed)


BEFORE_TLS = [stall_connect]


class Host:
    def __init__(self, directory, order):
        self.name = order["name"]
        self.addresses = order["addresses"]
        self.behaviour = globals()[order["behaviour"].replace("-", "_")]
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(f"{directory}/pki/{order['certificate']}",
                                 f"{directory}/pki/key")

    def listeners(self):
        for address in self.addresses:
            v6 = ":" in address
            listener = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
            if v6:
                listener.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            listener.bind((address, PORT))
            listener.listen(128)
            yield listener

    def log(self, peer, request=b""):
        line = request.split(b"\r\n")[0].decode("ascii", "replace")
        print(json.dumps({"name": self.name, "client": peer[0],
                          "behaviour": self.behaviour.__name__,
                          "request": line}), flush=True)

    def serve(self, connection, peer):
        try:
            with connection:
                if self.behaviour in BEFORE_TLS:
                    self.log(peer)
                    self.behaviour(connection, self.name.encode())
                    return
                with self.tls.wrap_socket(connection, server_side=True) as tls:
                    request = b""
                    if self.behaviour is not stall_tls:
                        request = read_request(tls)
                    self.log(peer, request)
                    self.behaviour(tls, self.name.encode())
        except OSError:
            pass  # the client had enough, as it should

    def accept(self, listener):
        while True:
            threading.Thread(target=self.serve, args=listener.accept(),
                             daemon=True).start()


def main():
    directory = sys.argv[1]
    with open(f"{directory}/hostile.json", encoding="ascii") as orders:
        hosts = [Host(directory, order) for order in json.load(orders)]
    for host in hosts:
        for listener in host.listeners():
            threading.Thread(target=host.accept, args=[listener]).start()


main()
