# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The format of discovery-cases.json: every field is known here, with its
# shape.  A field or a shape that is not known raises FormatError, so that a
# case can never pass because half of it was ignored.  plan() turns one case
# and one text ("draft" or "v1") into the lookups to run: the case itself, its
# followups and the one under a block list, each with its scene (DNS, web
# servers) and the outcomes that are right.

import ipaddress
import re

SPECS = ("draft", "v1")
STEPS = ("1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "4", "5", "6")
ERRORS = ("invalid-server-name", "no-address", "dns-temporary", "timeout",
          "service-disabled", "no-usable-srv", "blocked-address",
          "aborted-invalid-well-known")
FAULTS = ("SERVFAIL", "TIMEOUT", "NOTIMP", "MALFORMED", "TRUNCATED_UDP")

# Enough to tell the shares of first_share apart; judge.py computes how far
# this many lookups may stray.
SHARE_LOOKUPS = 100

# What an administrator who fears rebinding would write.
DENIED = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
          "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4",
          "240.0.0.0/4", "::/128", "::1/128", "64:ff9b::/96", "2002::/16",
          "fc00::/7", "fe80::/10", "ff00::/8")

SCENE_FIELDS = {"dns", "dns_faults", "dns_extra", "wellknown"}
CASE_FIELDS = SCENE_FIELDS | {
    "id", "area", "title", "server_name", "resolv_conf", "expect_v1",
    "expect_draft", "followup", "with_blocklist", "target_server", "connect",
    "policy", "either", "source", "notes"}
FOLLOWUP_FIELDS = SCENE_FIELDS | {
    "after_s", "expect_v1", "expect_draft", "either", "policy", "notes"}
BLOCKLIST_FIELDS = FOLLOWUP_FIELDS - {"after_s"}
EXPECT_FIELDS = {
    "step", "targets", "order", "host_header", "tls_name", "cert_must_match",
    "cacheable_s", "cacheable_kind", "error", "one_of", "either", "policy",
    "one_of_orders", "first_share", "warnings", "notes"}
ENTRY_FIELDS = {
    "url", "net", "tls", "status", "headers", "body", "body_base64",
    "body_gen", "body_gzip_of", "chunks", "segment_bytes", "interim",
    "early_close", "dribble_s", "close_delimited", "ip",
    "must_not_be_requested", "policy", "notes"}
BODY_FIELDS = ("body", "body_base64", "body_gen", "body_gzip_of")
BODY_GEN_FIELDS = {"prefix", "repeat", "count", "middle", "repeat2", "suffix"}
RESOLV_FIELDS = {"search", "domain", "ndots", "timeout", "attempts",
                 "nameservers", "options"}


class FormatError(Exception):
    """The case says something this harness does not understand."""


def need(condition, where, text):
    if not condition:
        raise FormatError(f"{where}: {text}")


def only(where, value, allowed):
    need(isinstance(value, dict), where, f"is not an object: {value!r}")
    unknown = sorted(set(value) - set(allowed))
    need(not unknown, where, "unknown field " + ", ".join(unknown))


def one_in(where, value, allowed):
    need(value in allowed, where, f"unknown value {value!r}")


def strings(where, value):
    need(isinstance(value, list) and all(isinstance(x, str) for x in value),
         where, f"is not a list of strings: {value!r}")
    return value


def number(value, least=0):
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and value >= least)


def whole(value, least=0):
    return number(value, least) and isinstance(value, int)


# --- the scene -------------------------------------------------------------

def check_fault(fault):
    only("dns_faults", fault, {"name", "type", "fault"})
    need({"name", "type", "fault"} <= set(fault), "dns_faults",
         f"needs name, type and fault: {fault!r}")
    one_in("dns_faults", fault["fault"], FAULTS)


def check_body_gen(gen):
    only("body_gen", gen, BODY_GEN_FIELDS)
    for key in BODY_GEN_FIELDS - {"count"}:
        need(isinstance(gen.get(key, ""), str), "body_gen",
             f"{key} is not a string")
    need(whole(gen.get("count", 0), -1), "body_gen",
         "count is not a whole number from -1")


def check_body(where, holder):
    given = [field for field in BODY_FIELDS if field in holder]
    need(len(given) <= 1, where, "has more than one body: " + ", ".join(given))
    for field in ("body", "body_base64"):
        need(isinstance(holder.get(field, ""), str), field, "is not a string")
    if "body_gen" in holder:
        check_body_gen(holder["body_gen"])
    if "body_gzip_of" in holder:
        inner = holder["body_gzip_of"]
        if isinstance(inner, dict) and set(inner) & set(BODY_FIELDS):
            only("body_gzip_of", inner, BODY_FIELDS)
            check_body("body_gzip_of", inner)
        elif isinstance(inner, dict):
            check_body_gen(inner)
        else:
            need(isinstance(inner, str), "body_gzip_of",
                 "is neither a string nor a body")


def check_headers(where, headers):
    need(isinstance(headers, list), where, "headers are not a list")
    for pair in headers:
        need(isinstance(pair, list) and len(pair) == 2
             and all(isinstance(x, str) for x in pair),
             where, f"header is not a pair of strings: {pair!r}")


def check_interim(interim):
    """A status, or a list of statuses or of {status, headers}."""
    for item in interim if isinstance(interim, list) else [interim]:
        if isinstance(item, dict):
            only("interim", item, {"status", "headers"})
            check_headers("interim", item.get("headers", []))
            item = item.get("status")
        need(whole(item, 100) and item < 200, "interim",
             f"is not a 1xx status: {item!r}")


def check_entry(entry):
    only("wellknown", entry, ENTRY_FIELDS)
    where = f"wellknown {entry.get('url')}"
    need(re.match(r"https?://", str(entry.get("url"))), where, "bad url")
    one_in(f"{where} net", entry.get("net"), ("ok", "refused", "timeout"))
    one_in(f"{where} tls", entry.get("tls", "ok"),
           ("ok", "unknown-ca", "wrong-name"))
    need("status" not in entry or whole(entry["status"], 200), where,
         "bad status")
    check_headers(where, entry.get("headers", []))
    check_body(where, entry)
    chunks = entry.get("chunks", [])
    need(isinstance(chunks, list) and all(whole(x, 1) for x in chunks),
         where, "chunks are not a list of sizes")
    need(whole(entry.get("segment_bytes", 1), 1), where, "bad segment_bytes")
    need(number(entry.get("dribble_s", 0)), where, "bad dribble_s")
    if "interim" in entry:
        check_interim(entry["interim"])
    early = entry.get("early_close", False)
    need(isinstance(early, bool) or whole(early), where, "bad early_close")
    for flag in ("close_delimited", "must_not_be_requested"):
        need(isinstance(entry.get(flag, False), bool), where, f"bad {flag}")
    if "ip" in entry:
        ipaddress.ip_address(entry["ip"])


def check_scene(where, scene):
    strings(f"{where} dns", scene.get("dns", []))
    # dns_extra: only the reading "further zone lines" is known.
    strings(f"{where} dns_extra", scene.get("dns_extra", []))
    for fault in scene.get("dns_faults", []):
        check_fault(fault)
    wellknown = scene.get("wellknown")
    if wellknown is not None:
        need(isinstance(wellknown, list), where, "wellknown is not a list")
        for entry in wellknown:
            check_entry(entry)


def check_resolv_conf(conf):
    only("resolv_conf", conf, RESOLV_FIELDS)
    for key in ("search", "nameservers", "options"):
        strings(f"resolv_conf {key}", conf.get(key, []))
    for key in ("ndots", "timeout", "attempts"):
        need(whole(conf.get(key, 0)), "resolv_conf", f"bad {key}")
    need(isinstance(conf.get("domain", ""), str), "resolv_conf", "bad domain")


# --- what is expected ------------------------------------------------------

def check_targets(where, targets):
    for target in targets:
        need(isinstance(target, list) and len(target) == 2
             and whole(target[1], 1), where, f"bad target {target!r}")
        ipaddress.ip_address(target[0])


def check_orders(where, orders):
    if isinstance(orders, bool):
        return
    need(isinstance(orders, list) and orders, where, "bad one_of_orders")
    for order in orders:
        check_targets(where, order)


def check_outcome(where, expect):
    only(where, expect, EXPECT_FIELDS)
    need(("error" in expect) != ("targets" in expect), where,
         "needs either an error or targets")
    if "error" in expect:
        one_in(f"{where} error", expect["error"], ERRORS)
    else:
        check_targets(where, expect["targets"])
        one_in(f"{where} order", expect.get("order"),
               ("exact", "rfc6724", "srv"))
        for key in ("step", "host_header", "tls_name", "cert_must_match"):
            need(key in expect, where, f"has targets but no {key}")
        need(re.match("(DNS|IP):.", expect["cert_must_match"]), where,
             "bad cert_must_match")
    if "step" in expect:
        one_in(f"{where} step", expect["step"], STEPS)
    check_orders(where, expect.get("one_of_orders", False))
    strings(f"{where} warnings", expect.get("warnings", []))
    one_in(f"{where} cacheable_kind", expect.get("cacheable_kind"),
           ("positive", "negative-max", None))
    seconds = expect.get("cacheable_s")
    need(seconds is None or number(seconds), where, "bad cacheable_s")
    need((seconds is None) == (expect.get("cacheable_kind") is None), where,
         "cacheable_s and cacheable_kind do not belong together")
    for ip, share in expect.get("first_share", {}).items():
        ipaddress.ip_address(ip)
        need(number(share) and share <= 1, where, "bad first_share")


def further_steps(where, either):
    """either: a step, or a list of steps, that are acceptable as well."""
    steps = either if isinstance(either, list) else [either]
    for step in steps:
        one_in(f"{where} either", step, STEPS)
    return steps


def outcomes(where, expect, either):
    """The list of outcomes of which one has to be met."""
    only(where, expect, EXPECT_FIELDS)
    rest = {k: v for k, v in expect.items() if k != "one_of"}
    found = []
    for choice in expect.get("one_of", [{}]):
        only(f"{where} one_of", choice, EXPECT_FIELDS - {"one_of"})
        outcome = {**rest, **choice}
        check_outcome(where, outcome)
        steps = ([outcome["step"]] if "step" in outcome else [])
        for more in (either, outcome.get("either")):
            if more is not None:
                steps += further_steps(where, more)
        found.append({**outcome, "steps": steps})
    need(found, where, "one_of is empty")
    return found


def expected(where, holder, spec):
    """What expect_v1 and expect_draft of this holder mean for one text."""
    need("expect_v1" in holder, where, "has no expect_v1")
    draft = holder.get("expect_draft", "same")
    need(draft == "same" or isinstance(draft, dict), where,
         f"bad expect_draft {draft!r}")
    chosen = draft if spec == "draft" and draft != "same" \
        else holder["expect_v1"]
    return outcomes(f"{where} expect_{spec}", chosen, holder.get("either"))


# --- lookups ---------------------------------------------------------------

def lookup(label, scene, expect, **more):
    return {"label": label, "dns": scene.get("dns", []) +
            scene.get("dns_extra", []),
            "dns_faults": scene.get("dns_faults", []),
            "wellknown": scene.get("wellknown"), "expect": expect,
            "after_s": 0, "blocklist": False, "repeat": 0, "connect": None,
            "certificate_names": None, **more}


def inherit(case, holder):
    """A later lookup keeps what it does not say anew."""
    return {key: holder[key] if key in holder else case[key]
            for key in SCENE_FIELDS if key in holder or key in case}


def followups(case, spec):
    found, before = [], 0
    for index, holder in enumerate(case.get("followup", []), 1):
        where = f"followup {index}"
        only(where, holder, FOLLOWUP_FIELDS)
        check_scene(where, holder)
        # Counted from the first lookup, so it has to grow; were it counted
        # from the one before, equal numbers would be seen sooner or later.
        after = holder.get("after_s")
        need(whole(after, 1) and after > before, where,
             "after_s does not grow")
        found.append(lookup(f"{where} after {after} s", inherit(case, holder),
                            expected(where, holder, spec),
                            after_s=after))
        before = after
    return found


def blocked(case, spec):
    """The lookup under a block list; an outcome, an error, or a scene."""
    holder = case.get("with_blocklist")
    if holder is None:
        return []
    where = "with_blocklist"
    if isinstance(holder, str):
        expect = expected(where, case, spec) if holder == "same" else \
            outcomes(where, {"error": holder}, None)
        return [lookup(where, case, expect, blocklist=True)]
    if "expect_v1" in holder:
        only(where, holder, BLOCKLIST_FIELDS)
        check_scene(where, holder)
        return [lookup(where, inherit(case, holder),
                       expected(where, holder, spec), blocklist=True)]
    return [lookup(where, case, outcomes(where, holder, None),
                   blocklist=True)]


def target_names(case):
    one_in("connect", case.get("connect"), (None, "ok",
                                            "certificate-mismatch"))
    server = case.get("target_server")
    if server is None:
        need(case.get("connect") != "certificate-mismatch", "connect",
             "certificate-mismatch needs a target_server")
        return None
    only("target_server", server, {"certificate_names"})
    names = strings("certificate_names", server.get("certificate_names"))
    for name in names:
        need(re.match("(DNS|IP):.", name), "certificate_names", f"bad {name}")
    return names


def plan(case, spec):
    only("case", case, CASE_FIELDS)
    for key in ("id", "title", "server_name", "wellknown", "dns"):
        need(key in case, "case", f"has no {key}")
    check_scene("case", case)
    check_resolv_conf(case.get("resolv_conf", {}))
    expect = expected("case", case, spec)
    shares = any("first_share" in outcome for outcome in expect)
    first = lookup("lookup", case, expect,
                   repeat=SHARE_LOOKUPS if shares else 0,
                   connect=case.get("connect"),
                   certificate_names=target_names(case))
    return [first] + followups(case, spec) + blocked(case, spec)
