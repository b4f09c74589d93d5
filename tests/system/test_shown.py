"""What casmanctl shows, against the real daemon: status and list, in words and as JSON."""
import json
import re

from words import FAILED, OFFLINE, as_json, same

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
  parts.db                        -  ⚠
    HERE/databases/parts.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`
  assembled_casm.db               -  ⚠
    HERE/databases/assembled_casm.db is not there
    Mend: nothing, if its application has not made it yet; else check `path`

Scan Tracker:
  Scans since backup:   0
  Unprotected scans:    0
  Last backup:          Never
  Status:               OK (10 scans until backup)

Queue:
  empty

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
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

Proven restorable: parts.db not yet
                   assembled_casm.db not yet
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
    assert {"enabled", "backend", "bucket", "endpoint", "keep_versions", "backup_on_scan_count", "backup_on_hours",
            "store", "scans", "last_backup_at", "databases", "queue", "clock_skew_seconds", "quota", "maintain",
            "proof", "machine", "version", "pid"} <= set(status)
    assert {"reachable", "checked_at", "error"} <= set(status["store"])
    assert {"total", "since_backup", "until_backup", "unprotected", "oldest_unprotected_at"} == set(status["scans"])
    assert {"length", "bytes", "max_bytes", "full", "paused", "oldest_at", "next_try_at", "error", "held"} == set(
        status["queue"])
    for database in status["databases"]:
        assert {"name", "path", "present", "size_bytes", "state", "last_version", "error"} <= set(database)
        version = database["last_version"]
        assert {"id", "key", "db_name", "timestamp", "size_bytes", "record_count", "operation", "checksum",
                "machine", "state", "suspect"} <= set(version)
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
    assert re.search(r"  parts\.db +\d\.\d KB  ✗\n    [^\n]+\n    Mend: restore a version: casmanctl list\n",
                     text), text
    assert as_json(stored.ctl("status", "--json"))["databases"][0]["error"]


def test_status_of_a_casmand_that_is_switched_off_says_so(site):
    site.database()
    site.make()
    site.configure(sync="enabled = false")
    site.start()
    done = site.ctl("backup", check=False)
    assert done.returncode == OFFLINE and "uploads are off (enabled = false)" in done.stdout
    text = site.ctl("status").stdout
    assert "  Enabled:              False\n" in text and "  ⚠ uploads are disabled by the configuration" in text
    assert "  Status:               Uploads disabled (10 scans until backup)\n" in text and "✓" not in text
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
    text = site.ctl("status").stdout
    assert "disabled by the configuration (backend = disabled): scans are counted, nothing is captured" in text
    assert "  Status:               Disabled\n" in text


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
    one = stored.ctl("list", "--db", "parts.db", "--limit", "1")
    assert same(stored, one.stdout) == HEAD.format("first 1") + newest
    done = stored.ctl("--json", "list", "--db", "parts.db", "--limit", "1")
    assert [v["key"] for v in as_json(done)["versions"]] == stored.keys("parts.db")[-1:]
    listed = as_json(stored.ctl("list", "--json"))
    keys = stored.keys("parts.db") + stored.keys("assembled_casm.db")
    assert sorted(v["key"] for v in listed["versions"]) == sorted(keys)
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
        theirs = {**metadata, "timestamp": stamp, "operation": f"number {i}"}
        (folder / f"{name}.metadata.json").write_text(json.dumps(theirs))
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


def test_a_list_of_what_nobody_knows_names_what_there_is(up):
    done = up.ctl("list", "--db", "prats.db", check=False)
    assert (done.returncode, done.stderr) == (
        FAILED, 'casmanctl: no database is called "prats.db" in the configuration, nor any version in the store; '
        'there are parts.db, assembled_casm.db\n')
    del up.entries["assembled_casm.db"]
    up.make("assembled_casm.db", "assembly")
    up.call("backup", databases=["assembled_casm.db"])
    up.configure()
    up.ctl("reload")
    up.wait_log("^<6>reloaded ")
    assert "Available Backups (1):" in up.ctl("list", "--db", "assembled_casm.db").stdout  # not watched any more


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
