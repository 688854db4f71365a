#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What lookups cost, inside the private federation: cold by matrix-resolve,
# warm through the module; beside curl fetching the same document and a name
# in the hosts file. Prints a table for people and, with --json FILE, the same
# figures for machines. Asserts nothing: machines differ, ratios travel.

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

BUILD = os.environ["NSS_MATRIX_BUILDDIR"]
NAME = "3b.s.resolvematrix.test"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def run_once(argv, env=None):
    """Wall and own CPU milliseconds of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, env=env, **QUIET)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"bench: {' '.join(argv)} failed ({child.returncode})")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def measure(argv, runs, env=None):
    """Medians of wall and CPU milliseconds, after one run to warm files up."""
    run_once(argv, env)
    walls, cpus = zip(*(run_once(argv, env) for _ in range(runs)))
    return statistics.median(walls), statistics.median(cpus)


def cold(runs):
    url = f"https://{NAME}/.well-known/matrix/server"
    capath = ["curl", "-sS", "-o", "/dev/null", "--cacert",
              os.environ["FEDERATION_CA"], url]
    return {
        "matrix-resolve --no-cache (3.2)":
            measure([f"{BUILD}/matrix-resolve", "--no-cache", NAME], runs),
        "curl of the same well-known": measure(capath, runs),
        "matrix-resolve from the cache":
            measure([f"{BUILD}/matrix-resolve", NAME], runs),
    }


def warm(lookups):
    """Microseconds per lookup in one process: lookup_speed prints them."""
    env = dict(os.environ,
               NSS_MATRIX_HELPER=f"{BUILD}/nss-matrix-helper")
    found = {}
    for what, name in (("getaddrinfo, name in the hosts file",
                        "2-hosts.s.resolvematrix.test"),
                       ("getaddrinfo, cached by the module",
                        NAME + ".matrix"),
                       ("getaddrinfo, DNS on loopback", "plain.test")):
        out = subprocess.run([f"{BUILD}/tests/bench/lookup_speed",
                              str(lookups), name], env=env, check=True,
                             stdout=subprocess.PIPE).stdout
        found[what] = float(out)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--lookups", type=int, default=2000)
    parser.add_argument("--json")
    options = parser.parse_args()
    figures = {"machine": os.uname().machine, "cpus": os.cpu_count(),
               "kernel": os.uname().release,
               "cold_ms": cold(options.runs), "warm_us": warm(options.lookups)}
    print(f"{'a process each (medians)':40} {'wall ms':>9} {'CPU ms':>9}")
    for what, (wall, cpu) in figures["cold_ms"].items():
        print(f"{what:40} {wall:9.1f} {cpu:9.1f}")
    print(f"\n{'in one process (medians)':40} {'us':>9}")
    for what, micros in figures["warm_us"].items():
        print(f"{what:40} {micros:9.1f}")
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(figures, file, indent=1)


main()
