"""Peers that are silent, slow, flooding, babbling or many: they harm nobody but themselves."""
import json
import os
import random
import select
import socket
import threading
import time

import pytest

SCAN = b'{"jsonrpc":"2.0","id":%d,"method":"scan"}\n'
STATUS = b'{"jsonrpc":"2.0","id":%d,"method":"status"}\n'
MANY = 10000
# Freed memory goes back at once, so that what a peer costs can be seen under AddressSanitizer too.
FRUGAL = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
          ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}
# Bytes that one peer may cost: 1 MiB of answers, 64 KiB of requests, their overhead, and what a sanitizer
# holds back of freed memory.
GROWTH = 12 << 20


def memory(site):
    """Resident bytes of the daemon."""
    with open(f"/proc/{site.daemon.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


@pytest.fixture
def quiet(site):
    """A daemon that watches two databases that nobody has made yet."""
    site.database("parts.db")
    site.database("assembled_casm.db", "assembly")
    site.start(env=FRUGAL)
    with site.connect() as line:  # what it needs once, it has now
        for i in range(100):
            line.call("scan")
            line.call("status")
    return site


def push(line, data):
    """As much as the daemon takes now; how many bytes that was."""
    taken = 0
    line.socket.setblocking(False)
    try:
        while taken < len(data):
            taken += line.socket.send(data[taken:taken + 65536])
    except BlockingIOError:
        pass
    line.socket.setblocking(True)
    return taken


def push_until_held(line, data, meanwhile):
    """Goes on until the daemon takes no more from this peer, though it answers `meanwhile`."""
    taken = refused = 0
    while refused < 100 and taken < len(data):
        more = push(line, data[taken:])
        taken += more
        refused = 0 if more else refused + 1
        meanwhile()
    return taken


def read_all(line, data, count):
    """Sends the rest of `data` and reads `count` answers meanwhile."""
    sender = threading.Thread(target=line.send, args=(data,))
    sender.start()
    replies = [line.receive() for _ in range(count)]
    sender.join()
    return replies


def test_p12_a_peer_that_reads_nothing_is_held_back_and_others_are_served(quiet):
    before = memory(quiet)
    questions = b"".join(STATUS % i for i in range(MANY))
    with quiet.connect() as slow, quiet.connect() as other:
        taken = push_until_held(slow, questions, lambda: other.call("scan"))
        assert taken < len(questions)  # most of that waits in the kernel
        grown = memory(quiet) - before
        assert grown < GROWTH, grown
        for _ in range(50):
            assert other.call("scan")["state"] == "counted"
        # Nothing was lost: when it reads at last, each question has its answer, in order.
        replies = read_all(slow, questions[taken:], MANY)
    assert [r["id"] for r in replies] == list(range(MANY))
    assert all(len(r["result"]["databases"]) == 2 for r in replies)


def test_p1_a_flood_of_scans_is_counted_and_others_are_served_amid_it(quiet):
    before, counted = memory(quiet), quiet.status()["scans"]["total"]
    flood = b"".join(SCAN % i for i in range(MANY))
    with quiet.connect() as flooder, quiet.connect() as other:
        taken = push(flooder, flood)
        receipts = [other.call("scan")["scan"] for _ in range(20)]
        assert receipts[-1] - counted < MANY / 2, receipts  # they did not wait for those that came before
        replies = read_all(flooder, flood[taken:], MANY)
        grown = memory(quiet) - before
    assert [r["id"] for r in replies] == list(range(MANY))
    numbers = [r["result"]["scan"] for r in replies]
    assert len(set(numbers + receipts)) == MANY + 20
    assert max(numbers + receipts) == counted + MANY + 20 == quiet.status()["scans"]["total"]
    assert grown < GROWTH, grown


def test_p1_what_a_flooder_sent_before_it_went_away_is_counted(quiet):
    counted = quiet.status()["scans"]["total"]
    with quiet.connect() as flooder:
        taken = push(flooder, b"".join(SCAN % 1 for _ in range(1000)))
    assert taken == 1000 * len(SCAN % 1)
    until = time.monotonic() + 30
    while (total := quiet.status()["scans"]["total"]) < counted + 1000:
        assert time.monotonic() < until, total
    assert total == counted + 1000


def babble(random_bytes):
    """Anything at all; some of it in lines, some with the words of requests in it."""
    words = [b'{"jsonrpc":"2.0"', b',"id":', b',"method":', b'"ping"', b'"status"', b'"list"', b'"params":{', b"}",
             b"[", b'"cursor":', b"null", b"1e9", b"\\u0000", b"\n", b"\n", b"\0", b"\xff", b" " * 1000]
    for _ in range(20000):
        yield random_bytes.choice(words) if random_bytes.random() < 0.7 else random_bytes.randbytes(20)


def test_a_babbling_peer_is_answered_with_errors_and_others_with_receipts(quiet):
    before, counted = memory(quiet), quiet.status()["scans"]["total"]
    noise = b"".join(babble(random.Random(20261120)))
    lines = noise.count(b"\n")
    with quiet.connect() as babbler, quiet.connect() as other:
        replies = []
        reader = threading.Thread(target=lambda: replies.extend(iter(babbler.receive, None)))
        reader.start()
        babbler.send(noise)
        for i in range(50):
            assert other.call("scan")["scan"] == counted + i + 1
        babbler.socket.shutdown(socket.SHUT_WR)
        reader.join()
        grown = memory(quiet) - before
    assert 1000 < len(replies) <= lines
    kinds = {reply["error"]["code"] for reply in replies if "error" in reply}
    assert kinds <= {-32700, -32600, -32601, -32602} and -32700 in kinds, kinds
    assert grown < GROWTH, grown


def test_requests_with_a_few_wrong_bytes_break_nothing(quiet):
    """The same in finer grain: requests that are nearly right."""
    chance = random.Random(42)
    good = [json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() for method, params in (
        ("ping", {}), ("status", {"refresh": False}),
        ("list", {"database": "parts.db", "limit": 3, "cursor": "1:a"}),
        ("scan", {"database": "nope.db", "count": 1, "uid": "u"}),
        ("backup", {"databases": ["nope.db"], "wait": True}))]
    with quiet.connect() as line:
        for _ in range(40):
            batch = []
            for _ in range(100):
                request = bytearray(chance.choice(good))
                for _ in range(chance.randint(1, 3)):
                    at = chance.randrange(len(request))
                    request[at:at + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
                batch.append(bytes(request).replace(b"\n", b" "))
            line.send(b"\n".join(batch) + b'\n{"jsonrpc":"2.0","id":"last","method":"ping"}\n')
            while line.receive()["id"] != "last":
                pass
    assert quiet.call("ping")["pid"] == quiet.daemon.pid


def test_idle_connections_cost_others_nothing(quiet):
    before = memory(quiet)
    silent = [quiet.connect() for _ in range(200)]
    for line in silent[:100]:
        line.send(b'{"half":')
    assert quiet.call("scan")["state"] == "counted"
    grown = memory(quiet) - before
    assert grown < GROWTH, grown
    for line in silent:
        line.close()
    for _ in range(3):
        silent = [quiet.connect() for _ in range(200)]
        assert quiet.call("scan")["state"] == "counted"
        for line in silent:
            line.close()


def left_of(seconds, since):
    return max(0.0, since + seconds - time.monotonic())


def test_who_keeps_a_line_open_for_30_seconds_is_told_so_and_dropped(late):
    """Half a line, or none since it came; who has spoken before may be silent as long as it likes."""
    for line in (late.silent, late.half):
        ready, _, _ = select.select([line.socket], [], [], left_of(31, late.begun) + 2)
        assert ready
        told = line.receive()
        assert told["error"] == {"code": -32600, "message": "invalid request: the line got no end in time",
                                 "data": {"name": "protocol"}} and told["id"] is None
        assert line.receive() is None
        line.close()
    assert time.monotonic() - late.begun >= 29.9
    assert late.spoke.call("status")["scans"]["total"] == 0
    late.spoke.close()


def test_who_does_not_read_for_30_seconds_is_dropped(late):
    late.site.wait_log('^<6>peer dropped uid=[0-9]+ reason="does not read"', limit=left_of(40, late.begun) + 2)
    late.unread.socket.setblocking(True)
    replies = list(iter(late.unread.receive, None))  # what was on its way, then the end
    assert 0 < len(replies) < 5000
    late.unread.close()
