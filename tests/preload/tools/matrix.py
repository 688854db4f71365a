#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs every tool of table.py against every endpoint of the zone tools.test,
# by its pseudo-hostname, and judges each cell twice over: by what the tool
# did and by what the server logged. To be run inside the private federation.
# Writes into DIR:
#   table     the matrix, for people
#   verdicts  a line per cell: description, got, want, details; or, of a tool
#             that is not there: name, SKIP, reason

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cases
import report
import table

AT_ONCE = 4
SECONDS_ALONE, SECONDS_BATCH = 20, 120
SEEN = re.compile(r'"seen":\{"sni":"([^"]*)","host":"([^"]*)"')
PLAIN = "plain.test"


@dataclass
class Cell:
    tool: table.Tool
    case: cases.Case
    mode: str
    want: str     # reached, refused, or either
    reason: str   # if it is no tool's but this one's
    got: str = "was not run"
    details: str = ""
    explained: int = 0  # lines of matrix-run's about it
    before: str = ""  # the id of the request to the ordinary host before

    @property
    def id(self):
        """What the server will log of it."""
        tool = re.sub(r"[^A-Za-z0-9]+", "-", self.tool.name)
        return f"{tool}.{self.case.name}.{self.mode}"

    def url(self):
        mark = "" if self.tool.got_404 else "?"
        return f"https://{self.case.hostname}/{mark}{self.id}"

    def control_url(self, which):
        if which == "before":
            self.before = self.before or self.id + ".before"
            return f"https://{PLAIN}/?{self.before}"
        return f"https://{PLAIN}/?{self.id}.after"


def expectation(tool, case, mode):
    for exception in table.EXCEPTIONS:
        if exception.applies(tool, case, mode):
            return exception.outcome, exception.reason
    return case.outcome(mode), ""


def fill(text, places):
    return re.sub(r"\{(\w+)\}", lambda m: places.get(m[1], m[0]), text)


class Runner:
    """Runs tools, and leaves in the cells what they did."""

    def __init__(self, run, directory):
        self.run, self.dir = run, directory
        # No configuration of anybody's, and no library but through matrix-run.
        self.environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TERM": "dumb",
            "HOME": directory + "/home", "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0"}
        os.makedirs(directory + "/home")
        self.times = []

    def words(self, tool, mode, places):
        """The command, with everything in its place."""
        verify = tool.insecure if mode == "insecure" else tool.secure
        for word in tool.command:
            if word == "{verify}":
                yield from (fill(w, places) for w in verify)
            else:
                yield fill(word.replace("{verify}", "".join(verify)), places)

    def start(self, tool, words, stdin, seconds):
        """Exit status, or None if it took too long, and all its output."""
        began = time.monotonic()
        environment = self.environment | dict(
            word.split("=", 1) for word in tool.environment)
        with tempfile.TemporaryFile() as given, \
                tempfile.TemporaryFile() as out:
            given.write(stdin.encode())
            given.seek(0)
            process = subprocess.Popen(
                [*self.run, *tool.options, *words], stdin=given, stdout=out,
                stderr=subprocess.STDOUT, env=environment,
                start_new_session=True, cwd=self.dir)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                status = None
            out.seek(0)
            self.times.append((time.monotonic() - began, words))
            return status, out.read().decode(errors="replace")

    def alone(self, cell):
        tool = cell.tool
        with tempfile.TemporaryDirectory(dir=self.dir) as directory:
            places = {"url": cell.url(), "host": cell.case.hostname,
                      "id": cell.id, "dir": directory,
                      "before": cell.control_url("before"),
                      "after": cell.control_url("after")}
            status, output = self.start(
                tool, [*self.words(tool, cell.mode, places)],
                fill(tool.stdin, places), SECONDS_ALONE)
            for entry in os.scandir(directory):
                if entry.is_file():
                    with open(entry, errors="replace") as file:
                        output += "\n" + file.read()
        cell.details = f"status {status}\n{output}"
        cell.got = judge(cell, status, output)
        cell.explained = explains(cell, output)

    def batch(self, cells):
        """All in one process, with the ordinary host between them."""
        tool, mode = cells[0].tool, cells[0].mode
        urls = [cells[0].control_url("before")]
        for cell in cells:
            urls += [cell.url(), cell.control_url("after")]
        for previous, cell in zip(cells, cells[1:]):
            cell.before = previous.id + ".after"
        status, output = self.start(
            tool, [*self.words(tool, mode, {}), *urls], "",
            SECONDS_BATCH)
        lines = [line for line in output.splitlines()
                 if line.startswith(("ok ", "failed "))]
        for cell, line in zip(cells, lines[1::2]):
            cell.details = line
            cell.got = judge_line(line)
            cell.explained = explains(cell, output)
        if status != 0 or len(lines) != len(urls):
            cells[-1].got = f"the process ended with status {status}"
            cells[-1].details = output


def explains(cell, output):
    """The tool cannot know why it failed; matrix-run says it, once."""
    return output.count(f"matrix-run: {cell.case.hostname}: ")


def judge_line(line):
    if line.startswith("failed "):
        return "refused"
    found = SEEN.search(line)
    return "reached" if found and found[2] != PLAIN else "got another page"


def judge(cell, status, output):
    """What the tool did, by its exit status and its output."""
    tool = cell.tool
    if status is None:
        return "took too long"
    hosts = {host for _, host in SEEN.findall(output)}
    if tool.meets_plain:
        hosts.discard(PLAIN)
    if re.search(tool.got_404, output) if tool.got_404 else hosts:
        expected = status == tool.exit_reached
        return "reached" if expected else f"reached, with status {status}"
    if not re.search(tool.says_refused, output):
        return f"does not say that it failed; status {status}"
    wanted = tool.exit_refused
    if cell.case.name == "nothing" and tool.exit_unresolved is not None:
        wanted = tool.exit_unresolved
    expected = status != 0 if wanted is None else status == wanted
    return "refused" if expected else f"refused, with status {status}"


def read_log():
    """What the server saw, by the cell that asked."""
    seen = {}
    with open(os.environ["FEDERATION_DIR"] + "/access.log") as file:
        for line in file:
            if line.endswith("\n"):
                entry = json.loads(line)
                found = re.match(r"/\??([^/]+)", entry["uri"])
                if found:
                    seen.setdefault(found[1], []).append(entry)
    return seen


def whole_log():
    """nginx logs in order: when it has our last word it has them all."""
    subprocess.run(["/usr/bin/curl", "-sS", "-o", "/dev/null",
                    f"https://{PLAIN}/?the-end"], check=True)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        seen = read_log()
        if "the-end" in seen:
            return seen
    sys.exit("the server does not log")


def as_seen(case, entry):
    """One request, as the server saw it."""
    address = entry["addr"]
    target = f"[{address}]" if ":" in address else address
    target += ":" + entry["port"]
    return (f"SNI {entry['sni'] or '-'}, Host {entry['host']}, "
            f"{'at its target' if target in case.targets else 'at ' + target}"
            f", {entry['protocol'][:6]}, {entry['status']}")


def control(seen, cell):
    """The ordinary host, before and after: `HTTP/2.0, HTTP/2.0`."""
    for request in cell.before, cell.id + ".after":
        right = [e["protocol"] for e in seen.get(request, ())
                 if (e["sni"], e["host"], e["status"]) == (PLAIN, PLAIN, "200")]
        yield "+".join(right) or "nothing"


def verdict(cell, seen):
    """What happened and what should have, in the same words."""
    case, tool, outcome = cell.case, cell.tool, cell.want
    requests = {as_seen(case, e) for e in seen.get(cell.id, ())}
    got = f"{cell.got}; seen: {' and '.join(sorted(requests)) or 'nothing'}"
    if outcome == "either":
        outcome = "refused" if cell.got == "refused" else "reached"
    want = "refused; seen: nothing"
    if outcome == "reached":
        version = "HTTP/2" if case.is_ordinary and tool.http2 else "HTTP/1"
        want = (f"reached; seen: SNI {case.sni}, Host {case.host}, at its "
                f"target, {version}, {'404' if tool.got_404 else '200'}")
    if case.name in {*cases.OTHER_NAME, "nothing"}:
        silent = tool.name in table.SILENT and case.name != "nothing"
        said = outcome == "refused" and not silent
        got += f"; explained: {cell.explained}"
        want += f"; explained: {1 if said else 0}"
    if tool.meets_plain:
        version = "HTTP/2.0" if tool.http2 else "HTTP/1.1"
        got += f"; ordinary host: {', '.join(control(seen, cell))}"
        want += f"; ordinary host: {version}, {version}"
    return got, want


def why_missing(tool):
    """None, or why the tool cannot be run."""
    if not os.access(tool.command[0], os.X_OK):
        return tool.without
    if tool.probe and subprocess.run(
            tool.probe, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode:
        return tool.without
    return None


def run_all(runner, cells):
    batches = {}
    for cell in cells:
        if cell.tool.batch:
            batches.setdefault((cell.tool.name, cell.mode), []).append(cell)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(runner.batch, b) for b in batches.values()]
        jobs += [pool.submit(runner.alone, c) for c in cells
                 if not c.tool.batch]
        for job in jobs:
            job.result()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--run", default="", help="the words before a tool")
    parser.add_argument("--node", default="none",
                        help="where Debian's node is unpacked")
    parser.add_argument("--native-tls", default="none",
                        help="the client in Rust")
    parser.add_argument("--tool", action="append", help="only these rows")
    parser.add_argument("--case", action="append", help="only these columns")
    parser.add_argument("--times", action="store_true",
                        help="say on stderr what took longest")
    options = parser.parse_args()

    columns = [c for c in cases.read()
               if not options.case or c.name in options.case]
    rows = [t for t in table.tools(options.node, options.native_tls)
            if not options.tool or t.name in options.tool]
    missing = {t.name: why for t in rows if (why := why_missing(t))}
    cells = [Cell(t, c, mode, *expectation(t, c, mode))
             for t in rows if t.name not in missing
             for c in columns for mode in c.modes(t)]
    holes = []
    if not options.tool and not options.case:
        holes += table.holes(rows, missing, cases.CERTIFICATES,
                             {(c.tool.name, c.case.name, c.mode)
                              for c in cells})
    runner = Runner(shlex.split(options.run), options.dir)
    run_all(runner, cells)
    seen = whole_log()
    report.write(options.dir, rows, columns, missing,
                 [(c, *verdict(c, seen)) for c in cells], holes)
    if options.times:
        for seconds, words in sorted(runner.times, key=lambda t: -t[0])[:20]:
            print(f"{seconds:6.2f}", *words[:5], file=sys.stderr)


if __name__ == "__main__":
    main()
