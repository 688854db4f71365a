#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# starve.py manage SOCKET UNIT HELPER: listens as systemd does by that unit, with
# Accept=yes: a helper for each connection, who is accepted when all places are
# taken is hung up on, and PollLimitBurst= connections are accepted in
# PollLimitIntervalSec=, the others wait in the queue.
#
# starve.py idle SOCKET COUNT: keeps so many connections open, or waits for room
# in the queue, and says nothing; each that is hung up on is made anew. Says
# `ready` once all have been made, or the queue is full.
#
# starve.py ask SOCKET COUNT NAME: asks for the name so many times at once, and
# stays until all are answered. Says `ready` once all have asked.

import os
import signal
import socket
import subprocess
import sys
import threading
import time


POLL_LIMIT_BURST = 150  # systemd's own defaults, where Accept=yes
POLL_LIMIT_INTERVAL = 2
SOMAXCONN = 4096  # which is Backlog='s


def numbers_of(unit):
    """What its lines NAME=NUMBER say."""
    with open(unit) as lines:
        pairs = [line.strip().split("=", 1) for line in lines if "=" in line]
    return {name: int(value) for name, value in pairs if value.isdigit()}


class PollLimit:
    """As systemd's: counted from the first of an interval."""

    def __init__(self):
        self.since, self.count = 0, 0

    def wait_for_turn(self):
        now = time.monotonic()
        if now - self.since >= POLL_LIMIT_INTERVAL:
            self.since, self.count = now, 0
        elif self.count == POLL_LIMIT_BURST:
            time.sleep(self.since + POLL_LIMIT_INTERVAL - now)
            self.since, self.count = time.monotonic(), 0
        self.count += 1


def manage(path, unit, helper):
    numbers = numbers_of(unit)
    limit = PollLimit()
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(numbers.get("Backlog", SOMAXCONN))
    running = []
    while True:
        limit.wait_for_turn()
        connection, _ = listener.accept()
        running = [r for r in running if r.poll() is None]
        with connection:
            if len(running) < numbers["MaxConnections"]:
                running.append(subprocess.Popen(
                    [helper], stdin=connection, stdout=connection))


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def connect_at_once(path):
    """None if the queue is full: there a connect waits, and no poll does."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)
    try:
        connection.connect(path)
    except BlockingIOError:
        return None
    connection.setblocking(True)
    return connection


def keep(path, connection):
    while True:
        with connection or connect(path) as kept:
            try:
                kept.recv(1)
            except ConnectionResetError:
                pass
        connection = None


def idle(path, count):
    for _ in range(int(count)):
        threading.Thread(
            target=keep, args=(path, connect_at_once(path))).start()
    print("ready", flush=True)


def ask(path, count, name):
    asking = [connect(path) for _ in range(int(count))]
    for connection in asking:
        connection.sendall(f"nss-matrix-request 1 {name}\n".encode())
    print("ready", flush=True)
    for connection in asking:
        while connection.recv(65536):
            pass


{"manage": manage, "idle": idle, "ask": ask}[sys.argv[1]](*sys.argv[2:])
