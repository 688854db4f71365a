# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The web servers of one lookup: a listener on each address and port that the
# case's URLs have, one certificate per host by SNI, every connection and
# request written down.  "refused" is the absence of a listener; "timeout" a
# listener whose accept queue is full, so that the kernel drops each SYN.

import ipaddress
import selectors
import socket
import ssl
import threading
import urllib.parse

import http_reply

IO_LIMIT = 20.0
LINGER = 2.0
HEAD_LIMIT = 65536
TCP_INFO_SYN_SENT = 2
IP_FREEBIND, IPV6_FREEBIND = 15, 78


class WorldError(Exception):
    """The case asks for a world that cannot be built."""


def canonical(ip):
    """The address a connection to `ip` shows up at."""
    address = ipaddress.ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if int(address) == 0:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)


def new_socket(ip):
    v6 = ":" in ip
    sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
    if v6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def listen(ip, port, backlog=64):
    sock = new_socket(ip)
    try:
        sock.bind((ip, port))
    except OSError as error:
        sock.close()
        raise WorldError(f"cannot listen on {ip} port {port}: "
                         f"{error.strerror}") from error
    sock.listen(backlog)
    return sock


def swallow(ip, port):
    """-> sockets that keep (ip, port) silent for as long as they live."""
    kept = [listen(ip, port, backlog=0)]
    while len(kept) < 16:
        filler = new_socket(ip)
        filler.setblocking(False)
        filler.connect_ex((ip, port))
        kept.append(filler)
        state = filler.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        if state == TCP_INFO_SYN_SENT:
            return kept
    raise WorldError(f"the accept queue of {ip} port {port} does not fill")


def is_ip(host):
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return False


class Site:
    """One well-known entry, with its URL taken apart."""

    def __init__(self, index, entry):
        url = urllib.parse.urlsplit(entry["url"])
        self.index, self.entry = index, entry
        self.tls = url.scheme == "https"
        self.host = http_reply.normal_host(url.hostname)
        self.port = url.port or (443 if self.tls else 80)
        self.path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self.ip = canonical(entry["ip"]) if "ip" in entry else None
        self.trap = entry.get("must_not_be_requested", False)

    def key(self):
        return self.tls, self.host, self.port, self.path


def places(sites, zone):
    """-> [(ip, port, site)]: where each entry is to be found."""
    found, named = [], {}
    for site in sites:
        if site.ip:
            named.setdefault((site.host, site.port), set()).add(site.ip)
            found.append((site.ip, site.port, site))
    for site in sites:
        if site.ip:
            continue
        at = [site.host] if is_ip(site.host) else zone.addresses(site.host)
        taken = named.get((site.host, site.port), set())
        free = {canonical(ip) for ip in at} - taken
        if not at and site.entry["net"] == "ok" and not site.trap:
            raise WorldError(f"{site.entry['url']} has no address")
        found += [(ip, site.port, site) for ip in sorted(free)]
    return found


class WebServers:
    def __init__(self, entries, zone, certs):
        self.certs = certs
        self.log, self.trouble = [], []
        self.contexts, self.threads, self.kept = {}, [], []
        self.served = {}
        self.stop = threading.Event()
        self.sites = [Site(i, entry) for i, entry in enumerate(entries or [])]
        self.places = places(self.sites, zone)
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ, None)

    def start(self):
        modes = {}
        for ip, port, site in self.places:
            modes.setdefault((ip, port), []).append(site)
        for (ip, port), sites in modes.items():
            nets = {site.entry["net"] for site in sites}
            if len(nets) > 1 or len({site.tls for site in sites}) > 1:
                raise WorldError(f"{ip} port {port} cannot be both "
                                 + " and ".join(sorted(nets)))
            if nets == {"timeout"}:
                self.kept += swallow(ip, port)
            elif nets == {"ok"}:
                self.serve(ip, port, sites)
        thread = threading.Thread(target=self.accept, daemon=True)
        thread.start()
        self.threads.append(thread)

    def serve(self, ip, port, sites):
        base = self.base_context(sites) if sites[0].tls else None
        self.selector.register(listen(ip, port), selectors.EVENT_READ,
                               (ip, port, base))

    def base_context(self, sites):
        by_host = {}
        for site in sites:
            mode = site.entry.get("tls", "ok")
            if by_host.setdefault(site.host, mode) != mode:
                raise WorldError(f"two kinds of certificate for {site.host}")
        contexts = {host: self.context(host, mode)
                    for host, mode in by_host.items()}
        literal = [host for host in by_host if is_ip(host)]
        # Who sends no SNI, or an unknown one, gets the certificate of the
        # address if a URL names it, else one for a name nobody asked for.
        base = self.context(literal[0] if literal else "no-sni.invalid",
                            by_host[literal[0]] if literal else "ok",
                            shared=False)

        def by_sni(sock, name, _):
            sock.sni = name
            if name is not None:
                sock.context = contexts.get(http_reply.normal_host(name),
                                            base)
        base.sni_callback = by_sni
        return base

    def context(self, host, mode, shared=True):
        if shared and (host, mode) in self.contexts:
            return self.contexts[host, mode]
        names = [("IP:" if is_ip(host) else "DNS:") + host]
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certs.leaf(names, mode),
                             self.certs.path("leaf.key"))
        if shared:
            self.contexts[host, mode] = made
        return made

    def accept(self):
        while True:
            ready = [key for key, _ in self.selector.select()]
            for key in ready:
                if key.data is None:
                    continue
                sock, _ = key.fileobj.accept()
                thread = threading.Thread(target=self.connection, daemon=True,
                                          args=(sock, *key.data))
                thread.start()
                self.threads.append(thread)
            if any(key.data is None for key in ready):
                return

    def connection(self, sock, ip, port, context):
        entry = {"ip": ip, "port": port, "tls": None, "sni": None,
                 "requests": []}
        self.log.append(entry)
        sock.settimeout(IO_LIMIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if context is not None:
                sock = self.handshake(sock, context, entry)
            if sock is not None:
                self.talk(sock, entry, "https" if context else "http")
        except OSError as error:
            entry["ended"] = str(error)
        except Exception as error:  # a bug here must not look like silence
            self.trouble.append(f"web server: {error!r}")
        finally:
            if sock is not None:
                sock.close()

    def handshake(self, sock, context, entry):
        tls = context.wrap_socket(sock, server_side=True,
                                  do_handshake_on_connect=False)
        tls.sni = None
        try:
            tls.do_handshake()
            entry["tls"] = "ok"
            return tls
        except OSError as error:
            entry["tls"] = str(error)
            tls.close()
            return None
        finally:
            entry["sni"] = tls.sni

    def talk(self, sock, entry, scheme):
        while not self.stop.is_set():
            request = read_head(sock)
            if request is None:
                return
            method, target, host = request
            site = self.find(scheme, host, entry, target)
            entry["requests"].append({
                "method": method, "url": f"{scheme}://{host}{target}",
                "host": host, "entry": site.index if site else None})
            if not self.send(sock, site.entry if site else None):
                return

    def find(self, scheme, host, entry, target):
        """The site asked for; of several for one URL, each in its turn."""
        try:
            url = urllib.parse.urlsplit(f"{scheme}://{host}")
            wanted = (scheme == "https",
                      http_reply.normal_host(url.hostname or ""), entry["port"],
                      target)
        except ValueError:
            return None
        fitting = [site for ip, port, site in self.places
                   if (ip, port) == (entry["ip"], entry["port"])
                   and site.key() == wanted]
        if not fitting:
            return None
        turn = self.served.get((entry["ip"], wanted), 0)
        self.served[entry["ip"], wanted] = turn + 1
        return fitting[min(turn, len(fitting) - 1)]

    def send(self, sock, entry):
        """-> whether the connection goes on."""
        if entry is None or "status" not in entry:
            if entry is not None and entry.get("early_close", False) is False:
                self.trouble.append(f"{entry['url']} has no status")
            return False
        reply = http_reply.Reply(entry)
        pause = entry.get("dribble_s", 0)
        for piece in reply.octets():
            if self.stop.is_set():
                return False
            sock.sendall(piece)
            if pause:
                self.stop.wait(pause)
        if not reply.lasts and not reply.abrupt and \
                isinstance(sock, ssl.SSLSocket):
            sock.unwrap()  # a proper end, told from a cut by close_notify
        return reply.lasts

    def close(self):
        """Stops listening, waits for what is under way, returns the log."""
        self.stop.set()
        self.wake.send(b"x")
        for thread in self.threads:
            thread.join(LINGER)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        for sock in self.kept:
            sock.close()
        self.selector.close()
        return self.log


def read_head(sock):
    """-> method, target, Host; None at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more or len(data) > HEAD_LIMIT:
            return None
        data += more
    lines = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, target, _ = (lines[0].split(" ") + ["", ""])[:3]
    host = ""
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "host":
            host = value.strip()
    return method, target, host


class TlsTarget:
    """A federation target for one connection: shows one certificate."""

    def __init__(self, ip, port, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.context.sni_callback = self.heard
        self.sni = None
        self.socket = listen(canonical(ip), port)
        self.socket.settimeout(IO_LIMIT)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def heard(self, _sock, name, _context):
        self.sni = name

    def serve(self):
        try:
            peer, _ = self.socket.accept()
            peer.settimeout(IO_LIMIT)
            with self.context.wrap_socket(peer, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            pass  # a refused certificate ends here

    def close(self):
        self.thread.join(LINGER)
        self.socket.close()
        return self.sni
