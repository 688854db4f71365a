# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sees every attempt to reach anything in a private network where all
# addresses are local: a packet socket on the loopback device, filtered in the
# kernel to TCP connection requests and UDP datagrams.  So a connection that
# is refused or swallowed is known as well as one that a server accepted.

import ctypes
import ipaddress
import socket
import struct

SO_ATTACH_FILTER = 26
SOL_PACKET, PACKET_STATISTICS = 263, 6
ETH_P_ALL, PACKET_OUTGOING = 3, 4
KEEP = 96

LDB, LDB_X, LDX_IHL = 0x30, 0x50, 0xB1
JEQ, AND, RET = 0x15, 0x54, 0x06

# (code, where to go if true, if false, operand); offsets count from the
# network header.
PROGRAM = [
    (LDB, 0, 0, 0), (AND, 0, 0, 0xF0), (JEQ, 0, "six", 0x40),
    # IPv4: UDP, or TCP with SYN and without ACK
    (LDB, 0, 0, 9), (JEQ, "keep", 0, 17), (JEQ, 0, "drop", 6),
    (LDX_IHL, 0, 0, 0), (LDB_X, 0, 0, 13), (AND, 0, 0, 0x12),
    (JEQ, "keep", "drop", 0x02),
    # IPv6: the same behind a header of fixed size
    "six", (JEQ, 0, "drop", 0x60), (LDB, 0, 0, 6), (JEQ, "keep", 0, 17),
    (JEQ, 0, "drop", 6), (LDB, 0, 0, 53), (AND, 0, 0, 0x12),
    (JEQ, "keep", "drop", 0x02),
    "keep", (RET, 0, 0, KEEP),
    "drop", (RET, 0, 0, 0),
]


def assemble(program):
    """Labels -> distances, as struct sock_filter wants them."""
    lines, labels = [], {}
    for line in program:
        if isinstance(line, str):
            labels[line] = len(lines)
        else:
            lines.append(line)
    return [(code, *(labels[to] - at - 1 if to else 0 for to in (yes, no)), k)
            for at, (code, yes, no, k) in enumerate(lines)]


def attach(sock):
    lines = assemble(PROGRAM)
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(code)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("@HP", len(lines), ctypes.addressof(held)))


def take_apart(packet):
    """-> protocol, source ip, source port, destination ip, its port."""
    if packet[0] >> 4 == 4:
        size = 4 * (packet[0] & 15)
        kind, source, target = packet[9], packet[12:16], packet[16:20]
    else:
        size, kind = 40, packet[6]
        source, target = packet[8:24], packet[24:40]
    ports = struct.unpack_from(">HH", packet, size)
    return ("tcp" if kind == 6 else "udp",
            str(ipaddress.ip_address(source)), ports[0],
            str(ipaddress.ip_address(target)), ports[1])


class PacketWatch:
    def __init__(self, device="lo"):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(ETH_P_ALL))
        attach(self.sock)
        self.sock.bind((device, ETH_P_ALL))
        self.sock.setblocking(False)

    def drain(self, but=()):
        """-> [[protocol, ip, port]] since the last call, repeats left out.

        A repeat is a packet between the same two sockets: a SYN sent again.
        `but` holds (ip, port) of our own servers, whose answers are packets
        too.
        """
        seen, found = set(), []
        while True:
            try:
                packet, where = self.sock.recvfrom(KEEP)
            except BlockingIOError:
                return found
            if where[2] != PACKET_OUTGOING:
                continue  # each packet passes the loopback device twice
            flow = take_apart(packet)
            if flow in seen or flow[1:3] in but:
                continue
            seen.add(flow)
            found.append([flow[0], flow[3], flow[4]])

    def lost(self):
        """How many packets did not fit; anything but 0 makes us blind."""
        raw = self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        return struct.unpack("=II", raw)[1]
