# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The throw-away certificates of the private federation: an authority that is
# trusted inside it, one that is not, and a certificate per name. All servers
# share one key; the names are what matters. openssl does the work, as many
# at a time as there are processors.

import os
import re
import subprocess

REQUEST_CONF = """\
[req]
distinguished_name = dn
[dn]
"""
# Only `openssl ca` can write a certificate whose time is over, and it wants a
# little office around it.
OFFICE_CONF = """\
[ca]
default_ca = office
[office]
database = {dir}/issued
new_certs_dir = {dir}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""
DAYS = "30"


def file_name(certificate):
    """A readable name; different certificates never share it."""
    kind = "-expired" if certificate.expired else ""
    if certificate.authority != "trusted":
        kind += "-" + certificate.authority
    if certificate.cn:
        kind += "-cn-" + certificate.cn
    names = re.sub(r"[^\w.:+-]", "_", "+".join(certificate.names))
    return f"{names or 'nameless'}{kind}.pem"


def _alternative_name(name):
    if name.startswith("DNS:"):
        return name
    address = name.strip("[]")
    if ":" in address or re.fullmatch(r"[\d.]+", address):
        return f"IP:{address}"
    return f"DNS:{name}"


class Office:
    def __init__(self, directory):
        self.dir = directory
        self.running = []
        os.makedirs(directory)
        self._write("request.conf", REQUEST_CONF)
        self._write("office.conf", OFFICE_CONF.format(dir=directory))
        self._write("issued", "")
        for key in "key", "ca.key", "unknown-ca.key":
            self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                          "ec_paramgen_curve:P-256", "-out", self.path(key))
        self.wait()
        for authority in "ca", "unknown-ca":
            self._request(authority + ".pem", authority + ".key",
                          f"nss-matrix test authority ({authority})",
                          ["basicConstraints=critical,CA:true",
                           "keyUsage=critical,keyCertSign,cRLSign",
                           "subjectKeyIdentifier=hash"], "-x509")
        self.wait()

    def path(self, name):
        return os.path.join(self.dir, name)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def _openssl(self, *arguments):
        if len(self.running) >= (os.cpu_count() or 1) + 1:
            self._finish(self.running.pop(0))
        self.running.append(subprocess.Popen(
            ["openssl", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT))

    @staticmethod
    def _finish(process):
        output = process.communicate()[0]
        if process.returncode:
            raise SystemExit(f"{process.args}:\n{output.decode()}")

    def wait(self):
        while self.running:
            self._finish(self.running.pop(0))

    def _request(self, out, key, cn, extensions, *arguments):
        self._openssl("req", "-new", "-config", self.path("request.conf"),
                      "-key", self.path(key), "-out", self.path(out),
                      "-subj", f"/CN={cn}", *arguments,
                      *(x for e in extensions for x in ("-addext", e)))

    def issue(self, certificate):
        """Starts to make a certificate; wait() returns when all are done."""
        out = file_name(certificate)
        # A neutral CN: tools that still read it must find nothing there.
        cn = certificate.cn or "nss-matrix test"
        extensions = ["basicConstraints=CA:false",
                      "extendedKeyUsage=serverAuth"]
        if certificate.names:
            extensions.append("subjectAltName=" + ",".join(
                map(_alternative_name, certificate.names)))
        if certificate.expired:
            self._issue_expired(out, cn, extensions)
            return
        signer = []
        if certificate.authority != "self":
            ca = {"trusted": "ca", "unknown": "unknown-ca"}[
                certificate.authority]
            extensions.append("authorityKeyIdentifier=keyid")
            signer = ["-CA", self.path(ca + ".pem"),
                      "-CAkey", self.path(ca + ".key")]
        self._request(out, "key", cn, extensions, "-x509", "-days", DAYS,
                      *signer)

    def _issue_expired(self, out, cn, extensions):
        self.wait()
        self._request(out + ".csr", "key", cn, extensions)
        self.wait()
        self._openssl("ca", "-batch", "-notext",
                      "-config", self.path("office.conf"),
                      "-cert", self.path("ca.pem"),
                      "-keyfile", self.path("ca.key"),
                      "-startdate", "20190101000000Z",
                      "-enddate", "20190131000000Z",
                      "-in", self.path(out + ".csr"), "-out", self.path(out))
        self.wait()
