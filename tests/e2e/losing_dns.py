#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# losing_dns.py: a name server on a free port of 127.0.0.1, which it prints. It
# hands all questions on to the one at 127.0.0.1:53, but the first datagram of
# every question for AAAA or SRV is lost, as in a queue that is full.

import asyncio
import struct

BEHIND = ("127.0.0.1", 53)
LOST = (28, 33)  # AAAA, SRV
seen = set()


def type_of(question):
    at = 12
    while question[at] != 0:
        at += question[at] + 1
    return struct.unpack_from("!H", question, at + 1)[0]


class Answer(asyncio.DatagramProtocol):
    def __init__(self, question, server, client):
        self.question, self.server, self.client = question, server, client

    def connection_made(self, transport):
        transport.sendto(self.question)
        asyncio.get_running_loop().call_later(20, transport.close)

    def datagram_received(self, data, addr):
        self.server.sendto(data, self.client)


class Server(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport
        self.tasks = set()

    def datagram_received(self, data, addr):
        if type_of(data) in LOST and (addr, data) not in seen:
            seen.add((addr, data))
            return
        task = asyncio.ensure_future(
            asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Answer(data, self.transport, addr),
                remote_addr=BEHIND))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def stream(reader, writer):
    behind = await asyncio.open_connection(*BEHIND)
    await asyncio.gather(pump(reader, behind[1]), pump(behind[0], writer))


async def main():
    server = await asyncio.start_server(stream, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    await asyncio.get_running_loop().create_datagram_endpoint(
        Server, local_addr=address)
    print(address[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
