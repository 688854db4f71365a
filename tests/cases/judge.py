# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Says whether what a lookup answered is right: pure comparison of a lookup
# (case_format.plan) with the evidence of its world (case_world), no sockets,
# no files.  This file judges the answer; judge_traffic.py what was sent to
# get it.  Failures are sentences; none means the lookup was right.

import json
import math

import dns_zone
import http_reply
import https_server
import judge_traffic

# error -> status, exit status; the one table of outcomes in the design.
OUTCOMES = {
    None: ("ok", 0),
    "invalid-server-name": ("invalid", 2),
    "no-address": ("not-found", 1),
    "service-disabled": ("not-found", 1),
    "no-usable-srv": ("not-found", 1),
    "aborted-invalid-well-known": ("not-found", 1),
    "blocked-address": ("not-found", 1),
    "dns-temporary": ("try-again", 4),
    "timeout": ("try-again", 4),
    "internal": ("unavailable", 5),
}
STAGES = ("name", "well-known", "srv", "address")
STEP_OUTCOMES = ("ok", "none", "failed", "invalid", "skipped", "temporary")

# A document lives at least this long here, also where HTTP says 0 (no-store):
# a resolver without any memory would fetch for every single connection.
DOCUMENT_FLOOR = 60

# The design's limit for a whole discovery, and what a busy machine may add.
DISCOVERY_LIMIT, SLACK = 10.0, 3.0

# How rarely check_shares() may be wrong about a right answer.
FALSE_ALARM = 1e-9

SRV_OWNER = {"3.3": "_matrix-fed", "4": "_matrix-fed",
             "3.4": "_matrix", "5": "_matrix"}


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


# --- the shape of the JSON -------------------------------------------------

def check_shape(got, spec, server_name):
    said = []
    if got.get("format") != 1:
        said.append(f"format is {got.get('format')!r}, not 1")
    if got.get("spec") != spec:
        said.append(f"spec is {got.get('spec')!r}, not {spec!r}")
    name = got.get("server_name")
    if not isinstance(name, str) or (name.lower() != server_name.lower()
                                     and "\0" not in server_name):
        said.append(f"server_name is {name!r}, not {server_name!r}")
    for key in ("warnings", "steps"):
        if not isinstance(got.get(key), list):
            said.append(f"{key} is not a list: {got.get(key)!r}")
    for step in got.get("steps") or []:
        said += check_step(step)
    if got.get("status") == "ok":
        said += check_ok_shape(got)
    elif got.get("targets"):
        said.append("a failure has targets")
    elif not got.get("reason") or not isinstance(got["reason"], str):
        said.append(f"a failure without a reason: {got.get('reason')!r}")
    return said


def check_step(step):
    if not isinstance(step, dict):
        return [f"a step is not an object: {step!r}"]
    said = []
    if step.get("stage") not in STAGES:
        said.append(f"unknown stage {step.get('stage')!r}")
    if step.get("outcome") not in STEP_OUTCOMES:
        said.append(f"unknown step outcome {step.get('outcome')!r}")
    if step.get("life") is not None and not whole(step["life"]):
        said.append(f"a step's life is {step['life']!r}")
    return said


def check_ok_shape(got):
    said = [f"{key} is not a string: {got.get(key)!r}"
            for key in ("step", "host", "cert_name")
            if not isinstance(got.get(key), str)]
    if "tls_name" not in got:
        said.append("tls_name is missing")
    if not whole(got.get("expires_in")) or got["expires_in"] < 0:
        said.append(f"expires_in is {got.get('expires_in')!r}")
    if "error" in got:
        said.append("an answer that is ok has an error")
    for target in got.get("targets") or [{}]:
        if not (isinstance(target, dict)
                and isinstance(target.get("ip"), str)
                and https_server.is_ip(target["ip"])
                and whole(target.get("port"))):
            said.append(f"bad target {target!r}")
    return said


# --- the outcome -----------------------------------------------------------

def pairs(targets):
    return [(https_server.canonical(t["ip"]), t["port"])
            if isinstance(t, dict)
            else (https_server.canonical(t[0]), t[1]) for t in targets]


def in_family_order(wanted, got_targets):
    """Is it `wanted`, but for families of one name in another order?"""
    got = pairs(got_targets)
    if sorted(got) != sorted(wanted):
        return False
    place = {pair: at for at, pair in enumerate(got)}
    for first in range(len(wanted)):
        for second in range(first + 1, len(wanted)):
            at, later = place[wanted[first]], place[wanted[second]]
            if later >= at:
                continue
            same_name = got_targets[at].get("name") == \
                got_targets[later].get("name")
            other_family = (":" in wanted[first][0]) != \
                (":" in wanted[second][0])
            if not (same_name and other_family):
                return False
    return True


def targets_fit(outcome, targets):
    orders = outcome.get("one_of_orders", False)
    if isinstance(orders, list):
        return pairs(targets) in [pairs(order) for order in orders]
    wanted = pairs(outcome["targets"])
    if orders or outcome["order"] == "srv":
        # Priorities are judged apart, by the records themselves.
        return sorted(pairs(targets)) == sorted(wanted)
    if outcome["order"] == "rfc6724":
        return in_family_order(wanted, targets)
    return pairs(targets) == wanted


def same_cert_name(wanted, got):
    kind, _, name = wanted.partition(":")
    if kind == "IP":
        return isinstance(got, str) and https_server.is_ip(got) and \
            https_server.canonical(got) == https_server.canonical(name)
    return isinstance(got, str) and got.lower() == name.lower()


def check_answer(outcome, got):
    said = []
    if not targets_fit(outcome, got["targets"]):
        said.append(f"targets are {pairs(got['targets'])}, not "
                    f"{pairs(outcome['targets'])} ({outcome['order']})")
    if got["host"] != outcome["host_header"]:
        said.append(f"host is {got['host']!r}, not "
                    f"{outcome['host_header']!r}")
    if got["tls_name"] != outcome["tls_name"]:
        said.append(f"tls_name is {got['tls_name']!r}, not "
                    f"{outcome['tls_name']!r}")
    if not same_cert_name(outcome["cert_must_match"], got["cert_name"]):
        said.append(f"cert_name is {got['cert_name']!r}, not "
                    f"{outcome['cert_must_match']!r}")
    return said


def check_warnings(outcome, got):
    codes = [str(text).partition(":")[0] for text in got["warnings"]]
    return [f"no warning {code}; there are {codes}"
            for code in outcome.get("warnings", []) if code not in codes]


def check_life(outcome, got, clock):
    """The life of the well-known outcome, as its last step states it."""
    steps = [step for step in got["steps"] if step["stage"] == "well-known"
             and step["outcome"] != "skipped"]
    kind, limit = outcome.get("cacheable_kind"), outcome.get("cacheable_s")
    if kind is None:
        if "cacheable_kind" in outcome and steps:
            return ["a well-known step where none is due"]
        return []
    if not steps:
        return ["no well-known step, so no life to judge"]
    life, positive = steps[-1].get("life"), steps[-1]["outcome"] == "ok"
    if positive != (kind == "positive"):
        return [f"the last well-known step is {steps[-1]['outcome']!r}, "
                f"its life should be {kind}"]
    if not positive:
        return [] if (life or 0) <= limit else \
            [f"a failure lives {life} s, at most {limit} s are right"]
    wanted = max(limit, DOCUMENT_FLOOR)
    # `clock` seconds have really passed since the first lookup.
    if life is None or not wanted - math.ceil(clock) - 1 <= life <= wanted:
        return [f"the document lives {life} s, not {wanted} s"]
    return []


def check_outcome(outcome, got, clock):
    error = outcome.get("error")
    if got.get("error") != error:
        return [f"error is {got.get('error')!r}, not {error!r}"]
    said = []
    if outcome["steps"] and got.get("step") not in outcome["steps"]:
        said.append(f"step is {got.get('step')!r}, not "
                    + " or ".join(outcome["steps"]))
    if error is None:
        said += check_answer(outcome, got)
    return said + check_warnings(outcome, got) + \
        check_life(outcome, got, clock)


def check_status(got, seen):
    error = got.get("error")
    if error not in OUTCOMES:
        return [f"unknown error {error!r}"]
    status, code = OUTCOMES[error]
    said = []
    if got.get("status") != status:
        said.append(f"status is {got.get('status')!r}, not {status!r}")
    if seen["exit"] != code:
        said.append(f"exit status is {seen['exit']}, not {code}")
    return said


# --- SRV -------------------------------------------------------------------

def record_of(target, services, spec):
    """The SRV record a target claims to come from."""
    for priority, weight, port, name in services:
        # Port 0 is "no port" to the draft, which has a default for that.
        port = 8448 if port == 0 and spec == "draft" else port
        if (priority, weight, port) == (target.get("priority"),
                                        target.get("weight"),
                                        target["port"]) and \
                http_reply.normal_host(name) == \
                http_reply.normal_host(str(target.get("name"))):
            return True
    return False


def check_srv(got, zone, spec):
    """Priority, weight, name and address of each target, by the zone."""
    owner = SRV_OWNER.get(got["step"])
    said = []
    if owner is not None:
        services = zone.services(f"{owner}._tcp.{got['cert_name']}")
        said = [f"no SRV record says {target}" for target in got["targets"]
                if not record_of(target, services, spec)]
        priorities = [t.get("priority") for t in got["targets"]]
        if not said and priorities != sorted(priorities):
            said.append(f"priorities do not ascend: {priorities}")
    for target in got["targets"]:
        name = target.get("name")
        if not isinstance(name, str) or https_server.is_ip(name.strip("[]")):
            continue
        known = map(https_server.canonical, zone.addresses(name))
        if https_server.canonical(target["ip"]) not in known:
            said.append(f"{name} has no address {target['ip']}")
    return said


def binomial_bounds(n, low, high, alarm):
    """Counts that a share between low and high leaves as rarely as that."""
    def below(p, k):
        return sum(math.comb(n, i) * p**i * (1 - p)**(n - i)
                   for i in range(k))
    least = max(k for k in range(n + 1) if below(low, k) < alarm)
    most = min((k for k in range(n + 1) if 1 - below(high, k + 1) < alarm),
               default=n)
    return least, most


def share_range(share, weights):
    """The shares that are right for one record among `weights`.

    RFC 2782 read literally draws from 0 to the sum of the weights, both
    included, and puts records of weight 0 first: these get 1/(sum + 1), or,
    where there are none, whatever stands first gets that much more.
    """
    total = sum(weights)
    literal = share * total
    if share == 0 or 0 not in weights:
        return literal / (total + 1), max(share, (literal + 1) / (total + 1))
    return literal / (total + 1), share


def check_shares(outcome, got, first):
    """How often each address came first, within what chance allows.

    A generous bound, as it has to hold for every run there will ever be;
    exactness is for unit tests.
    """
    best = min(t["priority"] for t in got["targets"])
    weights = {(t["name"], t["port"]): t["weight"] for t in got["targets"]
               if t["priority"] == best}
    shares = outcome["first_share"]
    came = [x and https_server.canonical(x) for x in first]
    said = []
    for ip, share in shares.items():
        count = came.count(https_server.canonical(ip))
        least, most = binomial_bounds(
            len(first), *share_range(share, list(weights.values())),
            FALSE_ALARM / (2 * len(shares)))
        if not least <= count <= most:
            said.append(f"{ip} came first {count} times of {len(first)}; "
                        f"a share of {share} gives {least} to {most}")
    return said


# --- the connection made with the answer -----------------------------------

def check_target(lookup, got, target):
    if target is None or target["verified"] is None:
        if lookup["connect"] == "certificate-mismatch":
            return [f"the target could not be tried: {target}"]
        return []
    said = []
    good = lookup["connect"] != "certificate-mismatch"
    if target["verified"] != good:
        said.append("openssl " + ("refuses" if good else "accepts")
                    + f" {target['shown']} for {got['cert_name']}: "
                    + target["said"])
    if target["sni"] != got["tls_name"]:
        said.append(f"SNI at the target is {target['sni']!r}")
    return said


# --- all of it -------------------------------------------------------------

def parse(seen):
    """-> the JSON object, or None and why not."""
    if seen["timed_out"]:
        return None, [f"the command hung; ended after {seen['elapsed']} s"]
    try:
        got = json.loads(seen["stdout"])
    except ValueError as error:
        return None, [f"stdout is not one JSON text: {error}; exit status "
                      f"{seen['exit']}"]
    if not isinstance(got, dict):
        return None, ["stdout is not a JSON object"]
    return got, []


def closest(lookup, got, clock):
    """The outcome with the fewest complaints, and these."""
    tried = [(outcome, check_outcome(outcome, got, clock))
             for outcome in lookup["expect"]]
    return min(tried, key=lambda pair: len(pair[1]))


def judge(case, spec, lookup, seen):
    got, said = parse(seen)
    if got is None:
        return said
    said = check_status(got, seen)
    said += check_shape(got, spec, case["server_name"])
    if said:
        return said  # nothing further can be trusted to be there
    zone = dns_zone.Zone(lookup["dns"], lookup["dns_faults"])
    outcome, said = closest(lookup, got, seen["clock"])
    if got["status"] == "ok":
        said += check_srv(got, zone, spec)
        if not lookup["blocklist"]:
            said += check_target(lookup, got, seen["target"])
        if "first_share" in outcome and "first" in seen and not said:
            said += check_shares(outcome, got, seen["first"])
    if seen["elapsed"] > DISCOVERY_LIMIT + SLACK:
        said.append(f"took {seen['elapsed']} s")
    return said + judge_traffic.judge(case, lookup, outcome, got, seen, zone)
