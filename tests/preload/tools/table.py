# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tools of the matrix, one entry per row, and where a row differs from what
# every tool must do. Nothing here runs anything: matrix.py does.
#
# Each is Debian's own program, by absolute path: what else a machine has in
# PATH is not what this is about. In a command, and in what it reads from its
# standard input,
#     {url}            stands for the URL of the cell
#     {before} {after} for URLs of an ordinary host, got by the same process
#     {host}           for the host in the URL
#     {id}             for the name of the cell, which the server will log
#     {dir}            for a directory of the cell, whose files are output too
#     {verify}         for the words of `insecure` in cells where certificates
#                      shall not matter, and those of `secure` in all others.

import glob
import os
import subprocess
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = "/usr/bin/nodejs"
REQUEST = ("GET /?{id} HTTP/1.1\r\nHost: {host}\r\n"
           "Connection: close\r\n\r\n")
CLIENT = ("/usr/bin/python3", "-B", HERE + "/client.py")


@dataclass(frozen=True)
class Tool:
    name: str
    package: str          # whose version is shown
    command: tuple
    secure: tuple = ()
    insecure: tuple = None  # None: it has no such switch
    # A batch gets all URLs in one process and prints a line for each: `ok
    # BODY` or `failed WHY`.
    batch: bool = False
    stdin: str = ""
    http2: bool = False    # it speaks HTTP/2 with an ordinary host
    # What it says if it got a 404, for the tool that shows no page.
    got_404: str = None
    exit_reached: int = 0
    exit_refused: int = None     # None: anything but 0
    exit_unresolved: int = None  # for a name without address; None: as above
    says_refused: str = ""  # a regular expression
    probe: tuple = ()       # it is there if this succeeds
    options: tuple = ()     # for matrix-run
    environment: tuple = ()  # NAME=VALUE
    absent: str = ""        # why it may be missing, if not for its package
    version: str = ""       # if it is not the package's

    @property
    def without(self):
        return self.absent or f"package {self.package} is not installed"

    @property
    def meets_plain(self):
        """Whether the ordinary host is met in the cells of the others."""
        return self.batch or "{before}" in (*self.command, *self.stdin.split())


def batch(name, package, *command, **rest):
    return Tool(name, package, command + ("{verify}",), secure=("secure",),
                insecure=("insecure",), batch=True, **rest)


def python(library, package, module, **rest):
    name = "Python " + library.replace("_", " ")
    return batch(name, package, *CLIENT, library,
                 probe=(CLIENT[0], "-c", "import " + module), **rest)


def node(kind, library, path, environment=(), **rest):
    version = ""
    if os.path.exists(path):
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True,
            env=dict(word.split("=", 1) for word in environment)
            ).stdout.strip("v\n")
    return batch(f"Node ({kind}) {library}", "nodejs",
                 path if version else "none", HERE + "/client.js", library,
                 environment=environment, version=version, **rest)


def uses_libssl(path):
    """Whether a program, or one of its libraries, is linked to libssl."""
    found = subprocess.run(["ldd", path], capture_output=True, text=True)
    return "libssl.so" in found.stdout


def debian_node(library, directory):
    """Debian's, installed, or unpacked there beside a node from elsewhere."""
    path, environment = NODE, ()
    if not uses_libssl(NODE):
        path = directory + "/usr/bin/node"
        libraries = glob.glob(directory + "/usr/lib/*-linux-*")
        environment = ("LD_LIBRARY_PATH=" + ":".join(libraries),)
    return node("Debian", library, path, environment,
                absent="Debian's own node is not there")


def vendor_node(library):
    """A node from elsewhere. It trusts whom it knows and who is named here."""
    return node("vendor", library, "none" if uses_libssl(NODE) else NODE,
                ("NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt",),
                options=("--force",), absent="the machine has none")


def tools(node_directory, native_tls):
    """The rows. What had to be unpacked or built may not be there."""
    return [
        Tool("curl", "curl",
             ("/usr/bin/curl", "-sS", "-w", "\nexit=%{exitcode}\n",
              "{verify}", "{before}", "{url}",
              # Other TLS settings, so that no connection is used again.
              "--next", "-sS", "--tlsv1.2", "{after}"),
             insecure=("-k",), http2=True, exit_refused=0,
             says_refused=r"exit=(6|35|60)\n"),
        Tool("curl --http1.1", "curl",
             ("/usr/bin/curl", "-sS", "-w", "\nexit=%{exitcode}\n",
              "{verify}", "--http1.1", "{before}", "{url}",
              "--next", "-sS", "--http1.1", "--tlsv1.2", "{after}"),
             insecure=("-k",), exit_refused=0,
             says_refused=r"exit=(6|35|60)\n"),
        python("pycurl", "python3-pycurl", "pycurl", http2=True),
        batch("PHP curl", "php-curl", "/usr/bin/php", HERE + "/client.php",
              "curl", http2=True,
              probe=("/usr/bin/php", "-r", "exit(!extension_loaded('curl'));")),
        batch("PHP streams", "php-cli", "/usr/bin/php",
              HERE + "/client.php", "streams"),
        Tool("git ls-remote", "git",
             ("/usr/bin/git", "{verify}", "ls-remote", "{url}"),
             insecure=("-c", "http.sslVerify=false"), http2=True,
             got_404=r"repository '\S+' not found", exit_reached=128,
             exit_refused=128, says_refused="unable to access"),
        Tool("wget", "wget",
             ("/usr/bin/wget", "-nv", "--tries=1", "-O", "-", "{verify}",
              "{before}", "{url}", "{after}"),
             insecure=("--no-check-certificate",)),
        Tool("wget2", "wget2",
             ("/usr/bin/wget2", "--tries=1", "--max-threads=1", "-P", "{dir}",
              "{verify}", "{before}", "{url}", "{after}"),
             insecure=("--no-check-certificate",), http2=True,
             exit_unresolved=0),
        python("urllib", "python3", "urllib"),
        python("http_client", "python3", "http.client"),
        python("requests", "python3-requests", "requests"),
        python("httpx", "python3-httpx", "httpx"),
        python("httpx_async", "python3-httpx", "httpx"),
        python("httpx_http2", "python3-h2", "httpx, h2", http2=True),
        python("aiohttp", "python3-aiohttp", "aiohttp"),
        python("libsoup", "gir1.2-soup-3.0", "gi; "
               "gi.require_version('Soup', '3.0'); "
               "from gi.repository import Gio, Soup; "
               "assert Gio.TlsBackend.get_default().supports_tls()",
               http2=True),
        Tool("HTTPie", "httpie",
             ("/usr/bin/http", "--ignore-stdin", "--body", "{verify}",
              "{url}"), insecure=("--verify=no",)),
        batch("Perl LWP", "libwww-perl", "/usr/bin/perl",
              HERE + "/client.pl", "lwp",
              probe=("/usr/bin/perl", "-MLWP::Protocol::https", "-e", "1")),
        batch("Perl Mojo", "libmojolicious-perl", "/usr/bin/perl",
              HERE + "/client.pl", "mojo",
              probe=("/usr/bin/perl", "-MMojo::UserAgent",
                     "-MIO::Socket::SSL", "-e", "1")),
        batch("Ruby net/http", "ruby", "/usr/bin/ruby", HERE + "/client.rb"),
        debian_node("https", node_directory),
        debian_node("fetch", node_directory),
        vendor_node("https"),
        batch("Rust native-tls", "librust-native-tls-dev", native_tls,
              absent="it could not be built"),
        Tool("ncat", "ncat",
             ("/usr/bin/ncat", "--no-shutdown", "{verify}", "{host}", "443"),
             secure=("--ssl-verify",), insecure=("--ssl",), stdin=REQUEST),
        Tool("socat", "socat",
             ("/usr/bin/socat", "-", "OPENSSL:{host}:443{verify}"),
             insecure=(",verify=0",), stdin=REQUEST),
        Tool("openssl s_client", "openssl",
             ("/usr/bin/openssl", "s_client", "-quiet", "-ign_eof",
              "{verify}", "-connect", "{host}:443", "-servername",
              "{host}"),
             secure=("-verify_return_error", "-verify_hostname", "{host}"),
             insecure=("-verify_quiet",), stdin=REQUEST),
        Tool("gnutls-cli", "gnutls-bin",
             ("/usr/bin/gnutls-cli", "{verify}", "-p", "443", "{host}"),
             insecure=("--insecure",), stdin=REQUEST),
        Tool("w3m", "w3m", ("/usr/bin/w3m", "{verify}", "-dump_source",
                            "{url}"), insecure=("-insecure",), exit_refused=0,
             says_refused="Can't load"),
        Tool("links", "links",
             ("/usr/bin/links", "{verify}", "-source", "{url}"),
             insecure=("-ssl.certificates", "0")),
        Tool("lynx", "lynx", ("/usr/bin/lynx", "{verify}", "-source",
                              "{url}"),
             insecure=("-cfg=" + HERE + "/lynx-insecure.cfg",)),
        Tool("elinks", "elinks",
             ("/usr/bin/elinks", "-config-dir", "{dir}", "-no-connect",
              "-eval", "{verify}", "-source", "1", "{url}"),
             secure=("set connection.ssl.cert_verify = 1",),
             insecure=("set connection.ssl.cert_verify = 0",)),
        aria2("aria2"),
        aria2("aria2, no c-ares", "--async-dns=false"),
        Tool("ApacheBench", "apache2-utils",
             ("/usr/bin/ab", "-v", "4", "-n", "1", "{url}"), exit_refused=0,
             says_refused="SSL handshake failed|service not known",
             exit_unresolved=50),
    ]


def aria2(name, *options):
    # All at once, or a name that it cannot look up would stop the rest.
    return Tool(name, "aria2",
                ("/usr/bin/aria2c", "--no-conf", "--quiet", "--max-tries=1",
                 "--stop=6", "-d", "{dir}", "{verify}", *options, "-i", "-"),
                stdin="{before}\n out=1\n{url}\n out=2\n{after}\n out=3\n",
                insecure=("--check-certificate=false",))


@dataclass(frozen=True)
class Difference:
    """Where a tool does not do what the others do, and why."""
    tools: tuple
    modes: tuple
    cases: tuple  # empty: all that are no ordinary hosts
    outcome: str  # reached, refused, or either
    reason: str

    def applies(self, tool, case, mode):
        return (tool.name in self.tools and mode in self.modes and
                (case.name in self.cases or
                 not self.cases and not case.is_ordinary) and
                self.outcome != case.outcome(mode))


BOTH = ("secure", "insecure")
# Certificates that are good, but for another name.
NAMES = ("wrong-name", "pseudo-san", "pseudo-cn", "pseudo-wild", "srv-target",
         "undelegated", "wrong-ip", "ip-as-name")

NODES = ("Node (Debian) https", "Node (Debian) fetch")
FIRST = "tries the first address alone, of ordinary names too"

# They have no switch not to verify, since they never do.
UNVERIFYING = ("ApacheBench",)

EXCEPTIONS = [
    Difference(("wget", "wget2", "git ls-remote", "Python pycurl",
                "gnutls-cli", "elinks", "Python libsoup"),
               ("secure",), ("cn-only",), "reached",
               "GnuTLS takes the CN where a certificate has no names"),
    Difference(("socat", *NODES), BOTH, ("priority",), "refused", FIRST),
    Difference(("socat", *NODES), BOTH, ("same-priority",), "either",
               FIRST + ", and their order is free"),
    # (socat takes an IPv4 address first.)
    Difference(NODES, BOTH, ("v6refuses",), "refused", FIRST),
    Difference(("aria2",), BOTH, ("v6only", "ip6"), "refused",
               "with c-ares it waits for an IPv4 address too, and for ever"),
    # (Where there are no alternative names it compares the CN: pseudo-cn.)
    Difference(("w3m",), ("insecure",),
               tuple(n for n in NAMES if n != "pseudo-cn") + ("plain-cn",),
               "refused",
               "its -insecure is about the authority, not the name"),
    Difference(("Perl Mojo", "socat", "lynx"), ("secure",), ("plain-cn",),
               "reached", "takes the CN beside other names, by itself too"),
    Difference(UNVERIFYING, ("secure",),
               NAMES + ("unknown-ca", "self-signed", "expired", "cn-only",
                        "partial", "plain-cn"), "reached",
               "verifies nothing, by design"),
    Difference(("Node (vendor) https",), BOTH, (), "refused",
               "has an OpenSSL of its own, out of reach: fails closed"),
]

# Who refuses a certificate for another name without a line from matrix-run
# that says so. (A name without address is explained to all of them.)
SILENT = {"Node (vendor) https": "has an OpenSSL of its own, out of reach"}

# What has to have a row, installed or not.
PROMISED = (
    "curl", "wget", "wget2", "git ls-remote", "Python urllib",
    "Python requests", "Python httpx", "Python aiohttp", "Python pycurl",
    "Python libsoup", "HTTPie", "Perl LWP", "Ruby net/http", "PHP curl",
    "PHP streams", "ncat", "socat", "w3m", "links", "lynx", "elinks", "aria2",
    "openssl s_client", "gnutls-cli", "Node (Debian) https",
    "Node (Debian) fetch", "Rust native-tls")


def holes(rows, missing, certificates, met):
    """What the matrix has no cell for; met are (tool, case, mode) by name."""
    names = [tool.name for tool in rows]
    yield from (f"{name} has no row" for name in PROMISED if name not in names)
    for tool in rows:
        if tool.name in missing:
            continue
        modes = BOTH
        if tool.insecure is None and tool.name in UNVERIFYING:
            modes = ("secure",)
        for certificate in certificates:
            for mode in modes:
                if (tool.name, certificate, mode) not in met:
                    yield f"{tool.name} never meets {certificate}, {mode}"
