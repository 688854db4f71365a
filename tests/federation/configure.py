#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Writes what the servers of the private federation read: zones, certificates,
# nginx's virtual hosts, the hostile server's orders and the hosts file, all
# from names.py, into the directory given ($FEDERATION_DIR). What is the same
# for every name stands in nsd.conf, unbound.conf, nginx.conf, endpoint.conf.

import json
import os
import re
import sys
import time
from collections import defaultdict

import names  # noqa: F401  (fills model.CASES)
import listing
import model
import pki

try:
    import signedjson.key
    import signedjson.sign
except ImportError:  # then there are no key documents: 404
    signedjson = None

SOA = ("$TTL 300\n{zone} SOA ns.test. hostmaster.test. 1 3600 600 86400 60\n"
       "{zone} NS ns.test.\n")
# resolv.conf searches corp.test, where every name exists: who applies the
# search list to a server name is found out.
TRAP = ('*.corp.test. A 192.0.2.66\n*.corp.test. AAAA 2001:db8::66\n'
        '*.corp.test. SRV 0 0 443 trap.corp.test.\n')
SITE = """\
server {{
    {listens}
    server_name {name};
    ssl_certificate pki/{certificate};
    {guards}
    {body}
}}
"""
NOBODY = """\
server {{
    {listens}
    server_name {name};
    ssl_reject_handshake on;
    return {status};
}}
"""


class Writer:
    def __init__(self, directory):
        self.dir = directory

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


def zones(out):
    """A zone for each pair of last labels, and a root over them."""
    texts = defaultdict(str)
    texts["corp.test."] = TRAP
    texts["."] = "ns.test. A 127.0.0.2\n"
    for case in model.CASES:
        for owner, kind, data in case.records:
            zone = ".".join(owner.split(".")[-2:]) + "."
            texts[zone] += f"{owner}. {kind} {data}\n"
    clauses = ""
    for zone, text in texts.items():
        file = f"zones/{zone.strip('.') or 'root'}"
        out.write(file, SOA.format(zone=zone) + text)
        clauses += f'zone:\n  name: "{zone}"\n  zonefile: "{file}"\n'
    out.write("zones.conf", clauses)


def listens(ports, options):
    return "\n    ".join(f"listen {address}:{port} ssl{options};"
                         for address, port in ports)


def guards(site):
    """Only the right Host gets further; to an address, only without SNI."""
    if not site.hosts:
        return f"return {site.wrong_host};"
    hosts = "|".join(map(re.escape, site.hosts))
    lines = [f'if ($http_host !~* "^({hosts})$") {{ return '
             f'{site.wrong_host}; }}']
    if model.is_literal(site.name):
        lines.append('if ($ssl_server_name != "") { return 421; }')
    return "\n    ".join(lines)


def nginx(out):
    text = ""
    strangers = defaultdict(list)  # who comes with an unknown SNI or Host
    at = defaultdict(list)
    for site in [s for c in model.CASES for s in c.sites]:
        ports = [(address, site.port) for address in site.addresses]
        literal = model.is_literal(site.name)
        options = (" http2" if site.http2 else "") + (
            " default_server" if literal else "")
        text += SITE.format(listens=listens(ports, options), name=site.name,
                            certificate=pki.file_name(site.certificate),
                            guards=guards(site), body=site.body)
        for port in ports:
            at[port].append(site)
    for port, sites in at.items():
        literal = any(model.is_literal(s.name) for s in sites)
        strangers[max(s.wrong_host for s in sites), literal,
                  sites[0].http2].append(port)
    for (status, literal, http2), ports in strangers.items():
        # No SNI is right for an address, so that site is the default there
        # and any name at all is a stranger.
        options = (" http2" if http2 else "") + (
            "" if literal else " default_server")
        text += NOBODY.format(listens=listens(ports, options), status=status,
                              name="~." if literal else '""')
    out.write("sites.conf", text)


def hostile(out):
    out.write("hostile.json", json.dumps([
        {"addresses": [a.strip("[]") for a in h.addresses], "name": h.name,
         "behaviour": h.behaviour, "certificate": pki.file_name(h.certificate)}
        for c in model.CASES for h in c.hostile], indent=1))


def certificates(out):
    office = pki.Office(os.path.join(out.dir, "pki"))
    wanted = dict.fromkeys(
        x.certificate for c in model.CASES for x in c.sites + c.hostile)
    for certificate in wanted:
        office.issue(certificate)
    office.wait()


def key_documents(out):
    """What each homeserver says of itself, signed by Matrix's own library."""
    if signedjson is None:
        return
    pair = [signedjson.key.generate_signing_key(v) for v in ("one", "two")]
    for case in model.CASES:
        how = case.keys
        name = how.name or case.name
        public = {f"ed25519:{key.version}": {
            "key": signedjson.key.encode_verify_key_base64(
                signedjson.key.get_verify_key(key))}
            for key in pair[:1 if how.signed is None else 2]}
        document = {"server_name": name, "old_verify_keys": {},
                    "valid_until_ts": int((time.time() + how.hours * 3600)
                                          * 1000),
                    "verify_keys": public}
        for key in pair[:1 if how.signed is None else how.signed]:
            document = signedjson.sign.sign_json(document, name, key)
        document.update(how.tamper or {})
        out.write(f"keys/{case.name}.json", json.dumps(document))


def hosts_file(out):
    out.write("hosts", "127.0.0.1 localhost\n::1 localhost\n" + "".join(
        f"{address} {name}\n" for c in model.CASES
        for name, address in c.hosts_file))


def main():
    out = Writer(sys.argv[1])
    for make in (zones, nginx, hostile, hosts_file, key_documents,
                 certificates):
        make(out)
    out.write("names.tsv", listing.tsv())


if __name__ == "__main__":
    main()
