#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hostile_dns.py ADDRESS: a DNS server that means ill, UDP and TCP. How a name
# is answered is in its label before the last two, `example.test`; who has
# another name gets what is right: 127.0.0.1 and nothing else.

import socket
import struct
import sys
import threading

A, CNAME, SRV = 1, 5, 33
REPLY, TRUNCATED, NXDOMAIN = 0x8180, 0x0200, 3
POINTER = b"\xc0\x0c"  # at the question's name


def wire(name):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in name.split(".") if x) + b"\0"


def record(owner, kind, data, ttl=300):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


class Question:
    def __init__(self, packet, tcp):
        self.id, self.tcp = packet[:2], tcp
        at, labels = 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        self.name = ".".join(labels)
        self.kind = struct.unpack_from(">H", packet, at + 1)[0]
        self.text = packet[12:at + 5]
        self.manner = labels[-3] if len(labels) > 2 else ""

    def reply(self, *answers, flags=REPLY, ident=None, text=None, extra=()):
        return ((ident or self.id)
                + struct.pack(">HHHHH", flags, 1, len(answers), 0, len(extra))
                + (self.text if text is None else text)
                + b"".join(answers) + b"".join(extra))

    def right(self, **changes):
        """The address, or that there is nothing of the kind."""
        answers = [record(POINTER, A, bytes([127, 0, 0, 1]))]
        return self.reply(*answers[:self.kind == A], **changes)


def wrong_id(q):
    flipped = bytes([q.id[0] ^ 255, q.id[1]])
    return [q.right(ident=flipped)] * 100


def wrong_question(q):
    return [q.right(text=wire("other.test") + q.text[-4:])]


def compression_loop(q):
    return [q.reply(record(b"\xc0" + bytes([12 + len(q.text)]), A, b"1234"))]


def alias_loop(q):
    return [q.reply(record(POINTER, CNAME, POINTER))]


def alias_chain(q):
    """To a new name each time."""
    return [q.reply(record(POINTER, CNAME, b"\1x" + POINTER))]


def forged_extra(q):
    """The right address, and what nobody asked for beside it."""
    victim = wire("victim.example.test")
    forged = record(victim, A, bytes([192, 0, 2, 66]))
    answers = [record(POINTER, A, bytes([127, 0, 0, 1])), forged]
    return [q.reply(*(answers if q.kind == A else [forged]),
                    extra=[forged, record(POINTER, A, bytes([192, 0, 2, 66]))])]


def truncated(q):
    return [q.reply(flags=REPLY | TRUNCATED)]


def nxdomain_with_data(q):
    return [q.right(flags=REPLY | NXDOMAIN)]


def thousands(q):
    """As much as a message can hold: addresses, or SRV to as many targets."""
    if not q.tcp:
        return truncated(q)
    if q.kind == SRV:
        return [q.reply(*(record(POINTER, SRV, struct.pack(">HHH", 1, 1, 8448)
                                 + wire(f"t{i}.thousands.example.test"))
                          for i in range(1200)))]
    if q.kind == A:
        return [q.reply(*(record(POINTER, A, struct.pack(">I", 0x7f000000 + i))
                          for i in range(4000)))]
    return [q.reply()]


def garbage(q):
    return [bytes([255] * n) for n in range(0, 512, 8)]


def lengths(q):
    """More records than there are octets, and data past the end."""
    return [q.reply()[:6] + b"\xff\xff\xff\xff\xff\xff" + q.text
            + POINTER + struct.pack(">HHIH", q.kind, 1, 300, 65535) + b"x"]


def silent(q):
    return []


WRONG_SOURCE = "wrong-source"
MANNERS = {f.__name__.replace("_", "-"): f for f in (
    wrong_id, wrong_question, compression_loop, alias_loop, alias_chain,
    forged_extra, truncated, nxdomain_with_data, thousands, garbage, lengths,
    silent)}


def answers(packet, tcp):
    question = Question(packet, tcp)
    behave = MANNERS.get(question.manner, lambda q: [q.right()])
    return question, behave(question)


def serve_udp(own, other):
    while True:
        packet, peer = own.recvfrom(65535)
        question, replies = answers(packet, False)
        socket_ = other if question.manner == WRONG_SOURCE else own
        for reply in replies:
            socket_.sendto(reply, peer)


def serve_stream(stream):
    try:
        with stream, stream.makefile("rb") as file:
            while len(size := file.read(2)) == 2:
                packet = file.read(struct.unpack(">H", size)[0])
                for reply in answers(packet, True)[1]:
                    stream.sendall(struct.pack(">H", len(reply)) + reply)
    except OSError:
        pass


def main():
    address = (sys.argv[1], 53)
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(address)
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind((sys.argv[1], 0))
    listener = socket.create_server(address, backlog=64)
    threading.Thread(target=serve_udp, args=(own, other), daemon=True).start()
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve_stream, args=(listener.accept()[0],),
                         daemon=True).start()


main()
