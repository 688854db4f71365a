# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A small DNS server on one address, UDP and TCP, that serves a Zone and its
# faults and writes down every question.  The wire form is made here by hand,
# so that a malformed or truncated answer is exactly as malformed as meant.

import socket
import struct
import threading

import dns_zone

QR, TC, RD, RA = 0x8000, 0x0200, 0x0100, 0x0080
PLAIN_UDP = 512
ADDRESS = ("127.0.0.1", 53)


def read_question(packet):
    """-> id, flags, labels as sent, type number, end of the question."""
    ident, flags, questions = struct.unpack_from(">HHH", packet)
    if questions != 1:
        raise ValueError("not one question")
    at, found = 12, []
    while packet[at]:
        size = packet[at]
        if size > 63:
            raise ValueError("compressed question")
        found.append(packet[at + 1:at + 1 + size])
        at += 1 + size
    kind, _ = struct.unpack_from(">HH", packet, at + 1)
    return ident, flags, tuple(found), kind, at + 5


def udp_limit(packet, end):
    """What an OPT record allows, and whether there is one."""
    additional, = struct.unpack_from(">H", packet, 10)
    if additional and len(packet) >= end + 11 and packet[end] == 0:
        kind, size = struct.unpack_from(">HH", packet, end + 1)
        if kind == 41:
            return max(PLAIN_UDP, size), True
    return PLAIN_UDP, False


class Writer:
    """Records into a message; owner names are compressed, rdata is not."""

    def __init__(self, header, question):
        self.out = bytearray(header + question)
        self.known = {}

    def name(self, owner):
        for cut in range(len(owner)):
            rest = owner[cut:]
            if rest in self.known:
                self.out += struct.pack(">H", 0xC000 | self.known[rest])
                return
            if len(self.out) < 0x3FFF:
                self.known[rest] = len(self.out)
            self.out += bytes([len(owner[cut])]) + owner[cut]
        self.out += b"\0"

    def record(self, record):
        rdata = dns_zone.wire_rdata(record)
        self.name(record.owner)
        self.out += struct.pack(">HHIH", dns_zone.type_number(record.type),
                                1, record.ttl, len(rdata)) + rdata

    def opt(self):
        self.out += b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0)


def header(ident, flags, counts):
    return struct.pack(">HHHHHH", ident, flags, *counts)


def reply(packet, zone, udp):
    """-> what to send (None: nothing) and the line for the log."""
    ident, flags, sent, number, end = read_question(packet)
    owner = tuple(label.lower() for label in sent)
    kind = dns_zone.NAMES.get(number, f"TYPE{number}")
    answer = zone.answer(owner, kind)
    entry = {"proto": "udp" if udp else "tcp", "name": dns_zone.show(sent),
             "type": kind, "rcode": answer.rcode, "fault": answer.fault,
             "answers": len(answer.records)}
    limit, edns = udp_limit(packet, end)
    flags = QR | RA | (flags & RD) | answer.rcode
    question = packet[12:end]
    if answer.fault == "TIMEOUT":
        return None, entry
    if answer.fault == "MALFORMED":
        # One record is promised; its length points beyond the message.
        return header(ident, flags & ~15, (1, 1, 0, 0)) + question + \
            struct.pack(">HHHIH", 0xC00C, number, 1, 60, 400) + b"\1", entry
    writer = Writer(header(ident, flags, (
        1, len(answer.records), len(answer.authority), int(edns))), question)
    for record in answer.records + answer.authority:
        writer.record(record)
    if edns:
        writer.opt()
    too_long = udp and len(writer.out) > limit
    if too_long or (udp and answer.fault == "TRUNCATED_UDP"):
        return header(ident, flags | TC, (1, 0, 0, 0)) + question, entry
    if len(writer.out) > 0xFFFF:
        raise dns_zone.ZoneError("an answer larger than DNS can carry")
    return bytes(writer.out), entry


class DnsServer:
    """Serves `zone`, which may be replaced at any time."""

    def __init__(self, address=ADDRESS):
        self.zone = dns_zone.Zone([])
        self.log, self.trouble = [], []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(address)
        self.tcp = socket.create_server(address, backlog=64)
        for loop in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def load(self, zone):
        self.zone, self.log, self.trouble = zone, [], []

    def answer(self, packet, udp):
        try:
            out, entry = reply(packet, self.zone, udp)
        except (ValueError, IndexError, struct.error) as error:
            self.log.append({"proto": "udp" if udp else "tcp",
                             "name": "?", "type": "?", "rcode": None,
                             "fault": f"bad question: {error}",
                             "answers": 0})
            return None
        except dns_zone.ZoneError as error:
            self.trouble.append(f"DNS server: {error}")
            return None
        self.log.append(entry)
        return out

    def serve_udp(self):
        while True:
            packet, peer = self.udp.recvfrom(65535)
            out = self.answer(packet, True)
            if out is not None:
                self.udp.sendto(out, peer)

    def serve_tcp(self):
        while True:
            peer, _ = self.tcp.accept()
            threading.Thread(target=self.serve_stream, args=(peer,),
                             daemon=True).start()

    def serve_stream(self, peer):
        with peer, peer.makefile("rb") as stream:
            while True:
                size = stream.read(2)
                if len(size) < 2:
                    return
                packet = stream.read(struct.unpack(">H", size)[0])
                out = self.answer(packet, False)
                if out is not None:
                    try:
                        peer.sendall(struct.pack(">H", len(out)) + out)
                    except OSError:
                        return
