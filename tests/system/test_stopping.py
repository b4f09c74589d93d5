"""SIGTERM: uploads under way may end, nothing new begins, what is left waits for the next start."""
import signal
import time

import pytest

from cloud import mirror
from moods import Held, hanging, passing
from trouble import drained, injected, judge, needs_strace, spool, whole

NAMES = ["a.db", "b.db", "c.db", "parts.db"]
UPLOADS_WITHIN = 20  # seconds
AT_ONCE = 2          # uploads
HANGS = 26           # seconds; longer than casmand waits for what hangs


@pytest.fixture
def remote(cloud, unruly, radosgw):
    """A machine, some databases that no store has, and the way to the store."""
    site = cloud(radosgw)
    site.way = unruly(radosgw)
    for name in NAMES:
        site.database(name)
        site.make(name)
    site.configure(endpoint=site.way.endpoint)
    site.start()
    return site


def back_up(site, mood):
    """Asks for all databases, whose uploads meet that mood; when AT_ONCE of them do."""
    site.call("status", refresh=True)
    before = site.way.counts().get("PUT", 0)
    site.way.mood = mood
    line = site.connect()
    line.post("backup")
    site.wait_log("^<6>captured ", count=len(NAMES), since=0)
    site.way.wait_requests(before + AT_ONCE, "PUT")


def told_to_stop(site):
    site.daemon.send_signal(signal.SIGTERM)
    site.wait_log("^<6>stopping ")
    return time.monotonic()


def ended(site, limit=10):
    """Its exit status, when its log is read to the end."""
    status = site.daemon.wait(limit)
    site.reader.join()
    return status


def all_stored_once(site):
    """By the next start."""
    site.way.mood = passing
    site.start()
    drained(site)
    assert site.stop() == 0
    versions = judge(mirror(site.bucket, site.folder / "mirror"))
    assert {name: len(paths) for name, paths in versions.items()} == dict.fromkeys(NAMES, 1)
    assert spool(site) == []


def test_p4_uploads_under_way_end_and_no_others_begin(remote):
    site, mood = remote, Held()
    back_up(site, mood)
    told_to_stop(site)
    mood.go.set()
    assert ended(site) == 0
    assert len(spool(site)) == len(NAMES) - AT_ONCE
    assert len([line for line in site.log if line.startswith("<6>stored ")]) == AT_ONCE
    assert [line for line in site.log if line.startswith("<4>stopping")] == []
    all_stored_once(site)


def test_p4_a_second_signal_ends_it_at_once_and_nothing_is_lost(remote):
    site = remote
    back_up(site, hanging)
    begun = told_to_stop(site)
    site.daemon.send_signal(signal.SIGINT)
    assert ended(site) == -signal.SIGINT and time.monotonic() - begun < 5
    assert len(spool(site)) == len(NAMES)
    all_stored_once(site)


@needs_strace
def test_p4_what_takes_too_long_is_left_as_it_is(remote, site):
    """What waits for the network is cut off; what hangs in the kernel, as on a dead NFS mount, is left behind."""
    site.database()
    site.make()
    site.start()
    site.call("backup")
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    with injected(site, f"linkat:delay_enter={HANGS}s", paths=[site.store / "backups" / "parts.db"]):
        site.connect().post("backup")
        site.wait_log("^<6>captured ", count=2)
        back_up(remote, hanging)
        begun = told_to_stop(site), told_to_stop(remote)
        assert ended(remote, UPLOADS_WITHIN + 5) == 0
        assert UPLOADS_WITHIN - 1 < time.monotonic() - begun[1] < UPLOADS_WITHIN + 1.5
        site.wait_log("^<4>stopping warning=.*left behind", limit=HANGS)
        assert UPLOADS_WITHIN + 1 < time.monotonic() - begun[0] < UPLOADS_WITHIN + 3.5
        assert ended(site, HANGS) == 0  # when strace lets go of it
    remote.wait_log("^<4>stopping warning=.*stays queued")
    assert len(spool(remote)) == len(NAMES)
    all_stored_once(remote)
    site.start()
    drained(site)
    assert site.stop() == 0
    assert len(whole(site)["parts.db"]) == 2


@pytest.mark.parametrize("what", ["uploads", "a probe"])
def test_p4_a_reload_does_not_wait_for_a_store_that_hangs(remote, what):
    site = remote
    if what == "uploads":
        back_up(site, hanging)
    else:
        site.way.mood = hanging
        site.restart()
        site.way.wait_requests(len(site.way.requests) + 1)
    site.way.mood = passing
    place, begun = site.here(), time.monotonic()
    site.call("reload")
    site.wait_log("^<6>reloaded ", since=place, limit=10)
    assert time.monotonic() - begun < 5
    if what == "a probe":
        site.call("backup")
    drained(site)
    assert site.stop() == 0
    all_stored_once(site)


def test_a_store_that_hangs_in_a_probe_does_not_keep_casmand_from_ending(remote):
    site = remote
    assert site.stop() == 0
    site.way.mood = hanging
    before = len(site.way.requests)
    site.start()
    site.way.wait_requests(before + 1)
    begun = told_to_stop(site)
    assert ended(site) == 0 and time.monotonic() - begun < 5
