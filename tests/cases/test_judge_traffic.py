#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of what the judge says about questions, connections and requests.

import sys

sys.dont_write_bytecode = True

import os
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import tap_unittest
import test_judge


class Connections(test_judge.Base):
    def test_refuses_a_connection_to_a_target(self):
        self.seen["packets"].append(["tcp", "203.0.113.31", 8443])
        self.fails("a connection to 203.0.113.31 port 8443")

    def test_refuses_another_port_of_a_well_known_host(self):
        self.seen["packets"].append(["tcp", "192.0.2.10", 80])
        self.fails("a connection to 192.0.2.10 port 80")

    def test_refuses_a_datagram_to_anybody(self):
        self.seen["packets"].append(["udp", "192.0.2.10", 53])
        self.fails("a datagram to 192.0.2.10")

    def test_allows_dns_over_both_protocols(self):
        self.seen["packets"] += [["udp", "127.0.0.1", 53],
                                 ["tcp", "127.0.0.1", 53]]
        self.passes()

    def test_refuses_any_well_known_where_none_is_due(self):
        self.world.case["wellknown"] = None
        self.seen["http"] = []
        self.fails("where no well-known is due")

    def test_a_host_without_entry_may_be_tried_if_it_has_an_address(self):
        self.world.case["wellknown"] = []
        self.seen["http"] = []
        self.passes()
        self.world.case["dns"] = self.world.case["dns"][1:]
        self.fails("a connection to 192.0.2.10 port 443")

    def test_a_trap_may_not_be_connected_to(self):
        self.world.case["wellknown"].append({
            "url": "http://example.org/x", "net": "ok", "status": 200,
            "must_not_be_requested": True})
        self.passes()
        self.seen["packets"].append(["tcp", "192.0.2.10", 80])
        self.fails("a connection to 192.0.2.10 port 80")

    def test_denied_addresses_are_not_contacted(self):
        self.world.case["with_blocklist"] = "same"
        self.world.which = 1
        self.passes()
        self.world.case["dns"].append("example.org. 300 IN A 10.1.2.3")
        self.seen["packets"].append(["tcp", "10.1.2.3", 443])
        self.fails("10.1.2.3 port 443, which is denied")

    def test_a_blind_watch_is_a_failure(self):
        self.seen["packets"] = []
        self.fails("the harness did not see")

    def test_lost_packets_and_trouble_are_failures(self):
        self.seen["lost_packets"] = 3
        self.fails("lost 3 packets")
        self.seen["trouble"] = ["a server broke"]
        self.fails("a server broke")


class Requests(test_judge.Base):
    def setUp(self):
        super().setUp()
        self.connection = self.seen["http"][0]
        self.request = self.connection["requests"][0]
        self.entry = self.world.case["wellknown"][0]

    def test_wants_the_well_known_fetched(self):
        self.connection["requests"] = []
        self.fails("no request for https://example.org/")

    def test_refuses_a_request_that_the_case_does_not_have(self):
        self.request["entry"] = None
        self.fails("which the case does not have")

    def test_refuses_a_request_for_a_trap(self):
        self.entry["must_not_be_requested"] = True
        self.fails("which is a trap")

    def test_refuses_a_request_after_a_bad_certificate(self):
        self.entry["tls"] = "unknown-ca"
        self.fails("over the bad certificate")

    def test_refuses_other_methods(self):
        self.request["method"] = "HEAD"
        self.fails("HEAD for")

    def test_host_names_the_right_port(self):
        self.request["host"] = "example.org:8448"
        self.fails("Host is 'example.org:8448'")
        self.request["host"] = "EXAMPLE.org:443"
        self.passes()
        self.request["host"] = "example.org:x"
        self.fails("Host is")

    def test_sni_is_the_host_in_any_case_without_dot(self):
        self.connection["sni"] = "Example.ORG"
        self.passes()
        for sni in ("example.org.", None, "other.org"):
            self.connection["sni"] = sni
            self.fails("SNI is")

    def test_an_ip_literal_gets_no_sni(self):
        self.entry["url"] = "https://192.0.2.10/.well-known/matrix/server"
        self.request["host"] = "192.0.2.10"
        self.fails("SNI is 'example.org', not None")
        self.connection["sni"] = None
        self.passes()

    def test_a_broken_well_known_leaves_a_warning(self):
        self.entry.update(net="refused")
        self.seen["http"] = []
        self.fails("no warning, though")
        self.got["warnings"] = ["well-known-failed: refused"]
        self.passes()


class Questions(test_judge.Base):
    def ask(self, name, kind="A"):
        self.seen["dns"].append({"proto": "udp", "name": name, "type": kind,
                                 "rcode": 3, "fault": None, "answers": 0})

    def test_refuses_the_search_list(self):
        self.world.case["resolv_conf"] = {"search": ["corp.test"]}
        self.passes()
        self.ask("example.org.CORP.test.")
        self.fails("the search list")

    def test_a_name_inside_the_search_domain_is_no_search(self):
        self.world.case["resolv_conf"] = {"search": ["org"]}
        self.passes()

    def test_step_2_asks_for_no_srv(self):
        self.ask("_matrix._tcp.example.org.", "SRV")
        self.passes()
        self.got["step"] = "2"
        self.fails("though there is a port")

    def test_step_1_asks_nothing(self):
        self.got["step"] = "1"
        self.fails("about an IP literal")


class Target(test_judge.Base):
    def test_the_right_certificate_has_to_verify(self):
        self.seen["target"]["verified"] = False
        self.fails("openssl refuses")

    def test_a_mismatch_has_to_be_noticed(self):
        self.world.case.update(
            connect="certificate-mismatch",
            target_server={"certificate_names": ["DNS:a.example.net"]})
        self.fails("openssl accepts")
        self.seen["target"]["verified"] = False
        self.passes()
        self.seen["target"]["verified"] = None
        self.fails("could not be tried")

    def test_sni_at_the_target_is_the_tls_name(self):
        self.seen["target"]["sni"] = None
        self.fails("SNI at the target")


if __name__ == "__main__":
    tap_unittest.main()
