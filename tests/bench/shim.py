#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the preload shim costs programs that never ask for a .matrix name:
# start-up, instructions per pass-through connect() and SSL_write(), and bulk
# data as a ratio with and without. Instructions are callgrind's, so the
# figures do not depend on what else the machine does. --json FILE adds them to
# bench.py's file, --doc FILE puts them between their marks in the page.
# Asserts nothing.

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["NSS_MATRIX_BUILDDIR"]
SHIM = f"{BUILD}/.libs/libmatrix_preload.so"
COST = f"{BUILD}/tests/bench/shim_cost"
MARKS = ("<!-- the shim, made by `make bench` from here -->",
         "<!-- the shim, to here -->")
MATRIX_RUN = f"{BUILD}/matrix-run"


def instructions(arguments, shim):
    """Instructions of one run of shim_cost, by callgrind."""
    with tempfile.NamedTemporaryFile() as profile:
        argv = ["valgrind", "--tool=callgrind",
                f"--callgrind-out-file={profile.name}", COST, *arguments]
        env = dict(os.environ)
        if shim:
            env["LD_PRELOAD"] = SHIM
        done = subprocess.run(argv, env=env, check=True,
                              stderr=subprocess.PIPE, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def per_call(*arguments, count):
    """Instructions per call, without and with the shim: start-up cancels."""
    def slope(shim):
        few, many = (instructions([arguments[0], str(n), *arguments[1:]], shim)
                     for n in (count, 2 * count))
        return (many - few) / count
    return slope(False), slope(True)


def start_up(prefix, shim, runs=200):
    """Median wall milliseconds of starting /bin/true."""
    env = dict(os.environ, **({"LD_PRELOAD": SHIM} if shim else {}))
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([*prefix, "/bin/true"], env=env, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def measure():
    connect = per_call("connects", count=1000)
    write = per_call("writes", "1", count=500)
    bulk = per_call("writes", "16384", count=200)
    return {
        "start_ms": {"plain": start_up([], False),
                     "LD_PRELOAD": start_up([], True),
                     "matrix-run": start_up([MATRIX_RUN], False, 50)},
        "connect_instructions": connect,
        "ssl_write_instructions": write,
        "bulk_16k_instructions": bulk,
        "bulk_ratio": bulk[1] / bulk[0],
    }


def page(figures):
    """The page's table."""
    lines = ["|  | without | with | ratio |", "| --- | ---: | ---: | ---: |"]
    starts = figures["start_ms"]
    for what in ("LD_PRELOAD", "matrix-run"):
        lines.append(f"| start of /bin/true by {what}, ms "
                     f"| {starts['plain']:.2f} | {starts[what]:.2f} "
                     f"| {starts[what] / starts['plain']:.2f} |")
    for what, key in (("socket, connect, close", "connect_instructions"),
                      ("SSL_write and SSL_read of 1 octet",
                       "ssl_write_instructions"),
                      ("SSL_write and SSL_read of 16 KiB",
                       "bulk_16k_instructions")):
        without, with_shim = figures[key]
        lines.append(f"| {what}, instructions | {without:.0f} "
                     f"| {with_shim:.0f} | {with_shim / without:.4f} |")
    return "\n".join(lines)


def write_page(path, figures):
    with open(path, encoding="ascii", errors="surrogateescape") as file:
        text = file.read()
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    with open(path, "w", encoding="ascii", errors="surrogateescape") as file:
        file.write(f"{before}{MARKS[0]}\n\n{page(figures)}\n\n"
                   f"{MARKS[1]}{after}")


def add_json(path, figures):
    known = {}
    if os.path.exists(path):
        with open(path, encoding="ascii") as file:
            known = json.load(file)
    with open(path, "w", encoding="ascii") as file:
        json.dump(dict(known, shim=figures), file, indent=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--doc")
    options, _ = parser.parse_known_args()
    if not os.path.exists(SHIM):
        sys.exit(f"bench: there is no {SHIM}")
    figures = measure()
    print("\nthe shim, for programs without a .matrix name")
    print(f"{'start of /bin/true (median ms)':44}" + "".join(
        f"  {what} {ms:.2f}" for what, ms in figures["start_ms"].items()))
    for what, key in (("socket, connect, close", "connect_instructions"),
                      ("SSL_write and SSL_read of 1 octet",
                       "ssl_write_instructions"),
                      ("SSL_write and SSL_read of 16 KiB",
                       "bulk_16k_instructions")):
        without, with_shim = figures[key]
        print(f"{what + ', instructions':44}  without {without:.0f}"
              f"  with {with_shim:.0f}  more {with_shim - without:.0f}")
    print(f"{'bulk data, ratio':44}  {figures['bulk_ratio']:.4f}")
    if options.json:
        add_json(options.json, figures)
    if options.doc:
        write_page(options.doc, figures)


main()
