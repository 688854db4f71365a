#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# endless_tls.py CERTIFICATE KEY LOG: servers that send TLS handshake messages
# without end, on port 443 of 127.0.2.N in the order of HOSTS. Of each
# connection LOG gets a line: the host, and how many octets the client's
# machine took before it was over. Prints lines for a hosts file once all
# listen.

import socket
import ssl
import struct
import sys
import threading

PORT = 443
ENOUGH = 64 << 20  # octets: an end after all, for a client that takes any
TICKETS = ENOUGH // 256


def endless_hello(connection):
    """HelloRequests before any handshake: no certificate, no key."""
    connection.recv(4096)
    record = b"\x16\x03\x03\x40\x00" + bytes(16384)
    for _ in range(ENOUGH // len(record)):
        connection.sendall(record)


def endless_tickets(connection):
    """The last thing that a server does in the handshake."""
    with CONTEXT.wrap_socket(connection, server_side=True) as tls:
        while tls.recv(4096):
            pass


HOSTS = [endless_hello, endless_tickets]


def taken(connection):
    """tcpi_bytes_acked of tcp(7)'s TCP_INFO."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
    return struct.unpack_from("=Q", info, 120)[0]


def serve(connection, behave):
    # wrap_socket takes the descriptor, another tells of the end.
    with connection.dup() as watch:
        try:
            with connection:
                behave(connection)
        except OSError:
            pass  # the client had enough, as it should
        with open(sys.argv[3], "a", encoding="ascii") as log:
            print(behave.__name__.replace("_", "-"), taken(watch), file=log)


def accept(listener, behave):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], behave),
                         daemon=True).start()


CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(*sys.argv[1:3])
CONTEXT.minimum_version = ssl.TLSVersion.TLSv1_3
CONTEXT.num_tickets = TICKETS
for number, host in enumerate(HOSTS, 1):
    address = f"127.0.2.{number}"
    threading.Thread(target=accept, daemon=True, args=(
        socket.create_server((address, PORT)), host)).start()
    print(address, host.__name__.replace("_", "-") + ".attack.test",
          flush=True)
threading.Event().wait()
