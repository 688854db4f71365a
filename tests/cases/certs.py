# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Throw-away certificates, made by the openssl command: one trusted CA, one
# nobody trusts, and a leaf for any set of names.  They are cached in one
# directory that all worlds of a run share; two that make the same leaf at
# once get the same result, because files appear by rename only.

import hashlib
import os
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
CONFIG = """[req]
distinguished_name = name
prompt = no
[name]
O = nss-matrix test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
MODES = {"ok": "trusted", "wrong-name": "trusted", "unknown-ca": "unknown"}


def openssl(*words):
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError("openssl " + " ".join(words) + ": "
                           + done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode().strip()


class Certs:
    def __init__(self, directory):
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name)

    @property
    def ca(self):
        return self.path("trusted.crt")

    def prepare(self):
        """The CAs and the key that all leaves share; once, by the runner."""
        with open(self.path("openssl.cnf"), "w") as out:
            out.write(CONFIG)
        for name in ("trusted", "unknown"):
            openssl("req", "-x509", "-config", self.path("openssl.cnf"),
                    "-extensions", "ca", "-subj", f"/O=nss-matrix {name} CA",
                    "-days", "2", *CURVE, "-keyout", self.path(name + ".key"),
                    "-out", self.path(name + ".crt"))
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-out", self.path("leaf.key"))

    def subject_hash(self):
        return openssl("x509", "-noout", "-hash", "-in", self.ca)

    def leaf(self, names, mode="ok"):
        """-> certificate file for ["DNS:a", "IP:b"]; its key is leaf.key."""
        if mode == "wrong-name":
            names = ["DNS:wrong-name.invalid"]
        issuer, text = MODES[mode], ",".join(names)
        digest = hashlib.sha256(f"{issuer} {text}".encode()).hexdigest()[:24]
        done = self.path(digest + ".crt")
        if not os.path.exists(done):
            # Process ids repeat between the worlds' own pid namespaces.
            draft = self.path(f"{digest}.{os.urandom(8).hex()}")
            openssl("req", "-x509", "-new", "-config",
                    self.path("openssl.cnf"), "-extensions", "leaf",
                    "-addext", f"subjectAltName={text}", "-days", "2",
                    "-CA", self.path(issuer + ".crt"),
                    "-CAkey", self.path(issuer + ".key"),
                    "-key", self.path("leaf.key"), "-out", draft)
            os.rename(draft, done)
        return done
