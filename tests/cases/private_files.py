# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The files of a private world, mounted over the machine's own inside a
# private mount namespace: resolv.conf, hosts, the trusted certificates, and
# empty /run and cache directories.  Also lets the cache grow old without
# waiting: every absolute time in it is written as @SECONDS.

import ctypes
import os
import re
import shutil
import stat

MS_BIND = 4096
LIBC = ctypes.CDLL(None, use_errno=True)
ROOTS = ("/run", "/var/cache")
FILES = "/run/files"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
MACHINE_CONFIG = "/etc/nss-matrix.conf"


class SetupError(Exception):
    """Something the private world needs is forbidden or missing here."""


def mount(source, target, kind, flags=0, data=None):
    words = [x if x is None else os.fsencode(x)
             for x in (source, target, kind)]
    if LIBC.mount(*words, ctypes.c_ulong(flags),
                  data and os.fsencode(data)) != 0:
        raise SetupError(f"mount over {target}: "
                         f"{os.strerror(ctypes.get_errno())}")


def empty_directory(path):
    if not os.path.isdir(path):
        raise SetupError(f"{path} does not exist")
    mount("tmpfs", path, "tmpfs", data="mode=0755")


def make_directory(path):
    """A directory of ours; none is ever made in the machine's own tree."""
    if not path.startswith(tuple(root + "/" for root in ROOTS)):
        parent = os.path.dirname(path)
        while not os.path.isdir(parent):
            parent = os.path.dirname(parent)
        if parent == "/":
            raise SetupError(f"{path} is in no directory of its own")
        empty_directory(parent)
    os.makedirs(path, exist_ok=True)


def put(name, text):
    path = os.path.join(FILES, name)
    with open(path, "w") as out:
        out.write(text)
    return path


def cover(target, source):
    """Puts a file of ours over one of the machine's, links followed."""
    real = os.path.realpath(target)
    if not os.path.exists(real):
        # Typically a link into /run, which is ours and empty by now.
        os.makedirs(os.path.dirname(real), exist_ok=True)
        open(real, "w").close()
    mount(source, real, None, MS_BIND)


def resolv_conf(conf):
    """The text; timeouts are short unless the case says otherwise."""
    lines = [f"nameserver {ip}"
             for ip in conf.get("nameservers", ["127.0.0.1"])]
    if "domain" in conf:
        lines.append(f"domain {conf['domain']}")
    if conf.get("search"):
        lines.append("search " + " ".join(conf["search"]))
    options = {"timeout": 1, "attempts": 2}
    options.update({k: conf[k] for k in ("ndots", "timeout", "attempts")
                    if k in conf})
    words = [f"{k}:{v}" for k, v in options.items()] + conf.get("options", [])
    return "\n".join(lines + ["options " + " ".join(words)]) + "\n"


def trust(store):
    directory = "/etc/ssl/certs"
    link = os.path.join(directory, store.subject_hash() + ".0")
    empty_directory(directory)
    bundle = os.path.join(directory, "ca-certificates.crt")
    shutil.copyfile(store.ca, bundle)
    os.symlink(os.path.basename(bundle), link)


def build(conf, store, directories, config_lines, config_path):
    for path in ROOTS:
        empty_directory(path)
    os.mkdir(FILES)
    for path in directories:
        make_directory(path)
    # As the package makes it: everybody may open a file, nobody may list.
    os.chmod(directories[0], 0o711)
    cover("/etc/resolv.conf", put("resolv.conf", resolv_conf(conf)))
    cover("/etc/hosts", put("hosts", HOSTS))
    if os.path.exists(MACHINE_CONFIG):
        cover(MACHINE_CONFIG, put("nss-matrix.conf", ""))
    trust(store)
    with open(config_path, "w") as out:
        out.write("\n".join(config_lines) + "\n")


# --- the cache -------------------------------------------------------------

def cache_files(directories):
    for directory in directories:
        for parent, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(parent, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield path


def older(data, seconds):
    """Every @TIME moved back; digits are kept, so lengths stay right."""
    def back(match):
        digits = match.group(1)
        return b"@%0*d" % (len(digits), max(0, int(digits) - seconds))
    return re.subn(rb"@(\d+)", back, data)


def age(directories, seconds):
    """-> how many times were moved back, in how many files.

    In place: owner, mode and inode stay.  The files' own times move as well,
    as they would have with the clock.
    """
    times = files = 0
    for path in cache_files(directories):
        status = os.stat(path)
        with open(path, "r+b") as both:
            data, count = older(both.read(), seconds)
            both.seek(0)
            both.write(data)
        os.utime(path, ns=(status.st_atime_ns - seconds * 10**9,
                           status.st_mtime_ns - seconds * 10**9))
        times, files = times + count, files + 1
    return {"times": times, "files": files}


def empty(directories):
    for path in list(cache_files(directories)):
        os.unlink(path)
