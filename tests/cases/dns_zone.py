# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Zone lines ("NAME TTL IN TYPE RDATA") and what a recursive server would make
# of them: CNAME chains followed, wildcards, empty non-terminals, NXDOMAIN and
# no-data with an SOA, and the faults a case asks for.  No sockets here; also
# used by the judge to know which addresses a name has.

import collections
import ipaddress
import re
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35, "DNAME": 39, "DS": 43,
         "TLSA": 52, "SVCB": 64, "HTTPS": 65, "ANY": 255, "CAA": 257}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN, NOTIMP = 0, 2, 3, 4

# Short, so that a record that appears in a followup is seen.
NEGATIVE_TTL = 60

Record = collections.namedtuple("Record", "owner type ttl rdata")
Answer = collections.namedtuple("Answer", "rcode records authority fault")


class ZoneError(Exception):
    """A zone line that cannot be served as it stands."""


def labels(text):
    """A name in master-file form -> a tuple of lower-case labels."""
    if text == ".":
        return ()
    found, label = [], bytearray()
    for match in re.finditer(r"\\(\d{3})|\\(.)|(\.)|([^\\.])", text, re.S):
        decimal, escaped, dot, plain = match.groups()
        if dot:
            found.append(bytes(label))
            label = bytearray()
        elif decimal:
            label.append(int(decimal))
        else:
            label += (escaped or plain).encode("utf-8")
    if label or not text.endswith("."):
        raise ZoneError(f"the name {text!r} is not absolute")
    if any(not 1 <= len(item) <= 63 for item in found):
        raise ZoneError(f"the name {text!r} has a label DNS cannot hold")
    return tuple(item.lower() for item in found)


def show(owner):
    """Labels -> text, unusual octets escaped."""
    return "".join("".join(
        chr(c) if 33 <= c <= 126 and c not in b".\\" else f"\\{c:03d}"
        for c in label) + "." for label in owner) or "."


def wire_name(owner):
    return b"".join(bytes([len(x)]) + x for x in owner) + b"\0"


def host_labels(host):
    """Labels of a host name from a URL or a JSON answer, or None."""
    try:
        return labels(host if host.endswith(".") else host + ".")
    except ZoneError:
        return None


def generate(line):
    """$GENERATE START-STOP[/STEP] LINE, `$` being the number."""
    _, span, rest = line.split(None, 2)
    match = re.fullmatch(r"(\d+)-(\d+)(?:/(\d+))?", span)
    if not match:
        raise ZoneError(f"bad range in {line!r}")
    start, stop, step = (int(x or 1) for x in match.groups())
    return [rest.replace("$", str(n)) for n in range(start, stop + 1, step)]


def parse_line(line):
    fields = line.split(None, 4)
    if len(fields) < 5 or fields[2] != "IN" or not fields[1].isdigit():
        raise ZoneError(f"not NAME TTL IN TYPE RDATA: {line!r}")
    kind = fields[3].upper()
    match = re.fullmatch(r"TYPE(\d+)", kind)
    if match:
        kind = NAMES.get(int(match.group(1)), kind)
    elif kind not in TYPES:
        raise ZoneError(f"unknown record type {kind} in {line!r}")
    return Record(labels(fields[0]), kind, int(fields[1]), fields[4])


def type_number(kind):
    return TYPES[kind] if kind in TYPES else int(kind[4:])


def text_strings(rdata):
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', rdata)
    found = [(quoted or bare).encode("utf-8") for quoted, bare in parts]
    return b"".join(bytes([len(x)]) + x for x in found)


def wire_rdata(record):
    """Rdata in wire form; only what the cases may be asked about."""
    kind, words = record.type, record.rdata.split()
    if words[0] == "\\#":
        return bytes.fromhex("".join(words[2:]))
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(words[0]).packed
    if kind in ("CNAME", "NS", "PTR"):
        return wire_name(labels(words[0]))
    if kind == "MX":
        return struct.pack(">H", int(words[0])) + wire_name(labels(words[1]))
    if kind == "SRV":
        return struct.pack(">HHH", *map(int, words[:3])) + \
            wire_name(labels(words[3]))
    if kind == "TXT":
        return text_strings(record.rdata)
    if kind == "SOA":
        return wire_name(labels(words[0])) + wire_name(labels(words[1])) + \
            struct.pack(">IIIII", *map(int, words[2:7]))
    raise ZoneError(f"no encoder for {kind} records")


class Zone:
    def __init__(self, lines, faults=()):
        self.records = collections.defaultdict(list)
        self.parents = {()}
        self.faults = {}
        for line in lines:
            for each in generate(line) if line.startswith("$GENERATE") \
                    else [line]:
                self.add(parse_line(each))
        for fault in faults:
            kind = fault["type"].upper()
            if kind not in TYPES:
                raise ZoneError(f"unknown record type {kind} in dns_faults")
            self.faults[labels(fault["name"]), kind] = fault["fault"]

    def add(self, record):
        self.records[record.owner].append(record)
        for cut in range(1, len(record.owner) + 1):
            self.parents.add(record.owner[cut:])

    def exists(self, owner):
        return owner in self.records or owner in self.parents

    def at(self, owner):
        """Records of a name, the wildcard's if the name does not exist."""
        if self.exists(owner):
            return self.records.get(owner, [])
        for cut in range(1, len(owner) + 1):
            if self.exists(owner[cut:]):
                star = self.records.get((b"*",) + owner[cut:], [])
                return [record._replace(owner=owner) for record in star]
        return []

    def soa(self, owner):
        for cut in range(len(owner) + 1):
            for record in self.records.get(owner[cut:], []):
                if record.type == "SOA":
                    return record
        top = owner[-1:] if len(owner) > 1 else ()
        return Record(top, "SOA", NEGATIVE_TTL,
                      f"ns.invalid. admin.invalid. 1 3600 600 86400 "
                      f"{NEGATIVE_TTL}")

    def fault(self, owner, kind):
        return self.faults.get((owner, kind),
                               self.faults.get((owner, "ANY")))

    def answer(self, owner, kind):
        chain, seen, name = [], set(), owner
        while True:
            fault = self.fault(name, kind)
            if fault in ("SERVFAIL", "NOTIMP"):
                return Answer(SERVFAIL if fault == "SERVFAIL" else NOTIMP,
                              [], [], fault)
            if fault in ("TIMEOUT", "MALFORMED"):
                return Answer(SERVFAIL, [], [], fault)
            if name in seen:
                return Answer(SERVFAIL, [], [], "CNAME loop")
            seen.add(name)
            here = self.at(name)
            match = [r for r in here if kind in (r.type, "ANY")]
            alias = [r for r in here if r.type == "CNAME"]
            if match:
                return Answer(NOERROR, chain + match, [], fault)
            if not alias:
                rcode = NOERROR if here or self.exists(name) else NXDOMAIN
                return Answer(rcode, chain, [self.soa(name)], fault)
            chain.append(alias[0])
            name = labels(alias[0].rdata.split()[0])

    def addresses(self, host):
        """Addresses of a host, faults left aside; the hosts file counts."""
        owner = host_labels(host)
        if owner is None:
            return []
        if owner == (b"localhost",):
            return ["127.0.0.1", "::1"]
        found, seen = [], set()
        while owner not in seen:
            seen.add(owner)
            here = self.at(owner)
            found += [r.rdata.strip() for r in here
                      if r.type in ("A", "AAAA")]
            for record in here:
                if record.type == "CNAME":
                    owner = labels(record.rdata.split()[0])
        return found

    def services(self, owner_text):
        """SRV records of a name as (priority, weight, port, target)."""
        found, owner = [], host_labels(owner_text)
        for record in self.answer(owner, "SRV").records if owner else []:
            if record.type == "SRV":
                words = record.rdata.split()
                found.append((*map(int, words[:3]), show(labels(words[3]))))
        return found
