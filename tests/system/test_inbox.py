"""Scans that apps leave as files: the Python module that leaves them, and the daemon that takes them in."""
import concurrent.futures
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import uuid

import pytest

from conftest import LIMIT
from people import need_root
from trouble import injected, needs_strace, traced

MODULE = pathlib.Path(__file__).parents[2] / "client" / "python"
sys.path.insert(0, str(MODULE))

import casmand_scan  # noqa: E402
import scanner_app  # noqa: E402

MANY = int(os.environ.get("INBOX_SCANS", 1000))
PATIENCE, ANSWER = casmand_scan.PATIENCE, casmand_scan.ANSWER
EACH = 1000  # files of one user in one look, as io/inbox.h has it


@pytest.fixture
def closed(site, monkeypatch):
    """A machine with an inbox, whose casmand does not run yet, and whose apps have all the time in the world."""
    for limit in ("PATIENCE", "ANSWER"):
        monkeypatch.setattr(casmand_scan, limit, LIMIT)
    site.inbox = site.folder / "inbox"
    site.inbox.mkdir()
    site.inbox.chmod(0o1730)
    site.database("assembled_casm.db", "assembly")
    site.configure(daemon=f"inbox = {site.inbox}")
    site.app = casmand_scan.Casmand(str(site.socket), str(site.inbox))
    return site


@pytest.fixture
def promise(closed, monkeypatch):
    """Now apps have the time that they are promised: the least that some calls took is to be within it,
    but for what a busy machine adds each time."""
    monkeypatch.setattr(casmand_scan, "PATIENCE", PATIENCE)
    monkeypatch.setattr(casmand_scan, "ANSWER", ANSWER)
    return lambda took: min(took) < 3 * PATIENCE


@pytest.fixture
def open_(closed):
    closed.start()
    return closed


def letter(site, name=None, text=None, **params):
    """A file as any other app would leave it."""
    if text is None:
        params = {"uid": uuid.uuid4().hex, **params}
        text = json.dumps({"jsonrpc": "2.0", "method": "scan", "params": params})
    name = name or uuid.uuid4().hex
    made = site.inbox / f".{name}"
    made.write_bytes(text if isinstance(text, bytes) else text.encode())
    made.rename(site.inbox / name)


def wait_taken(site, count):
    """Until so many were taken in since the start, in one look or in several."""
    looks, taken = 0, 0
    while taken < count:
        looks += 1
        taken += int(site.wait_log(r"^<[67]>inbox taken=", count=looks).partition("=")[2])
    assert taken == count


def total(site):
    return site.call("status")["scans"]["total"]


def lying(site):
    return sorted(os.listdir(site.inbox))


# --- casmand is down, or hangs ---------------------------------------------------------------------


def test_p1_scans_posted_while_casmand_is_down_are_counted_once(closed):
    with concurrent.futures.ThreadPoolExecutor(8) as people:
        receipts = list(people.map(lambda i: closed.app.scan("assembled_casm.db", note=f"part {i}"), range(MANY)))
    again = [closed.app.scan("assembled_casm.db", uid=r.uid) for r in receipts[::100]]
    assert {r.state for r in receipts + again} == {casmand_scan.KEPT}, receipts[0]
    assert len(lying(closed)) == len(receipts) + len(again)
    closed.start()
    wait_taken(closed, MANY)
    assert (total(closed), lying(closed)) == (MANY, [])
    assert closed.app.scan("assembled_casm.db", uid=receipts[0].uid)[:1] == ("counted",)
    assert total(closed) == MANY


@needs_strace
def test_p1_casmand_may_die_while_it_removes_what_it_has_counted(closed):
    for _ in range(3):
        letter(closed)
    kill = traced("/dev/null", "unlinkat", "-P", closed.inbox, "-e", "inject=unlinkat:signal=KILL:when=2")
    closed.start(wait=False, **kill)
    assert closed.daemon.wait(LIMIT) == -signal.SIGKILL
    assert len(lying(closed)) == 2
    closed.start()
    closed.wait_log(r"^<7>inbox taken=0")
    assert (total(closed), lying(closed)) == (3, [])


@needs_strace
def test_p1_scans_that_cannot_be_counted_now_stay(open_):
    with injected(open_, "fdatasync,fsync:error=EIO"):
        letter(open_)
        open_.wait_log(r'^<3>inbox error="write state.db: ')
    assert len(lying(open_)) == 1
    letter(open_)  # else it would be tried after a minute
    wait_taken(open_, 2)
    assert (total(open_), lying(open_)) == (2, [])


def test_p1_no_call_takes_long_when_casmand_hangs(open_, promise):
    took, receipts, here = [], [], open_.here()
    open_.daemon.send_signal(signal.SIGSTOP)
    for _ in range(10):
        begun = time.monotonic()
        receipts.append(open_.app.scan("assembled_casm.db"))
        took.append(time.monotonic() - begun)
    assert {r.state for r in receipts} <= {casmand_scan.KEPT, casmand_scan.UNSURE}
    assert promise(took), took
    open_.daemon.send_signal(signal.SIGCONT)
    open_.wait_log(r"^<[67]>inbox taken=", since=here)
    assert (total(open_), lying(open_)) == (10, [])  # by the socket or the file, whichever came first


def test_a_listener_that_takes_nobody_holds_nobody_up(closed, promise, tmp_path):
    path = str(tmp_path / "s")
    app = casmand_scan.Casmand(path, str(closed.inbox))
    with socket.socket(socket.AF_UNIX) as s, socket.socket(socket.AF_UNIX) as first:
        s.bind(path)
        s.listen(0)
        first.connect(path)  # the queue is full
        took = []
        for _ in range(3):
            then = time.monotonic()
            assert app.scan().state != casmand_scan.COUNTED
            took.append(time.monotonic() - then)
        assert promise(took), took


def test_what_comes_while_casmand_runs_is_taken_in_at_once(open_):
    letter(open_, database="assembled_casm.db", count=3)
    wait_taken(open_, 1)
    letter(open_)
    wait_taken(open_, 2)
    assert (total(open_), lying(open_)) == (4, [])


# --- the module's receipts -------------------------------------------------------------------------


def test_a_receipt_says_what_came_of_it(open_):
    app = open_.app
    first = app.scan("assembled_casm.db", note="ANT00001P1", count=2)
    assert first == (casmand_scan.COUNTED, first.uid, "", 2, 2, 8)
    assert app.scan("assembled_casm.db", uid=first.uid).scan == 2
    wrong = app.scan("parts.db")
    assert wrong.state == casmand_scan.REFUSED and 'no database is called "parts.db"' in wrong.message
    open_.stop()
    nowhere = casmand_scan.Casmand(str(open_.socket), str(open_.folder / "nowhere")).scan()
    assert nowhere.state == casmand_scan.UNSURE and "No such file" in nowhere.message
    assert app.scan(note="\1" * 1000).state == casmand_scan.REFUSED  # 6 bytes each
    assert app.scan(note="ü\udcff" * 100).state == casmand_scan.KEPT
    assert len(lying(open_)) == 1


def test_the_example_app_scans_and_generates_parts(open_):
    app = scanner_app.App(str(open_.path("assembled_casm.db")), open_.app)
    assert scanner_app.in_words(app.scan("ANT00001P1", "LNA00001P1")) == "saved, 9 scans until the next backup"
    assert app.generate("ANTENNA", 2) == ["ANTENNA00001P1", "ANTENNA00002P1"]
    open_.wait_log(r"^<6>stored db=assembled_casm\.db ")
    versions = open_.call("list")["versions"]
    assert "Generated 2 ANTENNA P1 parts" in [v["operation"] for v in versions]
    open_.stop()
    assert scanner_app.in_words(app.scan("ANT00002P1", "LNA00002P1")).startswith("saved; casmand is not there now")


# --- what is meant ill -----------------------------------------------------------------------------


def hostile(site):
    """Files that are no scans, by their names."""
    inbox, secret = site.inbox, site.folder / "secret"
    secret.write_text(json.dumps({"jsonrpc": "2.0", "method": "scan", "params": {"uid": "mine"}}))
    (inbox / "link").symlink_to(secret)
    (inbox / "loop").symlink_to("loop")
    (inbox / "second-name").hardlink_to(secret)
    os.mkfifo(inbox / "pipe")
    (inbox / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(inbox / "socket"))
    (inbox / "huge").write_bytes(b"")
    os.truncate(inbox / "huge", 1 << 40)
    (inbox / "long").write_bytes(b" " * 4097)
    (inbox / ".old").write_bytes(b"{")
    os.utime(inbox / ".old", (0, 0))
    texts = {"empty": b"", "nul": b"\0" * 100, "garbage": os.urandom(4096), "html": b"<html>", "half": b'{"jsonrpc": "2.0"',
             "list": b"[]", "deep": b"[" * 4096}
    for name, text in texts.items():
        letter(site, name, text)
    letter(site, "verb", text=json.dumps({"jsonrpc": "2.0", "method": "backup", "params": {}}))
    letter(site, "no uid", uid=None)
    letter(site, "uid", uid="u" * 65)
    letter(site, "member", size=1)
    letter(site, "type", count="1")
    letter(site, "count", count=0)
    letter(site, "database", database="../../etc/passwd")
    letter(site, "evil\n<3>name \x1b[2J", b"?")
    return secret


def test_what_is_no_scan_is_removed_unread_and_one_line_tells_of_it(closed):
    secret = hostile(closed)
    letter(closed, "good", uid="good")
    (closed.inbox / ".young").write_bytes(b"{")
    count = len(lying(closed)) - 2
    closed.start()
    wait_taken(closed, 1)
    closed.wait_log(rf'^<4>inbox removed={count} first=".* of user {os.geteuid()}: ')
    assert (total(closed), lying(closed)) == (1, [".young"])
    assert "mine" in secret.read_text()
    assert len([line for line in closed.log if "inbox" in line]) == 2, closed.logged()


def test_a_folder_that_is_not_empty_stays_and_holds_nothing_up(closed):
    (closed.inbox / "folder" / "below").mkdir(parents=True)
    letter(closed)
    closed.start()
    closed.wait_log(r'^<3>inbox error="remove folder: ')
    assert total(closed) == 1


@pytest.mark.parametrize("mode, words", [(0o1777, "is open to others (mode 1777). Mend: chmod 1730"),
                                         (0o0770, "is open to others (mode 0770). Mend: chmod 1730")])
def test_an_inbox_that_others_could_tamper_with_is_not_used(closed, mode, words):
    closed.inbox.chmod(mode)
    letter(closed)
    closed.start()
    assert words in closed.wait_log("^<4>inbox warning=")
    assert (total(closed), len(lying(closed))) == (0, 1)


PERSON = """
import os, sys
exec(sys.stdin.read())
os.umask(0o077)
print([Casmand("/nowhere", sys.argv[1]).scan().state for _ in range(2)])
"""


@need_root
def test_a_member_of_the_group_leaves_scans_and_sees_nobody_elses(closed):
    closed.folder.chmod(0o711)
    os.chown(closed.inbox, 0, 60)
    letter(closed, "other")
    who = {"user": "nobody", "group": "nogroup", "extra_groups": [60], "cwd": "/"}
    done = subprocess.run([sys.executable, "-IS", "-c", PERSON, closed.inbox], text=True, capture_output=True,
                          input=(MODULE / "casmand_scan.py").read_text(), timeout=LIMIT, **who)
    assert done.stdout == "['kept', 'kept']\n", done
    for command in (["ls", closed.inbox], ["rm", "-f", closed.inbox / "other"]):
        assert subprocess.run(command, capture_output=True, timeout=LIMIT, **who).returncode != 0
    closed.start()
    wait_taken(closed, 3)


FLOOD = """
import sys
for i in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/{i}", "w") as file:
        file.write('{"jsonrpc": "2.0", "method": "scan", "params": {"uid": "%d"}}' % i)
"""


@need_root
def test_p1_one_persons_flood_is_counted_after_the_others_have_had_their_turn(closed):
    closed.folder.chmod(0o711)
    os.chown(closed.inbox, 0, 60)
    done = subprocess.run([sys.executable, "-IS", "-c", FLOOD, closed.inbox, str(2 * EACH + 50)],
                          user="nobody", group=60, cwd="/", timeout=LIMIT)
    assert done.returncode == 0
    letter(closed, "good")
    closed.start()
    for taken in (EACH + 1, EACH, 50):
        closed.wait_log(f"^<6>inbox taken={taken}$")
    assert (total(closed), lying(closed)) == (2 * EACH + 51, [])
