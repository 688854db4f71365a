#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# oracle.py JUDGE: fuzzed key documents, signed by python3-signedjson, are
# given to our reader (judge_documents) and to signedjson and canonicaljson;
# both must agree on the canonical form, octet for octet, and on every
# signature. TAP. ORACLE_SEED chooses other documents than every run's.

import json
import os
import random
import re
import subprocess
import sys

import canonicaljson
import signedjson.key
import signedjson.sign

COUNT = 4000
MOST = 2**53 - 1
TEXTS = ["", "a", "ä", "日本", "😀", "\x00", "\x1f", "\x7f", "\u2028", "\uffff",
         "\ue000", "\"\\/", "\b\f\n\r\t", "</script>", "é", "e\u0301", "A" * 90]


def text(rng):
    return "".join(rng.choice(TEXTS) for _ in range(rng.randrange(4)))


def value(rng, depth):
    kind = rng.randrange(8 if depth else 6)
    if kind == 0:
        return rng.choice([0, 1, -1, MOST, -MOST, rng.randint(-MOST, MOST)])
    if kind == 1:
        return rng.choice([True, False, None])
    if kind < 6:
        return text(rng)
    if kind == 6:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {text(rng): value(rng, depth - 1) for _ in range(rng.randrange(6))}


def document(rng, keys):
    name = rng.choice(["example.org", "ä.test", text(rng)])
    made = {text(rng): value(rng, 3) for _ in range(rng.randrange(8))}
    made.update({
        "server_name": name, "valid_until_ts": rng.randrange(MOST),
        "verify_keys": {
            f"ed25519:{key.version}": {
                "key": signedjson.key.encode_verify_key_base64(
                    signedjson.key.get_verify_key(key))} for key in keys}})
    if rng.random() < 0.3:
        made["unsigned"] = value(rng, 2)
    for key in keys:
        made = signedjson.sign.sign_json(made, name, key)
    return made


def tamper(rng, made):
    """Something that may or may not be covered by the signature."""
    way = rng.randrange(6)
    if way == 0:
        made["valid_until_ts"] += 1
    elif way == 1:
        made["unsigned"] = {"age_ts": 5}
    elif way == 2:
        made.setdefault("old_verify_keys", {})[text(rng)] = 1
    elif way == 3:
        made["signatures"]["other.test"] = {"ed25519:x": "AAAA"}
    elif way == 4:
        signatures = made["signatures"][made["server_name"]]
        which = rng.choice(list(signatures))
        at = rng.randrange(80)
        old = signatures[which]
        signatures[which] = old[:at] + ("A" if old[at] != "A" else "B"
                                        ) + old[at + 1:]
    else:
        made["x"] = value(rng, 2)


def write(rng, made):
    """JSON as no canonical writer would write it."""
    return json.dumps(made, ensure_ascii=rng.random() < 0.5,
                      indent=rng.choice([None, 0, 3])).encode()


def break_octets(rng, octets):
    octets = bytearray(octets)
    for _ in range(rng.randrange(1, 3)):
        at = rng.randrange(len(octets))
        way = rng.randrange(3)
        if way == 0:
            octets[at] = rng.randrange(256)
        elif way == 1:
            del octets[at]
        else:
            octets.insert(at, rng.choice(b'{}[]",:\\0e.-u '))
    return bytes(octets)


class Refused(Exception):
    pass


def refuse(_):
    raise Refused()


def integer(digits):
    if abs(int(digits)) > MOST:
        raise Refused()
    return int(digits)


def expect(octets):
    """The line that judge_documents must write."""
    try:
        made = json.loads(octets.decode("utf-8"), parse_constant=refuse,
                          parse_float=lambda _: 0.5)  # never infinite
        canonicaljson.encode_canonical_json(made)  # lone surrogates
    except (ValueError, Refused):
        return "-"
    if not isinstance(made, dict):
        return "-"
    canonical = True
    try:
        json.loads(octets.decode("utf-8"), parse_float=refuse,
                   parse_int=integer)
    except Refused:
        canonical = False
    line = (canonicaljson.encode_canonical_json(made).hex() if canonical
            else "!")
    return line, made, canonical


def escaped(key):
    """As escape_text writes it, for keys that fit."""
    return "".join(r"\\" if octet == 92 else chr(octet) if 32 <= octet < 127
                   else f"\\x{octet:02x}" for octet in key.encode())


def unpadded(text):
    """Matrix's unpadded base64; Python's reader also takes the URL-safe
    alphabet and passes over whatever is in neither."""
    return re.fullmatch("[A-Za-z0-9+/]*", text)


def check_keys(fields, made, canonical):
    keys = made.get("verify_keys")
    ids = {escaped(key): key for key in keys} if fields else {}
    for field in fields:
        key_id, verdict = field.rsplit("=", 1)
        key_id = ids[key_id]
        good = False
        try:
            key = signedjson.key.decode_verify_key_bytes(
                key_id, signedjson.key.decode_base64(keys[key_id]["key"]))
            signedjson.sign.verify_signed_json(
                made, made["server_name"], key)
            good = canonical and all(map(unpadded, (
                keys[key_id]["key"],
                made["signatures"][made["server_name"]][key_id])))
        except Exception:  # whatever it is, it is no good signature
            pass
        if good != (verdict == "good"):
            return False
    return True


def agrees(octets, line):
    expected = expect(octets)
    if expected == "-":
        return line == "-"
    form, made, canonical = expected
    fields = line.split("\t")
    return fields[0] == form and check_keys(fields[1:], made, canonical)


def main():
    seed = int(os.environ.get("ORACLE_SEED", 1))
    rng = random.Random(seed)
    print(f"# ORACLE_SEED={seed}")
    keys = [signedjson.key.decode_signing_key_base64(
        "ed25519", f"k{n}", signedjson.key.encode_base64(rng.randbytes(32)))
            for n in range(2)]
    groups = {"sound documents": [], "tampered documents": [],
              "broken documents": []}
    for number in range(COUNT):
        made = document(rng, keys[:1 + number % 2])
        if number % 3 == 1:
            tamper(rng, made)
        octets = write(rng, made)
        if number % 3 == 2:
            octets = break_octets(rng, octets)
        groups[list(groups)[number % 3]].append(octets)
    failed = 0
    for count, (what, documents) in enumerate(groups.items(), 1):
        lines = subprocess.run(
            [sys.argv[1]], input="".join(d.hex() + "\n" for d in documents),
            capture_output=True, text=True, check=True).stdout.splitlines()
        wrong = [(d, line) for d, line in zip(documents, lines)
                 if not agrees(d, line)]
        good = not wrong and len(lines) == len(documents)
        print(f"{'ok' if good else 'not ok'} {count} - {what}: ours and "
              f"signedjson's verdicts on {len(documents)} agree")
        for octets, line in wrong[:3]:
            print(f"# {octets!r}\n# ours: {line}\n# theirs: {expect(octets)}")
        failed += not good
    print(f"# figure: documents compared with signedjson = {COUNT}")
    print(f"1..{len(groups)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
