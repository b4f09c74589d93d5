"""casmanctl against the real daemon: every verb, in words and as JSON, and every exit code."""
import json
import os
import re
import signal
import subprocess

import pytest

from conftest import CASMANCTL, LIMIT

DONE, FAILED, USAGE, NO_DAEMON, OFFLINE = range(5)
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
AGE = r"now|\d+ (s|min|h|d) ago"


@pytest.fixture
def up(site):
    """A daemon that watches two databases that nobody has made yet."""
    site.database("parts.db")
    site.database("assembled_casm.db", "assembly")
    site.start()
    site.wait_log("^<6>store ")
    return site


def same(site, text):
    """A text without what differs each time."""
    for pattern, word in ((re.escape(str(site.folder)), "HERE"), (rf"\(({AGE})\)", "(AGE)"), (rf"reached ({AGE})", "reached AGE"),
                          (rf"oldest ({AGE})", "oldest AGE"), (r"\d{8}_\d{6}_", "KEY_"), (TIME, "TIME"),
                          (r"[0-9a-f]{12}\.\.\.", "CHECKSUM...")):
        text = re.sub(pattern, word, text)
    return text


def as_json(done, status=DONE):
    """The one line that --json prints, and nothing beside it."""
    assert (done.returncode, done.stderr) == (status, ""), done
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


# --- status --------------------------------------------------------------------------------------

FRESH = """\
Database Sync Status
================================================================================

Configuration:
  Enabled:              True
  Backend:              file
  Store:                HERE/store
  Keep Versions:        10
  Backup on Scans:      Every 10 scans
  Backup on Time:       Every 24.0 hours

Backend Status:
  ✓ file store reached AGE
  ⚠ the store lies on the same file system as parts.db: it does not survive the loss of that disk. \
Put [file] path on another disk (USB, NFS)

Local Databases:
  parts.db                  unknown  ✗
    HERE/databases/parts.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`
  assembled_casm.db         unknown  ✗
    HERE/databases/assembled_casm.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`

Scan Tracker:
  Scans since backup:   0
  Unprotected scans:    0
  Last backup:          Never
  Status:               OK (10 scans until backup)

Queue:
  empty
"""

BACKED_UP = """\
Local Databases:
  parts.db                   8.0 KB  ✓
    Last version: TIME (AGE), 3 records
  assembled_casm.db          8.0 KB  ✓
    Last version: TIME (AGE), 3 records

Scan Tracker:
  Scans since backup:   3
  Unprotected scans:    3 (oldest AGE)
  Last backup:          TIME (AGE)
  Status:               OK (7 scans until backup)

Queue:
  empty
"""


def test_status_has_the_headings_and_rows_of_the_reference(up):
    for name in ("parts.db", "assembled_casm.db"):
        up.wait_log(rf"^<6>database db={name} waits=")
    up.wait_log("^<4>store warning=")
    for args in (["status"], [], ["status", "--refresh"]):
        assert same(up, up.ctl(*args).stdout) == FRESH


def test_status_shows_versions_scans_and_what_is_unprotected(stored):
    stored.call("scan", database="parts.db", count=3)
    stored.call("status", refresh=True)
    text = same(stored, stored.ctl("status").stdout)
    assert text[text.index("Local"):] == BACKED_UP


def test_status_as_json_has_every_name_of_the_protocol(stored):
    status = as_json(stored.ctl("--json", "status"))
    assert {"enabled", "backend", "bucket", "endpoint", "keep_versions", "backup_on_scan_count", "backup_on_hours", "store",
            "scans", "last_backup_at", "databases", "queue", "clock_skew_seconds", "quota", "maintain", "proof", "machine",
            "version", "pid"} <= set(status)
    assert {"reachable", "checked_at", "error"} <= set(status["store"])
    assert {"total", "since_backup", "until_backup", "unprotected", "oldest_unprotected_at"} == set(status["scans"])
    assert {"length", "bytes", "oldest_at", "next_try_at", "error"} == set(status["queue"])
    for database in status["databases"]:
        assert {"name", "path", "present", "size_bytes", "state", "last_version", "error"} <= set(database)
        version = database["last_version"]
        assert {"id", "key", "db_name", "timestamp", "size_bytes", "record_count", "operation", "checksum", "machine", "state",
                "suspect"} <= set(version)
        assert version["db_name"] == database["name"] and version["state"] == "stored" and version["suspect"] is False
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", version["timestamp"])
    assert status["pid"] == stored.daemon.pid and status["store"]["reachable"] is True


def test_p11_a_database_that_cannot_be_read_is_shown_with_its_mend(stored):
    stored.path("parts.db").write_bytes(b"not a database, but long enough to look like one" * 100)
    done = stored.ctl("backup", check=False)
    assert done.returncode == FAILED
    # What the other one says does not depend on it.
    assert "= assembled_casm.db  unchanged\n" in done.stdout and "✗ parts.db  " in done.stdout
    text = stored.ctl("status").stdout
    assert re.search(r"  parts\.db +\d\.\d KB  ✗\n    [^\n]+\n    Mend: restore a version: casmanctl list\n", text), text
    assert as_json(stored.ctl("status", "--json"))["databases"][0]["error"]


def test_status_of_a_casmand_that_is_switched_off_says_so(site):
    site.database()
    site.make()
    site.configure(sync="enabled = false")
    site.start()
    done = site.ctl("backup", check=False)
    assert done.returncode == OFFLINE and "uploads are off (enabled = false)" in done.stdout
    text = site.ctl("status").stdout
    assert "  Enabled:              False\n" in text and "  ⚠ disabled by the configuration\n" in text
    assert "  Status:               Disabled\n" in text and "✓" not in text
    assert site.keys() == []
    site.configure(sync="enabled = true")
    site.ctl("reload")
    site.wait_log("^<6>stored db=parts.db ")  # what was captured meanwhile was not lost


def test_without_a_backend_a_backup_is_refused_in_the_references_words(site):
    site.database()
    site.make()
    site.configure()
    site.config.write_text(site.config.read_text().replace("backend = file", "backend = disabled"))
    site.start()
    done = site.ctl("backup", check=False)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr == "casmanctl: Storage backend not available: backend = disabled in the configuration\n"
    assert site.ctl("scan").stdout == "Counted: scan 1 (1 since the last backup, 9 until the next)\n"
    assert "disabled by the configuration" in site.ctl("status").stdout


# --- list ----------------------------------------------------------------------------------------

BLOCK = """\

backups/{0}/KEY_{0}
  Database:    {0}
  Timestamp:   TIME
  Size:        8.0 KB
  Records:     {1}
  Operation:   {2}
  Checksum:    CHECKSUM...
"""
HEAD = "Available Backups ({}):\n" + "=" * 80 + "\n"


def test_list_has_the_blocks_of_the_reference_newest_first(stored):
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    stored.ctl("backup", "--parts", "--operation", "Generated 10 ANTENNA P1 parts")
    text = same(stored, stored.ctl("list").stdout)
    newest = BLOCK.format("parts.db", 4, "Generated 10 ANTENNA P1 parts")
    first = {name: BLOCK.format(name, 3, "First backup") for name in ("parts.db", "assembled_casm.db")}
    assert text in [HEAD.format(3) + newest + "".join(blocks) for blocks in (first.values(), reversed(first.values()))]
    assert same(stored, stored.ctl("list", "--db", "parts.db").stdout) == HEAD.format(2) + newest + first["parts.db"]
    assert same(stored, stored.ctl("list", "--db", "parts.db", "--limit", "1").stdout) == HEAD.format("first 1") + newest
    done = stored.ctl("--json", "list", "--db", "parts.db", "--limit", "1")
    assert [v["key"] for v in as_json(done)["versions"]] == stored.keys("parts.db")[-1:]
    listed = as_json(stored.ctl("list", "--json"))
    assert sorted(v["key"] for v in listed["versions"]) == sorted(stored.keys("parts.db") + stored.keys("assembled_casm.db"))
    assert listed["cursor"] is None and listed["error"] is None and listed["checked_at"]


def test_list_goes_on_over_pages(stored):
    """More versions than fit a page; the objects of others count too."""
    (key,) = stored.keys("parts.db")
    metadata = stored.metadata(key)
    folder = stored.object(key).parent
    for i in range(250):
        name = f"20200101_{i // 3600:02}{i // 60 % 60:02}{i % 60:02}_parts.db"
        stamp = f"2020-01-01T00:{i // 60:02}:{i % 60:02}+00:00"
        (folder / name).write_bytes(stored.object(key).read_bytes())
        (folder / f"{name}.metadata.json").write_text(json.dumps({**metadata, "timestamp": stamp, "operation": f"number {i}"}))
    stored.configure(sync="cache_ttl_seconds = 0")
    stored.ctl("reload")
    stored.wait_log("^<6>reloaded ")
    versions = as_json(stored.ctl("list", "--json", "--db", "parts.db"))["versions"]
    assert [v["key"] for v in versions] == stored.keys("parts.db")[::-1] and len(versions) == 251
    assert versions[1]["operation"] == "number 249"
    assert stored.ctl("list", "--db", "parts.db").stdout.count("  Checksum:    ") == 251
    assert len(as_json(stored.ctl("list", "--json", "--limit", "120"))["versions"]) == 120


def test_list_of_nothing_says_how_to_begin(up):
    assert up.ctl("list").stdout == "No backups found\nCreate the first one: casmanctl backup\n"
    assert up.ctl("list", "--db", "parts.db").stdout == "No backups found\nCreate the first one: casmanctl backup\n"
    done = up.ctl("list", "--db", "../parts.db", check=False)
    assert (done.returncode, done.stderr) == (FAILED, 'casmanctl: "../parts.db" is no name of a database\n')


def test_p11_a_list_that_could_not_be_checked_says_so(stored):
    stored.configure(sync="cache_ttl_seconds = 0")
    stored.ctl("reload")
    stored.wait_log("^<6>reloaded ")
    good = stored.ctl("list")
    assert "⚠" not in good.stdout
    stored.store.rename(stored.folder / "away")
    done = stored.ctl("list", check=False)
    assert done.returncode == OFFLINE
    assert done.stdout.startswith(good.stdout)  # what is known is shown all the same
    rest = same(stored, done.stdout.removeprefix(good.stdout))
    assert re.fullmatch(r"\n⚠ Storage backend not available: store not reached: HERE/store is not there [^\n]*\n"
                        r"Listing of TIME, (now|\d+ s ago)\n", rest), rest
    assert as_json(stored.ctl("list", "--json", check=False), OFFLINE)["error"].startswith("store not reached: ")


# --- backup --------------------------------------------------------------------------------------


def test_backup_makes_versions_of_what_is_asked_for(stored):
    for name, table in (("parts.db", "parts"), ("assembled_casm.db", "assembly")):
        stored.sql(name, f"INSERT INTO {table}(part) VALUES('new')")
    done = stored.ctl("backup", "--parts")
    (_, key) = stored.keys("parts.db")
    assert (done.stdout, done.stderr) == (f"✓ parts.db  stored as {key}  8.0 KB, 4 records\n", "")
    assert stored.metadata(key)["operation"] == "Manual CLI backup"
    assert len(stored.keys("assembled_casm.db")) == 1
    done = stored.ctl("backup", "--assembled", "--parts", "parts.db", "--operation", "before the renumbering")
    (_, key) = stored.keys("assembled_casm.db")
    assert re.fullmatch(rf"✓ assembled_casm\.db  stored as {key}  8\.0 KB, 4 records\n= parts\.db  unchanged( since {TIME})?\n",
                        done.stdout), done.stdout
    assert stored.metadata(key)["operation"] == "before the renumbering"
    result = as_json(stored.ctl("--json", "backup"))
    assert sorted(result["unchanged"]) == ["assembled_casm.db", "parts.db"]
    assert [result[name] for name in ("versions", "failed", "queued", "started", "store_error")] == [[], [], [], [], None]


def test_backup_without_waiting_returns_at_once(stored):
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    place = stored.here()
    done = stored.ctl("backup", "parts.db", "--no-wait")
    assert done.stdout == "Started: parts.db\nHow far it is: casmanctl status\n"
    stored.wait_log("^<6>stored db=parts.db ", since=place)
    assert as_json(stored.ctl("backup", "--json", "--no-wait", "--parts"))["started"] == ["parts.db"]


def test_p4_a_backup_while_the_store_is_away_is_queued_and_nothing_is_lost(stored):
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('first')")
    stored.store.rename(stored.folder / "away")
    done = stored.ctl("backup", check=False)
    assert done.returncode == OFFLINE and done.stderr == ""
    assert re.search(r"^⚠ parts\.db  captured, waits for the store: store not reached: .*\(nothing is lost\)$", done.stdout, re.M)
    assert re.search(r"^= assembled_casm\.db  unchanged", done.stdout, re.M)
    assert not stored.store.exists()  # an empty folder in its place would be taken for the disk
    # An empty folder is no store either: the disk is not mounted.
    stored.store.mkdir()
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('second')")
    result = as_json(stored.ctl("backup", "--json", check=False), OFFLINE)
    assert result["queued"] == ["parts.db"] and [v["state"] for v in result["versions"]] == ["captured"]
    assert "is the disk mounted?" in result["store_error"]
    done = stored.ctl("backup", "--parts", check=False)
    assert done.returncode == OFFLINE and re.match(r"⚠ parts\.db  unchanged, its version waits for the store: ", done.stdout)
    assert list(stored.store.iterdir()) == []
    text = stored.ctl("status").stdout
    for row in (r"  ✗ Storage backend not available: store not reached: ", r"  Waiting:              2 versions, 16\.0 KB\n",
                r"  Next try:             (now|in \d+ (s|min))\n", r"  Last error:           store not reached: "):
        assert re.search(row, text), (row, text)
    assert [v["state"] for v in as_json(stored.ctl("list", "--db", "parts.db", "--json", check=False), OFFLINE)["versions"]] == [
        "captured", "captured", "stored"]
    # The disk is back: both come up, as they were captured.
    stored.store.rmdir()
    (stored.folder / "away").rename(stored.store)
    done = stored.ctl("backup", "--parts")
    assert re.match(r"= parts\.db  unchanged", done.stdout), done.stdout
    stored.wait_log("^<6>stored db=parts.db ", 3)
    assert [len(stored.rows(key)) for key in stored.keys("parts.db")] == [3, 4, 5]
    assert re.search(r"Queue:\n  empty\n$", stored.ctl("status").stdout)
    assert list((stored.folder / "state" / "spool").iterdir()) == []


def test_backup_of_what_is_not_there_fails_with_a_sentence(up):
    done = up.ctl("backup", check=False)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr == "casmanctl: none of the databases is there yet\n"
    done = up.ctl("backup", "--parts", check=False)
    assert (done.returncode, done.stderr) == (FAILED, "")
    assert done.stdout == f"✗ parts.db  {up.path()} is not there\n"
    done = up.ctl("backup", "parts.db", "prats.db", check=False)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr == 'casmanctl: no database is called "prats.db" in the configuration\n'
    up.make("parts.db")
    done = up.ctl("backup", check=False)
    assert done.returncode == DONE and "= assembled_casm.db  is not there yet\n" in done.stdout
    up.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    done = up.ctl("backup", "--parts", "--assembled", check=False)  # asked for by name: that is a failure
    assert done.returncode == FAILED
    assert re.match(r"✓ parts\.db  stored as [^\n]*\n✗ assembled_casm\.db  [^\n]* is not there\n$", done.stdout), done.stdout


# --- scan, ping, reload --------------------------------------------------------------------------


def test_scan_says_how_many_there_are(stored):
    assert stored.ctl("scan").stdout == "Counted: scan 1 (1 since the last backup, 9 until the next)\n"
    assert stored.ctl("scan", "parts.db", "--count", "3", "--note", "ANT00001P1 \u2192 LNA").stdout == (
        "Counted: scan 4 (4 since the last backup, 6 until the next)\n")
    receipts = [as_json(stored.ctl("--json", "scan", "assembled_casm.db", "--uid", "u-1")) for _ in range(2)]
    assert receipts[0] == {"scan": 5, "state": "counted", "since_backup": 5, "until_backup": 5}
    assert receipts[1] == {**receipts[0], "again": True}
    assert stored.status()["scans"]["total"] == 5
    for args, words in ((["nope.db"], 'no database is called "nope.db" in the configuration'),
                        (["--uid", "u" * 65], "uid has not 1 to 64 characters"),
                        (["--count", "1000001"], "count is not from 1 to 1000000")):
        done = stored.ctl("scan", *args, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (FAILED, "", f"casmanctl: {words}\n")
    assert stored.status()["scans"]["total"] == 5


def test_ping_and_reload_answer_in_a_line(up):
    machine = up.call("ping")["machine"]
    assert re.fullmatch(rf"casmand \S+ answers \(pid {up.daemon.pid}, machine {machine}\)\n", up.ctl("ping").stdout)
    assert as_json(up.ctl("ping", "--json")) == up.call("ping")
    assert up.ctl("reload").stdout == "✓ new configuration in force\n"
    up.wait_log("^<6>reloaded ")
    assert as_json(up.ctl("--json", "reload")) == {"changed": True, "warnings": []}
    up.wait_log("^<6>reloaded ", 2)


# --- when it cannot ------------------------------------------------------------------------------

VERBS = ("ping", "scan", "backup", "status", "list", "reload")


def test_without_a_daemon_every_verb_exits_3_and_says_how_to_start_it(up):
    def check(why):
        for verb in VERBS:
            done = up.ctl(verb, check=False)
            assert (done.returncode, done.stdout) == (NO_DAEMON, "")
            assert done.stderr == f"casmanctl: no casmand answers at {up.socket}: {why}. Start it: systemctl start casmand\n"
            error = as_json(up.ctl("--json", verb, check=False), NO_DAEMON)["error"]
            assert error["data"]["name"] == "no_daemon" and error["message"] == done.stderr[len("casmanctl: "):-1]

    up.stop(signal.SIGKILL)
    check("Connection refused")
    up.socket.unlink()
    check("No such file or directory")


def test_a_daemon_that_does_not_answer_in_time_is_not_waited_for(stored):
    stored.daemon.send_signal(signal.SIGSTOP)
    try:
        for verb in VERBS:
            done = stored.ctl(verb, "--timeout", "100ms", check=False)
            # A backup goes on without casmanctl; of other verbs nobody knows.
            assert (done.returncode, done.stdout) == (OFFLINE if verb == "backup" else FAILED, ""), done
            assert done.stderr.startswith(f"casmanctl: casmand at {stored.socket} did not answer within 0.1 s"), done
        assert "may be posted again" in stored.ctl("scan", "--timeout", "0.1", check=False).stderr
        error = as_json(stored.ctl("--json", "--timeout", "0.1", "ping", check=False), FAILED)["error"]
        assert error["data"]["name"] == "timeout"
    finally:
        stored.daemon.send_signal(signal.SIGCONT)
    assert stored.ctl("ping").returncode == DONE


def test_wrong_usage_exits_2_and_says_where_to_look(up):
    for args, words, hint in (
        (["pong"], "there is no verb pong", ""), (["--jsno", "ping"], "there is no option --jsno before a verb", ""),
        (["ping", "now"], "ping takes no now", "ping "), (["scan", "a", "b"], "scan takes no second DB", "scan "),
        (["scan", "--count", "0"], "--count takes a whole number from 1", "scan "),
        (["scan", "--count", "x"], "--count takes a whole number from 1", "scan "),
        (["scan", "--count"], "--count needs a value", "scan "), (["list", "--limit=-1"], "--limit takes a whole number", "list "),
        (["status", "--refresh=yes"], "--refresh takes no value", "status "),
        (["backup", "--db", "x"], "backup has no option --db", "backup "),
        (["--timeout", "soon", "ping"], "--timeout takes seconds", ""), (["--timeout", "0", "ping"], "--timeout takes", ""),
        (["scan", "--note", b"\xff"], "--note takes UTF-8 text", "scan "),
    ):
        done = up.ctl(*args, check=False)
        assert (done.returncode, done.stdout) == (USAGE, ""), done
        assert done.stderr.startswith(f"casmanctl: {words}"), done
        assert done.stderr.endswith(f"\nTry: casmanctl {hint}--help\n"), done
    assert up.status()["scans"]["total"] == 0


def test_help_fits_80_columns_and_needs_no_daemon(site):
    pages = [site.ctl("--help")] + [site.ctl(verb, "--help") for verb in VERBS]
    for done in pages:
        assert done.stderr == "" and done.stdout.startswith("usage: casmanctl ")
        assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
    assert all(f"\n  {verb} " in pages[0].stdout for verb in VERBS)
    assert re.fullmatch(r"casmanctl \d+\.\d+\.\d+\n", site.ctl("--version").stdout)


def test_the_socket_is_found_by_option_or_variable(up):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "CASMAND_SOCKET": str(up.socket)}
    ping = subprocess.run([CASMANCTL, "ping"], env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert ping.returncode == DONE and ping.stdout.startswith("casmand ")
    assert up.ctl("ping", env={"CASMAND_SOCKET": "/nowhere"}).returncode == DONE  # the option wins
    long = subprocess.run([CASMANCTL, "--socket", "/" + "x" * 200, "ping"], capture_output=True, text=True, timeout=LIMIT)
    assert long.returncode == FAILED and "107 bytes" in long.stderr


def test_what_is_shown_suits_the_reader(up):
    up.make("parts.db")
    up.ctl("backup", "--operation", "gr\u00fcn \x1b[31m\u202e")
    shown = up.ctl("list").stdout
    assert "  Operation:   gr\u00fcn \\u001b[31m\\u202e\n" in shown, shown
    plain = up.ctl("list", env={"LC_ALL": "C"}).stdout
    assert "  Operation:   gr\\u00fcn \\u001b[31m\\u202e\n" in plain and plain.isascii()
    assert up.ctl("status", env={"LC_ALL": "C"}).stdout.isascii()
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CASMANCTL, "--socket", up.socket, "status"], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=LIMIT)
    assert (done.returncode, done.stderr) == (FAILED, "casmanctl: write the output: No space left on device\n")
