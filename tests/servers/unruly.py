"""A proxy before a real S3 server that does to requests whatever a test wants: the network's, the
server's and a captive portal's moods (moods.py).  It also counts what was asked.

    with Unruly(("127.0.0.1", 9000)) as proxy:
        proxy.mood = moods.error(503, "SlowDown")                 # for every request from now on
        proxy.moods = [moods.lost, moods.passing]                 # first for these, one after the other
        proxy.greeting = moods.refused                            # for every connection from now on
        proxy.choose = lambda seen: moods.lost if seen.kind == "PUT" else None  # before all these
        ... proxy.url, proxy.counts(), proxy.requests ...

Bytes pass as they came, Host among them: a signature that was made for this proxy's address holds
at a server that believes the Host it gets.  Only where a mood says so is anything changed.  One
thread for each connection; requests on a connection come one after the other, as in HTTP/1.1.
"""
import collections
import contextlib
import dataclasses
import email.utils
import itertools
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import moods
from wire import CHUNK, PATIENCE, Gone, Message, Ration, Stream

# --- one request ---------------------------------------------------------------------------------


@dataclasses.dataclass
class Seen:
    """A request that came: what a test may look at afterwards."""
    method: str
    target: str
    headers: dict
    mood: str = ""
    status: int = 0  # what the client was answered; 0: nothing
    at: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def kind(self):
        """PUT, COPY, GET, LIST, HEAD, DELETE, POST: as S3 counts and charges them."""
        query = self.target.partition("?")[2]
        if self.method == "PUT" and "x-amz-copy-source" in self.headers:
            return "COPY"
        if self.method == "GET" and ("list-type" in urllib.parse.parse_qs(query) or "prefix=" in query):
            return "LIST"
        return self.method

    @property
    def key(self):
        """The path, decoded; it begins with the bucket where that is not in the host."""
        return urllib.parse.unquote(self.target.partition("?")[0])


class Exchange:
    """One request and its answer, in the hands of a mood."""

    def __init__(self, proxy, client, request, seen):
        self.proxy, self.client, self.request, self.seen = proxy, client, request, seen
        self.server = None
        self.taken = False  # is the request's body read?

    # To the server:

    def forward(self, most=None, change=None):
        """Sends the request on, or only its first `most` bytes and then ends both connections."""
        self.server = self.proxy.reach()
        ration = Ration(most)
        try:
            ration.send(self.server, change(self.request.head) if change else self.request.head)
            if "100-continue" in self.request.headers.get("expect", ""):
                self.client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            for data in self.request.body(self.client):
                ration.send(self.server, data)
            self.taken = True
        except OSError:  # it answers before it has read all: then let the client hear that
            pass

    def swallow(self):
        """Reads the request to its end, and nobody else ever sees it."""
        if "100-continue" in self.request.headers.get("expect", ""):
            self.client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        for _ in self.request.body(self.client):
            pass
        self.taken = True

    # To the client:

    def answer(self, most=None, change=None, pause=0, piece=CHUNK):
        """Sends the server's answer on: its first `most` bytes, changed, or in pieces with pauses."""
        ration, message = Ration(most), self.answer_head()
        self.seen.status = int(message.first[1])
        for data in itertools.chain([change(message.head) if change else message.head], message.body(self.server)):
            for start in range(0, len(data), piece):
                self.proxy.wait(pause)
                ration.send(self.client, data[start:start + piece])
        if not message.chunked and not message.bodiless and "content-length" not in message.headers:
            raise Gone("the answer ends with the connection", polite=True)

    def swallow_answer(self):
        """Waits until the server has done it and said so, and nobody ever hears of it."""
        for _ in self.answer_head().body(self.server):
            pass

    def answer_head(self):
        """The server's answer, without the "100 Continue" that the client has heard already."""
        status = 0
        while status < 200:
            head = self.server.head()
            if not head:
                raise Gone("the server hung up")
            status = int(head.split(b" ", 2)[1])
        return Message(head, self.request.first[0] == "HEAD" or status in (204, 304))

    def say(self, status, headers, body):
        """An answer of the proxy's own."""
        lines = {"Content-Length": str(len(body)), "Date": email.utils.formatdate(usegmt=True), **headers}
        head = f"HTTP/1.1 {status} Unruly\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.seen.status = status
        self.client.send(head.encode() + b"\r\n" + (b"" if self.request.first[0] == "HEAD" else body))

    def hang(self, limit=None):
        """Nothing more is said until the client hangs up, the proxy is closed or released, or that many
        seconds are over."""
        self.proxy.hold(self.client, limit)
        raise Gone("hung")


# --- the proxy -----------------------------------------------------------------------------------


def certificate(pair):
    if not pair:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context


class Unruly:
    """server: (host, port).  tls: (certificate, key) files with which the proxy speaks TLS; stranger:
    those it shows as wrong_certificate; server_tls: speak TLS to the server, too (not verified).
    """

    def __init__(self, server, tls=None, stranger=None, server_tls=False, port=0, address="127.0.0.1"):
        self.server, self.server_tls = server, server_tls
        self.certificate, self.stranger = certificate(tls), certificate(stranger)
        self.mood, self.moods, self.greeting = moods.passing, [], moods.welcome
        self.choose = lambda seen: None
        self.requests = []  # Seen, in the order in which they came
        self.connections = 0
        self.news = threading.Condition()
        self.closing = threading.Event()
        self.released = threading.Event()
        self.open = set()
        self.listener = socket.create_server((address, port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}"
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    # For tests:

    def counts(self, since=0):
        """How many requests of each kind came, since the so-manieth: {"PUT": 2, "HEAD": 1}."""
        with self.news:
            return dict(collections.Counter(seen.kind for seen in self.requests[since:]))

    def wait_requests(self, count, kind=None, limit=PATIENCE):
        """Waits until so many have come; the last of them."""
        def found():
            return [seen for seen in self.requests if kind in (None, seen.kind)]
        with self.news:
            assert self.news.wait_for(lambda: len(found()) >= count, limit), f"{len(found())} requests, not {count}"
            return found()[count - 1]

    def release(self):
        """Ends all connections that hang now."""
        self.released.set()
        self.released = threading.Event()

    def drop(self):
        """Ends all connections, as a router does that forgot them."""
        with self.news:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Ends it; nobody answers on its port any more."""
        self.closing.set()
        self.released.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()
        for thread in self.threads:
            thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # For moods and greetings:

    def reach(self):
        """A new connection to the server."""
        sock = socket.create_connection(self.server, PATIENCE)
        if self.server_tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        self._keep(sock)
        return Stream(sock)

    def hold(self, client, limit=None):
        """Waits until the client hangs up, or release() or close(), or so many seconds are over."""
        released, until = self.released, time.monotonic() + (limit or float("inf"))
        client.socket.settimeout(0.05)
        while not released.is_set() and time.monotonic() < until:
            try:
                if not client.socket.recv(CHUNK):
                    return
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except OSError:
                return

    def wait(self, seconds):
        if seconds and self.closing.wait(seconds):
            raise Gone("closing")

    # Its own:

    def _keep(self, sock):
        with self.news:
            self.open.add(sock)
        if self.closing.is_set():
            raise Gone("closing")

    def _end(self, sock, polite=False):
        with self.news:
            self.open.discard(sock)
        with contextlib.suppress(OSError):
            if polite:  # and what the other side still says does not become a reset
                sock.shutdown(socket.SHUT_WR)
                sock.settimeout(0.2)
                while sock.recv(CHUNK):
                    pass
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def _accept(self):
        while not self.closing.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads = [t for t in self.threads if t.is_alive()] + [thread]
            thread.start()

    def _serve(self, raw):
        sock, polite = raw, False
        try:
            raw.settimeout(PATIENCE)
            self._keep(raw)
            sock = self.greeting(self, raw)
            self._keep(sock)
            client = Stream(sock)
            while head := client.head():
                self._handle(self._take(client, Message(head)))
        except Gone as gone:
            polite = gone.polite
        except (OSError, ValueError):
            pass
        finally:
            self._end(raw)
            self._end(sock, polite)

    def _handle(self, exchange):
        try:
            exchange.mood(exchange)
        finally:
            if exchange.server:
                self._end(exchange.server.socket)
        if not exchange.taken:
            raise Gone("the rest of the request is still on its way", polite=True)

    def _take(self, client, request):
        with self.news:
            seen = Seen(request.first[0], request.first[1], request.headers)
            exchange = Exchange(self, client, request, seen)
            exchange.mood = self.choose(seen) or (self.moods.pop(0) if self.moods else self.mood)
            seen.mood = exchange.mood.__name__
            self.requests.append(seen)
            self.news.notify_all()
        return exchange
