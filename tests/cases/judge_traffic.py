# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Says whether a lookup asked for what it may ask for and nothing else: DNS
# questions, connections (each SYN, whether answered or not) and HTTP requests
# against the case's well-known entries.  Discovery never connects to what it
# finds, so a connection to anything but a well-known host is a failure.

import ipaddress
import urllib.parse

import case_format
import dns_server
import http_reply
import https_server


def allowed_places(case, lookup, zone):
    """(ip, port) that may be connected to, and those that are traps."""
    sites = [https_server.Site(i, entry)
             for i, entry in enumerate(lookup["wellknown"] or [])]
    # A trap may stand on a host without an address; it is never visited.
    found = https_server.places([s for s in sites if not s.trap], zone)
    allowed = {(ip, port) for ip, port, _ in found}
    if lookup["wellknown"] == []:
        host = http_reply.normal_host(case["server_name"])
        allowed |= {(https_server.canonical(ip), 443)
                    for ip in zone.addresses(host)}
    return allowed


def check_packets(case, lookup, seen, zone):
    said = []
    allowed = allowed_places(case, lookup, zone)
    for kind, ip, port in seen["packets"]:
        place = (https_server.canonical(ip), port)
        if place == dns_server.ADDRESS:
            continue
        if kind == "udp":
            said.append(f"a datagram to {ip} port {port}")
        elif place not in allowed:
            said.append(f"a connection to {ip} port {port}")
    if lookup["wellknown"] is None:
        said += [f"a connection to {ip} port 443, where no well-known is due"
                 for kind, ip, port in seen["packets"] if port == 443]
    return said


def denied(ip):
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(cidr)
               for cidr in case_format.DENIED)


def check_blocklist(seen):
    return [f"a connection to {ip} port {port}, which is denied"
            for kind, ip, port in seen["packets"]
            if (ip, port) != dns_server.ADDRESS and denied(ip)]


def check_seen_twice(seen):
    """Each accepted connection has to be among the packets."""
    watched = {(https_server.canonical(ip), port)
               for kind, ip, port in seen["packets"] if kind == "tcp"}
    blind = [(c["ip"], c["port"]) for c in seen["http"]
             if (c["ip"], c["port"]) not in watched]
    said = [f"the harness did not see a connection to {p}" for p in blind]
    if seen["lost_packets"]:
        said.append(f"the harness lost {seen['lost_packets']} packets")
    return said + seen["trouble"]


# --- HTTP ------------------------------------------------------------------

def right_port(host, url):
    try:
        port = urllib.parse.urlsplit("//" + host).port
    except ValueError:
        return False
    default = 443 if url.scheme == "https" else 80
    return (port or default) == (url.port or default)


def check_request(connection, request, entries):
    said, index = [], request["entry"]
    where = request["url"]
    if index is None:
        return [f"a request for {where}, which the case does not have"]
    entry, url = entries[index], urllib.parse.urlsplit(entries[index]["url"])
    if entry.get("must_not_be_requested"):
        said.append(f"a request for {where}, which is a trap")
    if entry.get("tls", "ok") != "ok":
        said.append(f"a request over the bad certificate of {where}")
    if request["method"] != "GET":
        said.append(f"{request['method']} for {where}")
    if not right_port(request["host"], url):
        said.append(f"Host is {request['host']!r} for {where}")
    if url.scheme == "https":
        literal = https_server.is_ip(http_reply.normal_host(url.hostname))
        wanted = None if literal else http_reply.normal_host(url.hostname)
        sni = connection["sni"]
        # Letter case is free; a dot at the end is not (RFC 6066).
        if (sni and sni.lower()) != wanted:
            said.append(f"SNI is {sni!r}, not {wanted!r}, for {where}")
    return said


def check_first_request(lookup, seen):
    """The well-known that is due has really been fetched."""
    entries = lookup["wellknown"] or []
    if not entries or lookup["blocklist"] or lookup["after_s"]:
        return []
    due = {i for i, entry in enumerate(entries)
           if entry["url"] == entries[0]["url"] and entry["net"] == "ok"
           and entry.get("tls", "ok") == "ok"}
    asked = {request["entry"] for connection in seen["http"]
             for request in connection["requests"]}
    if not due or asked & due:
        return []
    return [f"no request for {entries[0]['url']}"]


def check_http(lookup, seen):
    entries = lookup["wellknown"] or []
    return [text for connection in seen["http"]
            for request in connection["requests"]
            for text in check_request(connection, request, entries)]


# --- DNS -------------------------------------------------------------------

def check_silence(case, outcome, got, seen):
    """Names that need no question, or no connection, get none."""
    if outcome.get("error") == "invalid-server-name":
        said = [f"asked DNS for {q['name']} {q['type']}, though the name is "
                "invalid" for q in seen["dns"]]
        return said + [f"sent {kind} to {ip} port {port}, though the name is "
                       "invalid" for kind, ip, port in seen["packets"]]
    step = got.get("step")
    if step == "1":
        return [f"asked DNS for {q['name']} {q['type']} about an IP literal"
                for q in seen["dns"]]
    if step == "2":
        return [f"asked for {q['name']} {q['type']}, though there is a port"
                for q in seen["dns"] if q["type"] not in ("A", "AAAA")]
    return []


def check_search(case, seen):
    """The search list is for people at keyboards, not for server names."""
    conf = case.get("resolv_conf", {})
    suffixes = list(conf.get("search", []))
    if "domain" in conf:
        suffixes.append(conf["domain"])
    said = []
    for suffix in suffixes:
        tail = "." + suffix.strip(".").lower() + "."
        own = http_reply.normal_host(case["server_name"]) + "."
        if own.endswith(tail):
            continue
        said += [f"asked for {q['name']} {q['type']}: the search list"
                 for q in seen["dns"] if q["name"].lower().endswith(tail)]
    return said


def check_transport_warning(lookup, got):
    """Steps 4 to 6 after a failure of TLS or transport carry a warning."""
    entries = [e for e in lookup["wellknown"] or []
               if not e.get("must_not_be_requested")]
    broken = entries and all(e["net"] != "ok" or e.get("tls", "ok") != "ok"
                             for e in entries)
    if broken and got["status"] == "ok" and got["step"] in ("4", "5", "6") \
            and not got["warnings"]:
        return ["no warning, though the well-known failed in transport"]
    return []


def judge(case, lookup, outcome, got, seen, zone):
    said = check_packets(case, lookup, seen, zone)
    said += check_http(lookup, seen)
    said += check_first_request(lookup, seen)
    said += check_silence(case, outcome, got, seen)
    said += check_search(case, seen)
    said += check_transport_warning(lookup, got)
    said += check_seen_twice(seen)
    if lookup["blocklist"]:
        said += check_blocklist(seen)
    return said
