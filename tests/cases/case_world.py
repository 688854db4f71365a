# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The world of one case: started by run_cases inside private namespaces, reads
# a job (JSON) on stdin, builds the network, the files and the servers of each
# lookup, runs the command, and writes what it saw (JSON) to stdout.  It
# gathers evidence only; what is right is judge.py's business.

import json
import os
import signal
import subprocess
import sys
import time

import case_format
import certs
import dns_server
import dns_zone
import https_server
import packet_watch
import private_files

COMMAND_LIMIT = 30.0
TLS_LIMIT = 10.0
CONFIG = "/run/test-nss-matrix.conf"
HOME = "/run/home"
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                    "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")

# Every address is local, so that each one "in the internet" exists and each
# attempt to reach one is seen.  The two ordinary addresses make both families
# look usable to programs that ask for addresses "as configured".
NETWORK = {
    "-4": ["link set lo up", "route add local 0.0.0.0/0 dev lo",
           "addr add 198.18.0.2/32 dev lo"],
    "-6": ["route add local ::/0 dev lo",
           "addr add 2001:db8:ffff::2/128 dev lo nodad"],
}


def build_network():
    for family, lines in NETWORK.items():
        subprocess.run(["ip", family, "-batch", "-"], check=True,
                       input="\n".join(lines) + "\n", text=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


# uid 0 has no cache of its own, and --spec keeps it from the system's: the
# command runs as an ordinary user, who is one inside these namespaces only,
# or, where those are forbidden (chroot), is nobody.
USERS = (("unshare", "-U", "--map-user=1000", "--map-group=1000"),
         ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))


def as_user():
    """The words before a command that make it an ordinary user's."""
    for user in USERS:
        if subprocess.run([*user, "true"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            if user[0] == "setpriv":
                os.chown(HOME, 65534, 65534)
            return user
    raise RuntimeError("no way to be an ordinary user")


def environment(lookup):
    kept = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
    kept.update(HOME=HOME, XDG_CACHE_HOME=HOME + "/.cache", LC_ALL="C.UTF-8")
    if lookup["blocklist"]:
        kept["NSS_MATRIX_CONF"] = CONFIG
    return kept


def arguments(job, more=()):
    """-> argv and stdin; a NUL cannot stand in argv, only in a file."""
    name = os.fsencode(job["server_name"])
    argv = [os.fsencode(x) for x in (*job["user"], *job["command"], "--json",
                                     "--spec", job["spec"], *more)]
    if b"\0" in name:
        return argv + [b"-f", b"-"], name + b"\n"
    return argv + [b"--", name], b""


def run_command(job, lookup, more=()):
    argv, given = arguments(job, more)
    start = time.monotonic()
    # A session of its own, so that whatever the command leaves behind can be
    # ended with it.
    child = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=environment(lookup), cwd=HOME,
                             start_new_session=True)
    timed_out = False
    try:
        out, err = child.communicate(given, COMMAND_LIMIT)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
    return {"exit": child.returncode, "timed_out": timed_out,
            "elapsed": round(time.monotonic() - start, 3),
            "stdout": out.decode("utf-8", "backslashreplace"),
            "stderr": err.decode("utf-8", "backslashreplace")[-4000:]}


def first_target(output):
    """ip, port of the first target, or None."""
    try:
        target = json.loads(output)["targets"][0]
        return str(target["ip"]), int(target["port"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def repeat(job, lookup):
    """The first addresses of many lookups without cache, two at a time."""
    found, running = [], []
    argv, _ = arguments(job, ["--no-cache"])
    for _ in range(lookup["repeat"]):
        running.append(subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=environment(lookup), cwd=HOME))
        if len(running) == 2:
            found.append(running.pop(0).communicate(timeout=COMMAND_LIMIT)[0])
    found += [child.communicate(timeout=COMMAND_LIMIT)[0]
              for child in running]
    return [(first_target(output) or [None])[0] for output in found]


# --- the connection a tool would make with the answer ----------------------

def wanted_names(lookup, cert_name):
    """The certificate the target shows: the case's, else a right one."""
    if lookup["certificate_names"] is not None:
        return lookup["certificate_names"]
    right = [outcome["cert_must_match"] for outcome in lookup["expect"]
             if "cert_must_match" in outcome]
    # Where several outcomes are right, the one that was found.
    right.sort(key=lambda name: name.partition(":")[2] != cert_name)
    return right[:1]


def verify_target(lookup, output, store):
    """Asks openssl whether the first target's certificate is the right one."""
    target = first_target(output)
    if target is None:
        return None
    answer = json.loads(output)
    ip, port = target
    cert_name, tls_name = str(answer.get("cert_name")), answer.get("tls_name")
    names = wanted_names(lookup, cert_name)
    if not names:
        return None
    literal = https_server.is_ip(cert_name)
    try:
        server = https_server.TlsTarget(ip, port, store.leaf(names),
                                        store.path("leaf.key"))
    except (https_server.WorldError, ValueError) as error:
        return {"verified": None, "sni": None, "shown": names,
                "said": str(error)}
    place = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    argv = ["openssl", "s_client", "-connect", place, "-CAfile", store.ca,
            "-verify_return_error", "-verify_quiet", "-brief",
            "-verify_ip" if literal else "-verify_hostname", cert_name]
    argv += ["-noservername"] if tls_name is None else \
        ["-servername", str(tls_name)]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=TLS_LIMIT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    sni = server.close()
    return {"verified": done.returncode == 0, "sni": sni, "shown": names,
            "said": done.stdout.decode("utf-8", "replace")[-600:]}


# --- a lookup --------------------------------------------------------------

def scene(lookup, dns, store):
    zone = dns_zone.Zone(lookup["dns"], lookup["dns_faults"])
    dns.load(zone)
    web = https_server.WebServers(lookup["wellknown"], zone, store)
    web.start()
    return web


def look_up(job, lookup, dns, watch, store):
    web = scene(lookup, dns, store)
    watch.drain()  # what building the scene sent,
    watch.lost()   # and what a repeat before it did
    seen = run_command(job, lookup)
    seen["packets"] = watch.drain(but={dns_server.ADDRESS})
    seen["lost_packets"] = watch.lost()
    seen["dns"] = list(dns.log)
    if lookup["repeat"]:
        seen["first"] = repeat(job, lookup)
    seen["http"] = web.close()[:1000]
    seen["trouble"] = dns.trouble + web.trouble
    if not lookup["blocklist"]:
        seen["target"] = verify_target(lookup, seen["stdout"], store)
    return seen


def build(job):
    """What stays for all lookups; the machine may forbid it."""
    try:
        build_network()
        private_files.build(job["resolv_conf"], certs.Certs(job["certs"]),
                            [job["system_cache"], HOME],
                            [f"deny {cidr}" for cidr in case_format.DENIED],
                            CONFIG)
        return dns_server.DnsServer(), packet_watch.PacketWatch()
    except subprocess.CalledProcessError as error:
        raise private_files.SetupError(
            f"{' '.join(error.cmd)}: {error.stderr}") from error
    except OSError as error:
        raise private_files.SetupError(str(error)) from error


def run(job):
    dns, watch = build(job)
    job["user"] = as_user()
    caches = [job["system_cache"], HOME + "/.cache/nss-matrix"]
    started, before, found = time.monotonic(), 0, []
    for lookup in job["lookups"]:
        aged = None
        if lookup["blocklist"]:
            private_files.empty(caches)
        elif lookup["after_s"]:
            aged = private_files.age(caches, lookup["after_s"] - before)
            before = lookup["after_s"]
        seen = look_up(job, lookup, dns, watch, certs.Certs(job["certs"]))
        seen.update(aged=aged, clock=time.monotonic() - started)
        found.append(seen)
    return found


def main():
    job = json.load(sys.stdin)
    try:
        result = {"lookups": run(job)}
    except private_files.SetupError as error:
        result = {"error": str(error), "setup": True}
    except (https_server.WorldError, dns_zone.ZoneError, RuntimeError,
            OSError) as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    json.dump(result, sys.stdout)
    sys.stdout.flush()
    # Threads may still sit in a handshake; there is nothing left to save.
    os._exit(0)


if __name__ == "__main__":
    main()
