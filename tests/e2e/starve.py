#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# starve.py manage SOCKET PLACES HELPER: listens as systemd does with
# Accept=yes and MaxConnections=PLACES: a helper for each connection, and who
# comes when all places are taken is hung up on.
#
# starve.py idle SOCKET COUNT: keeps so many connections open and says nothing;
# each that is hung up on is made anew. Says `ready` once they have all been
# made.
#
# starve.py ask SOCKET COUNT NAME: asks for the name so many times at once, and
# stays until all are answered. Says `ready` once all have asked.

import os
import selectors
import signal
import socket
import subprocess
import sys


def manage(path, places, helper):
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(128)
    running = []
    while True:
        connection, _ = listener.accept()
        running = [r for r in running if r.poll() is None]
        with connection:
            if len(running) < int(places):
                running.append(subprocess.Popen(
                    [helper], stdin=connection, stdout=connection))


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def idle(path, count):
    watched = selectors.DefaultSelector()
    for _ in range(int(count)):
        watched.register(connect(path), selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in watched.select():
            watched.unregister(key.fileobj)
            key.fileobj.close()
            watched.register(connect(path), selectors.EVENT_READ)


def ask(path, count, name):
    asking = [connect(path) for _ in range(int(count))]
    for connection in asking:
        connection.sendall(f"nss-matrix-request 1 {name}\n".encode())
    print("ready", flush=True)
    for connection in asking:
        while connection.recv(65536):
            pass


{"manage": manage, "idle": idle, "ask": ask}[sys.argv[1]](*sys.argv[2:])
