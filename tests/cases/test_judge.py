#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of the judge: a right answer passes, and each way to be wrong is
# a failure.  A judge that lets something through is worse than none.

import sys

sys.dont_write_bytecode = True

import copy
import json
import os
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import case_format
import judge
import tap_unittest

URL = "https://example.org/.well-known/matrix/server"
CASE = {
    "id": "T-1", "title": "test", "server_name": "example.org",
    "dns": ["example.org. 300 IN A 192.0.2.10",
            "_matrix-fed._tcp.example.org. 60 IN SRV 10 3 8443 a.example.net.",
            "_matrix-fed._tcp.example.org. 60 IN SRV 20 0 8444 a.example.net.",
            "a.example.net. 60 IN A 203.0.113.31",
            "a.example.net. 60 IN AAAA 2001:db8::31"],
    "wellknown": [{"url": URL, "net": "ok", "tls": "ok", "status": 404,
                   "headers": [], "body": ""}],
    "expect_v1": {
        "step": "4", "order": "srv", "host_header": "example.org",
        "targets": [["203.0.113.31", 8443], ["2001:db8::31", 8443],
                    ["203.0.113.31", 8444], ["2001:db8::31", 8444]],
        "tls_name": "example.org", "cert_must_match": "DNS:example.org",
        "cacheable_s": 3600, "cacheable_kind": "negative-max"},
    "expect_draft": "same"}


def target(ip, port, priority, weight=0, name="a.example.net"):
    return {"ip": ip, "port": port, "name": name, "priority": priority,
            "weight": weight}


GOT = {
    "format": 1, "server_name": "example.org", "status": "ok", "spec": "v1",
    "step": "4", "host": "example.org", "tls_name": "example.org",
    "cert_name": "example.org", "expires_in": 60, "warnings": [],
    "targets": [target("2001:db8::31", 8443, 10, 3),
                target("203.0.113.31", 8443, 10, 3),
                target("203.0.113.31", 8444, 20),
                target("2001:db8::31", 8444, 20)],
    "steps": [{"stage": "well-known", "step": "3", "target": "example.org",
               "outcome": "failed", "detail": "404", "ms": 1.0, "life": 60,
               "source": "network"}]}
SEEN = {
    "exit": 0, "timed_out": False, "elapsed": 0.1, "stderr": "", "clock": 0.2,
    "packets": [["tcp", "192.0.2.10", 443]],
    "dns": [{"proto": "udp", "name": "example.org.", "type": "A",
             "rcode": 0, "fault": None, "answers": 1}],
    "http": [{"ip": "192.0.2.10", "port": 443, "tls": "ok",
              "sni": "example.org",
              "requests": [{"method": "GET", "url": URL,
                            "host": "example.org", "entry": 0}]}],
    "lost_packets": 0, "trouble": [], "aged": None,
    "target": {"verified": True, "sni": "example.org",
               "shown": ["DNS:example.org"], "said": ""}}


class World:
    """One case, one answer and one evidence, to be bent by a test."""

    def __init__(self):
        self.case = copy.deepcopy(CASE)
        self.got, self.seen = copy.deepcopy(GOT), copy.deepcopy(SEEN)
        self.spec, self.which = "v1", 0

    def failures(self):
        seen = {**self.seen}
        seen.setdefault("stdout", json.dumps(self.got))
        lookup = case_format.plan(self.case, self.spec)[self.which]
        return judge.judge(self.case, self.spec, lookup, seen)

    def fail_with(self, error, status, code, step=None, expect=None):
        self.case["expect_v1"] = expect or {"error": error, "step": step}
        if step is None and expect is None:
            del self.case["expect_v1"]["step"]
        for key in ("host", "tls_name", "cert_name", "targets", "expires_in"):
            del self.got[key]
        self.got.update(status=status, error=error, reason="so", step=step)
        self.seen.update(exit=code, target=None)


class Base(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.got, self.seen = self.world.got, self.world.seen
        self.expect = self.world.case["expect_v1"]

    def passes(self):
        self.assertEqual(self.world.failures(), [])

    def fails(self, part):
        said = self.world.failures()
        self.assertTrue(any(part in text for text in said),
                        f"{part!r} is not in {said}")


class Shape(Base):
    def test_accepts_a_right_answer(self):
        self.passes()

    def test_refuses_output_that_is_not_one_json_object(self):
        for text in ("", "{}{}", "[]", "null", "nonsense"):
            self.seen["stdout"] = text
            self.assertTrue(self.world.failures(), text)

    def test_refuses_a_command_that_hangs(self):
        self.seen["timed_out"] = True
        self.fails("hung")

    def test_refuses_an_answer_for_another_text(self):
        self.got["spec"] = "draft"
        self.fails("spec is 'draft'")

    def test_refuses_missing_lists_and_names(self):
        for key, part in (("warnings", "not a list"), ("steps", "not a list"),
                          ("host", "not a string"), ("tls_name", "missing"),
                          ("expires_in", "expires_in")):
            world = World()
            del world.got[key]
            self.assertTrue(any(part in x for x in world.failures()), key)

    def test_refuses_an_unknown_stage(self):
        self.got["steps"][0]["stage"] = "magic"
        self.fails("unknown stage")

    def test_refuses_the_wrong_exit_status(self):
        self.seen["exit"] = 1
        self.fails("exit status is 1, not 0")

    def test_refuses_the_wrong_status_word(self):
        self.got["status"] = "invalid"
        self.fails("status is 'invalid'")

    def test_refuses_a_lookup_that_takes_too_long(self):
        self.seen["elapsed"] = 14.0
        self.fails("took 14.0 s")


class Answer(Base):
    def test_refuses_other_facts(self):
        for key, value in (("host", "a.example.net"), ("step", "5"),
                           ("tls_name", None), ("cert_name", "x.org")):
            world = World()
            world.got[key] = value
            self.assertTrue(world.failures(), key)

    def test_refuses_a_missing_or_a_further_target(self):
        spare = self.got["targets"].pop()
        self.fails("targets are")
        self.got["targets"] += [spare, spare]
        self.fails("targets are")

    def test_refuses_descending_priorities(self):
        self.got["targets"].reverse()
        self.fails("priorities do not ascend")

    def test_refuses_a_priority_that_no_record_has(self):
        self.got["targets"][0]["priority"] = 5
        self.fails("no SRV record says")

    def test_refuses_an_address_that_the_name_does_not_have(self):
        self.got["targets"][0]["name"] = "example.org"
        self.fails("example.org has no address")

    def test_exact_order_is_exact(self):
        self.expect["order"] = "exact"
        self.fails("targets are")
        self.got["targets"][:2] = self.got["targets"][1::-1]
        self.passes()

    def test_families_of_one_name_may_change_places(self):
        self.expect["order"] = "rfc6724"
        self.passes()
        self.got["targets"][1:3] = self.got["targets"][2:0:-1]
        self.fails("targets are")

    def test_a_step_named_by_either_will_do(self):
        self.got["step"] = "5"
        self.world.case["dns"] = [line.replace("-fed", "")
                                  for line in self.world.case["dns"]]
        self.fails("step is '5'")
        self.expect["either"] = ["5"]
        self.passes()

    def test_one_of_two_outcomes_will_do(self):
        right = dict(self.expect)
        self.world.case["expect_v1"] = {"one_of": [
            {"error": "no-address"}, right]}
        self.passes()
        self.world.case["expect_v1"]["one_of"].pop()
        self.fails("error is None, not 'no-address'")

    def test_wants_the_warnings_that_are_due(self):
        self.expect["warnings"] = ["srv-target-is-cname"]
        self.fails("no warning srv-target-is-cname")
        self.got["warnings"] = ["srv-target-is-cname: a is an alias"]
        self.passes()

    def test_an_ip_certificate_is_compared_as_an_address(self):
        self.assertTrue(judge.same_cert_name("IP:2001:db8::55",
                                             "2001:db8:0::55"))
        self.assertFalse(judge.same_cert_name("IP:2001:db8::55",
                                              "[2001:db8::55]"))
        self.assertFalse(judge.same_cert_name("DNS:192.0.2.1", None))


class Errors(Base):
    def test_accepts_the_error_that_is_due(self):
        self.world.fail_with("no-address", "not-found", 1, "6")
        self.passes()

    def test_refuses_another_error_or_step(self):
        self.world.fail_with("no-address", "not-found", 1, "6")
        self.got["step"] = "3.5"
        self.fails("step is '3.5', not 6")
        self.got["error"] = "no-usable-srv"
        self.fails("error is 'no-usable-srv'")

    def test_refuses_a_failure_without_a_reason(self):
        self.world.fail_with("no-address", "not-found", 1, "6")
        self.got["reason"] = ""
        self.fails("without a reason")

    def test_refuses_targets_beside_an_error(self):
        self.world.fail_with("no-address", "not-found", 1, "6")
        self.got["targets"] = [target("192.0.2.1", 1, 0)]
        self.fails("a failure has targets")

    def test_an_invalid_name_asks_nobody(self):
        self.world.fail_with("invalid-server-name", "invalid", 2)
        self.world.case["wellknown"] = None
        self.seen["http"] = []
        self.fails("asked DNS for example.org. A, though the name is invalid")
        self.seen["dns"] = []
        self.fails("a connection to 192.0.2.10 port 443")
        self.seen["packets"] = []
        self.passes()


class Life(Base):
    def test_a_failure_may_live_shorter(self):
        self.got["steps"][0]["life"] = 3601
        self.fails("lives 3601 s")
        self.got["steps"][0]["life"] = None
        self.passes()

    def document(self, seconds, life):
        self.expect.update(cacheable_s=seconds, cacheable_kind="positive")
        self.got["steps"][0].update(outcome="ok", life=life)

    def test_a_document_lives_exactly_as_long_as_it_may(self):
        self.document(86400, 86400)
        self.passes()
        for life in (86401, 86300, None):
            self.document(86400, life)
            self.fails("the document lives")

    def test_time_that_really_passed_is_no_fault(self):
        self.document(86280, 86277)
        self.fails("the document lives")
        self.seen["clock"] = 2.5
        self.passes()

    def test_a_document_lives_a_minute_at_least(self):
        self.document(0, 60)
        self.passes()
        self.document(0, 0)
        self.fails("lives 0 s, not 60 s")

    def test_no_well_known_step_where_none_is_due(self):
        self.expect.update(cacheable_s=None, cacheable_kind=None)
        self.fails("where none is due")
        self.got["steps"][0]["outcome"] = "skipped"
        self.passes()


class Shares(Base):
    def setUp(self):
        super().setUp()
        self.expect["first_share"] = {"203.0.113.31": 0.75,
                                      "2001:db8::31": 0.25}

    def first(self, one, other):
        return ["203.0.113.31"] * one + ["2001:db8::31"] * other

    def test_accepts_about_the_shares(self):
        for one in (60, 75, 85):
            self.seen["first"] = self.first(one, 100 - one)
            self.passes()

    def test_refuses_the_reverse_and_the_always_first(self):
        self.seen["first"] = self.first(10, 90)
        self.fails("came first 10 times of 100")
        self.assertEqual(judge.share_range(0.75, [3, 1, 0])[1], 0.75)
        bounds = judge.binomial_bounds(100, 0.6, 0.75, 1e-9 / 6)
        self.assertLess(bounds[1], 100)

    def test_zero_weight_is_rare_but_not_impossible(self):
        low, high = judge.share_range(0.0, [3, 1, 0])
        self.assertEqual((low, high), (0.0, 0.2))
        least, most = judge.binomial_bounds(100, low, high, 1e-9 / 6)
        self.assertEqual(least, 0)
        self.assertTrue(20 < most < 60, most)


if __name__ == "__main__":
    tap_unittest.main()
