"""P4, P11: what waits for the store is bounded, whole, and caught up with."""
import json

import pytest

from trouble import drained, judge, spool, whole


def change(site, name="parts.db"):
    site.sql(name, "INSERT INTO parts(part) VALUES('new')")


def queued_backup(site):
    change(site)
    (version,) = site.call("backup", databases=["parts.db"])["versions"]
    return version["id"]


def log_lines(site, pattern):
    return [line for line in site.log if pattern in line]


@pytest.fixture
def offline(site):
    """One database with one stored version, and its store out of reach."""
    site.database()
    site.make()
    site.configure(sync="keep_versions = 2\nkeep_daily = 1\nbackup_on_scan_count = 0")
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    site.store.rename(site.folder / "away")
    return site


def back(site):
    place = site.here()
    (site.folder / "away").rename(site.store)
    site.call("backup")  # a person who asks need not wait
    site.wait_log("^<6>stored ", since=place)
    drained(site)
    site.call("prune")  # waits for what retention does then


# --- superseding -----------------------------------------------------------------------------------


def test_p4_what_retention_would_not_keep_is_superseded_and_the_rest_caught_up_with(offline):
    site = offline
    ids = [queued_backup(site) for _ in range(4)]
    assert spool(site) == sorted(ids[2:])
    assert site.status()["queue"]["length"] == 2
    assert len(log_lines(site, "<6>superseded db=parts.db key=backups/parts.db/")) == 2
    site.restart()
    assert spool(site) == sorted(ids[2:])
    listed = {v["id"]: v["state"] for v in site.call("list", database="parts.db")["versions"]}
    assert len(listed) == 3 and listed[ids[2]] == listed[ids[3]] == "captured"
    back(site)
    paths = judge(site.store)["parts.db"]
    tags = [json.loads(p.with_name(p.name + ".casmand.json").read_text()) for p in paths]
    assert [t["id"] for t in tags] == ids[2:]
    assert [int(t["sequence"]) for t in tags] == [4, 5]
    assert tags[0]["base"] == ids[1] and ids[0] in tags[0]["ancestors"]  # bridged
    assert spool(site) == [] and site.status()["scans"]["unprotected"] == 0


def test_p4_a_smaller_count_thins_the_queue_at_the_reload(offline):
    site = offline
    ids = [queued_backup(site) for _ in range(2)]
    site.configure(sync="keep_versions = 1\nkeep_daily = 0\nbackup_on_scan_count = 0")
    site.call("reload")
    site.wait_log("^<6>reloaded ")
    assert spool(site) == ids[1:]


# --- its bound -------------------------------------------------------------------------------------


@pytest.fixture
def full(site):
    """The queue has room for one copy, and it is taken; a change waits to be captured."""
    site.database(on_change="backup")
    site.make()
    site.sql("parts.db", "INSERT INTO parts(part) VALUES(zeroblob(60000))")
    site.configure(sync="backup_on_scan_count = 0\nenabled = false\n[queue]\nmax_bytes = 100k")
    site.start()
    site.call("backup")
    assert len(spool(site)) == 1
    change(site)
    site.wait_log("^<4>database db=parts.db error=\"the queue is full")
    return site


def test_p4_p11_a_full_queue_stops_captures_says_so_once_and_counts_scans(full):
    site = full
    (failure,) = site.call("backup")["failed"]
    assert failure["name"] == "disk_full" and "the queue is full" in failure["error"]
    for _ in range(3):
        site.call("scan", database="parts.db")
        with site.connect() as line:
            assert line.call("backup")["failed"]
    status = site.status()
    assert status["scans"]["total"] == status["scans"]["since_backup"] == 3
    assert "the queue is full" in status["databases"][0]["error"] and status["databases"][0]["state"] == "ahead"
    assert len(log_lines(site, "<4>database db=parts.db error=\"the queue is full")) == 1
    assert len(spool(site)) == 1


def test_p4_a_full_queue_goes_on_by_itself_when_something_was_stored(site):
    site.database(on_change="backup")
    site.make()
    site.sql("parts.db", "INSERT INTO parts(part) VALUES(zeroblob(60000))")
    site.configure(sync="backup_on_scan_count = 0\n[queue]\nmax_bytes = 100k")
    site.start()
    site.call("backup")
    site.store.rename(site.folder / "away")
    change(site)
    assert site.call("backup")["queued"] == ["parts.db"]
    place = site.here()
    change(site)
    assert "the queue is full" in site.call("backup")["failed"][0]["error"]
    (site.folder / "away").rename(site.store)
    site.wait_log("^<6>stored db=parts.db ", count=2, since=place)  # what waited, and what had no room
    site.wait_status("parts.db", error=None)
    assert len(whole(site)["parts.db"]) == 3


def test_p4_room_given_by_a_reload_is_used_at_once(full):
    site = full
    place = site.here()
    site.configure(sync="backup_on_scan_count = 0\nenabled = false\n[queue]\nmax_bytes = 1M")
    site.call("reload")
    site.wait_log("^<6>captured db=parts.db ", since=place)
    assert len(spool(site)) == 2


# --- what people see -------------------------------------------------------------------------------


def test_p11_the_queue_tells_what_waits_why_and_until_when(offline):
    site = offline
    ids = [queued_backup(site) for _ in range(2)]
    queue = site.call("queue")
    assert [v["id"] for v in queue["versions"]] == ids and queue["cursor"] is None
    assert queue["length"] == 2 and queue["bytes"] == sum(v["size_bytes"] for v in queue["versions"])
    assert "store not reached" in queue["error"] and queue["next_try_at"] and queue["oldest_at"]
    first = site.call("queue", limit=1)
    assert [v["id"] for v in first["versions"]] == ids[:1]
    assert [v["id"] for v in site.call("queue", limit=1, cursor=first["cursor"])["versions"]] == ids[1:]
    text = site.ctl("queue").stdout
    assert "  Waiting:              2 versions, " in text and "  Next try: " in text
    assert "store not reached" in text and all(v["key"] in text for v in queue["versions"])
    back(site)
    assert site.ctl("queue").stdout.endswith("  empty\n")


def test_p11_history_tells_what_happened_newest_first_and_over_restarts(offline):
    site = offline
    for _ in range(3):
        queued_backup(site)
    site.restart()
    back(site)
    events = site.call("history")["events"]
    told = [(e["event"], e["database"]) for e in events]
    parts = [event for event, database in told if database]
    assert parts == ["deleted", "stored", "stored", "superseded", *["captured"] * 3, "stored", "captured"]
    # The store was away before and after the restart: it may have been asked then, too.
    assert [event for event, database in told if not database and event != "upload_failed"] == [
        "started", "stopped", "started"]
    assert "store not reached" in next(e["text"] for e in events if e["event"] == "upload_failed")
    assert site.keys()[-1] in (events[1]["key"], events[2]["key"])
    assert site.call("history", database="parts.db")["events"] == [e for e in events if e["database"]]
    pages, cursor = [], None
    while not pages or cursor:
        page = site.call("history", limit=5, cursor=cursor)
        pages, cursor = pages + page["events"], page["cursor"]
    assert pages == events
    lines = site.ctl("history", "--limit", "3").stdout.splitlines()
    assert [line for line in lines if " UTC  " in line][1].endswith("  stored parts.db")
    site.configure(sync="backend = tape")
    site.ctl("reload", check=False)
    assert site.call("history", limit=1)["events"][0]["event"] == "reload_refused"


# --- files and rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [
    pytest.param(lambda path: path.unlink(), id="gone"),
    pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="cut short")])
def test_p4_p11_a_version_whose_file_is_not_whole_at_the_start_is_told_and_made_again(offline, damage):
    site = offline
    site.call("scan", database="parts.db")
    lost = queued_backup(site)
    assert site.status()["scans"]["since_backup"] == 0
    assert site.stop() == 0
    damage(site.folder / "state" / "spool" / lost)
    site.start()
    site.wait_log("^<3>bad version db=parts.db .*its copy in the spool")
    site.wait_log("^<6>captured db=parts.db ")  # although nothing was asked for
    (made,) = spool(site)
    assert made != lost
    status = site.status()
    assert status["scans"]["since_backup"] == 0 and status["scans"]["unprotected"] == 1
    back(site)
    assert [len(site.rows(p.relative_to(site.store))) for p in judge(site.store)["parts.db"]] == [3, 4]


def test_p4_a_leftover_of_a_stored_version_goes_at_the_start(stored):
    site = stored
    (version,) = site.call("list", database="parts.db")["versions"]
    assert site.stop() == 0
    (site.folder / "state" / "spool" / version["id"]).write_bytes(b"left by a crash")
    site.start()
    site.wait_log(f"^<6>spool removed={version['id']}")
    assert spool(site) == []
