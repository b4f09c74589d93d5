"""Tells casmand of scans, and never holds the scanner app up.

    import casmand_scan

    casmand = casmand_scan.Casmand()
    database.commit()                                           # first of all
    receipt = casmand.scan("assembled_casm.db", note="ANT00011P1")

When all is well casmand answers in a few milliseconds that it has counted the scan.  When it is stopped,
or hangs, the scan is left as a file in its inbox, a folder that survives a power cut, and is counted when
casmand runs again.  No call takes longer than PATIENCE and none raises an exception because of casmand,
the disk or the network: the receipt says what came of it.

Nothing has to be done about any receipt.  The row is committed, and casmand sees commits by itself; what
a lost scan costs is that a version may be made later than after the tenth.

One file, no dependencies, Python 3.7 or later: copy it beside your app.
"""
import json
import os
import socket
import threading
import time
import typing
import uuid

SOCKET = "/run/casmand/casmand.sock"
INBOX = "/var/spool/casmand"
PATIENCE = 0.1  # seconds that a call may take
ANSWER = 0.06   # of these, for casmand's answer; the others are for the disk
FILE_BYTES = 4096  # casmand takes no larger file from its inbox
AT_ONCE = 64    # files being written: more means that the disk hangs
MAY_PASS = -32000  # casmand's code for what is not the request's fault (a full disk, say)


class Receipt(typing.NamedTuple):
    """What came of a call."""
    state: str  # see below
    uid: str = ""
    message: str = ""  # why it is not counted, in words
    scan: typing.Optional[int] = None  # its number, of all scans that were ever counted
    since_backup: typing.Optional[int] = None
    until_backup: typing.Optional[int] = None


COUNTED = "counted"  # by casmand, durably
KEPT = "kept"        # in the inbox: it is counted when casmand runs again
REFUSED = "refused"  # the request is wrong; `message` says what
UNSURE = "unsure"    # neither casmand nor the disk answered in time: it may be posted again with its uid
BEGUN = "begun"      # a backup


class Silence(Exception):
    """Nobody answered, or not in time."""


class Casmand:
    """The casmand of this machine.  Its calls may come from any thread."""

    def __init__(self, socket_path=None, inbox=None):
        self.socket_path = socket_path or os.environ.get("CASMAND_SOCKET") or SOCKET
        self.inbox = inbox or os.environ.get("CASMAND_INBOX") or INBOX
        self._writing = threading.BoundedSemaphore(AT_ONCE)

    def scan(self, database=None, note=None, uid=None, count=1):
        """A scan that was committed.  The same uid counts once, however often it is posted."""
        until = time.monotonic() + PATIENCE
        uid = uid or uuid.uuid4().hex
        line = _line("scan", database=database, note=note, uid=uid, count=count)
        try:
            answer = self._ask(line)
        except Silence as why:
            return self._keep(line, uid, str(why), until)
        error = answer.get("error")
        if not error:
            numbers = (answer["result"].get(name) for name in ("scan", "since_backup", "until_backup"))
            return Receipt(COUNTED, uid, "", *numbers)
        if error["code"] == MAY_PASS:
            return self._keep(line, uid, error["message"], until)
        return Receipt(REFUSED, uid, error["message"])

    def back_up(self, operation, *databases):
        """Asks for versions now, and waits for nothing.  Nothing is kept for later: casmand sees by itself
        that something was changed while it was down."""
        try:
            answer = self._ask(_line("backup", operation=operation, databases=list(databases), wait=False))
        except Silence as why:
            return Receipt(UNSURE, "", str(why))
        error = answer.get("error")
        return Receipt(REFUSED, "", error["message"]) if error else Receipt(BEGUN)

    def _ask(self, line):
        until = time.monotonic() + ANSWER
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(ANSWER)
                s.connect(self.socket_path)
                s.settimeout(_left(until))
                s.sendall(line)
                return _answer(s, until)
        except (OSError, ValueError, KeyError, TypeError) as why:
            raise Silence(f"casmand: {why or type(why).__name__}") from why

    # --- the inbox ---------------------------------------------------------------------------

    def _keep(self, line, uid, why, until):
        if len(line) > FILE_BYTES:
            return Receipt(REFUSED, uid, f"{why}; and it is too long to be kept")
        if not self._writing.acquire(blocking=False):
            return Receipt(UNSURE, uid, f"{why}; and the disk hangs")
        file = _File(self.inbox, line, self._writing.release)
        file.ended.wait(_left(until))
        if file.there:
            return Receipt(KEPT, uid, why)
        return Receipt(UNSURE, uid, f"{why}; and {file.error or 'the disk did not answer in time'}")


class _File:
    """One scan on its way into the inbox, in a thread of its own: a disk may take longer than PATIENCE, and
    an app that ends waits for it."""

    def __init__(self, folder, line, done):
        self.there, self.error = False, None
        self.ended = threading.Event()
        self._folder, self._line, self._done = folder, line, done
        try:
            threading.Thread(target=self._run, name="casmand-scan").start()
        except RuntimeError:  # no thread can be had
            self._run()

    def _run(self):
        try:
            self._write()
        except OSError as why:
            self.error = str(why)
        finally:
            self._done()
            self.ended.set()

    def _write(self):
        name = uuid.uuid4().hex
        # casmand does not look at what begins with a dot.
        being_made, whole = (os.path.join(self._folder, n) for n in ("." + name, name))
        fd = os.open(being_made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            os.fchmod(fd, 0o644)  # whatever the umask is: casmand is another user
            if os.write(fd, self._line) < len(self._line):
                raise OSError("the disk is full")
            os.rename(being_made, whole)
            self.there = True
            # Behind the rename, so that it makes the name durable as well: the folder itself may not be
            # opened by those who put files into it.
            os.fsync(fd)
        finally:
            os.close(fd)
            if not self.there:
                os.unlink(being_made)


def _line(method, **params):
    given = {name: value for name, value in params.items() if value is not None}
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
    return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _left(until):
    return max(0.001, until - time.monotonic())


def _answer(s, until):
    text = b""
    while b"\n" not in text:
        s.settimeout(_left(until))
        more = s.recv(65536)
        if not more:
            raise ValueError("hung up")
        text += more
        if time.monotonic() > until:
            raise ValueError("too slow")
    answer = json.loads(text[:text.index(b"\n")])
    if "error" in answer:
        answer["error"]["code"] = int(answer["error"]["code"])
        answer["error"]["message"] = str(answer["error"]["message"])
    elif not isinstance(answer["result"], dict):
        raise ValueError("answers oddly")
    return answer
