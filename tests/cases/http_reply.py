# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How one well-known entry of a case is said in HTTP: its body (plain, base64,
# generated, gzipped), its framing (length, chunks, until close), interim
# answers, and the pace (segments, dribble, early close).  Yields octets; the
# sockets are https_server.py's.

import base64
import email.utils
import http
import itertools
import re
import time
import zlib

BLOCK = 16384
TRAILER = b"X-Trailer: end\r\n"


def repeated(text, count):
    """`text` count times, -1: without end, in blocks of about BLOCK."""
    unit = text.encode("utf-8")
    if not unit or not count:
        return
    many = max(1, BLOCK // len(unit))
    block = unit * many
    whole = itertools.repeat(block) if count < 0 else \
        itertools.repeat(block, count // many)
    yield from whole
    yield unit * (count % many)


def generated(gen):
    count = gen.get("count", 1)
    yield gen.get("prefix", "").encode("utf-8")
    yield from repeated(gen.get("repeat", ""), count)
    yield gen.get("middle", "").encode("utf-8")
    yield from repeated(gen.get("repeat2", ""), count)
    yield gen.get("suffix", "").encode("utf-8")


def endless(holder):
    return holder.get("body_gen", {}).get("count", 0) < 0


def gzipped(pieces):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([packer.compress(piece) for piece in pieces]
                    + [packer.flush()])


def body(holder):
    """An iterable over the octets of the body."""
    if "body_base64" in holder:
        return [base64.b64decode(holder["body_base64"], validate=True)]
    if "body_gen" in holder:
        return generated(holder["body_gen"])
    if "body_gzip_of" in holder:
        inner = holder["body_gzip_of"]
        if isinstance(inner, str):
            inner = {"body": inner}
        elif not any(key.startswith("body") for key in inner):
            inner = {"body_gen": inner}
        return [gzipped(body(inner))]
    return [holder.get("body", "").encode("utf-8")]


def current(headers):
    """Headers with the dates moved to now.

    A case written on some day says what it means by the distance between
    Date and the other dates; the distance is kept.
    """
    dates = {name.lower(): email.utils.mktime_tz(when)
             for name, value in headers
             if (when := email.utils.parsedate_tz(value))
             and name.lower() in ("date", "expires", "last-modified")}
    if "date" not in dates:
        return headers
    shift = int(time.time()) - dates["date"]
    return [[name, email.utils.formatdate(dates[name.lower()] + shift,
                                          usegmt=True)
             if name.lower() in dates else value]
            for name, value in headers]


def octets(text):
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def head(status, headers):
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return octets("\r\n".join(lines) + "\r\n\r\n")


def interim(entry):
    items = entry.get("interim", [])
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, dict):
            yield head(item["status"], item.get("headers", []))
        else:
            yield head(item, [])


def chunked(pieces, sizes):
    """Chunks of the sizes given, what is left in one, and a trailer."""
    if sizes:
        whole, at = b"".join(pieces), 0
        cut = []
        for size in sizes:
            cut.append(whole[at:at + size])
            at += size
        pieces = cut + [whole[at:]]
    for piece in pieces:
        if piece:
            yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n" + TRAILER + b"\r\n"


class Reply:
    """One entry as a sequence of octets, and whether the connection lasts."""

    def __init__(self, entry):
        self.entry = entry
        self.headers = current([list(h) for h in entry.get("headers", [])])
        self.status = entry["status"]
        early = entry.get("early_close", False)
        self.abrupt = early is not False
        self.lasts = (not self.abrupt and not entry.get("close_delimited")
                      and (self.value("connection") or "").lower() != "close")
        pieces = self.framed()
        if self.abrupt and early is not True:
            pieces = up_to(pieces, early)
        self.pieces = pieces

    def value(self, name):
        found = [v for n, v in self.headers if n.lower() == name]
        return found[-1] if found else None

    def framed(self):
        entry, pieces = self.entry, body(self.entry)
        coding = self.value("transfer-encoding")
        if entry.get("chunks") and coding is None:
            coding = "chunked"
            self.headers.append(["Transfer-Encoding", coding])
        if coding is not None and "chunked" in coding.lower():
            return chunked(pieces, entry.get("chunks"))
        if endless(entry) or entry.get("close_delimited"):
            self.lasts = False
            return pieces
        whole = b"".join(pieces)
        if self.status in (204, 304):
            return []
        stated = self.value("content-length")
        if stated is None:
            self.headers.append(["Content-Length", str(len(whole))])
        elif stated != str(len(whole)):
            self.lasts = False
        return [whole]

    def octets(self):
        """All of the answer; cut to segments where the entry says so."""
        stream = itertools.chain(
            interim(self.entry), [head(self.status, self.headers)],
            self.pieces)
        size = self.entry.get("segment_bytes")
        if size is None and self.entry.get("dribble_s"):
            # The head at once, the body octet by octet.
            yield from interim(self.entry)
            yield head(self.status, self.headers)
            stream, size = self.pieces, 1
        for piece in stream:
            if size is None:
                yield piece
            else:
                yield from (piece[at:at + size]
                            for at in range(0, len(piece), size))


def up_to(pieces, limit):
    for piece in pieces:
        if limit <= 0:
            return
        yield piece[:limit]
        limit -= len(piece)


def normal_host(host):
    """Letter case and one trailing dot do not make another host."""
    return re.sub(r"\.$", "", host.lower()).strip("[]")
