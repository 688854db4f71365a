#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hostile_web.py CERTIFICATE KEY CHAIN: web servers that mean ill, beside those
# of the federation (tests/federation/hostile.py): one function each, on port
# 443 of 127.0.1.N in the order of HOSTS. CHAIN is the certificate with very
# many others after it. Prints lines for a hosts file once all of them listen.

import gzip
import socket
import ssl
import sys
import threading

PORT = 443
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def wait_for_end(connection):
    while connection.recv(65536):
        pass


def stall_request(connection):
    """Has read the request, and says nothing."""
    wait_for_end(connection)


def stall_body(connection):
    connection.sendall(HEAD + b'Content-Length: 99\r\n\r\n{"m.server":')
    wait_for_end(connection)


def endless_interim(connection):
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def long_header(connection):
    connection.sendall(HEAD + b"X: ")
    while True:
        connection.sendall(b"x" * 65536)


def long_status(connection):
    connection.sendall(b"HTTP/1.1 200 ")
    while True:
        connection.sendall(b"x" * 65536)


def endless_trailers(connection):
    connection.sendall(CHUNKED + b"2\r\n{}\r\n0\r\n")
    while True:
        connection.sendall(b"X: " + b"x" * 1000 + b"\r\n")


def endless_chunk_line(connection):
    connection.sendall(CHUNKED + b"2;")
    while True:
        connection.sendall(b"x" * 65536)


def nested_gzip(connection):
    packed = gzip.compress(gzip.compress(b" " * (1 << 26), 9), 9)
    connection.sendall(HEAD + b"Content-Encoding: gzip, gzip\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(packed) + packed)


def many_codings(connection):
    connection.sendall(HEAD + b"Content-Encoding: " + b"gzip, " * 1000
                       + b"gzip\r\nContent-Length: 2\r\n\r\n{}")


def long_redirect(connection):
    connection.sendall(b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: /"
                       + b"x" * 32768 + b"\r\n\r\n")


def huge_chain(connection):
    connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")


def stall_handshake(connection):
    """Half of the server's first flight, made by a TLS that nobody hears."""
    hello, flight = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = CONTEXT.wrap_bio(hello, flight, server_side=True)
    while not flight.pending:
        hello.write(connection.recv(65536))
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
    connection.sendall(flight.read(flight.pending // 2))
    wait_for_end(connection)


BEFORE_TLS = [stall_handshake]
HOSTS = [stall_handshake, stall_request, stall_body, endless_interim,
         long_header, long_status, endless_trailers, endless_chunk_line,
         nested_gzip, many_codings, long_redirect, huge_chain]


def context(chain):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, sys.argv[2])
    return tls


def serve(connection, behave):
    try:
        with connection:
            if behave in BEFORE_TLS:
                behave(connection)
                return
            own = CHAIN if behave is huge_chain else CONTEXT
            with own.wrap_socket(connection, server_side=True) as tls:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = tls.recv(65536)
                    if not piece:
                        return
                    request += piece
                behave(tls)
    except OSError:
        pass  # the client had enough, as it should


def accept(listener, behave):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], behave),
                         daemon=True).start()


CONTEXT, CHAIN = context(sys.argv[1]), context(sys.argv[3])
for number, host in enumerate(HOSTS, 1):
    address = f"127.0.1.{number}"
    threading.Thread(target=accept, daemon=True, args=(
        socket.create_server((address, PORT), backlog=64), host)).start()
    print(address, host.__name__.replace("_", "-") + ".attack.test",
          flush=True)
threading.Event().wait()
