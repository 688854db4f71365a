# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other name service modules, each with its daemon, in the private federation:
# its /run and /etc are of its own, so nothing of the machine's is asked. The
# packages were unpacked by `peers`.

import os
import shutil
import subprocess
import time

ROOT = f"{os.environ['NSS_MATRIX_BUILDDIR']}/tests/bench/peers"
LIB = "lib/x86_64-linux-gnu"
LIBRARIES = ":".join(f"{ROOT}/{d}" for d in (
    LIB, f"usr/{LIB}", f"{LIB}/systemd", f"usr/{LIB}/systemd"))
USERS = "avahi", "messagebus", "systemd-resolve"

BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_type="method_call"/><allow send_type="method_return"/>
    <allow send_type="error"/><allow send_type="signal"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
  </policy>
</busconfig>
"""

AVAHI = """\
[server]
use-ipv6=no
allow-interfaces=lo
[publish]
publish-hinfo=no
publish-workstation=no
"""

RESOLVED = """\
[Resolve]
DNS=127.0.0.1
LLMNR=no
MulticastDNS=no
DNSSEC=no
CacheFromLocalhost=yes
DNSStubListener=no
"""

# Module, name to look up, how it is asked, and what must be there first.
PEERS = [
    ("mdns4_minimal", "peer.local", "nss-mdns, a name that avahi has",
     "/run/avahi-daemon/socket"),
    ("resolve", "plain.test", "nss-resolve, a name that resolved has",
     "/run/systemd/resolve/io.systemd.Resolve"),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def make_users():
    """/etc is the federation's, its files are links to the machine's."""
    for path, form in (("/etc/passwd", "{0}:x:{1}:{1}::/:/bin/false\n"),
                       ("/etc/group", "{0}:x:{1}:\n")):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file
                     if line.split(":")[0] not in USERS]
        os.unlink(path)
        for number, user in enumerate(USERS, 990):
            lines.append(form.format(user, number))
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)


class Peers:
    """Starts the daemons that can be had; found says which modules."""

    def __init__(self):
        self.daemons = []
        self.found = []

    def start(self, path, *arguments):
        for place in ("usr/sbin", "usr/bin", "lib/systemd",
                      "usr/lib/systemd"):
            if os.access(f"{ROOT}/{place}/{path}", os.X_OK):
                env = dict(os.environ, LD_LIBRARY_PATH=LIBRARIES)
                with open(f"/run/{path}.log", "wb") as log:
                    self.daemons.append(subprocess.Popen(
                        [f"{ROOT}/{place}/{path}", *arguments], env=env,
                        stdin=subprocess.DEVNULL, stdout=log, stderr=log))
                return

    def __enter__(self):
        if not os.path.isdir(f"{ROOT}/usr"):
            return self
        make_users()
        write("/run/dbus/bus.conf", BUS)
        self.start("dbus-daemon", "--config-file=/run/dbus/bus.conf",
                   "--nofork", "--nopidfile")
        wait_for("/run/dbus/system_bus_socket")
        write("/run/avahi.conf", AVAHI)
        # Through a link it would be the machine's.
        for path in "/etc/avahi", "/etc/systemd":
            if os.path.islink(path):
                os.unlink(path)
            else:
                shutil.rmtree(path, ignore_errors=True)
        write("/etc/avahi/hosts", "192.0.2.77 peer.local\n")
        self.start("avahi-daemon", "--no-drop-root", "--no-chroot",
                   "--no-rlimits", "-f", "/run/avahi.conf")
        os.makedirs("/run/systemd", exist_ok=True)
        write("/etc/systemd/resolved.conf", RESOLVED)
        self.start("systemd-resolved")
        self.found = [peer for peer in PEERS if wait_for(peer[3])]
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()


def wait_for(path):
    for _ in range(500):
        if os.path.exists(path):
            return True
        time.sleep(0.02)
    return False
