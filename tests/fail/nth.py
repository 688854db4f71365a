#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fails each call of a program in turn, and looks at what becomes of it.

nth.py SCENARIO LIBRARY: runs inside the federation, prints TAP. Each scenario
is run without a failure first; then with the n-th call failing, or a run of
calls from the n-th on, for n = 1, 2, 3 ... until the program ends before it (a tenth of them beyond the first 30,
unless NSS_MATRIX_LONG is set). What must hold each time: it ends by itself,
with a status it documents, no allocation and no descriptor of ours is left
that is not left else, and an answer, if there is one, is the right one.
"""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

SHARED = struct.Struct("=IIIIiII40s")
BUILD = os.environ["NSS_MATRIX_BUILDDIR"]
CERTIFICATE = {"delegated.tools.test": "matrix.delegated.tools.test",
               "srv.tools.test": "srv.tools.test",
               "301.s.resolvematrix.test": "wk.301.s.resolvematrix.test"}
PATH = "/_matrix/federation/v1/version"
LONG = bool(os.environ.get("NSS_MATRIX_LONG"))
TIME_LIMIT = 120  # seconds; what is bounded is bounded by less


class Wrong(Exception):
    """What must not be."""


def require(condition, what):
    if not condition:
        raise Wrong(what)


def right_certificate(name, certificate):
    require(certificate == CERTIFICATE[name],
            f"another certificate name: {certificate}")


def right_step(step, plain):
    """What could not be asked for is not what there is not."""
    require(step == plain, f"decided by step {step} instead of {plain}")


def judge_helper(name):
    """A whole record or nothing; and if it is an answer, the right one."""
    def judge(run):
        require(run.status in (0, 2), f"exit status {run.status}")
        text = re.sub(r"^wait \d+\n", "", run.out)
        if not text:
            return
        head = re.match(r"nss-matrix-answer 1 (\d{4})\n", text)
        if head is None or int(head[1]) != len(text):
            # Written in part: the client takes that for no answer.
            require("write" in run.failed, "half a record")
            return
        fields = dict(line.split(" ", 1) for line in text.splitlines()[:-1])
        if fields["error"] == "none":
            right_certificate(name, fields["cert-name"])
            right_step(fields["step"], re.search(r"^step (.*)$",
                                                 run.plain.out, re.M)[1])
    return judge


def shape(answer):
    """The names of its members, and of those of its targets."""
    return {frozenset(part) for part in [answer, *answer.get("targets", [])]}


def read_json(run):
    """What it printed, with every member that belongs there; or None."""
    if not run.out:
        require(run.status == 5, "nothing said, and no failure of ours")
        return None
    answer = json.loads(run.out)
    # Of what could not be looked up there may be no target.
    require(run.status or shape(answer) <= shape(json.loads(run.plain.out)),
            "a member is missing")
    return answer


def judge_resolve(name):
    def judge(run):
        require(run.status in (0, 1, 4, 5), f"exit status {run.status}")
        answer = read_json(run)
        if answer is None:
            return
        if answer["status"] == "ok":
            require(run.status == 0, f"ok, but exit status {run.status}")
            right_certificate(name, answer["cert_name"])
            right_step(answer["step"], json.loads(run.plain.out)["step"])
    return judge


def judge_check(run):
    """The server has no fault, and is not to be told of one of ours."""
    require(run.status in (0, 4, 5), f"exit status {run.status}")
    answer = read_json(run)
    if answer is not None:
        require(not any(finding["class"] == "required"
                        for finding in answer["findings"]), "a fault of ours")


def judge_module(run):
    require(run.status in (0, 1), f"exit status {run.status}")
    require(run.status != 0 or re.search(r"^198\.51\.100\.1\b", run.out, re.M)
            or re.search(r"^2001:db8:1::1\b", run.out, re.M)
            or "EAI_" in run.out + run.err, "another answer")


def judge_tool(run):
    """The tool's own statuses; what arrived was meant for that host."""
    require(0 <= run.status < 126, f"exit status {run.status}")
    if run.status == 0:
        seen = json.loads(run.out)["seen"]
        require(seen["sni"] == "matrix.delegated.tools.test", "another SNI")
        require(seen["host"] == "matrix.delegated.tools.test:8443",
                "another Host")


def judge_matrix_run(run):
    require(run.status in (0, 125, 126, 127), f"exit status {run.status}")


def request(name):
    return f"nss-matrix-request 1 {name}\n".encode()


def of_helper(name):
    return dict(command=[BUILD + "/nss-matrix-helper"], stdin=request(name),
                objects="nss-matrix-helper", judge=judge_helper(name))


def of_resolve(name):
    return dict(command=[BUILD + "/matrix-resolve", "--json", name],
                objects="matrix-resolve", judge=judge_resolve(name))


def of_tool(*command):
    return dict(command=list(command) +
                ["https://delegated.tools.test.matrix" + PATH],
                objects="libmatrix_preload.so", judge=judge_tool,
                preload=BUILD + "/.libs/libmatrix_preload.so", warm=True)


MODULE = BUILD + "/.libs/libnss_matrix.so.2"
LOOK_UP = [BUILD + "/tests/nss/nss_lookup", "-l", MODULE, "-s", "matrix",
           "unspec", "delegated.tools.test.matrix"]
SCENARIOS = {
    "helper": of_helper("delegated.tools.test"),
    "helper-srv": of_helper("srv.tools.test"),
    "resolve": of_resolve("delegated.tools.test"),
    "resolve-srv": of_resolve("srv.tools.test"),
    # A shortage that lasts: all tries for both families of a name. That of a
    # redirect is asked for when all is known that step 6 needs.
    "redirect-sockets": dict(of_resolve("301.s.resolvematrix.test"),
                             only="socket", run=4),
    "srv-sockets": dict(of_resolve("srv.tools.test"), only="socket", run=8),
    "redirect-files": dict(of_resolve("301.s.resolvematrix.test"),
                           only="fopen", run=4),
    "check": dict(command=[BUILD + "/matrix-resolve", "check", "--json",
                           "--timeout", "2", "good.check.test"],
                  objects="matrix-resolve", judge=judge_check),
    "module-hit": dict(command=LOOK_UP, objects="libnss_matrix.so.2",
                       judge=judge_module, warm=True),
    "module-miss": dict(command=LOOK_UP, objects="libnss_matrix.so.2",
                        judge=judge_module),
    # -f: HTTP/2 that could not be kept away for want of memory is a 421.
    "shim-openssl": of_tool("curl", "-sSf"),
    "shim-gnutls": of_tool("wget", "-qO-", "--tries=1"),
    "matrix-run": dict(command=[BUILD + "/matrix-run", "true"],
                       objects="matrix-run", judge=judge_matrix_run),
}


class Run:
    """One run with `run` calls failing from number `fail` on; 0: none."""

    def __init__(self, scenario, library, fail):
        self.scenario = scenario
        self.fail = fail
        self.place = tempfile.mkdtemp(dir=os.environ["tmp"])
        counters = self.place + "/counters"
        run = scenario.get("run", 1) if fail else 0
        with open(counters, "wb") as file:
            file.write(SHARED.pack(fail, run, 0, 0, 0, 0, 0, b""))
        environment = dict(
            os.environ, NTH_FILE=counters, NTH_OBJECTS=scenario["objects"],
            XDG_CACHE_HOME=self.place,
            **({"NTH_ONLY": scenario["only"]} if "only" in scenario else {}),
            LD_PRELOAD=":".join(filter(None, [scenario.get("preload"),
                                              library])))
        try:
            self.execute(environment)
            with open(counters, "rb") as file:
                (_, _, self.calls, failed, self.live, self.descriptors,
                 self.ended, name) = SHARED.unpack(file.read())
        finally:
            shutil.rmtree(self.place)
        self.failed = name.rstrip(b"\0").decode() if failed else ""

    def execute(self, environment):
        process = subprocess.Popen(
            self.scenario["command"], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = process.communicate(self.scenario.get("stdin", b""),
                                           timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Wrong(f"call {self.fail}: still running after "
                        f"{TIME_LIMIT} s") from None
        self.status = process.returncode
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def examine(self, plain):
        """Against a run without failure."""
        self.plain = plain
        try:
            require(self.status >= 0, f"signal {-self.status}")
            self.scenario["judge"](self)
            # A command that gives up leaves its memory to the kernel.
            if self.ended and plain.ended and self.status != 5:
                require(self.live <= plain.live,
                        f"{self.live - plain.live} allocations left")
                require(self.descriptors <= plain.descriptors,
                        f"{self.descriptors - plain.descriptors} "
                        "descriptors left")
        except (Wrong, ValueError, KeyError) as wrong:
            raise Wrong(f"call {self.fail} ({self.failed}): {wrong!r}; "
                        f"{self.out[-300:]!r} {self.err[-300:]!r}") from None


def empty_cache():
    cache = "/var/cache/nss-matrix"
    for name in os.listdir(cache):
        shutil.rmtree(f"{cache}/{name}")


def left_over():
    """Temporary files that a failed write left behind."""
    return [name for _, _, names in os.walk("/var/cache/nss-matrix")
            for name in names if name.startswith("~tmp.")]


def run_all(scenario, library):
    """Plain run, then each failing; yields what is wrong, and the count."""
    plain = Run(scenario, library, 0)
    plain.examine(plain)
    require(plain.status == 0, "it does not even work without a failure")
    require(plain.calls > 0, "no call of ours was seen")
    wrong, injected, beyond = [], 0, 0

    def one(fail):
        if not scenario.get("warm"):
            empty_cache()
        run = Run(scenario, library, fail)
        try:
            run.examine(plain)
            return run, None
        except Wrong as fault:
            return run, str(fault)

    # The count differs a little from run to run: go on until it is passed.
    fail = 1
    while beyond < 3 and len(wrong) < 10:
        try:
            run, fault = one(fail)
        except Wrong as late:
            wrong.append(str(late))
            fail += 1
            continue
        injected += bool(run.failed)
        beyond = 0 if run.failed else beyond + 1
        if fault:
            wrong.append(fault)
        fail += 1 if LONG or fail < 30 else 10
    wrong += [f"left over: {name}" for name in left_over()]
    return injected, plain.calls, wrong


def main():
    name, library = sys.argv[1:]
    scenario = SCENARIOS[name]
    empty_cache()
    if scenario.get("warm"):
        subprocess.run([BUILD + "/nss-matrix-helper"], check=True,
                       input=request("delegated.tools.test"),
                       stdout=subprocess.DEVNULL)
    try:
        injected, calls, wrong = run_all(scenario, library)
    except Wrong as fault:
        injected, calls, wrong = 0, 0, [str(fault)]
    for line in wrong:
        print("#", line, file=sys.stderr)
    print(f"{injected} {calls}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
