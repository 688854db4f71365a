#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of what a world is made of, without building one: the format's
# strictness, the zone and its wire form, HTTP answers octet by octet, the
# ageing of a cache, the packet filter.

import sys

sys.dont_write_bytecode = True

import copy
import gzip
import os
import struct
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import case_format
import dns_server
import dns_zone
import http_reply
import https_server
import packet_watch
import private_files
import tap_unittest
import test_judge


class Format(unittest.TestCase):
    def plan(self, **more):
        return case_format.plan({**copy.deepcopy(test_judge.CASE), **more},
                                "v1")

    def refuses(self, **more):
        with self.assertRaises(case_format.FormatError):
            self.plan(**more)

    def test_refuses_unknown_fields_everywhere(self):
        entry = {"url": "https://a.org/", "net": "ok"}
        expect = test_judge.CASE["expect_v1"]
        self.refuses(surprise=1)
        self.refuses(wellknown=[{**entry, "speed": 1}])
        self.refuses(expect_v1={**expect, "mood": 1})
        self.refuses(expect_v1={"one_of": [{**expect, "mood": 1}]})
        self.refuses(dns_faults=[{"name": "a.", "type": "A", "fault": "?"}])
        self.refuses(resolv_conf={"sortlist": []})
        self.refuses(wellknown=[{**entry, "body_gen": {"again": 1}}])
        self.refuses(followup=[{"after_s": 1, "x": 1, "expect_v1": expect}])
        self.refuses(target_server={"certificate": []})

    def test_refuses_unknown_shapes(self):
        entry = {"url": "https://a.org/", "net": "ok"}
        for field, value in (("net", "slow"), ("tls", "expired"),
                             ("chunks", "3"), ("interim", 200),
                             ("early_close", "soon"), ("headers", {"a": 1}),
                             ("body_base64", 3), ("dribble_s", "1")):
            self.refuses(wellknown=[{**entry, field: value}])
        self.refuses(wellknown=[{**entry, "body": "", "body_base64": ""}])
        self.refuses(dns_extra={"a": 1})
        self.refuses(expect_draft="similar")
        self.refuses(connect="maybe")
        self.refuses(connect="certificate-mismatch")

    def test_a_followup_keeps_what_it_does_not_say(self):
        expect = test_judge.CASE["expect_v1"]
        first, later = self.plan(followup=[
            {"after_s": 5, "wellknown": None, "expect_v1": expect}])
        self.assertEqual(later["dns"], first["dns"])
        self.assertIsNone(later["wellknown"])
        self.refuses(followup=[{"after_s": 5, "expect_v1": expect},
                               {"after_s": 5, "expect_v1": expect}])

    def test_one_of_shares_what_stands_beside_it(self):
        expect = dict(test_judge.CASE["expect_v1"])
        del expect["host_header"]
        lookup, = self.plan(expect_v1={**expect, "one_of": [
            {"host_header": "a"}, {"host_header": "b", "either": "5"}]})
        self.assertEqual([o["host_header"] for o in lookup["expect"]],
                         ["a", "b"])
        self.assertEqual(lookup["expect"][1]["steps"], ["4", "5"])


ZONE = ["example.org. 300 IN CNAME a.example.net.",
        "a.example.net. 60 IN A 192.0.2.1",
        "_matrix._tcp.b.org. 60 IN SRV 1 2 3 t.b.org.",
        "*.w.org. 60 IN A 192.0.2.9", "l1.org. 1 IN CNAME l2.org.",
        "l2.org. 1 IN CNAME l1.org.", "d.org. 1 IN CNAME gone.org."]


def question(name, kind):
    return struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + \
        dns_zone.wire_name(tuple(x.encode() for x in name.split("."))) + \
        struct.pack(">HH", dns_zone.TYPES[kind], 1)


class Dns(unittest.TestCase):
    def ask(self, name, kind="A", faults=()):
        return dns_zone.Zone(ZONE, faults).answer(dns_zone.labels(name), kind)

    def test_follows_aliases(self):
        found = self.ask("example.org.")
        self.assertEqual([r.type for r in found.records], ["CNAME", "A"])
        self.assertEqual(found.rcode, dns_zone.NOERROR)

    def test_an_alias_to_nowhere_is_nxdomain_with_the_alias(self):
        found = self.ask("d.org.")
        self.assertEqual(found.rcode, dns_zone.NXDOMAIN)
        self.assertEqual(len(found.records), 1)
        self.assertEqual(found.authority[0].type, "SOA")

    def test_a_loop_is_servfail(self):
        self.assertEqual(self.ask("l1.org.").rcode, dns_zone.SERVFAIL)

    def test_tells_no_data_from_no_name(self):
        self.assertEqual(self.ask("_tcp.b.org.").rcode, dns_zone.NOERROR)
        self.assertEqual(self.ask("x.b.org.").rcode, dns_zone.NXDOMAIN)
        self.assertEqual(self.ask("a.example.net.", "AAAA").rcode,
                         dns_zone.NOERROR)

    def test_wildcards_answer_for_names_that_do_not_exist(self):
        self.assertEqual(len(self.ask("x.y.w.org.").records), 1)

    def test_refuses_lines_that_cannot_be_served(self):
        for line in ("a.org 1 IN A 1.2.3.4", "a.org. IN A 1.2.3.4",
                     "a.org. 1 IN WHAT 1", f"{'a' * 64}.org. 1 IN A 1.2.3.4",
                     "a..org. 1 IN A 1.2.3.4"):
            with self.assertRaises(dns_zone.ZoneError, msg=line):
                dns_zone.Zone([line])

    def test_generates_ranges(self):
        zone = dns_zone.Zone(["$GENERATE 1-3 h$.org. 60 IN A 192.0.2.$"])
        self.assertEqual(zone.addresses("h3.org"), ["192.0.2.3"])

    def reply(self, fault, udp=True):
        zone = dns_zone.Zone(ZONE, [
            {"name": "a.example.net.", "type": "A", "fault": fault}])
        out, _ = dns_server.reply(question("A.example.NET", "A"), zone, udp)
        return out

    def test_faults_look_as_they_should(self):
        self.assertIsNone(self.reply("TIMEOUT"))
        self.assertEqual(self.reply("SERVFAIL")[3] & 15, 2)
        self.assertEqual(self.reply("NOTIMP")[3] & 15, 4)
        cut = self.reply("TRUNCATED_UDP")
        self.assertTrue(cut[2] & 2)
        self.assertEqual(struct.unpack_from(">H", cut, 6)[0], 0)
        self.assertFalse(self.reply("TRUNCATED_UDP", udp=False)[2] & 2)
        self.assertEqual(struct.unpack_from(">H", self.reply("MALFORMED"),
                                            6)[0], 1)

    def test_keeps_the_question_as_it_was_spelt(self):
        out, entry = dns_server.reply(question("A.example.NET", "A"),
                                      dns_zone.Zone(ZONE), True)
        self.assertIn(b"\x03NET", out)
        self.assertEqual(entry["name"], "A.example.NET.")
        self.assertEqual(out[-4:], bytes([192, 0, 2, 1]))

    def test_long_answers_are_cut_over_udp_only(self):
        zone = dns_zone.Zone(["$GENERATE 1-100 a.org. 1 IN A 192.0.2.$"])
        for udp in (True, False):
            out, _ = dns_server.reply(question("a.org", "A"), zone, udp)
            self.assertEqual(bool(out[2] & 2), udp)


class Http(unittest.TestCase):
    def sent(self, **entry):
        entry.setdefault("status", 200)
        return list(http_reply.Reply(entry).octets())

    def whole(self, **entry):
        return b"".join(self.sent(**entry))

    def test_states_the_length(self):
        self.assertEqual(self.whole(body="abc"),
                         b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")

    def test_leaves_a_wrong_length_alone(self):
        out = self.whole(body="abc", headers=[["Content-Length", "9"]])
        self.assertTrue(out.endswith(b"Content-Length: 9\r\n\r\nabc"))
        self.assertEqual(out.count(b"Content-Length"), 1)

    def test_chunks_of_the_sizes_asked_for_and_a_trailer(self):
        out = self.whole(body="abcdef", chunks=[1, 2, 50])
        self.assertTrue(out.endswith(
            b"\r\n\r\n1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n"
            b"X-Trailer: end\r\n\r\n"), out)

    def test_segments_are_no_larger_than_asked_for(self):
        parts = self.sent(body="abcdef", segment_bytes=3)
        self.assertEqual(max(map(len, parts)), 3)

    def test_a_dribble_is_octet_by_octet_behind_the_head(self):
        parts = self.sent(body="abc", dribble_s=1)
        self.assertEqual(parts[1:], [b"a", b"b", b"c"])

    def test_interim_answers_come_first(self):
        out = self.whole(body="", interim=[100, {
            "status": 103, "headers": [["Link", "x"]]}])
        self.assertTrue(out.startswith(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
            b"Link: x\r\n\r\nHTTP/1.1 200 OK\r\n"))

    def test_bodies_of_all_kinds(self):
        gen = {"prefix": "<", "repeat": "ab", "count": 3, "middle": "|",
               "repeat2": "c", "suffix": ">"}
        self.assertTrue(self.whole(body_gen=gen).endswith(b"<ababab|ccc>"))
        self.assertTrue(self.whole(body_base64="AP8=").endswith(b"\x00\xff"))
        for inner in ("<ababab|ccc>", gen, {"body_gen": gen}):
            packed = self.whole(body_gzip_of=inner).split(b"\r\n\r\n", 1)[1]
            self.assertEqual(gzip.decompress(packed), b"<ababab|ccc>")

    def test_an_endless_body_has_no_length(self):
        reply = http_reply.Reply({"status": 200, "body_gen": {
            "repeat": "x", "count": -1}})
        stream = reply.octets()
        self.assertNotIn(b"Content-Length", next(stream))
        self.assertEqual(sum(len(next(stream)) for _ in range(100)) > 9**5,
                         True)
        self.assertFalse(reply.lasts)

    def test_an_early_close_counts_octets_of_the_body(self):
        out = self.whole(body="abcdef", early_close=2)
        self.assertTrue(out.endswith(b"Content-Length: 6\r\n\r\nab"))
        reply = http_reply.Reply({"status": 200, "early_close": True})
        self.assertTrue(reply.abrupt and not reply.lasts)

    def test_dates_move_to_now_together(self):
        out = http_reply.current([
            ["Date", "Thu, 01 Jan 2015 00:00:00 GMT"],
            ["Expires", "Thu, 01 Jan 2015 01:00:00 GMT"]])
        self.assertNotIn("2015", out[0][1])
        when = [http_reply.email.utils.mktime_tz(
            http_reply.email.utils.parsedate_tz(value)) for _, value in out]
        self.assertEqual(when[1] - when[0], 3600)
        alone = [["Expires", "0"]]
        self.assertEqual(http_reply.current(alone), alone)


class Files(unittest.TestCase):
    def test_times_grow_old_and_nothing_else_does(self):
        self.assertEqual(
            private_files.older(b"60 n=1700000000\nuntil=@1700000000\n", 100),
            (b"60 n=1700000000\nuntil=@1699999900\n", 1))
        self.assertEqual(private_files.older(b"@100 @7", 93)[0], b"@007 @0")

    def test_ageing_keeps_mode_and_inode(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "record")
            with open(path, "w") as out:
                out.write("@1700000000")
            os.chmod(path, 0o640)
            before = os.stat(path)
            self.assertEqual(private_files.age([directory], 50),
                             {"times": 1, "files": 1})
            after = os.stat(path)
            self.assertEqual((after.st_ino, after.st_mode, after.st_size),
                             (before.st_ino, before.st_mode, before.st_size))
            self.assertEqual(open(path).read(), "@1699999950")

    def test_resolv_conf_says_what_the_case_says(self):
        self.assertEqual(private_files.resolv_conf({}),
                         "nameserver 127.0.0.1\noptions timeout:1 "
                         "attempts:2\n")
        text = private_files.resolv_conf({"search": ["a.test"], "ndots": 5})
        self.assertIn("search a.test\n", text)
        self.assertIn("ndots:5", text)


class Places(unittest.TestCase):
    def test_special_addresses_are_seen_where_packets_go(self):
        for given, seen in (("0.0.0.0", "127.0.0.1"), ("::", "::1"),
                            ("::ffff:192.0.2.1", "192.0.2.1"),
                            ("2001:DB8:0::1", "2001:db8::1")):
            self.assertEqual(https_server.canonical(given), seen)

    def test_the_packet_filter_assembles(self):
        lines = packet_watch.assemble(packet_watch.PROGRAM)
        for at, (_, yes, no, _) in enumerate(lines):
            self.assertLess(at + max(yes, no), len(lines) - 1 + (
                at == len(lines) - 1))
        tcp = bytes.fromhex("4500003c00004000400600007f0000017f000001") + \
            struct.pack(">HH", 1000, 443) + bytes(16)
        self.assertEqual(packet_watch.take_apart(tcp),
                         ("tcp", "127.0.0.1", 1000, "127.0.0.1", 443))


if __name__ == "__main__":
    tap_unittest.main()
