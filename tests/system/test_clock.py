"""A clock that is wrong, or is set while casmand runs, costs no scan and no version.  (That a machine
was suspended cannot be played here.)"""
import datetime
import json
import time

import pytest

from trouble import clock, whole  # clock is a fixture

HOUR, DAY = 3600, 86400


def change(site):
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")


def back_up(site):
    """One more version; its timestamp, in seconds since 1970."""
    change(site)
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored"
    return datetime.datetime.fromisoformat(version["timestamp"].replace("Z", "+00:00")).timestamp()


def in_order(site):
    """Sequence, key and timestamp of all versions rise together; the timestamps."""
    moments, keys = [], []
    for path in whole(site)["parts.db"]:
        metadata = json.loads(path.with_name(path.name + ".metadata.json").read_text())
        moments.append(datetime.datetime.fromisoformat(metadata["timestamp"]).timestamp())
        keys.append(path.name)
    assert keys == sorted(set(keys))
    assert moments == sorted(moments)
    return moments


@pytest.fixture
def timed(site, clock):
    """One database; casmand lives by the test's clock from start() on."""
    site.database()
    site.make()
    site.configure(sync="backup_on_scan_count = 3")

    def start(moment):
        clock.set(moment)
        site.start(env=clock.env())
    site.start_at = start
    return site


def test_p4_a_machine_that_boots_in_1970_gives_sensible_times_and_goes_on_when_the_clock_is_set(timed, clock):
    site, now = timed, time.time()
    site.start_at(100)
    site.call("scan", database="parts.db", uid="gun-1")
    moments = [back_up(site), back_up(site)]
    assert now - 400 * DAY < moments[0] < now + 60  # the date of the build stands in for the time
    assert moments[1] == moments[0] + 1
    assert site.stop() == 0
    site.start_at(200)
    moments.append(back_up(site))
    assert moments[2] == moments[1] + 1
    clock.set(now + HOUR)
    moments.append(back_up(site))
    assert moments[3] == pytest.approx(now + HOUR, abs=60)
    assert site.status()["scans"] == {"total": 1, "since_backup": 0, "until_backup": 3, "unprotected": 0,
                                      "oldest_unprotected_at": None}
    assert site.stop() == 0
    assert in_order(site) == pytest.approx(moments, abs=.001)


def test_p4_a_clock_set_back_by_an_hour_neither_loses_nor_reorders_anything(timed, clock):
    site, now = timed, time.time() + DAY
    site.start_at(now)
    moments = [back_up(site)]
    site.call("scan", database="parts.db", uid="gun-1")
    clock.set(now - HOUR)
    assert site.call("scan", database="parts.db", uid="gun-1")["again"]
    moments.append(back_up(site))
    assert moments[1] == pytest.approx(moments[0] + 1, abs=1)
    assert site.stop() == 0
    site.start_at(now - HOUR + 60)  # or else the last version is in the future, and a next one due at once
    moments.append(back_up(site))
    clock.set(now + HOUR)
    moments.append(back_up(site))
    assert moments[3] == pytest.approx(now + HOUR, abs=60)
    assert site.status()["scans"]["total"] == 1
    assert site.stop() == 0
    in_order(site)


def test_p4_a_clock_a_month_ahead_and_back_again_neither_loses_nor_reorders_anything(timed, clock):
    site, now = timed, time.time()
    site.start_at(now)
    moments = [back_up(site)]
    clock.set(now + 31 * DAY)
    moments.append(back_up(site))
    assert moments[1] == pytest.approx(now + 31 * DAY, abs=60)
    clock.set(now)
    moments += [back_up(site), back_up(site)]
    assert moments[3] - moments[1] < 5  # keys and times rise, as little as they can
    assert site.stop() == 0
    site.start_at(now)
    assert site.status("parts.db")["state"] != "diverged"
    listed = site.call("list", database="parts.db")["versions"]
    assert [v["record_count"] for v in listed] == [7, 6, 5, 4]
    assert site.stop() == 0
    in_order(site)


@pytest.mark.parametrize("moment, then", [(100, None), (time.time(), -HOUR), (time.time(), 31 * DAY)],
                         ids=["in 1970", "set back by an hour", "set ahead by a month"])
def test_p4_hours_go_by_whatever_the_clock_says(timed, clock, moment, then):
    site = timed
    site.configure(sync="backup_on_hours = 0.0004")  # 1.44 s
    site.start_at(moment)
    back_up(site)
    place = site.here()
    change(site)
    if then:
        clock.set(moment + then)
    site.wait_log('^<6>captured .*operation="Time-triggered backup', since=place, limit=10)


def test_p4_hours_that_passed_before_a_start_count_although_the_clock_was_set_back_meanwhile(timed, clock):
    site, now = timed, time.time() + DAY
    site.configure(sync="backup_on_hours = 20")
    site.start_at(now)
    back_up(site)
    assert site.stop() == 0
    change(site)
    place = site.here()
    site.start_at(now - 12 * HOUR)
    site.wait_log('^<6>captured .*operation="Time-triggered backup', since=place, limit=10)


def test_p1_p4_scans_trigger_under_any_clock(timed, clock):
    site = timed
    site.start_at(100)
    back_up(site)
    for moment in (time.time(), time.time() - HOUR, 200):
        clock.set(moment)
        change(site)
        place = site.here()
        for _ in range(3):
            site.call("scan", database="parts.db")
        site.wait_log('^<6>stored ', since=place)
    assert site.status()["scans"]["total"] == 9 and site.status()["scans"]["unprotected"] == 0
    assert site.stop() == 0
    assert len(in_order(site)) == 4
