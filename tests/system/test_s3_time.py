"""What the store says of time: what it is, and when it wants to be asked again."""
import datetime
import re
import time

import pytest

import moods
from cloud import mirror
from trouble import Clock, drained, whole

HOURS, DAY = 3 * 3600 + 600, 86400  # seconds
NEAR = 10  # seconds
THEIRS = "backups/parts.db/20310101_000000_parts.db"


def seconds(moment):
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def is_now(moment):
    return moment == pytest.approx(time.time(), abs=NEAR)


@pytest.fixture
def timed(cloud, unruly, radosgw):
    """One machine and its clock; its store is out of reach at first: site.way.greeting."""
    site = cloud(radosgw)
    site.clock, site.way = Clock(site.folder), unruly(radosgw)
    site.way.greeting = moods.refused
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 0", endpoint=site.way.endpoint)
    return site


def start(site, moment):
    site.clock.set(moment)
    site.start(env=site.clock.env())


def back_up(site):
    """One more version; its timestamp, in seconds since 1970."""
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    (version,) = site.call("backup")["versions"]
    return seconds(version["timestamp"])


def reach(site, reached):
    site.way.drop()
    site.way.greeting = moods.welcome if reached else moods.refused
    assert site.call("status", refresh=True)["store"]["reachable"] is reached


def keys_rise(site):
    """In the order in which they were made."""
    drained(site)
    assert site.stop() == 0
    site.store = mirror(site.bucket, site.folder / "mirror")
    names = [path.name for path in whole(site)["parts.db"]]
    assert names == sorted(set(names))


@pytest.mark.parametrize("wrong", [100, time.time() + 31 * DAY], ids=["in 1970", "a month ahead"])
def test_p1_p4_a_clock_that_is_wrong_from_the_start_is_put_right_by_the_first_answer(timed, wrong):
    site = timed
    start(site, wrong)
    assert site.status()["clock_skew_seconds"] is None
    first = back_up(site)
    assert first > time.time() - 400 * DAY  # the date of the build stands in for 1970
    assert site.call("scan", database="parts.db", uid="gun-1")["scan"] == 1
    reach(site, True)
    drained(site)
    status = site.status()
    assert status["clock_skew_seconds"] == pytest.approx(wrong - time.time(), abs=NEAR)
    assert is_now(seconds(status["store"]["last_ok_at"]))
    oldest = seconds(status["scans"]["oldest_unprotected_at"])
    assert time.time() - 400 * DAY < oldest < time.time() + NEAR  # neither 56 years old, nor of the future
    assert is_now(back_up(site))
    site.call("scan", database="parts.db")
    assert is_now(seconds(site.status()["scans"]["oldest_unprotected_at"]))
    assert site.call("scan", database="parts.db", uid="gun-1")["again"]
    reach(site, False)
    site.clock.set(time.time())  # somebody sets it, while the store can say nothing
    assert abs(site.status()["clock_skew_seconds"]) <= NEAR
    assert is_now(back_up(site))
    assert site.status()["scans"]["total"] == 2
    reach(site, True)
    keys_rise(site)


def test_p4_a_clock_set_back_by_hours_behind_the_stores_back_changes_no_time(timed):
    site = timed
    start(site, time.time())
    reach(site, True)
    assert is_now(back_up(site))
    reach(site, False)
    site.clock.set(time.time() - HOURS)
    assert site.status()["clock_skew_seconds"] == pytest.approx(-HOURS, abs=NEAR)
    assert is_now(back_up(site))
    said = site.ctl("status", env=site.clock.env()).stdout
    assert "is 3 h behind the store's" in said and "timedatectl" in said
    assert re.search(r"Last reached: +(now|[0-9]+ s ago)", said), said
    reach(site, True)
    assert is_now(back_up(site))
    keys_rise(site)


def test_p4_another_machines_clock_in_2031_does_not_push_ours(timed):
    site = timed
    site.bucket.put(THEIRS, b"theirs")
    start(site, time.time())
    reach(site, True)
    site.call("list")
    assert is_now(back_up(site))
    drained(site)
    assert THEIRS in site.keys() and all(key < f"backups/parts.db/{time.gmtime().tm_year + 1}"
                                         for key in site.keys() if key != THEIRS)


def test_p4_p11_a_store_that_asks_to_be_left_alone_is_until_then_or_until_a_person_asks(timed):
    site = timed
    start(site, time.time())
    reach(site, True)
    site.way.mood = moods.error(503, "SlowDown", {"Retry-After": "40"})
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    assert site.call("backup")["queued"] == ["parts.db"]
    assert 30 < seconds(site.status()["queue"]["next_try_at"]) - time.time() < 41
    site.way.mood = moods.passing
    site.call("status", refresh=True)  # it answers again, but its word counts
    assert 30 < seconds(site.status()["queue"]["next_try_at"]) - time.time() < 41
    assert site.call("backup")["queued"] == []
    assert site.status()["queue"]["next_try_at"] is None
