#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What lookups cost, in the private federation. Prints tables for people; with
# --json FILE writes the figures for machines, with --doc FILE puts the tables
# into that page, between its marks. Asserts nothing: machines differ.

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

import bench_peers
import bench_world

BUILD = os.environ["NSS_MATRIX_BUILDDIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = f"{BUILD}/.libs/libnss_matrix.so.2"
NAME = "3b.s.resolvematrix.test"
# Without what the federation sets: the hit's own look at the environment.
PLAIN = {k: v for k, v in os.environ.items() if not k.startswith("NSS_")}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
         "stdin": subprocess.DEVNULL}
MARKS = "<!-- made by `make bench` from here -->", "<!-- to here -->"


def far(rtt, order):
    """Runs bench_far.py where everything is rtt milliseconds away."""
    out = subprocess.run(
        [f"{BUILD}/tests/bench/relay", str(rtt), "/usr/bin/python3", "-B",
         f"{HERE}/bench_far.py", json.dumps({"rtt": rtt, **order})],
        check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
    return json.loads(out)


def cpu_of(argv, runs):
    """Median milliseconds of user and system time of one run."""
    times = []
    for _ in range(runs + 1):
        child = subprocess.Popen(argv, **QUIET)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"bench: {' '.join(argv)} failed")
        times.append((usage.ru_utime + usage.ru_stime) * 1000)
    return statistics.median(times[1:])


def instructions_of(argv):
    """In user space, of one run; None without perf."""
    done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u",
                           *argv], stdout=subprocess.DEVNULL, check=False,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    found = re.search(rb"^(\d+),[^,]*,instructions", done.stderr, re.M)
    return int(found[1]) if found else None


def cold(runs):
    ours = [f"{BUILD}/matrix-resolve", "--no-cache", NAME]
    curl = ["curl", "-sS", "-o", "/dev/null", "--cacert",
            os.environ["FEDERATION_CA"],
            f"https://{NAME}/.well-known/matrix/server"]
    found = {"ours_ms": cpu_of(ours, runs), "curl_ms": cpu_of(curl, runs),
             "ours_instructions": instructions_of(ours),
             "curl_instructions": instructions_of(curl)}
    return found


def printed(*argv):
    return float(subprocess.run(argv, check=True, stdout=subprocess.PIPE,
                                env=PLAIN, stdin=subprocess.DEVNULL).stdout)


def looked_up(lookups, name, hosts, libraries):
    """Microseconds of getaddrinfo with this hosts line in nsswitch.conf; None
    if it finds nothing."""
    bench_world.write("nsswitch.conf", f"hosts: {hosts}\n")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c",
         'mount --bind "$0" /etc/nsswitch.conf && exec "$@"',
         f"{bench_world.DIR}/nsswitch.conf",
         f"{BUILD}/tests/bench/lookup_speed", str(lookups), name],
        check=False, env=dict(PLAIN, LD_LIBRARY_PATH=libraries),
        **dict(QUIET, stdout=subprocess.PIPE))
    return float(done.stdout) if done.returncode == 0 else None


def peers(lookups):
    found = []
    with bench_peers.Peers() as started:
        for module, name, what, _ in started.found:
            how = name, f"files {module}", bench_peers.LIBRARIES
            end = time.monotonic() + 20
            while not looked_up(1, *how) and time.monotonic() < end:
                time.sleep(0.1)  # avahi announces its names first
            found.append({"what": what, "us": looked_up(lookups // 10, *how)})
    return [peer for peer in found if peer["us"]]


def per_hit(tool, pattern, path):
    """The difference of two runs under a tool, by what it wrote."""
    counts = []
    for hits in 100, 1100:
        done = subprocess.run(
            [*tool, f"{BUILD}/tests/bench/hook_speed", MODULE, str(hits),
             NAME + ".matrix"], check=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=PLAIN)
        text = done.stderr.decode()
        if path:
            with open(path, encoding="ascii") as file:
                text = file.read()
        found = re.findall(pattern, text, re.M)
        if done.returncode != 0 or not found:
            return None
        counts.append(int(found[-1]) if found[-1].isdigit() else len(found))
    return (counts[1] - counts[0]) / 1000


def warm(lookups):
    speed = f"{BUILD}/tests/bench/lookup_speed"
    trace = f"{bench_world.DIR}/trace"
    subprocess.run([f"{BUILD}/matrix-resolve", NAME], check=True, **QUIET)
    calls, reading = subprocess.run(
        [f"{BUILD}/tests/bench/call_speed", str(lookups),
         "/etc/nss-matrix.conf", "/var/cache/nss-matrix",
         f"/var/cache/nss-matrix/v1/{NAME}"], check=True,
        stdout=subprocess.PIPE).stdout.split()
    return {
        "calls_us": float(calls),
        "reading_us": float(reading),
        "constant_us": looked_up(lookups, "any.example", "files constant",
                                 f"{BUILD}/tests/bench/.libs"),
        "hook_us": printed(f"{BUILD}/tests/bench/hook_speed", MODULE,
                           str(lookups), NAME + ".matrix"),
        "getaddrinfo_us": printed(speed, str(lookups), NAME + ".matrix"),
        "hosts_us": printed(speed, str(lookups),
                            "2-hosts.s.resolvematrix.test"),
        "dns_us": printed(speed, str(lookups), "plain.test"),
        "system_calls": per_hit(["strace", "-o", trace], r"^\w+\(", trace),
        "instructions": per_hit(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"],
            r"Collected : (\d+)", None),
    }


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {"cpu": model[1] if model else os.uname().machine,
            "cpus": os.cpu_count(),
            "kernel": ".".join(os.uname().release.split(".")[:2]),
            "date": time.strftime("%Y-%m-%d")}


def row(*cells):
    return "| " + " | ".join(cells) + " |\n"


def route_table(figures):
    rtts = list(figures["far"])
    text = row("route", "minimum", *(f"{r} ms" for r in rtts), "above it",
               "plain sequence", "counted")
    text += row(*["---"] + ["---:"] * (len(rtts) + 4))
    for i, first in enumerate(figures["far"][rtts[0]]["routes"]):
        lines = [figures["far"][r]["routes"][i] for r in rtts]
        text += row(first["route"], str(first["minimum"]),
                    *(f"{line['ours']:.2f}" for line in lines),
                    f"{lines[-1]['ours'] - first['minimum']:+.2f}",
                    f"{lines[-1]['plain']:.2f}", str(first["plain_counted"]))
    return text


def cold_table(figures):
    cold_ = figures["cold"]
    text = row("", "matrix-resolve", "curl", "ratio", "goal")
    text += row("---", "---:", "---:", "---:", "---:")
    for what, key, form in (("CPU, ms", "ms", ".1f"),
                            ("instructions in user space, million",
                             "instructions", ".1f")):
        ours, curl = cold_[f"ours_{key}"], cold_[f"curl_{key}"]
        if ours and curl:
            scale = 1e6 if key == "instructions" else 1
            text += row(what, format(ours / scale, form),
                        format(curl / scale, form), f"{ours / curl:.2f}",
                        "1.5")
    return text


def warm_table(figures):
    w = figures["warm"]
    get = w["getaddrinfo_us"]
    text = row("", "µs", "goal") + row("---", "---:", "---")
    text += row("the hook, called directly", f"{w['hook_us']:.2f}",
                "under 4")
    text += row("its six system calls alone, in a loop",
                f"{w['calls_us']:.2f}", "")
    text += row("of these, without the looks at configuration and directory",
                f"{w['reading_us']:.2f}", "")
    text += row("getaddrinfo through the module", f"{get:.1f}", "")
    text += row("getaddrinfo through a module that answers at once",
                f"{w['constant_us']:.1f}", "")
    text += row("getaddrinfo, a name in /etc/hosts", f"{w['hosts_us']:.1f}",
                f"the module at most 4 times: {get / w['hosts_us']:.2f}")
    text += row("getaddrinfo, DNS by unbound on loopback",
                f"{w['dns_us']:.1f}",
                f"the module at least 7 times faster: {w['dns_us'] / get:.1f}")
    for peer in figures["peers"]:
        text += row(f"getaddrinfo, {peer['what']}", f"{peer['us']:.1f}", "")
    for what, key in (("system calls", "system_calls"),
                      ("instructions", "instructions")):
        if w[key] is not None:
            text += row(f"{what} for each hit of the hook", f"{w[key]:.0f}",
                        "at most 8" if key == "system_calls" else "")
    return text


def list_table(figures):
    text = row("jobs", "names", "names a second", "goal", "peak MiB", "goal",
               "own CPU, s")
    text += row(*["---:"] * 7)
    for line in figures["lists"]:
        goal = line["jobs"] == 256
        text += row(str(line["jobs"]), str(line["names"]),
                    f"{line['per_second']:.0f}", "500" if goal else "",
                    f"{line['peak_mib']:.1f}", "64" if goal else "",
                    f"{line['cpu_seconds']:.1f}")
    return text


def tables(figures):
    m = figures["machine"]
    last = list(figures["far"].values())[-1]
    return (
        f"Measured on {m['date']}: {m['cpus']} × {m['cpu']}, Linux "
        f"{m['kernel']}.\n\n### Round trips, cold\n\n"
        f"{route_table(figures)}\n"
        "Medians of whole processes, start to end, over the round-trip time."
        "\n\"Above it\" and \"plain sequence\" are for the longest one.\n\n"
        f"A good A alone (step 3.2): {last['no_aaaa']['ms']:.0f} ms, beside "
        f"a dead AAAA: {last['dead_aaaa']['ms']:.0f} ms;\n"
        "port 443 that swallows packets: "
        f"{last['swallowed_443']['ms']:.0f} ms.\n\n"
        f"### Own CPU, cold\n\n{cold_table(figures)}\n"
        f"### Warm\n\n{warm_table(figures)}\n"
        f"### Many names, 50 ms away\n\n{list_table(figures)}")


def put_into(page, text):
    with open(page, encoding="utf-8") as file:
        before, rest = file.read().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before}{MARKS[0]}\n\n{text}\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--lookups", type=int, default=20000)
    parser.add_argument("--names", type=int, default=10000)
    parser.add_argument("--rtt", type=int, nargs="*", default=[20, 50, 100])
    parser.add_argument("--jobs", type=int, nargs="*",
                        default=[64, 256, 1024])
    parser.add_argument("--json")
    parser.add_argument("--doc")
    options = parser.parse_args()
    names = f"{bench_world.DIR}/names"
    figures = {"machine": machine(), "far": {}}
    with bench_world.World():
        bench_world.write("names", bench_world.list_of(options.names))
        figures["cold"] = cold(40)
        figures["warm"] = warm(options.lookups)
        figures["peers"] = peers(options.lookups)
        for rtt in options.rtt:
            figures["far"][rtt] = far(rtt, {"what": "routes",
                                            "runs": options.runs})
        figures["lists"] = [far(50, {"what": "list", "names": names,
                                     "jobs": jobs})["list"]
                            for jobs in options.jobs]
    text = tables(figures)
    print(text)
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(figures, file, indent=1)
    if options.doc:
        put_into(options.doc, text)


main()
