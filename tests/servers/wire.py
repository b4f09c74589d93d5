"""HTTP/1.1 as it comes by: a stream of bytes, and the messages in it, whose bytes are not changed."""
import socket

CHUNK = 256 * 1024
PATIENCE = 60  # seconds that either side may be silent
HEAD_MOST = 256 * 1024  # bytes


class Gone(Exception):
    """One of the two sides has hung up, or a mood ends the connection: politely, or by a reset."""

    def __init__(self, why, polite=False):
        super().__init__(why)
        self.polite = polite


class Stream:
    """One side of a connection, with what came too early kept."""

    def __init__(self, sock):
        self.socket, self.early = sock, b""
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, most=CHUNK):
        """What comes next; b"" at the end."""
        if self.early:
            data, self.early = self.early[:most], self.early[most:]
            return data
        return self.socket.recv(most)

    def until(self, mark):
        """Up to and with the mark; b"" if nothing came any more."""
        data = b""
        while mark not in data:
            more = self.read()
            if data and not more or len(data) > HEAD_MOST:
                raise Gone("half a head")
            if not more:
                return b""
            data += more
        end = data.index(mark) + len(mark)
        self.early = data[end:] + self.early
        return data[:end]

    def head(self):
        return self.until(b"\r\n\r\n")

    def send(self, data):
        self.socket.sendall(data)


class Message:
    """A request or an answer: its head, and how long its body is."""

    def __init__(self, head, bodiless=False):
        self.head = head
        first, *lines = head.decode("latin-1").split("\r\n")
        self.first = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if ":" in line)
        self.headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.bodiless = bodiless
        self.chunked = "chunked" in self.headers.get("transfer-encoding", "")

    def body(self, stream):
        """Its body's bytes as they come, framing included."""
        if self.bodiless:
            return
        if self.chunked:
            while True:
                line = stream.until(b"\r\n")
                yield line
                size = int(line.split(b";")[0] or b"x", 16)
                yield from exactly(stream, size + 2)
                if not size:
                    return
        elif "content-length" in self.headers:
            yield from exactly(stream, int(self.headers["content-length"]))
        elif self.first[0].startswith("HTTP/"):  # an answer that ends with the connection
            yield from iter(stream.read, b"")


def exactly(stream, count):
    while count:
        data = stream.read(min(count, CHUNK))
        if not data:
            raise Gone("half a body")
        count -= len(data)
        yield data


class Ration:
    """Sends on so many bytes and no more; None: all."""

    def __init__(self, most):
        self.left = most

    def send(self, stream, data):
        if self.left is None:
            stream.send(data)
            return
        stream.send(data[:self.left])
        self.left -= len(data)
        if self.left <= 0:
            raise Gone("cut")
