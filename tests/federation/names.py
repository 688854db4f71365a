# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The private federation: every server name it has, the step of discovery that
# the name shows, and what plays it. The one table from which zones,
# certificates, web servers and `scripts/federation names` are made: a new case
# is a new entry here, under a number that its group does not use yet.
# The words are explained in model.py.

from model import (addresses, alias, answers, case, certificate, endpoint,
                   group, hostile, in_hosts_file, keys, no_address,
                   no_well_known,
                   not_in_dns, redirects, rejects_sni, srv, well_known)

# ---------------------------------------------------------------------------
# One name per step. The labels are those of the public fixtures under
# resolvematrix.dev, which count as the specification did before v1.8:
#
#     there  2   3a   3b   3c   3c.msc4040  3d   4   4.msc4040  5
#     here   2   3.1  3.2  3.4  3.3         3.5  5   4          6
#
group("resolvematrix.test", "192.0.2.", "2001:db8::")

case(1, "{4}", "1", "IPv4 literal",
     endpoint("{4}"))
case(2, "{4}:7651", "1", "IPv4 literal with a port",
     endpoint("{4}:7651", also=["{4}"]))
case(3, "[{6}]", "1", "IPv6 literal",
     endpoint("[{6}]"))
case(4, "[{6}]:7651", "1", "IPv6 literal with a port",
     endpoint("[{6}]:7651", also=["[{6}]"]))
case(20, "2.s.resolvematrix.test:7652", "2", "a port; well-known is a trap",
     well_known("trap.@:7652"), endpoint("@:7652", also=["@"]))
case(21, "2-cname.s.resolvematrix.test:7652", "2", "a port, behind an alias",
     alias("@", "real.@"), endpoint("@:7652", also=["@"]))
case(22, "2-hosts.s.resolvematrix.test:7652", "2", "only in the hosts file",
     not_in_dns("@"), in_hosts_file("@", "{6}"), in_hosts_file("@", "{4}"),
     endpoint("@:7652", also=["@"]))
case(31, "3a.s.resolvematrix.test", "3.1", "delegated to IPv4 with a port",
     well_known("{4}:7751"), endpoint("{4}:7751", also=["{4}"]))
case(32, "3a-plain.s.resolvematrix.test", "3.1", "delegated to IPv4",
     well_known("{4}"), endpoint("{4}"))
case(33, "3a-v6.s.resolvematrix.test", "3.1", "delegated to IPv6 with a port",
     well_known("[{6}]:7751"), endpoint("[{6}]:7751", also=["[{6}]"]))
case(34, "3a-v6-plain.s.resolvematrix.test", "3.1", "delegated to IPv6",
     well_known("[{6}]"), endpoint("[{6}]"))
case(35, "3b.s.resolvematrix.test", "3.2", "delegated, with a port",
     well_known("wk.@:7753"), endpoint("wk.@:7753"))
case(36, "3c.msc4040.s.resolvematrix.test", "3.3", "delegated, matrix-fed SRV",
     well_known("wk.@"), endpoint("wk.@", port=7053),
     srv("_matrix-fed._tcp.wk.@", "srv.wk.@", 7053))
case(37, "3c.s.resolvematrix.test", "3.4", "delegated, legacy SRV",
     well_known("wk.@"), endpoint("wk.@", port=7754),
     srv("_matrix._tcp.wk.@", "srv.wk.@", 7754))
case(38, "3d.s.resolvematrix.test", "3.5", "delegated, nothing else",
     well_known("wk.@"), endpoint("wk.@"))
case(40, "4.msc4040.s.resolvematrix.test", "4", "matrix-fed SRV",
     no_well_known(), endpoint("@", port=7054),
     srv("_matrix-fed._tcp.@", "srv.@", 7054))
case(41, "4.s.resolvematrix.test", "5", "legacy SRV",
     no_well_known(), endpoint("@", port=7855),
     srv("_matrix._tcp.@", "srv.@", 7855))
case(42, "4-both.s.resolvematrix.test", "4", "both SRV; the legacy is a trap",
     no_well_known(), endpoint("@", port=7054),
     srv("_matrix-fed._tcp.@", "srv.@", 7054),
     srv("_matrix._tcp.@", "trap.@", 7855))
case(43, "4-many.s.resolvematrix.test", "4", "30 SRV, too many for UDP",
     no_well_known(), endpoint("@", port=7054),
     srv("_matrix-fed._tcp.@", "srv.@", 7054),
     *(addresses(f"srv{n}.@", f"192.0.2.{n}", f"2001:db8::{n}")
       for n in range(201, 230)),
     *(srv("_matrix-fed._tcp.@", f"srv{n}.@", 7054, n)
       for n in range(201, 230)))
case(50, "5.s.resolvematrix.test", "6", "nothing but the name",
     no_well_known(), endpoint("@"))
case(60, "301.s.resolvematrix.test", "3.2", "well-known redirects (301)",
     redirects(301, "https://www.@/.well-known/matrix/server"),
     well_known("wk.@:7753", name="www.@"), endpoint("wk.@:7753"))
case(61, "308.s.resolvematrix.test", "3.2", "well-known redirects (308)",
     redirects(308, "https://www.@/.well-known/matrix/server"),
     well_known("wk.@:7753", name="www.@"), endpoint("wk.@:7753"))
case(62, "cache.s.resolvematrix.test", "3.2", "well-known lives an hour",
     well_known("wk.@:7753", cache="public, max-age=3600"),
     endpoint("wk.@:7753"))
case(63, "no-store.s.resolvematrix.test", "3.2", "well-known may not be kept",
     well_known("wk.@:7753", cache="no-store"), endpoint("wk.@:7753"))

# ---------------------------------------------------------------------------
# What a tool meets that connects to NAME.matrix. First those it must reach.
#
group("tools.test", "198.51.100.", "2001:db8:1::")

LONG = ("a-host-header-much-longer-than-the-name-that-was-asked-for."
        "it-grows-over-several-labels-of-nearly-sixty-octets-each")

case(1, "delegated.tools.test", "3.2", "plain delegation",
     well_known("matrix.@:8443"), endpoint("matrix.@:8443"))
case(2, "wildcard.tools.test", "3.2", "a wildcard certificate",
     well_known("node1.@:8443"),
     endpoint("node1.@:8443", tls=certificate("*.@")))
case(3, "longer.tools.test", "3.2", "Host much longer than the name",
     well_known(f"{LONG}.@:8443"), endpoint(f"{LONG}.@:8443"))
case(4, f"{LONG}.tools.test", "3.5", "Host much shorter than the name",
     well_known("h.tools.test"), endpoint("h.tools.test"))
case(5, "ip.tools.test", "3.1", "an IPv4 address: no SNI",
     well_known("{4}:8443"), endpoint("{4}:8443", also=["{4}"]))
case(6, "ip6.tools.test", "3.1", "an IPv6 address: no SNI",
     well_known("[{6}]:8443"), endpoint("[{6}]:8443", also=["[{6}]"]))
case(7, "v6only.tools.test", "3.2", "IPv6 only",
     well_known("v6.@:8443"), addresses("v6.@", "{6}"), endpoint("v6.@:8443"))
case(8, "v4only.tools.test", "3.2", "IPv4 only",
     well_known("v4.@:8443"), addresses("v4.@", "{4}"), endpoint("v4.@:8443"))
case(9, "port443.tools.test", "3.2", "delegated to port 443",
     well_known("matrix.@:443"), endpoint("matrix.@:443"))
case(10, "srv.tools.test", "4", "SRV to a host of another name",
     no_well_known(), srv("_matrix-fed._tcp.@", "node.@", 8443),
     endpoint("@", port=8443))
case(11, "priority.tools.test", "4", "the first SRV priority refuses",
     no_well_known(), addresses("dead.@", "{dead4}", "{dead6}"),
     srv("_matrix-fed._tcp.@", "dead.@", 8443, 10),
     srv("_matrix-fed._tcp.@", "live.@", 8443, 20),
     endpoint("@", port=8443))
case(12, "same-priority.tools.test", "4", "one of two equal SRV refuses",
     no_well_known(), addresses("dead.@", "{dead4}", "{dead6}"),
     srv("_matrix-fed._tcp.@", "dead.@", 8443),
     srv("_matrix-fed._tcp.@", "live.@", 8443),
     endpoint("@", port=8443))
case(13, "swallowed.tools.test", "4", "the first SRV priority never answers",
     no_well_known(), addresses("dead.@", "{away4}"),
     srv("_matrix-fed._tcp.@", "dead.@", 8443, 10),
     srv("_matrix-fed._tcp.@", "live.@", 8443, 20),
     endpoint("@", port=8443))
case(14, "v6refuses.tools.test", "3.2", "IPv6 refuses, IPv4 answers",
     well_known("dual.@:8443"), addresses("dual.@", "{dead6}", "{4}"),
     endpoint("dual.@:8443"))
case(15, "cn-only.tools.test", "3.2", "right name, as CN alone",
     well_known("@:8443"), endpoint("@:8443", tls=certificate(cn="@")),
     tls="edge: CN alone, tools differ")
case(16, "partial.tools.test", "3.2", "right name, as partial wildcard",
     well_known("@:8443"),
     endpoint("@:8443", tls=certificate("part*.tools.test")),
     tls="edge: half a label, tools differ")

# Those it must refuse, each for one reason.
#
case(30, "wrong-name.tools.test", "3.2", "certificate for another name",
     well_known("@:8443"),
     endpoint("@:8443", tls=certificate("other.tools.test")),
     tls="another name")
case(31, "pseudo-san.tools.test", "3.2", "certificate for NAME.matrix",
     well_known("@:8443"), endpoint("@:8443", tls=certificate("@.matrix")),
     tls="names NAME.matrix")
case(32, "pseudo-cn.tools.test", "3.2", "CN is NAME.matrix",
     well_known("@:8443"), endpoint("@:8443", tls=certificate(cn="@.matrix")),
     tls="names NAME.matrix")
case(33, "pseudo-wild.tools.test", "3.2", "for *.tools.test.matrix",
     well_known("@:8443"),
     endpoint("@:8443", tls=certificate("*.tools.test.matrix")),
     tls="names NAME.matrix")
case(34, "srv-target.tools.test", "4", "certificate for the SRV target",
     no_well_known(), srv("_matrix-fed._tcp.@", "node.@", 8443),
     endpoint("@", port=8443, tls=certificate("node.@")),
     tls="names the SRV target")
case(35, "undelegated.tools.test", "3.2", "certificate for the server name",
     well_known("matrix.@:8443"),
     endpoint("matrix.@:8443", tls=certificate("@")),
     tls="names the server, not the delegated host")
case(36, "unknown-ca.tools.test", "3.2", "unknown authority",
     well_known("@:8443"),
     endpoint("@:8443", tls=certificate(authority="unknown")),
     tls="unknown authority")
case(37, "self-signed.tools.test", "3.2", "self-signed",
     well_known("@:8443"),
     endpoint("@:8443", tls=certificate(authority="self")),
     tls="self-signed")
case(38, "expired.tools.test", "3.2", "expired",
     well_known("@:8443"), endpoint("@:8443", tls=certificate(expired=True)),
     tls="expired")
case(39, "sni-rejected.tools.test", "3.2", "the server does not know the SNI",
     well_known("@:8443"), rejects_sni("@:8443"),
     tls="handshake rejected")
case(40, "wrong-ip.tools.test", "3.1", "certificate for another address",
     well_known("{4}:8443"),
     endpoint("{4}:8443", also=["{4}"], tls=certificate("{dead4}")),
     tls="another address")
case(41, "ip-as-name.tools.test", "3.1", "address certified as a host name",
     well_known("{4}:8443"),
     endpoint("{4}:8443", also=["{4}"], tls=certificate("DNS:{4}")),
     tls="the address is no host name")
case(42, "nothing.tools.test", "no-address", "no such server",
     not_in_dns("@"))

# Ordinary hosts, which nothing here may disturb. Not Matrix servers.
#
case(60, "plain.test", "control", "ordinary website with HTTP/2",
     endpoint("@", port=443))
case(61, "plain-http1.test", "control", "ordinary website, HTTP/1.1 only",
     endpoint("@", port=443, http2=False))
case(62, "plain-cn.test", "control", "certified by CN, beside a .matrix name",
     endpoint("@", port=443, tls=certificate("x.matrix", cn="@")))

# ---------------------------------------------------------------------------
# Discovery that fails, or has to go on after something failed. Where it goes
# on, it finds an SRV record and a good endpoint behind it: step 4.
#
group("bad.test", "203.0.113.", "2001:db8:2::")

ABORTED = "aborted-invalid-well-known"


def goes_on(number, name, what, *pieces, draft="4"):
    case(number, name, draft, what, *pieces, endpoint("@", port=8443),
         srv("_matrix-fed._tcp.@", "node.@", 8443), v1="4")


goes_on(1, "html.bad.test", "200, but HTML",
        answers(200, "<html>welcome</html>", "text/html"), draft=ABORTED)
goes_on(2, "not-json.bad.test", "JSON cut off",
        answers(200, '{"m.server":'), draft=ABORTED)
goes_on(3, "missing.bad.test", "no m.server",
        answers(200, '{"m.homeserver":"matrix.@"}'), draft=ABORTED)
goes_on(4, "number.bad.test", "m.server is a number",
        answers(200, '{"m.server":8448}'), draft=ABORTED)
goes_on(5, "scheme.bad.test", "m.server is a URL",
        answers(200, '{"m.server":"https://matrix.@"}'), draft=ABORTED)
goes_on(10, "loop.bad.test", "redirects to itself",
        redirects(301, "https://@/.well-known/matrix/server"))
goes_on(11, "to-http.bad.test", "redirects to http",
        redirects(301, "http://www.@/.well-known/matrix/server"))
goes_on(12, "to-matrix.bad.test", "redirects to a .matrix host",
        redirects(301, "https://@.matrix/.well-known/matrix/server"))
goes_on(13, "error.bad.test", "503 with a good document",
        answers(503, '{"m.server":"trap.@"}'))
goes_on(20, "wk-expired.bad.test", "expired certificate",
        well_known("trap.@", tls=certificate(expired=True)))
goes_on(21, "wk-wrong-name.bad.test", "certificate for another name",
        well_known("trap.@", tls=certificate("other.bad.test")))
goes_on(22, "wk-self-signed.bad.test", "self-signed certificate",
        well_known("trap.@", tls=certificate(authority="self")))
goes_on(23, "wk-unknown-ca.bad.test", "unknown authority",
        well_known("trap.@", tls=certificate(authority="unknown")))
goes_on(24, "wk-sni-rejected.bad.test", "SNI rejected",
        rejects_sni("@:443"))
goes_on(30, "refused.bad.test", "port 443 refuses")
goes_on(31, "swallowed.bad.test", "packets to port 443 are lost",
        addresses("@", "{away6}", "{away4}"))
for _number, _behaviour, _what in [
        (40, "stall-connect", "silent once connected"),
        (41, "stall-tls", "silent after the handshake"),
        (42, "stall-headers", "silent in the middle of the headers"),
        (43, "dribble", "one octet a second"),
        (44, "short-body", "body shorter than Content-Length"),
        (45, "endless-body", "a body without end"),
        (46, "endless-headers", "headers without end"),
        (47, "endless-redirects", "always redirects to a new place"),
        (48, "too-large", "64 KiB and one octet"),
        (49, "gzip-bomb", "64 MiB in a gzip of 64 KiB")]:
    goes_on(_number, f"{_behaviour}.bad.test", _what, hostile(_behaviour))
case(60, "srv-dot.bad.test", "service-disabled", "SRV says: not offered",
     no_well_known(), srv("_matrix-fed._tcp.@", ".", 0))
case(61, "srv-port-0.bad.test", "4", "SRV port 0",
     no_well_known(), srv("_matrix-fed._tcp.@", "node.@", 0), endpoint("@"),
     v1="no-usable-srv")
goes_on(62, "srv-alias.bad.test", "SRV target is an alias",
        no_well_known(), alias("node.@", "real.@"))
case(63, "srv-no-address.bad.test", "no-usable-srv", "SRV target: no address",
     no_well_known(), srv("_matrix-fed._tcp.@", "node.@", 8443),
     no_address("node.@"))
case(64, "servfail.bad.test", "dns-temporary", "DNS answers SERVFAIL",
     not_in_dns("@"))
case(65, "dns-timeout.bad.test", "dns-temporary", "DNS does not answer",
     not_in_dns("@"))
case(66, "nxdomain.bad.test", "no-address", "no such name",
     not_in_dns("@"))
case(67, "no-address.bad.test", "no-address", "a name without address",
     no_address("@"))
goes_on(68, "only-srv.bad.test", "no address, but SRV",
        no_address("@"))
case(69, "delegated-nowhere.bad.test", "no-address", "delegated to nothing",
     well_known("gone.@:8443"), not_in_dns("gone.@"))

# ---------------------------------------------------------------------------
# What `matrix-resolve check` must find: discovery is well, and the homeserver
# behind it, or what stands before it, is not. Numbers from 10 to 99.
#
group("check.test", "203.0.113.1", "2001:db8:3::")


def homeserver(number, name, what, *pieces, extra=""):
    case(number, name, "3.2", what, *pieces, well_known("fed.@:8443"),
         endpoint("fed.@:8443", extra=extra))


homeserver(10, "good.check.test", "nothing is wrong")
homeserver(11, "key-name.check.test", "the keys are another server's",
           keys(name="other.check.test"))
homeserver(12, "key-expired.check.test", "valid_until_ts is in the past",
           keys(hours=-5))
homeserver(13, "key-tampered.check.test", "changed after it was signed",
           keys(tamper={"old_verify_keys": {"ed25519:x": {}}}))
homeserver(14, "key-half-signed.check.test", "one of two keys has signed",
           keys(signed=1))
homeserver(15, "key-twice-signed.check.test", "two keys, both have signed",
           keys(signed=2))
homeserver(16, "key-none.check.test", "no key at all",
           keys(tamper={"verify_keys": {}}))
homeserver(17, "key-float.check.test", "no canonical form",
           keys(tamper={"x": 1.5}))
homeserver(18, "key-long.check.test", "valid_until_ts is a year ahead",
           keys(hours=24 * 365))
SEEN = '"seen":{"sni":"$ssl_server_name","host":"$http_host","port":0}'
VERSION = "location = /_matrix/federation/v1/version "

homeserver(20, "bad-gateway.check.test", "the proxy's backend is down",
           extra=VERSION + "{ return 502 '{%s}'; }" % SEEN)
homeserver(21, "version-html.check.test", "the version is HTML",
           extra=VERSION + "{ return 200 '<html>%s</html>'; }" % SEEN)
case(22, "plain-text.check.test", "3.2", "the document is text/plain",
     well_known("fed.@:8443", kind="text/plain"), endpoint("fed.@:8443"))
case(23, "split.check.test", "3.2", "well-known differs by address",
     answers(200, '{"m.server":"other.@:8443"}', only="{4}"),
     well_known("fed.@:8443", only="[{6}]"),
     endpoint("other.@:8443"), endpoint("fed.@:8443"))
case(24, "wk-v6dead.check.test", "3.2", "well-known's IPv6 is dead",
     addresses("@", "2001:db8:3::fe", "{4}"),
     well_known("fed.@:8443", only="{4}"), endpoint("fed.@:8443"))
case(25, "large.check.test", "3.2", "a document over 12 KiB",
     well_known("fed.@:8443", more=',"x":"$x$x$x$x"',
                kind='application/json;\n    set $x "%s"' % ("x" * 3500)),
     endpoint("fed.@:8443"))
