#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# measure.py FILE COMMAND...: runs it with its output in FILE, and prints the
# milliseconds that it took, the most memory that it had (KiB), and its status.

import os
import subprocess
import sys
import time

start = time.monotonic()
with open(sys.argv[1], "wb") as out:
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL,
                               stdout=out, stderr=subprocess.STDOUT)
_, status, usage = os.wait4(process.pid, 0)
print(round((time.monotonic() - start) * 1000), usage.ru_maxrss,
      os.waitstatus_to_exitcode(status))
