#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The part of the benchmark that runs at the near end of the relay, where all
# servers are a round trip away. Prints one JSON object. bench.py starts it.

import json
import os
import resource
import statistics
import subprocess
import sys
import time

import bench_world

BUILD = os.environ["NSS_MATRIX_BUILDDIR"]
RESOLVE = f"{BUILD}/matrix-resolve"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
         "stdin": subprocess.DEVNULL}
S = "s.resolvematrix.test"

# Route, name, round trips: the least there can be, those of the plain
# sequence (research: every known implementation, counted from its code).
ROUTES = [
    ("3.1", f"3a.{S}", 4, 4),
    ("3.2", f"3b.{S}", 5, 5),
    ("3.3", f"3c.msc4040.{S}", 6, 6),
    ("3.4", f"3c.{S}", 6, 7),
    ("3.5", f"3d.{S}", 5, 7),
    ("4", f"4.msc4040.{S}", 4, 6),
    ("5", f"4.{S}", 4, 7),
    ("6", f"5.{S}", 4, 7),
    ("4, 443 refused", "r4.r.bench.test", 2, 4),
    ("5, 443 refused", "r5.r.bench.test", 2, 5),
    ("6, 443 refused", "r6.r.bench.test", 2, 5),
]


def timed(argv, env=None, **files):
    """Wall and own CPU milliseconds, peak KiB and status of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(argv, env=env, **(files or QUIET))
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return (wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000,
            usage.ru_maxrss, child.returncode)


def median_wall(argv, runs, env=None):
    timed(argv, env)  # the resolver knows the answers from here on
    results = [timed(argv, env) for _ in range(runs)]
    if any(r[3] != 0 for r in results):
        raise SystemExit(f"bench: {' '.join(argv)} failed")
    return statistics.median(r[0] for r in results)


def routes(rtt, runs):
    plain = dict(os.environ,
                 NSS_MATRIX_CONF=f"{bench_world.DIR}/plain.conf")
    return [{"route": route, "name": name, "minimum": least,
             "plain_counted": counted,
             "ours": median_wall([RESOLVE, "--no-cache", name], runs) / rtt,
             "plain": median_wall([RESOLVE, "--no-cache", name], runs,
                                  plain) / rtt}
            for route, name, least, counted in ROUTES]


def one_off(name):
    wall, _, _, status = timed([RESOLVE, "--no-cache", name])
    return {"ms": wall, "status": status}


def many(jobs, names):
    with open(names, "rb") as list_file, \
            open(f"{bench_world.DIR}/answers", "wb") as answers:
        wall, cpu, peak, status = timed(
            [RESOLVE, "--no-cache", "--jobs", str(jobs), "-f", "-"],
            stdin=list_file, stdout=answers, stderr=None)
    steps = {}
    with open(f"{bench_world.DIR}/answers", encoding="ascii") as answers:
        for line in answers:
            answer = json.loads(line)
            key = answer["step"] if answer["status"] == "ok" \
                else answer["error"]
            steps[key] = steps.get(key, 0) + 1
    count = sum(steps.values())
    return {"jobs": jobs, "names": count, "seconds": wall / 1000,
            "per_second": count * 1000 / wall, "cpu_seconds": cpu / 1000,
            "peak_mib": peak / 1024, "status": status, "answers": steps}


def main():
    order = json.loads(sys.argv[1])
    subprocess.run(["mount", "--bind", f"{bench_world.DIR}/resolv.conf",
                    "/etc/resolv.conf"], check=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = {"open_files": [soft, hard]}
    if order["what"] == "routes":
        found["routes"] = routes(order["rtt"], order["runs"])
        found["no_aaaa"] = one_off("only4.r.bench.test")
        found["dead_aaaa"] = one_off("lost6.r.bench.test")
        found["swallowed_443"] = one_off("lost.r.bench.test")
    else:
        # One for each namespace: connections that were closed keep their port
        # for a minute, and thousands make the next one's search for a port.
        found["list"] = many(order["jobs"], order["names"])
    json.dump(found, sys.stdout)


main()
