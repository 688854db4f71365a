# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the client in two libraries, each with a copy of OpenSSL of its own:
# one after the other, and both at once. Prints which OpenSSLs were loaded.
#
#   openssl_two.py LIBRARY LIBRARY WORD...

import ctypes
import sys
import threading

clients = [ctypes.CDLL(path) for path in sys.argv[1:3]]
words = [b"client", *(word.encode() for word in sys.argv[3:])]


def run(client):
    arguments = (ctypes.c_char_p * len(words))(*words)
    if client.client_main(len(words), arguments) != 0:
        raise SystemExit("client failed")


for client in clients + clients[::-1]:
    run(client)
threads = [threading.Thread(target=run, args=(c,)) for c in clients]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with open("/proc/self/maps", encoding="ascii") as maps:
    print(*sorted({line.split()[-1] for line in maps if "libss" in line}))
