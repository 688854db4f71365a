#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# silent_dns.py: a name server on a free port of 127.0.0.1, which it prints. It
# knows SRV records of targets:
#
#   one.test    good.test, then dead.test
#   none.test   dead.test, dead2.test
#   manyN.test  64 of its own: dead0.manyN.test and so on
#
# What begins with `dead` it never answers; what begins with `good` is
# 192.0.2.9; nothing else exists.

import socket
import struct

A, SRV = 1, 33
NXDOMAIN = 3
POINTER = b"\xc0\x0c"  # at the question's name


def wire(name):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in name.split(".")) + b"\0"


def srv(priority, target):
    return struct.pack("!HHH", priority, 0, 8448) + wire(target)


RECORDS = {
    ("_matrix-fed._tcp.one.test", SRV): [srv(10, "good.test"),
                                         srv(20, "dead.test")],
    ("_matrix-fed._tcp.none.test", SRV): [srv(10, "dead.test"),
                                          srv(20, "dead2.test")],
}
MANY = "_matrix-fed._tcp.many"


def records_of(name, kind):
    """What there is, or None for a name that does not exist."""
    if name.startswith("good"):
        return [bytes([192, 0, 2, 9])] if kind == A else []
    if name.startswith(MANY):
        owner = name.split(".", 2)[2]
        return [srv(10, f"dead{n}.{owner}") for n in range(64)]
    if any(owner == name for owner, _ in RECORDS):
        return RECORDS.get((name, kind), [])
    return None


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    packet, client = server.recvfrom(4096)
    at, labels = 12, []
    while packet[at] != 0:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    name = ".".join(labels)
    kind = struct.unpack_from("!H", packet, at + 1)[0]
    if name.startswith("dead"):
        continue
    found = records_of(name, kind)
    known, records = found is not None, found or []
    server.sendto(
        packet[:2]
        + struct.pack("!HHHHH", 0x8180 if known else 0x8180 | NXDOMAIN,
                      1, len(records), 0, 0)
        + packet[12:at + 5]
        + b"".join(POINTER + struct.pack("!HHIH", kind, 1, 300, len(x)) + x
                   for x in records), client)
