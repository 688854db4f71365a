# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The columns of the matrix: the server names of the zone tools.test, read from
# the private federation's own list, and an ordinary host.

import csv
import os
from dataclasses import dataclass

# Its first target never answers: how long a tool then waits is its own affair.
NOT_HERE = {"swallowed"}
# Where the switch that makes a tool insecure makes no difference.
NO_SERVER = {"sni-rejected", "nothing"}
# Good certificates for another name than the one needed.
OTHER_NAME = {"wrong-name", "pseudo-san", "pseudo-cn", "pseudo-wild",
              "srv-target", "undelegated", "wrong-ip", "ip-as-name"}
# An ordinary host which only the CN of its certificate names. Its one DNS name
# is under .matrix, where the shim lets no name be read, and would be a reason
# to look at the CN if it went.
PLAIN_CN = "plain-cn"
# TLS is never weaker: a right certificate and every kind of wrong one, which
# each tool meets told to verify and told not to.
RIGHT = "delegated"
CERTIFICATES = (RIGHT, "wrong-name", "unknown-ca", "expired", "self-signed",
                "pseudo-san", "pseudo-cn", "pseudo-wild", "srv-target",
                PLAIN_CN)


@dataclass(frozen=True)
class Case:
    name: str
    kind: str      # good, edge (certificates that tools differ on), bad, plain
    hostname: str  # in the URL
    targets: tuple
    sni: str       # or "-"
    host: str
    what: str

    @property
    def is_ordinary(self):
        return not self.hostname.endswith(".matrix")

    def modes(self, tool):
        """How a tool is run in this column."""
        if self.kind == "plain" and tool.meets_plain:
            return ()
        if tool.insecure is not None and (self.kind == "bad" or
                                          self.name == RIGHT):
            return ("secure", "insecure")
        return ("secure",)

    def outcome(self, mode):
        """What every tool must do, but for the exceptions in table.py."""
        if self.kind in ("good", "plain"):
            return "reached"
        if mode == "secure" or self.name in NO_SERVER:
            return "refused"
        return "reached"


def _case(row):
    name = row["server_name"].removesuffix(".tools.test")
    if len(name) > 60:
        name = "shorter"  # its Host is
    kind = ("edge" if row["tls"].startswith("edge") else
            "good" if row["tls"] == "ok" and row["targets"] != "-" else "bad")
    return Case(name, kind, row["pseudo_hostname"],
                tuple(row["targets"].split(",")), row["tls_name"],
                row["host_draft"], row["what"])


def _ordinary(name, kind, number, what):
    host = name + ".test"
    return Case(name, kind, host, (f"[2001:db8:1::{number}]:443",
                                   f"198.51.100.{number}:443"),
                host, host, what)


def read():
    with open(os.environ["FEDERATION_DIR"] + "/names.tsv",
              newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))
    found = [_case(row) for row in rows
             if row["server_name"].endswith(".tools.test")]
    return [_ordinary("plain", "plain", 60, "an ordinary host")] + [
        case for kind in ("good", "edge", "bad") for case in found
        if case.kind == kind and case.name not in NOT_HERE] + [
            _ordinary(PLAIN_CN, "bad", 62, "an ordinary host by its CN")]
