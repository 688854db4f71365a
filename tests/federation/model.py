# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a case of the private federation is made of: names, addresses, virtual
# hosts, certificates. names.py lists the cases, configure.py turns them into
# the servers' configuration.
#
# In every text of a case, as in a zone file, "@" stands for the server's host
# name. {4} and {6} are the case's own addresses, {dead4} and {dead6} addresses
# where every port refuses, {away4} and {away6} addresses that swallow packets.

import re
from collections import namedtuple

Group = namedtuple("Group", "title v4 v6")
Record = namedtuple("Record", "owner type data")
Certificate = namedtuple("Certificate", "names cn authority expired")
Site = namedtuple("Site", "name addresses port hosts wrong_host body "
                          "certificate http2")
Hostile = namedtuple("Hostile", "name addresses behaviour certificate")
Facts = namedtuple("Facts", "targets tls_name host")
# The key document: for which name ("": the right one), valid for how many
# hours, signed by how many of its two keys (None: it has one), and what is done
# to it once it is signed.
Keys = namedtuple("Keys", "name hours signed tamper",
                  defaults=("", 24, None, None))

CASES = []
_group = None


def is_literal(host):
    return host.startswith("[") or re.fullmatch(r"[\d.]+", host) is not None


def split(name):
    """host and port (or None) of a server name"""
    host, port = re.fullmatch(r"(\[.*\]|[^:]*)(?::(\d+))?", name).groups()
    return host, port and int(port)


def group(title, v4, v6):
    """Starts a group of cases; case N lives at v4 + N and v6 + N."""
    global _group
    _group = Group(title, v4, v6)


class Case:
    """One server name with everything that makes it answer as it does."""

    def __init__(self, number, name, step, what, pieces, v1, tls):
        self.group, self.step, self.v1, self.what = _group, step, v1, what
        self.tls = tls
        v4, v6 = _group.v4, _group.v6
        self.places = {"{4}": f"{v4}{number}", "{6}": f"{v6}{number}",
                       "{dead4}": v4 + "254", "{dead6}": v6 + "254",
                       "{away4}": f"198.18.0.{number}",
                       "{away6}": f"2001:db8:dead::{number}"}
        self.name = self.expand(name)
        self.host, self.port = split(self.name)
        self.delegated = None
        self.records, self.sites, self.hostile = [], [], []
        self.hosts_file, self.mentioned, self.absent = [], [], set()
        self.keys = Keys()
        for piece in pieces:
            piece(self)
        self._give_addresses()

    def expand(self, text):
        for mark, value in self.places.items():
            text = text.replace(mark, value)
        return text.replace("@", self.host) if "@" in text else text

    def record(self, owner, kind, data):
        self.records.append(Record(owner, kind, data))

    def addresses_of(self, host):
        """Where a server that plays `host` has to listen."""
        return [host] if is_literal(host) else [
            self.places["{4}"], f"[{self.places['{6}']}]"]

    def _give_addresses(self):
        """Names that a case only mentions live at its two addresses."""
        known = {record.owner for record in self.records} | self.absent
        for host in dict.fromkeys(self.mentioned):
            if not is_literal(host) and host not in known:
                self.record(host, "A", self.places["{4}"])
                self.record(host, "AAAA", self.places["{6}"])

    def pseudo_hostname(self):
        host = self.host
        if host.startswith("["):
            host = host.strip("[]").replace(":", "-") + ".ipv6-literal"
        return f"{host}.{self.port}.matrix" if self.port else f"{host}.matrix"

    def facts(self, spec):
        """The four facts that discovery must find, or None if it must fail."""
        step = self.v1 if spec == "v1" else self.step
        host, port = split(self.delegated) if step[:2] == "3." else (
            self.host, self.port)
        if not step[0].isdigit():
            return None
        service = {"3.3": "_matrix-fed", "3.4": "_matrix",
                   "4": "_matrix-fed", "5": "_matrix"}.get(step)
        if service:
            targets = _service(f"{service}._tcp.{host}")
        else:
            targets = _addresses(host, port or 8448)
        with_port = f"{host}:{port}" if port else host
        bare = spec == "draft" and step in ("1", "2", "3.1")
        return Facts(targets, "-" if is_literal(host) else host,
                     host if bare else with_port)


def case(number, name, step, what, *pieces, v1=None, tls="ok"):
    """
    A server name; the step that decides, or the error; one line for people.
    v1: the outcome by the released text, where it differs from the draft's.
    tls: "ok", or why a client must refuse the endpoint's certificate.
    """
    CASES.append(Case(number, name, step, what, pieces, v1 or step, tls))


def _records(owner, kind):
    return [r.data for c in CASES for r in c.records
            if r.owner == owner and r.type == kind]


def _addresses(host, port):
    if is_literal(host):
        return [f"{host}:{port}"]
    for alias in _records(host, "CNAME"):
        return _addresses(alias.rstrip("."), port)
    in_file = [a for c in CASES for name, a in c.hosts_file if name == host]
    found = in_file or _records(host, "AAAA") + _records(host, "A")
    return [f"[{a}]:{port}" if ":" in a else f"{a}:{port}" for a in found]


def _service(owner):
    found = [data.split() for data in _records(owner, "SRV")]
    found.sort(key=lambda srv: int(srv[0]))
    return [target for _, _, port, name in found
            for target in _addresses(name.rstrip("."), int(port) or 8448)]


# -- certificates ----------------------------------------------------------

def certificate(*names, cn="", authority="trusted", expired=False):
    """
    A certificate for these names (host names or addresses; none: CN only).
    authority: "trusted", "unknown", or "self" for a self-signed one.
    """
    return Certificate(names, cn, authority, expired)


def _certificate(case_, tls, name):
    tls = tls or certificate()
    names = tuple(case_.expand(n) for n in tls.names)
    cn = case_.expand(tls.cn)
    return tls._replace(names=names or (() if cn else (name,)), cn=cn)


# -- what a server can be made of ------------------------------------------

def _web(name, body, tls, only=None):
    """A host on port 443 that answers a well-known request with `body`."""
    def piece(c):
        host = c.expand(name)
        c.mentioned.append(host)
        those = [c.expand(only)] if only else c.addresses_of(host)
        c.sites.append(Site(host, those, 443, [host], 404,
                            c.expand(body), _certificate(c, tls, host), True))
    return piece


def answers(status, body="", kind="application/json", cache=None, tls=None,
            name="@", only=None):
    """
    The well-known request is answered with this status, body and type; at one
    address alone, if `only` names it.
    """
    header = f'add_header Cache-Control "{cache}";\n    ' if cache else ""
    return _web(name, f"{header}default_type {kind};\n    "
                      f"return {status} '{body}';", tls, only)


def well_known(server, name="@", more="", **how):
    """
    The well-known document of `name` delegates to `server`; more: further
    members.
    """
    document = answers(200, '{"m.server":"%s"%s}' % (server, more), name=name,
                       **how)

    def piece(c):
        c.delegated = c.expand(server)
        c.mentioned.append(split(c.delegated)[0])
        document(c)
    return piece


def redirects(status, url, name="@"):
    return _web(name, f"return {status} {url};", None)


def no_well_known():
    return answers(404)


def keys(**how):
    """The key document is another than the right one; see Keys."""
    def piece(c):
        c.keys = Keys(**how)
    return piece


KEYS = """location = /_matrix/key/v2/server {
        alias "/run/federation/keys/%s.json";
    }
    %s
    include /run/federation/endpoint.conf;"""


def endpoint(host, port=None, also=(), tls=None, http2=True, extra=""):
    """
    A federation endpoint that takes the Host header `host`, or one of `also`,
    and nothing else, at the port in `host`, or `port`, or 8448. extra: more
    of nginx's configuration.
    """
    def piece(c):
        header = c.expand(host)
        name, its_port = split(header)
        c.mentioned.append(name)
        c.sites.append(Site(name, c.addresses_of(name),
                            port or its_port or 8448,
                            [header, *map(c.expand, also)], 421,
                            KEYS % (c.name, extra),
                            _certificate(c, tls, name), http2))
    return piece


def rejects_sni(host):
    """Somebody does TLS there, but has no host of this name."""
    def piece(c):
        name, port = split(c.expand(host))
        c.mentioned.append(name)
        c.sites.append(Site("another.test", c.addresses_of(name), port, [],
                            421, "", certificate("another.test"), True))
    return piece


def hostile(behaviour):
    """Port 443 is held by hostile.py, which behaves so."""
    def piece(c):
        c.mentioned.append(c.host)
        c.hostile.append(Hostile(c.host, c.addresses_of(c.host), behaviour,
                                 _certificate(c, None, c.host)))
    return piece


def srv(owner, target, port, priority=10, weight=0):
    def piece(c):
        name = c.expand(target)
        if name != ".":
            c.mentioned.append(name)
        c.record(c.expand(owner), "SRV",
                 f"{priority} {weight} {port} {name.rstrip('.')}.")
    return piece


def alias(owner, target):
    def piece(c):
        c.mentioned.append(c.expand(target))
        c.record(c.expand(owner), "CNAME", c.expand(target) + ".")
    return piece


def addresses(owner, *those):
    """`owner` has these addresses instead of the case's own."""
    def piece(c):
        for address in map(c.expand, those):
            c.record(c.expand(owner), "AAAA" if ":" in address else "A",
                     address)
    return piece


def no_address(owner):
    """`owner` exists in the DNS, without an address."""
    return lambda c: c.record(c.expand(owner), "TXT", '"no address"')


def not_in_dns(owner):
    return lambda c: c.absent.add(c.expand(owner))


def in_hosts_file(owner, address):
    return lambda c: c.hosts_file.append((c.expand(owner), c.expand(address)))
