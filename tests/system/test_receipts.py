"""P1, P4: a scan that waits is told what is true of it: counted, captured, stored."""
import pytest

from conftest import Failure
from trouble import frozen, whole
from words import DONE, FAILED, OFFLINE, as_json


@pytest.fixture
def site_up(stored):
    """The two databases with a version each in the store; only scans that wait ask for more."""
    stored.configure(sync="backup_on_scan_count = 0")
    stored.call("reload")
    stored.wait_log("^<6>reloaded ")
    return stored


def scan(site, name="parts.db"):
    """The application commits, as it does before it posts."""
    table = {"parts.db": "parts", "assembled_casm.db": "assembly"}[name]
    site.sql(name, f"INSERT INTO {table}(part) VALUES('scanned')")


def test_p1_a_scan_that_waits_for_the_store_is_answered_when_a_version_with_it_is_there(site_up):
    site = site_up
    scan(site)
    with site.connect() as line:
        receipt = line.call("scan", database="parts.db", wait="stored")
        told = [n["params"]["state"] for n in line.notices]
    assert (receipt["state"], receipt["wait"], receipt["error"]) == ("stored", "stored", None)
    assert receipt["since_backup"] == 0
    assert told == ["counted", "captured"]
    key = site.keys()[-1]
    assert len(site.keys()) == 2 and len(site.rows(key)) == 4
    assert site.metadata(key)["operation"] == "Scan-triggered backup (1 scans)"
    assert len(site.keys("assembled_casm.db")) == 1  # it concerned parts.db alone
    assert site.status()["scans"]["unprotected"] == 0


def test_p1_captured_does_not_wait_for_the_store_and_stored_does(site_up):
    site, away = site_up, site_up.folder / "away"
    site.store.rename(away)
    scan(site)
    assert site.call("scan", database="parts.db", wait="captured")["state"] == "captured"
    scan(site)
    done = site.ctl("scan", "parts.db", "--wait", "stored", "--timeout", "3", check=False)
    assert done.returncode == OFFLINE
    assert done.stdout.startswith("Captured: scan 2 (") and "not stored yet: casmand goes on" in done.stdout
    receipt = as_json(site.ctl("--json", "scan", "parts.db", "--wait", "stored", "--timeout", "2", check=False), OFFLINE)
    assert (receipt["scan"], receipt["state"], receipt["wait"]) == (3, "captured", "stored")
    with site.connect() as line:
        asked = line.post("scan", database="parts.db", wait="stored")
        while not line.notices or line.notices[-1]["params"]["state"] != "captured":
            line.notices.append(line.receive())
        away.rename(site.store)
        site.call("backup")  # a person, or the next try
        assert line.answer(asked)["state"] == "stored"
    assert site.ctl("scan", "parts.db", "--wait", "stored").returncode == DONE
    whole(site)


def test_p1_ten_apps_that_wait_share_one_capture(site_up):
    site = site_up
    scan(site)
    lines = [site.connect() for _ in range(10)]
    with frozen(site):
        asked = [line.post("scan", database="parts.db", wait="stored") for line in lines]
    receipts = [line.answer(id) for line, id in zip(lines, asked)]
    assert {r["state"] for r in receipts} == {"stored"}
    assert sorted(r["scan"] for r in receipts) == list(range(1, 11))
    assert len(site.keys()) == 2
    for line in lines:
        line.close()


def test_p1_a_database_that_has_not_changed_is_covered_by_the_version_it_is(site_up):
    site = site_up
    assert site.call("scan", database="parts.db", wait="captured")["state"] == "stored"
    assert len(site.keys()) == 1


def test_p1_a_scan_that_names_no_database_waits_for_all_that_were_made(site):
    for name, table in (("parts.db", "parts"), ("assembled_casm.db", "assembly"), ("never.db", "a")):
        site.database(name, table)
    site.make("parts.db", "parts")
    site.make("assembled_casm.db", "assembly")
    site.start()
    assert site.call("scan", wait="stored")["state"] == "stored"
    assert len(site.keys("parts.db")) == len(site.keys("assembled_casm.db")) == 1


def test_p11_a_capture_that_fails_ends_the_wait_and_says_why(up):
    site = up
    receipt = site.call("scan", database="parts.db", wait="stored")
    assert receipt["state"] == "counted" and "is not there" in receipt["error"]
    assert site.call("scan", wait="captured")["state"] == "counted"
    done = site.ctl("scan", "parts.db", "--wait", "captured", check=False)
    assert done.returncode == FAILED
    assert done.stdout.startswith("Counted: scan 3 (") and "not captured yet: " in done.stdout
    assert site.status()["scans"]["total"] == 3


def test_p1_posted_again_it_is_told_how_far_it_is_and_nothing_is_made(site_up):
    site = site_up
    scan(site)
    first = site.call("scan", database="parts.db", uid="gun-1", wait="stored")
    again = site.call("scan", database="parts.db", uid="gun-1", wait="stored")
    assert (again["scan"], again["state"], again["again"]) == (first["scan"], "stored", True)
    assert len(site.keys()) == 2
    assert site.ctl("scan", "parts.db", "--uid", "gun-1", "--wait", "stored").stdout.startswith("Stored before: scan 1 (")


@pytest.mark.parametrize("sync, state, words", [
    ("enabled = false", "captured", "uploads are off (enabled = false)"),
    ("backend = disabled", "counted", "nothing is captured: backend = disabled")])
def test_p11_where_nothing_is_stored_nobody_waits_for_it(site, sync, state, words):
    site.database()
    site.make()
    site.configure()
    site.config.write_text(site.config.read_text().replace("backend = file", f"backend = file\n{sync}")
                           if "enabled" in sync else site.config.read_text().replace("backend = file", sync))
    site.start()
    receipt = site.call("scan", database="parts.db", wait="stored")
    assert receipt["state"] == state and words in receipt["error"]
    assert site.status()["scans"]["total"] == 1


def test_p1_a_reload_answers_who_waits_and_the_scan_stays_counted(site_up):
    site = site_up
    site.store.rename(site.folder / "away")
    scan(site)
    with site.connect() as line:
        asked = line.post("scan", database="parts.db", wait="stored")
        while not line.notices or line.notices[-1]["params"]["state"] != "captured":
            line.notices.append(line.receive())
        site.call("reload")
        receipt = line.answer(asked)
    assert receipt["state"] == "captured" and "casmand stops or reloads" in receipt["error"]
    assert site.status()["scans"]["total"] == 1


def test_who_hangs_up_while_waiting_or_asks_without_an_id_disturbs_nobody(site_up):
    site = site_up
    site.store.rename(site.folder / "away")
    line = site.connect()
    line.post("scan", database="parts.db", wait="stored")
    line.close()
    with site.connect() as other:
        other.send(b'{"jsonrpc":"2.0","method":"scan","params":{"wait":"stored"}}\n')
        assert other.call("ping")["pid"] == site.daemon.pid
    (site.folder / "away").rename(site.store)
    scan(site)
    assert site.call("scan", database="parts.db", wait="stored")["state"] == "stored"
    assert site.status()["scans"]["total"] == 3


def test_a_state_that_there_is_not_is_refused_and_not_counted(site_up):
    with pytest.raises(Failure, match="wait: none of counted, captured, stored"):
        site_up.call("scan", wait="uploaded")
    assert site_up.status()["scans"]["total"] == 0
