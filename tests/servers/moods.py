"""What an unruly proxy can do to a request, and to a connection.

A *mood* is a function of one Exchange: a request that came, and what is done about it.  A *greeting*
is a function of one connection, before the first byte of it was read.
"""
import email.utils
import re
import threading
import time

from wire import PATIENCE, Gone, Stream

ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
PORTAL = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please log in.</body></html>"


def passing(exchange):
    """As if the proxy were not there."""
    exchange.forward()
    exchange.answer()


def hanging(exchange, limit=None):
    """The request is read, and never answered."""
    exchange.swallow()
    exchange.hang(limit)


def hanging_up(exchange):
    """The request's head is read, then the connection is reset."""
    raise Gone("hung up")


def lost(exchange):
    """The server does it, but its answer never arrives."""
    exchange.forward()
    exchange.swallow_answer()
    raise Gone("lost")


class Held:
    """The server has done it (`done`), but its answer waits for `go`."""
    __name__ = "held"

    def __init__(self):
        self.done, self.go = threading.Event(), threading.Event()

    def __call__(self, exchange):
        exchange.forward()
        self.done.set()
        self.go.wait(PATIENCE)
        exchange.answer()


def named(name, mood):
    mood.__name__ = name
    return mood


def answer(status, headers=None, body=b"", early=False):
    """The proxy answers by itself; early: before it has read the request's body, then it hangs up."""
    def mood(exchange):
        if not early:
            exchange.swallow()
        exchange.say(status, headers or {}, body)
        if early:
            raise Gone("answered early", polite=True)
    return named(f"answer {status}{' early' if early else ''}", mood)


def error(status, code, headers=None, early=False):
    """An error as S3 says it."""
    return answer(status, {"Content-Type": "application/xml", **(headers or {})}, ERROR.format(code=code).encode(),
                  early)


def portal(status=200):
    """A captive portal: its own page instead of any answer."""
    return named(f"portal {status}", answer(status, {"Content-Type": "text/html; charset=utf-8"}, PORTAL))


def redirect(where, status=302):
    return named(f"redirect {status}", answer(status, {"Location": where, "Content-Type": "text/html"}, PORTAL))


def cut_request(count):
    """The connection ends when so many bytes of the request went on."""
    def mood(exchange):
        exchange.forward(most=count)
        exchange.answer()  # it was shorter than that
    return named(f"request cut at {count}", mood)


def cut_answer(count):
    """The connection ends when so many bytes of the answer went on; the server has done it."""
    def mood(exchange):
        exchange.forward()
        exchange.answer(most=count)
    return named(f"answer cut at {count}", mood)


def dripping(piece, pause):
    """The answer comes in pieces of so many bytes, so many seconds apart."""
    def mood(exchange):
        exchange.forward()
        exchange.answer(pause=pause, piece=piece)
    return named(f"dripping {piece} bytes", mood)


def dated(ahead):
    """The server's clock is so many seconds ahead (or behind)."""
    def change(head):
        date = email.utils.formatdate(time.time() + ahead, usegmt=True)
        return re.sub(rb"(?im)^(date:)[^\r\n]*", rb"\1 " + date.encode(), head)

    def mood(exchange):
        exchange.forward()
        exchange.answer(change=change)
    return named(f"dated {ahead:+} s", mood)


def hanging_for(seconds):
    return named("hanging for a while", lambda exchange: hanging(exchange, seconds))


def random_mood(rng):
    """Any of them.  None hangs for more than a second."""
    return rng.choice([
        lambda: passing, lambda: hanging_up, lambda: lost, lambda: hanging_for(rng.random()),
        lambda: error(500, "InternalError", early=rng.random() < 0.3),
        lambda: error(503, "SlowDown", {"Retry-After": "1"}),
        lambda: error(503, "ServiceUnavailable"),
        lambda: error(429, "TooManyRequests"),
        lambda: error(403, "AccessDenied"),
        lambda: portal(), lambda: redirect("http://portal.invalid/login"),
        lambda: cut_request(int(10 ** rng.uniform(0, 6))),
        lambda: cut_answer(int(10 ** rng.uniform(0, 4))),
        lambda: dripping(rng.randint(1, 100), rng.uniform(0, 0.01)),
        lambda: dated(rng.randint(-3600, 3600)),
    ])()


# --- greetings -----------------------------------------------------------------------------------


def welcome(proxy, sock):
    """TLS with the proxy's certificate, if it has one."""
    return proxy.certificate.wrap_socket(sock, server_side=True) if proxy.certificate else sock


def refused(proxy, sock):
    """Accepted, and reset at once."""
    raise Gone("refused")


def silent(proxy, sock):
    """Accepted, and never a word: no TLS hand-shake, no answer."""
    proxy.hold(Stream(sock))
    raise Gone("silent")


def wrong_certificate(proxy, sock):
    """TLS with a certificate that nobody trusts."""
    return proxy.stranger.wrap_socket(sock, server_side=True)
