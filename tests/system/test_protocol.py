"""What the socket answers to good, odd and malformed requests, to the letter."""
import json
import re

import pytest

from conftest import Failure

VERBS = {
    "ping": {},
    "scan": {"database": "text", "count": "count", "note": "text", "uid": "text", "wait": "text"},
    "backup": {"databases": "texts", "operation": "text", "wait": "bool"},
    "list": {"database": "text", "machine": "text", "since": "text", "limit": "count", "cursor": "text"},
    "status": {"refresh": "bool"},
    "queue": {"limit": "count", "cursor": "text"},
    "history": {"database": "text", "limit": "count", "cursor": "text"},
    "reload": {},
}
TYPES = {  # what the answer calls it, and values that are none
    "text": ("a string", [1, 1.5, True, [], {}, ["x"]]),
    "count": ("a whole number", ["1", 1.5, 1.0, True, -1, -2**63, [], {}]),
    "bool": ("true or false", ["true", 1, 0, [], {}]),
    "texts": ("a list of strings", ["parts.db", 1, True, {}, {"parts.db": 1}, [1], ["parts.db", None],
                                    [["parts.db"]]]),
}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


def request(method, *, id=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode() + b"\n"


def exchange(site, data):
    """All that the daemon says to `data`; and after that it still answers others."""
    with site.connect() as line:
        line.send(data)
        replies = line.end()
    assert site.call("ping")["pid"] == site.daemon.pid
    return replies


def refused(site, data, code, message, id=None, name="protocol", **more):
    """The only answer to `data` is this error; `message` is how it begins."""
    (reply,) = exchange(site, data)
    assert list(reply) == ["jsonrpc", "error", "id"], data[:100]
    error = reply["error"]
    told = (reply["jsonrpc"], error["code"], reply["id"], error["data"])
    assert told == ("2.0", code, id, {"name": name, **more}), (data[:100], reply)
    assert error["message"].startswith(message), (data[:100], error["message"])


def test_what_is_no_json_is_refused_with_its_place(up):
    parse = -32700, "parse error: no JSON at byte "
    for data in (
        b"hello\n", b"\n", b"   \n", b"\r\n", b"GET / HTTP/1.1\n", PING[:-1] + b"\n", PING + b"}\n",
        PING + PING + b"\n",
        b"{'jsonrpc':'2.0'}\n", b'{"jsonrpc":"2.0",}\n', b'{"id":01}\n', b'{"id":+1}\n', b'{"id":NaN}\n', b"tru\n",
        # NUL bytes: before, amid, in a string, escaped, behind
        b"\0" + PING + b"\n", PING.replace(b",", b",\0", 1) + b"\n", PING.replace(b"ping", b"pi\0ng") + b"\n",
        PING.replace(b"ping", b"ping\\u0000") + b"\n", PING + b"\0\n", b"\0\n", b"\0" * 1000 + b"\n",
        # no UTF-8: a byte of Latin-1, an overlong slash, half a surrogate pair (raw and escaped), too high
        PING.replace(b"ping", b"p\xefng") + b"\n", PING.replace(b"ping", b"\xc0\xaf") + b"\n",
        PING.replace(b"ping", b"\xed\xa0\x80") + b"\n", PING.replace(b"ping", b"\\ud800") + b"\n",
        PING.replace(b"ping", b"\xf5\x80\x80\x80") + b"\n", b"\xff\xfe" + PING + b"\n", b"\xef\xbb\xbf" + PING + b"\n",
        # control characters, and numbers beyond all bounds
        PING.replace(b"ping", b"pi\tng") + b"\n", b'{"id":1e999}\n', b'{"id":9223372036854775808}\n',
        # a member twice, also further down
        b'{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}\n', PING[:-1] + b',"method":"scan"}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"scan","params":{"count":1,"count":2}}\n',
    ):
        refused(up, data, *parse)


def test_nesting_is_limited_before_it_costs_anything(up):
    deep = PING[:-1] + b',"params":{"x":'
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        refused(up, deep + opening * 62 + b"1" + closing * 62 + b"}}\n", -32602, 'ping has no parameter "x"', 1,
                database=None)
        for levels in (63, 1000, 10000):
            refused(up, deep + opening * levels + b"1" + closing * levels + b"}}\n", -32700,
                    "parse error: JSON nested deeper than 64 levels")
    refused(up, b"[" * 65000 + b"\n", -32700, "parse error: JSON nested deeper than 64 levels")
    refused(up, PING.replace(b"ping", b"[" * 200) + b"\n", -32601, "casmand knows no method", 1)


def test_json_that_is_no_request_is_refused(up):
    for data, id, message in (
        (b'"ping"', None, "no object"), (b"1", None, "no object"), (b"null", None, "no object"),
        (b"true", None, "no object"),
        (b"[]", None, "batches are not taken: send one object per line"),
        (b"[" + PING + b"]", None, "batches are not taken"), (b"[1,2]", None, "batches are not taken"),
        (b"{}", None, 'jsonrpc is not "2.0"'), (b'{"id":7,"method":"ping"}', 7, 'jsonrpc is not "2.0"'),
        (PING.replace(b'"2.0"', b'"1.0"'), 1, 'jsonrpc is not "2.0"'),
        (PING.replace(b'"2.0"', b"2.0"), 1, 'jsonrpc is not "2.0"'),
        (b'{"jsonrpc":"2.0"}', None, "method is no string"),
        (b'{"jsonrpc":"2.0","id":"x"}', "x", "method is no string"),
        (PING.replace(b'"ping"', b"1"), 1, "method is no string"),
        (PING.replace(b'"ping"', b"null"), 1, "method is no string"),
        (PING.replace(b'"ping"', b'["ping"]'), 1, "method is no string"),
        (PING.replace(b":1,", b":true,"), None, "id is no string, number or null"),
        (PING.replace(b":1,", b":[1],"), None, "id is no string, number or null"),
        (PING.replace(b":1,", b":{},"), None, "id is no string, number or null"),
        (PING[:-1] + b',"params":1}', 1, "params is no object"),
        (PING[:-1] + b',"params":"x"}', 1, "params is no object"),
        (PING[:-1] + b',"params":null}', 1, "params is no object"),
    ):
        refused(up, data + b"\n", -32600, "invalid request: " + message, id)
    refused(up, PING[:-1] + b',"params":[]}\n', -32602, "params are given by name: an object, not an array", 1)
    refused(up, PING[:-1] + b',"params":["parts.db"]}\n', -32602, "params are given by name", 1)


def test_a_verb_that_casmand_does_not_know_is_refused_by_name(up):
    for method in ("pong", "", "PING", "ping ", "rpc.discover", "/etc/passwd", "%s%n", "ü" * 300, "synch"):
        refused(up, request(method), -32601, "casmand knows no method", 1)
    refused(up, request("pong"), -32601, 'casmand knows no method "pong"', 1)


def test_each_parameter_of_each_verb_has_its_type(up):
    for method, params in VERBS.items():
        for name, kind in params.items():
            words, wrong = TYPES[kind]
            for value in wrong:
                refused(up, request(method, **{name: value}), -32602, f"{name} is not {words}", 1, database=None)
        for name in ("databse", "", "ü" * 100, "Database", "wait "):
            refused(up, request(method, **{name: 1}), -32602, f'{method} has no parameter "{name[:10]}', 1,
                    database=None)
    assert up.status()["scans"]["total"] == 0


def test_a_parameter_that_is_null_is_one_that_is_not_given(up):
    for method, params in VERBS.items():
        if method not in ("backup", "reload"):
            (reply,) = exchange(up, request(method, **dict.fromkeys(params)))
            assert reply["result"], method
    assert up.status()["scans"]["total"] == 1


def test_values_of_parameters_have_bounds(up):
    for params, message in (
        ({"count": 0}, "count is not from 1 to 1000000"), ({"count": 1000001}, "count is not from 1 to 1000000"),
        ({"count": 2**63 - 1}, "count is not from 1 to 1000000"), ({"count": 2**32 + 1}, "count is not from 1 to"),
        ({"uid": ""}, "uid has not 1 to 64 characters"), ({"uid": "u" * 65}, "uid has not 1 to 64 characters"),
        ({"uid": "ü" * 65}, "uid has not 1 to 64 characters"),
        ({"note": "n" * 1025}, "note is longer than 1024 bytes"),
        ({"note": "ü" * 513}, "note is longer than 1024 bytes"),
        ({"wait": "never"}, "wait: "), ({"wait": ""}, "wait: "),
    ):
        refused(up, request("scan", **params), -32602, message, 1, database=None)
    refused(up, request("backup", operation="o" * 1025), -32602, "operation is longer than 1024 bytes", 1,
            database=None)
    for method in ("list", "queue", "history"):
        for cursor in ("x", "", "0", "0:0:0", "\ud83d\ude00", "9" * 300, "' OR 1=1 --"):
            (reply,) = exchange(up, request(method, cursor=cursor))
            if cursor:
                assert (reply["error"]["code"], reply["error"]["data"]["name"]) == (-32602, "protocol"), reply
            else:
                assert reply["result"]["cursor"] is None
    assert up.status()["scans"]["total"] == 0
    for params in ({"count": 1000000}, {"uid": "ü" * 64}, {"note": "n" * 1024}, {"wait": "counted"}):
        assert exchange(up, request("scan", **params))[0]["result"]["state"] == "counted"
    assert up.status()["scans"]["total"] == 1000003
    for limit in (0, 1, 1000, 1001, 2**63 - 1):
        assert exchange(up, request("list", limit=limit))[0]["result"]["versions"] == []


def test_a_database_that_is_not_configured_is_refused_by_name(up):
    unknown = {"id": 1, "name": "unknown_database"}
    for name in ("nope.db", "", "parts", "../parts.db", "ü" * 100):
        begin = f'no database is called "{name[:10]}'
        refused(up, request("scan", database=name), -32602, begin, **unknown, database=name)
        refused(up, request("backup", databases=[name]), -32602, begin, **unknown, database=name)
        refused(up, request("backup", databases=["parts.db", name]), -32602, begin, **unknown, database=name)
    for name in ("", "../parts.db", "a/b", ".hidden", "x" * 41):
        refused(up, request("list", database=name), -32602, f'"{name[:10]}', **unknown, database=name)
        refused(up, request("history", database=name), -32602, f'"{name[:10]}', **unknown, database=name)
    assert up.status()["scans"]["total"] == 0


def test_an_answer_has_the_id_of_its_request_as_it_was_written(up):
    for id in ("", "x", "a\n\"ü\\", "i" * 5000, 0, -1, 2**63 - 1, -2**63, 1.5, 1e300, None):
        (reply,) = exchange(up, request("ping", id=id))
        assert list(reply) == ["jsonrpc", "result", "id"] and reply["result"]["pid"] == up.daemon.pid
        assert reply["id"] == id and type(reply["id"]) is type(id)
        refused(up, request("nope", id=id), -32601, "casmand knows no method", id)


def test_requests_in_one_write_are_answered_each(up):
    replies = exchange(up, b"".join(request("ping", id=i) for i in range(200)))
    assert [r["id"] for r in replies] == list(range(200))


def test_p1_a_notification_gets_no_answer_but_is_obeyed(stored):
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    place = stored.here()

    def notify(method, **params):
        line = json.dumps({"jsonrpc": "2.0", "method": method, "params": params})
        assert exchange(stored, line.encode() + b"\n") == []

    notify("scan", database="parts.db")
    notify("scan", count=2)
    assert stored.status()["scans"]["total"] == 3
    for method, params in (("scan", {"database": "nope.db"}), ("scan", {"count": "1"}), ("scan", {"counts": 1}),
                           ("nope", {}), ("ping", {}), ("status", {}), ("list", {})):
        notify(method, **params)
    assert exchange(stored, b'{"jsonrpc":"2.0","method":"scan","params":[]}\n') == []
    assert stored.status()["scans"]["total"] == 3
    notify("backup", operation="without an answer")
    stored.wait_log("^<6>stored db=parts.db ", since=place)
    assert stored.metadata(stored.keys()[-1])["operation"] == "without an answer"
    notify("reload")
    stored.wait_log("^<6>reloaded ", since=place)


def test_a_line_may_have_65536_bytes_and_no_more(up):
    assert exchange(up, PING.ljust(65535) + b"\n")[0]["id"] == 1
    assert exchange(up, PING.rjust(65535) + b"\n" + PING + b"\n")[1]["id"] == 1
    too_long = -32600, "invalid request: the line is longer than 65536 bytes"
    for length in (65536, 65537, 100000, 1000000):
        refused(up, PING.ljust(length) + b"\n", *too_long)
        refused(up, PING.ljust(length), *too_long)  # without its end
    refused(up, b"\0" * 1000000, *too_long)
    # What follows is not taken: the daemon cannot know where a line begins.
    refused(up, PING.ljust(65536) + b"\n" + request("scan"), *too_long)
    assert up.status()["scans"]["total"] == 0
    with up.connect() as line:  # the end comes from the daemon, too
        line.send(PING.ljust(65536))
        assert line.receive()["error"]["code"] == -32600
        assert line.receive() is None


def test_a_line_that_does_not_end_is_cut_off(up):
    with up.connect() as line:
        with pytest.raises(OSError):  # it says no more than 1 MiB, then the daemon hangs up
            for _ in range(64):
                line.send(b"x" * 1024 * 1024)
        assert line.receive()["error"]["message"] == "invalid request: the line is longer than 65536 bytes"
        assert line.receive() is None
    assert up.call("ping")["pid"] == up.daemon.pid


def test_half_a_line_is_no_request(up):
    half = request("scan")[:-1]
    assert exchange(up, half) == []
    assert [r["id"] for r in exchange(up, PING + b"\n" + half)] == [1]
    for length in range(1, len(half), 7):  # gone without a word
        with up.connect() as line:
            line.send(half[:length])
    assert up.status()["scans"]["total"] == 0


def test_a_line_may_come_byte_by_byte_and_with_the_return_of_a_terminal(up):
    with up.connect() as line:
        for byte in request("scan", database="parts.db")[:-1] + b"\r\n":
            line.send(bytes([byte]))
        assert line.receive()["result"]["scan"] == 1


def test_who_ends_its_side_gets_all_that_it_is_owed(stored):
    """As `nc -N` and `socat` do: scans and a backup that takes a second, then the end."""
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    replies = exchange(stored, b"".join([request("scan", id=1), request("backup", id=2), request("list", id=3),
                                          request("status", id=4, refresh=True), request("ping", id=5)]))
    results = {r["id"]: r["result"] for r in replies if "id" in r}
    assert sorted(results) == [1, 2, 3, 4, 5]
    assert results[1]["state"] == "counted"
    assert [v["state"] for v in results[2]["versions"]] == ["stored"]
    assert [r["params"]["state"] for r in replies if r.get("method") == "progress"].count("captured") == 1


def test_words_from_outside_cannot_forge_a_log_line(stored):
    evil = 'a\n<3>forged db="x" \x1b[31mred\t\u202eend'
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    place = stored.here()
    (version,) = stored.call("backup", databases=["parts.db"], operation=evil)["versions"]
    assert version["operation"] == stored.metadata(version["key"])["operation"] == evil
    stored.call("scan", note=evil, uid=evil)
    with pytest.raises(Failure):
        stored.call(evil)
    for line in stored.log[place:]:
        assert re.match(r"<[3467]>(captured|stored|unchanged|alert) ", line) and "\x1b" not in line, line


def test_requests_during_a_reload_are_answered(stored):
    """A reload closes and opens all that the configuration shapes; who asks meanwhile does not notice."""
    total = 0
    for _ in range(3):
        place = stored.here()
        with stored.connect() as line, stored.connect() as other:
            line.send(request("reload", id=0) + b"".join(
                request(method, id=i) for i, method in enumerate(["status", "list", "scan", "ping"] * 25, 1)))
            other.send(b"".join(request("status", id=i, refresh=True) for i in range(50)))
            replies = line.end() + other.end()
        assert len(replies) == 151 and all("result" in r for r in replies), [r for r in replies if "error" in r]
        total += 25
        stored.wait_log("^<6>reloaded ", since=place)
        assert stored.status()["scans"]["total"] == total
    assert stored.status()["scans"]["until_backup"] <= 10
