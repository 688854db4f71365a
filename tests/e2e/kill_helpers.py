#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kill_helpers.py KILLS NAME: starts the real helper for the name again and
# again, and kills it with SIGKILL at a system call by which it writes the
# system's cache, at each in turn. After each kill record and pieces must be as
# they were before, or whole and new; where nothing was, nothing may be. Prints
# what it did as TAP comments; status 1, and the file, if one is neither.

import os
import re
import signal
import subprocess
import sys

CACHE = "/var/cache/nss-matrix/v1"
# Pieces are written first, then the record, then the reply.
POINTS = (("write", 1), ("fchmod", 1), ("rename", 1),
          ("write", 2), ("fchmod", 2), ("rename", 2), ("write", 3))
PATIENCE = 20

RECORD = re.compile(
    r"nss-matrix-answer 1 (\d{4})\nsettings \S+\nfound @\d+\nrefresh @\d+\n"
    r"expires @\d+\nname (\S+)\nspec (draft|v1)\nstep \S+\nerror none\n"
    r"host \S+\ntls-name \S+\ncert-name \S+\n(target [^\n]+\n)+"
    r"(warning [^\n]+\n)*reason [^\n]+\nend\n")
PIECES = re.compile(
    r"nss-matrix-pieces 1\nsettings \S+\n"
    r"(piece \S+ \S+ \S+ @\d+ @\d+ \d+ \d+ \d+\ndetail [^\n]*\n"
    r"((delegated|srv|address) [^\n]+\n)*)+end\n")


def read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Files:
    """Record and pieces of the name."""

    def __init__(self, name):
        self.record = f"{CACHE}/{name}"
        self.pieces = f"{CACHE}/~pieces/{name}"

    def read(self):
        return read(self.record), read(self.pieces)

    def put(self, texts):
        for path, text in zip((self.record, self.pieces), texts):
            if text is None:
                if os.path.exists(path):
                    os.unlink(path)
            else:
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)

    def bad(self, before):
        """The path of a file that is neither old nor new, or None."""
        record, pieces = self.read()
        if record != before[0] and not (
                record and (match := RECORD.fullmatch(record))
                and int(match[1]) == len(record)):
            return self.record
        if pieces != before[1] and not (pieces and PIECES.fullmatch(pieces)):
            return self.pieces
        return None


def aged(pieces):
    """As if all had been found long ago: the helper must ask anew."""
    return re.sub(r"@(\d+)", lambda m: f"@{int(m[1]) - 200000}", pieces)


def kill_one(name, point):
    """Whether the helper was killed there."""
    with subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null",
             "-e", "trace=write,fchmod,rename",
             "-e", f"inject={point[0]}:signal=KILL:when={point[1]}",
             "nss-matrix-helper"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        process.communicate(f"nss-matrix-request 1 {name}\n".encode(),
                            PATIENCE)
    return process.returncode == -signal.SIGKILL


def main():
    kills, name = int(sys.argv[1]), sys.argv[2]
    files = Files(name)
    subprocess.run(["nss-matrix-helper"], stdout=subprocess.DEVNULL,
                   input=f"nss-matrix-request 1 {name}\n".encode(), check=True)
    good = files.read()
    if files.bad((None, None)):
        sys.exit(f"no good file to begin with: {files.bad((None, None))}")
    for turn in range(kills):
        before = (good[0], aged(good[1])) if turn % 2 else (None, None)
        files.put(before)
        point = POINTS[turn % len(POINTS)]
        if not kill_one(name, point):
            sys.exit(f"the helper was not killed at {point}")
        bad = files.bad(before)
        if bad:
            print(f"killed at {point}, {bad} is:\n{read(bad)}",
                  file=sys.stderr)
            sys.exit(1)
    left = [f for f in os.listdir(CACHE) if f.startswith("~tmp.")]
    print(f"# figure: helpers killed with SIGKILL while writing = {kills}")
    print(f"# figure: temporary files they left = {len(left)}")
    if len(left) > kills:
        sys.exit("more temporary files than kills")


main()
