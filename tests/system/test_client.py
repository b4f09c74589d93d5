"""casmanctl against the real daemon: what it makes it do, and every exit code."""
import os
import re
import signal
import subprocess

import pytest

from conftest import CASMANCTL, LIMIT, Failure
from words import DONE, FAILED, NO_DAEMON, OFFLINE, TIME, USAGE, as_json

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
    assert re.fullmatch(rf"✓ assembled_casm\.db  stored as {key}  8\.0 KB, 4 records\n"
                        rf"= parts\.db  unchanged( since {TIME})?\n", done.stdout), done.stdout
    assert stored.metadata(key)["operation"] == "before the renumbering"
    result = as_json(stored.ctl("--json", "backup"))
    assert sorted(result["unchanged"]) == ["assembled_casm.db", "parts.db"]
    assert [result[name] for name in ("versions", "failed", "queued", "started")] == [[], [], [], []]
    assert result["store_error"] is None


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
    assert re.search(r"^⚠ parts\.db  captured, waits for the store: store not reached: .*\(nothing is lost\)$",
                     done.stdout, re.M)
    assert re.search(r"^= assembled_casm\.db  unchanged", done.stdout, re.M)
    assert not stored.store.exists()  # an empty folder in its place would be taken for the disk
    # An empty folder is no store either: the disk is not mounted.
    stored.store.mkdir()
    stored.sql("parts.db", "INSERT INTO parts(part) VALUES('second')")
    result = as_json(stored.ctl("backup", "--json", check=False), OFFLINE)
    assert result["queued"] == ["parts.db"] and [v["state"] for v in result["versions"]] == ["captured"]
    assert "is the disk mounted?" in result["store_error"]
    done = stored.ctl("backup", "--parts", check=False)
    assert done.returncode == OFFLINE
    assert done.stdout.startswith("⚠ parts.db  unchanged, its version waits for the store: ")
    assert list(stored.store.iterdir()) == []
    text = stored.ctl("status").stdout
    for row in (r"  ✗ Storage backend not available: store not reached: ",
                r"  Waiting:              2 versions, 16\.0 KB of at most ",
                r"  Next try:             (now|in \d+ (s|min))\n",
                r"  Last error:           store not reached: "):
        assert re.search(row, text), (row, text)
    listed = as_json(stored.ctl("list", "--db", "parts.db", "--json", check=False), OFFLINE)
    assert [v["state"] for v in listed["versions"]] == ["captured", "captured", "stored"]
    # The disk is back: both come up, as they were captured.
    stored.store.rmdir()
    (stored.folder / "away").rename(stored.store)
    done = stored.ctl("backup", "--parts")
    assert re.match(r"= parts\.db  unchanged", done.stdout), done.stdout
    stored.wait_log("^<6>stored db=parts.db ", 3)
    assert [len(stored.rows(key)) for key in stored.keys("parts.db")] == [3, 4, 5]
    assert re.search(r"^Queue:\n  empty$", stored.ctl("status").stdout, re.M)
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
    assert re.match(r"✓ parts\.db  stored as [^\n]*\n✗ assembled_casm\.db  [^\n]* is not there\n$",
                    done.stdout), done.stdout


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
    assert up.ctl("reload").stdout == "= configuration unchanged\n"
    up.wait_log("^<6>reloaded ")
    up.configure(sync="keep_versions = 3")
    assert up.ctl("reload").stdout == "✓ new configuration in force\n"
    up.wait_log("^<6>reloaded ", 2)
    assert as_json(up.ctl("--json", "reload")) == {"changed": False, "warnings": []}
    up.wait_log("^<6>reloaded ", 3)


# --- when it cannot ------------------------------------------------------------------------------

VERBS = ("ping", "scan", "backup", "status", "list", "reload")


def test_without_a_daemon_every_verb_exits_3_and_says_how_to_start_it(up):
    def check(why):
        for verb in VERBS:
            done = up.ctl(verb, check=False)
            assert (done.returncode, done.stdout) == (NO_DAEMON, "")
            assert done.stderr == (f"casmanctl: no casmand answers at {up.socket}: {why}. Start it: systemctl start "
                                   "casmand\n")
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
        (["scan", "--count"], "--count needs a value", "scan "),
        (["list", "--limit=-1"], "--limit takes a whole number", "list "),
        (["status", "--refresh=yes"], "--refresh takes no value", "status "),
        (["backup", "--db", "x"], "backup has no option --db", "backup "),
        (["--timeout", "soon", "ping"], "--timeout takes seconds", ""),
        (["--timeout", "0", "ping"], "--timeout takes", ""),
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
    long = subprocess.run([CASMANCTL, "--socket", "/" + "x" * 200, "ping"], capture_output=True, text=True,
                          timeout=LIMIT)
    assert long.returncode == FAILED and "107 bytes" in long.stderr


def test_a_list_is_of_one_machine_or_since_a_moment_page_by_page(stored):
    everything = stored.call("list")["versions"]
    mine = everything[0]["machine"]
    for name, count in ((mine, 2), (mine[:8], 2), (everything[0]["host"], 2), ("nobody", 0), (mine[1:9], 0)):
        assert len(as_json(stored.ctl("list", "--json", "--machine", name))["versions"]) == count, name
    for since, count in (("1h", 2), ("2020-01-01", 2), ("2099-01-01 12:00 UTC", 0)):
        assert len(as_json(stored.ctl("list", "--json", "--since", since))["versions"]) == count, since
    (first,) = stored.call("list", since=everything[0]["timestamp"], limit=1)["versions"]
    assert first["id"] == everything[0]["id"]
    rest = stored.call("list", machine=mine, limit=1, cursor=stored.call("list", machine=mine, limit=1)["cursor"])
    assert [v["id"] for v in rest["versions"]] == [everything[1]["id"]] and rest["cursor"] is None
    assert stored.ctl("list", "--since", "2099-01-01").stdout.startswith("No backups found by this --machine or")
    wrong = stored.ctl("list", "--since", "soon", check=False)
    assert (wrong.returncode, "--since takes a moment such as" in wrong.stderr) == (FAILED, True)
    with pytest.raises(Failure, match="since is no moment"):
        stored.call("list", since="soon")
    table = stored.ctl("list", "--table", "--machine", mine).stdout
    assert "* newest" not in table and "+ proven" in table


def test_what_is_shown_suits_the_reader(up):
    up.make("parts.db")
    up.ctl("backup", "--operation", "gr\u00fcn \x1b[31m\u202e")
    shown = up.ctl("list").stdout
    assert "  Operation:   gr\u00fcn \\u001b[31m\\u202e\n" in shown, shown
    plain = up.ctl("list", env={"LC_ALL": "C"}).stdout
    assert "  Operation:   gr\\u00fcn \\u001b[31m\\u202e\n" in plain and plain.isascii()
    assert up.ctl("status", env={"LC_ALL": "C"}).stdout.isascii()
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CASMANCTL, "--socket", up.socket, "status"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (FAILED, "casmanctl: write the output: No space left on device\n")
