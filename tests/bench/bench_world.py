# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the benchmark adds to the private federation: a resolver at the far end
# of the relay that has every answer at hand, and web servers for as many
# names as a list may have. Both answer for names that nobody wrote down.

import os
import shutil
import subprocess
import time

FAR = "198.18.1.1"  # relay.c's end in the federation
HERE = os.environ.get("FEDERATION_DIR", "/run/federation")
DIR = f"{HERE}/bench"
SOURCE = os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))

# Any name below the first three is one of a list: delegated with a port;
# without a document but with SRV; with nothing listening at all.
RESOLVER = """\
server:
  interface: {far}
  ip-freebind: yes
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  directory: "{dir}"
  pidfile: ""
  use-syslog: no
  logfile: "{dir}/unbound.log"
  num-threads: 1
  outgoing-range: 256
  num-queries-per-thread: 4096
  so-rcvbuf: 4m
  so-sndbuf: 4m
  module-config: "iterator"
  qname-minimisation: no
  do-not-query-localhost: no
  local-zone: "test." nodefault
  local-zone: "delegated.bench.test." redirect
  local-data: "delegated.bench.test. 300 A 192.0.2.240"
  local-zone: "srv.bench.test." redirect
  local-data: "srv.bench.test. 300 A 192.0.2.240"
  local-data: "srv.bench.test. 300 SRV 10 0 8448 target.bench.test."
  local-zone: "silent.bench.test." redirect
  local-data: "silent.bench.test. 300 A 192.0.2.241"
  local-zone: "fed.bench.test." static
  local-data: "fed.bench.test. 300 A 192.0.2.242"
  local-zone: "target.bench.test." static
  local-data: "target.bench.test. 300 A 192.0.2.243"
  local-zone: "r.bench.test." static
  local-data: "r4.r.bench.test. 300 A 192.0.2.241"
  local-data: "_matrix-fed._tcp.r4.r.bench.test. 300 SRV 1 1 1 target.bench.test."
  local-data: "r5.r.bench.test. 300 A 192.0.2.241"
  local-data: "_matrix._tcp.r5.r.bench.test. 300 SRV 1 1 1 target.bench.test."
  local-data: "r6.r.bench.test. 300 A 192.0.2.241"
  local-data: "lost.r.bench.test. 300 A 198.18.77.1"
  local-data: "lost6.r.bench.test. 300 AAAA 2001:db8:dead:77::1"
  local-data: "lost6.r.bench.test. 300 A 192.0.2.240"
  local-data: "only4.r.bench.test. 300 A 192.0.2.240"
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: 127.0.0.2
  stub-prime: no
"""

WEB = """\
user root;
daemon off;
master_process off;
pid nginx.pid;
error_log nginx.log error;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate bench.pem;
  ssl_certificate_key {pki}/key;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{
    listen 192.0.2.240:443 ssl backlog=4096 default_server;
    server_name *.srv.bench.test;
    return 404;
  }}
  server {{
    listen 192.0.2.240:443 ssl;
    server_name *.delegated.bench.test lost6.r.bench.test
      only4.r.bench.test;
    location = /.well-known/matrix/server {{
      default_type application/json;
      return 200 '{{"m.server":"fed.bench.test:8448"}}';
    }}
  }}
}}
"""

NAMES = "DNS:*.delegated.bench.test,DNS:*.srv.bench.test,DNS:*.r.bench.test"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], cwd=DIR, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write(name, text):
    with open(f"{DIR}/{name}", "w", encoding="ascii") as file:
        file.write(text)


def certify():
    pki = f"{HERE}/pki"
    write("san", f"subjectAltName={NAMES}\n")
    openssl("req", "-new", "-key", f"{pki}/key", "-subj", "/CN=bench",
            "-out", "bench.csr")
    openssl("x509", "-req", "-in", "bench.csr", "-CA", f"{pki}/ca.pem",
            "-CAkey", f"{pki}/ca.key", "-set_serial", "0x6d62656e6368",
            "-days", "2", "-extfile", "san", "-out", "bench.pem")


def list_of(count):
    """Names as they come in life: half of them delegate."""
    kinds = ["delegated", "srv", "delegated", "silent"]
    return "".join(f"n{i}.{kinds[i % 4]}.bench.test\n" for i in range(count))


class World:
    """Starts the servers, ends them."""

    def __enter__(self):
        os.makedirs(DIR, exist_ok=True)
        write("unbound.conf", RESOLVER.format(far=FAR, dir=DIR))
        write("nginx.conf", WEB.format(pki=f"{HERE}/pki"))
        write("resolv.conf", f"nameserver {FAR}\n")
        write("plain.conf", "speculate no\n")
        certify()
        # As installed: a hit then has a file to stat, not one to miss.
        shutil.copy(f"{SOURCE}/doc/nss-matrix.conf", "/etc/nss-matrix.conf")
        self.servers = [
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=DIR)
            for argv in ([f"{HERE}/bin/unbound", "-d", "-p", "-c",
                          f"{DIR}/unbound.conf"],
                         ["nginx", "-p", DIR, "-c", f"{DIR}/nginx.conf",
                          "-e", f"{DIR}/nginx.log"])]
        for address in f"{FAR}:53", "192.0.2.240:443":
            self.wait_for(address)
        return self

    def wait_for(self, address):
        for _ in range(500):
            if subprocess.run(["ss", "-Hlnt", "src", address], check=True,
                              stdout=subprocess.PIPE).stdout:
                return
            time.sleep(0.02)
        raise SystemExit(f"bench: nobody listens at {address}")

    def __exit__(self, *_):
        for server in self.servers:
            server.kill()
            server.wait()
