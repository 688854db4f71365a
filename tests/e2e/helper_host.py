#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# helper_host.py NAME: a careless host. Blocks and ignores signals, listens on
# a descriptor that its children inherit, says at which port, looks the name up.

import os
import signal
import socket
import sys

for number in signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGPROF:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
listening = socket.create_server(("127.0.0.1", 0))
os.dup2(listening.fileno(), 200, inheritable=True)
print(listening.getsockname()[1], flush=True)
try:
    socket.getaddrinfo(sys.argv[1], None)
except socket.gaierror as error:
    print(error, flush=True)
