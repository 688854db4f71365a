#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# synapse_site.py NAME [FAULT]: puts the homeserver at 127.0.0.1:8008 behind the
# federation endpoint of NAME, in nginx's sites.conf as it was at first, with
# one fault: wrong-name, expired, v6-dead, tampered, split. For synapse.test,
# inside the private federation.

import json
import os
import re
import shutil
import sys
import urllib.request

sys.path.insert(0, os.environ["srcdir"] + "/tests/federation")
import model  # noqa: E402
import pki  # noqa: E402

HERE = os.environ["FEDERATION_DIR"]
BACKEND = """{extra}
    location / {{
        proxy_pass http://127.0.0.1:8008;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Proto https;
    }}
"""


def expired(certificate):
    """A certificate for the same name, whose time is over."""
    office = pki.Office.__new__(pki.Office)
    office.dir, office.running = HERE + "/pki", []
    name = re.fullmatch(r"(.*)\.pem", certificate).group(1)
    wanted = model.certificate(name, expired=True)
    if not os.path.exists(office.path(pki.file_name(wanted))):
        office.issue(wanted)
    return pki.file_name(wanted)


def tampered():
    """The homeserver's key document, changed after it was signed."""
    with urllib.request.urlopen(
            "http://127.0.0.1:8008/_matrix/key/v2/server") as answer:
        document = json.load(answer)
    document["valid_until_ts"] += 1
    with open(HERE + "/tampered.json", "w", encoding="ascii") as file:
        json.dump(document, file)
    return ('location = /_matrix/key/v2/server '
            f'{{ alias {HERE}/tampered.json; }}')


def endpoint(block, fault):
    if fault == "wrong-name":
        block = re.sub(r"(ssl_certificate pki/).*;", r"\1other.tools.test.pem;",
                       block)
    if fault == "expired":
        block = re.sub(r"(?<=ssl_certificate pki/)(.*)(?=;)",
                       lambda found: expired(found.group(1)), block)
    backend = BACKEND.format(extra=tampered() if fault == "tampered" else "")
    return re.sub(r"location = /_matrix/key(.|\n)*endpoint\.conf;",
                  lambda _: backend, block)


def split(block):
    """IPv4 alone gets another answer."""
    other = re.sub(r'"m.server":"[^"]*"', '"m.server":"other.test:1"', block)
    return (re.sub(r"\n *listen \d.*", "", block)
            + re.sub(r"\n *listen \[.*", "", other))


def main():
    name, fault = (sys.argv[1:] + [""])[:2]
    sites = HERE + "/sites.conf"
    if not os.path.exists(sites + ".first"):
        shutil.copy(sites, sites + ".first")
    with open(sites + ".first", encoding="ascii") as file:
        blocks = re.split(r"(?m)^(?=server \{)", file.read())
    dead = []
    for at, block in enumerate(blocks):
        if f'/keys/{name}.json"' in block:
            dead += re.findall(r"listen (\[\S*)", block)
            blocks[at] = endpoint(block, fault)
        elif (fault == "split" and f"server_name {name};" in block
              and "m.server" in block):
            blocks[at] = split(block)
    text = "".join(blocks)
    for port in dead if fault == "v6-dead" else []:
        text = re.sub(rf"\n *listen {re.escape(port)} .*", "", text)
    with open(sites, "w", encoding="ascii") as file:
        file.write(text)


main()
