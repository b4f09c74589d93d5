"""Sync: what others stored comes here, what is here goes up, and where both went on nothing is touched."""
import pathlib
import re
import shutil
import signal
import sys

import pytest
from application import Application
from conftest import Failure, end_site, new_site
from pairs import add, did, rows, state, sync
from people import Person, let_in, need_root
from words import TIME, as_json

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "storm"))
from sync_storm import all_modes  # noqa: E402


def follow(other):
    """The other machine takes what the first has."""
    assert did(other) == ("absent", "downloaded")


def test_a_new_machine_takes_what_is_there_and_both_stay_in_step(pair):
    one, other = pair
    said = sync(other)
    assert (said["state"], said["did"], said["key"]) == ("absent", "downloaded", one.keys()[0])
    assert rows(one) == rows(other)
    for _ in range(2):  # no ping-pong
        for site in pair:
            assert did(site) == ("in_step", "nothing")
    assert len(one.keys()) == 1


def test_what_one_adds_goes_to_the_other_and_back(pair):
    one, other = pair
    follow(other)
    add(one, "of one")
    one.wait_status("parts.db", state="ahead")
    said = sync(one)
    assert (said["state"], said["did"], said["key"]) == ("ahead", "queued", one.keys()[-1])
    assert did(other) == ("behind", "downloaded")
    add(other, "of the other")
    other.wait_status("parts.db", state="ahead")
    assert did(other) == ("ahead", "queued")
    assert did(one) == ("behind", "downloaded")
    assert rows(one) == rows(other) and "of the other" in rows(one)
    assert len(one.keys()) == 3
    assert did(one) == did(other) == ("in_step", "nothing")


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "WAL"])
def test_p7_an_application_goes_on_with_what_sync_took(pair, mode):
    one, other = pair
    other.make(mode=mode, rows=0)
    add(other, "x")
    other.sql("parts.db", "DELETE FROM parts")
    before = other.path().stat()
    with Application(str(other.path())) as application:
        assert application.do(f"PRAGMA journal_mode={mode}") == [[mode.lower()]]
        assert application.do("SELECT count(*) FROM parts") == [[0]]
        assert did(other) == ("absent", "downloaded")
        assert application.do("SELECT count(*) FROM parts") == [[3]]
        assert application.do("PRAGMA journal_mode") == [[mode.lower()]]
        application.do("INSERT INTO parts(part) VALUES('after')")
    after = other.path().stat()
    assert (before.st_ino, before.st_mode, before.st_uid) == (after.st_ino, after.st_mode, after.st_uid)
    other.wait_status("parts.db", state="ahead")
    assert did(other) == ("ahead", "queued")
    assert did(one) == ("behind", "downloaded") and rows(one)[-1] == "after"


def test_p8_a_commit_that_nobody_has_seen_yet_stops_it_under_the_lock(pair):
    one, other = pair
    follow(other)
    add(one, "of one")
    one.call("backup")
    with Application(str(other.path())) as application, other.connect() as line:
        application.do("BEGIN IMMEDIATE")
        application.do("INSERT INTO parts(part) VALUES('just now')")
        asked = line.post("sync")
        while line.receive()["params"]["state"] != "locking":
            pass
        application.do("COMMIT")
        (said,) = line.answer(asked)["databases"]
    assert (said["state"], said["did"]) == ("diverged", "stopped")
    assert "just now" in rows(other) and "of one" not in rows(other)
    assert [r for _, r in one.rows(one.keys()[-1])] == rows(other)


def diverge(one, other):
    follow(other)
    add(one, "of one")
    one.call("backup")
    add(other, "of the other")
    add(other, "and another")
    other.wait_status("parts.db", dirty=True)
    assert state(other) == "diverged"


def test_p8_where_both_went_on_nothing_is_touched_and_both_are_versions(pair):
    one, other = pair
    diverge(one, other)
    before = other.path().read_bytes()
    said = sync(other)
    assert (said["state"], said["did"], said["key"]) == ("diverged", "stopped", one.keys()[1])
    assert other.path().read_bytes() == before
    assert said["differs"] == [{"table": "parts", "here": 2, "there": 1}]
    assert said["since"] == one.call("list")["versions"][-1]["timestamp"]
    assert {v["key"] for v in said["heads"]} == set(one.keys()[1:]) and len(one.keys()) == 3
    assert did(one) == ("diverged", "stopped") and len(one.keys()) == 3
    assert not list((other.folder / "state/spool").iterdir())


@pytest.mark.parametrize("stopped", [True, False])
def test_force_takes_the_other_line_and_nobody_is_diverged_any_more(pair, stopped):
    """What is here is a version of its own line, where a sync has stopped before; else a safety version."""
    one, other = pair
    diverge(one, other)
    if stopped:
        assert did(other) == ("diverged", "stopped")
    said = sync(other, force=True)
    assert (said["state"], said["did"]) == ("diverged", "downloaded")
    assert rows(other) == rows(one) and "of one" in rows(other)
    assert (said["published"] is not None) == stopped and (said["safety"] is None) == stopped
    other.wait_log("^<6>stored db=parts.db ", count=2 if stopped else 1, since=0)
    # Its line's version, or the safety version, whose key a collision may have moved.
    assert len(other.rows(other.keys()[2])) == 5
    assert did(one) == did(other) == ("in_step", "nothing")
    add(one, "later")
    one.call("backup")
    assert did(other) == ("behind", "downloaded")


def test_mine_wins_and_the_other_follows(pair):
    one, other = pair
    diverge(one, other)
    said = sync(other, mine=True)
    assert (said["state"], said["did"]) == ("diverged", "queued")
    assert said["version"]["operation"] == "Kept by sync --mine"
    assert did(one) == ("behind", "downloaded")
    assert rows(one) == rows(other) and "and another" in rows(one)
    assert did(one) == did(other) == ("in_step", "nothing")


def test_a_restore_is_published_and_the_next_sync_does_not_undo_it(pair):
    one, other = pair
    first = one.keys()[0]
    add(one, "wrong")
    one.call("backup")
    follow(other)
    place = one.here()
    one.call("restore", key=first)
    one.wait_log("^<6>stored db=parts.db ", since=place)
    assert did(one) == ("in_step", "nothing")
    assert did(other) == ("behind", "downloaded")
    assert "wrong" not in rows(one) + rows(other)
    assert did(one) == ("in_step", "nothing")


def test_what_was_restored_for_oneself_is_not_overridden_unless_forced(pair):
    one, _ = pair
    first = one.keys()[0]
    add(one, "new")
    one.call("backup")
    one.call("restore", key=first, publish=False)
    assert did(one) == ("restored", "nothing") and len(rows(one)) == 3
    assert did(one, force=True) == ("restored", "downloaded")
    assert len(rows(one)) == 4 and did(one) == ("in_step", "nothing")


def test_offline_it_says_so_and_changes_nothing(pair):
    one, other = pair
    follow(other)
    hidden = one.store.rename(one.folder / "gone")
    with pytest.raises(Failure, match=r"Sync failed \(Continuing with local databases\)") as lost:
        sync(other)
    assert lost.value.data["name"] == "store_not_reached"
    hidden.rename(one.store)
    assert did(other) == ("in_step", "nothing")


def test_a_dry_run_says_what_would_be_done(pair):
    one, other = pair
    assert did(other, dry_run=True) == ("absent", "downloaded")
    assert not other.path().exists()
    follow(other)
    add(one, "of one")
    one.wait_status("parts.db", state="ahead")
    assert did(one, dry_run=True) == ("ahead", "queued") and len(one.keys()) == 1


def test_a_machine_whose_application_began_with_an_empty_database_takes_what_is_there(pair):
    one, other = pair
    other.make(rows=0)
    other.call("backup")
    assert len(one.keys()) == 2
    assert did(one) == ("in_step", "nothing")
    assert did(other) == ("absent", "downloaded")
    assert rows(one) == rows(other)
    assert did(one) == did(other) == ("in_step", "nothing")


def test_a_machine_that_made_the_same_contents_goes_on_from_the_others(pair):
    one, other = pair
    follow(other)
    for site in pair:
        add(site, "the same")
    one.call("backup")
    other.call("backup")
    assert did(other) == ("in_step", "nothing")
    add(other, "more")
    other.call("backup")
    assert did(one) == ("behind", "downloaded") and rows(one) == rows(other)


def test_p5_two_that_back_up_in_the_same_second_are_both_kept_and_listed(pair):
    one, other = pair
    follow(other)
    lines = [site.connect() for site in pair]
    for site in pair:
        add(site, f"of {site.folder}")
    asked = [line.post("backup") for line in lines]
    for line, number in zip(lines, asked):
        line.answer(number)
        line.close()
    assert len(one.keys()) == 3
    assert state(one) == state(other) == "diverged"
    heads = [v["machine"] for v in one.call("list")["versions"] if v["key"] in one.keys()[1:]]
    assert len(set(heads)) == 2
    assert [v["head"] for v in one.call("list")["versions"]] == [True, True, False]


def test_a_cloned_card_is_detected_and_both_are_kept(pair):
    """The same machine id on two machines that go their own ways."""
    one, _ = pair
    assert one.stop() == 0
    clone = new_site()
    clone.store.symlink_to(one.store)
    shutil.copytree(one.folder / "state", clone.folder / "state")
    shutil.copy(one.path(), clone.path())
    clone.database()
    for site, part in ((one, "of one"), (clone, "of the clone")):
        site.start()
        add(site, part)
        site.call("backup")
    assert len(one.keys()) == 3
    said = sync(one)
    assert (said["state"], said["did"], said["cloned"]) == ("diverged", "stopped", True)
    assert len(said["heads"]) == 2
    assert did(clone, mine=True) == ("diverged", "queued")
    assert did(one) == ("behind", "downloaded") and rows(one) == rows(clone)
    end_site(clone)


def test_p7_p8_three_writers_lose_no_row_to_syncs():
    """More of them by hand: tests/storm/sync_storm.py 200."""
    print(all_modes(3))


def test_a_person_is_told_what_was_done_and_what_to_choose(pair):
    one, other = pair
    first = one.keys()[0]
    assert "would be updated: 8.0 KB, 3 records" in other.ctl("sync", "--dry-run").stdout
    assert re.fullmatch(rf"✓ parts\.db  updated: 8\.0 KB, 3 records, of {TIME}\n  from {first}\n", other.ctl("sync").stdout)
    assert other.ctl("sync", "parts.db").stdout == "✓ parts.db  up to date\n"
    add(one, "of one")
    assert other.ctl("sync").stdout == "✓ parts.db  up to date\n"
    one.wait_status("parts.db", dirty=True)
    assert one.ctl("sync").stdout.startswith("✓ parts.db  has what the store lacks: stored\n  as backups/")
    add(other, "of the other")
    said = other.ctl("sync", check=False)
    assert said.returncode == 6 and "diverged: nothing was touched" in said.stdout
    assert "Only here:   1 row in parts\n  Only there:  1 row in parts\n" in said.stdout
    assert f"casmanctl restore {one.keys()[1]} --dest theirs.db" in said.stdout
    assert as_json(other.ctl("--json", "sync", check=False), status=6)["databases"][0]["did"] == "stopped"
    assert other.ctl("sync", "--parts", "--mine").returncode == 0
    assert other.ctl("sync", "--assembled", check=False).returncode == 1
    assert "exclude each other" in other.ctl("sync", "--mine", "--force", check=False).stderr
    hidden = one.store.rename(one.folder / "gone")
    lost = other.ctl("sync", check=False)
    assert lost.returncode == 4 and "Sync failed (Continuing with local databases)" in lost.stderr
    hidden.rename(one.store)


@need_root
def test_who_may_not_change_data_may_not_sync(pair):
    one, _ = pair
    let_in(one)
    one.socket.chmod(0o666)
    with pytest.raises(Failure) as denied:
        Person(12345, 12345).call(one, "sync", dry_run=True)
    assert denied.value.data["name"] == "not_permitted"


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_p7_killed_while_it_writes_a_sync_is_all_or_nothing_and_goes_on(pair, mode):
    one, other = pair
    follow(other)
    other.sql("parts.db", mode=mode)
    one.sql("parts.db", "INSERT INTO parts(part) VALUES(hex(randomblob(300000)))")
    one.call("backup")
    with other.connect() as line:
        line.post("sync")
        while line.receive()["params"]["state"] != "writing":
            pass
        other.stop(signal.SIGKILL)
    other.start()
    other.wait_log("^<6>synced db=parts.db|^<4>restore db=parts.db .*(cut short|those of before)")
    assert len(rows(other)) in (3, 4)
    assert did(other)[1] in ("nothing", "downloaded") and rows(other) == rows(one)
    assert did(one) == did(other) == ("in_step", "nothing")


def test_it_syncs_once_at_start_when_the_store_is_first_reached(pair):
    _, other = pair
    assert other.stop() == 0
    other.configure(sync="auto_sync_on_start = true")
    other.start()
    other.wait_log("^<6>synced at start db=parts.db state=absent did=downloaded")
    assert len(rows(other)) == 3


def test_over_a_bucket_too_and_who_is_in_step_downloads_nothing(cloud, radosgw):
    bucket = radosgw.bucket()
    one, other = cloud(bucket), cloud(bucket)
    for site in (one, other):
        site.database()
        site.configure()
    one.make()
    one.start()
    one.call("backup")
    other.start()
    assert did(other) == ("absent", "downloaded") and rows(one) == rows(other)
    assert did(one) == did(other) == ("in_step", "nothing")
    add(one, "of one")
    one.call("backup")
    add(other, "of the other")
    other.wait_status("parts.db", dirty=True)
    said = sync(other)
    assert (said["state"], said["did"]) == ("diverged", "stopped")
    assert said["differs"] == [{"table": "parts", "here": 1, "there": 1}]
    assert did(other, force=True) == ("diverged", "downloaded")
    assert rows(one) == rows(other)


def test_p1_scans_are_covered_by_what_was_taken_and_nobody_waits_for_ever(pair):
    """The contents are another machine's version: nothing new is to be captured, nor stored."""
    _, other = pair
    follow(other)
    assert other.call("backup")["unchanged"] == ["parts.db"]
    assert other.call("scan", database="parts.db", wait="stored")["state"] == "stored"
    assert other.status()["scans"]["unprotected"] == 0
    other.restart()
    assert other.status()["scans"]["since_backup"] == 0
