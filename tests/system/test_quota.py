"""What the requests to a bucket cost is counted, and what can wait does when little is left."""
import collections
import contextlib
import sqlite3

import moods
import pytest

CLASSES = {"PUT": "class_a", "LIST": "class_a", "COPY": "class_a", "HEAD": "class_b", "GET": "class_b",
           "DELETE": "free"}
SAVED_WITH = 32  # requests that a crash may lose at most


def billed(requests):
    """As R2 counts what the proxy saw."""
    return collections.Counter("free" if seen.status in (401, 403) else CLASSES[seen.kind] for seen in requests)


def counted(site):
    quota = site.status()["quota"]
    return collections.Counter(class_a=quota["class_a"]["used"], class_b=quota["class_b"]["used"], free=quota["free"])


def change(site, name="parts.db", table="parts"):
    site.sql(name, f"INSERT INTO {table}(part) VALUES('new')")


@pytest.fixture
def machine(cloud, unruly, radosgw):
    """A machine that stores through a proxy, and has nothing to do by itself."""
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint, sync="backup_on_scan_count = 0\nbackup_on_hours = 0")
    return site, proxy


def in_state(site):
    """What state.db has of this month, when no casmand has it open."""
    with contextlib.closing(sqlite3.connect(site.folder / "state" / "state.db")) as db:
        return collections.Counter(dict(zip(("class_a", "class_b", "free"), db.execute(
            "SELECT class_a, class_b, free FROM quota").fetchone())))


TROUBLE = {
    "nothing": [],
    "a denied put": [moods.error(403, "AccessDenied")],
    "an unknown key": [moods.error(401, "Unauthorized")],
    "something is there": [moods.error(412, "PreconditionFailed")],
    "an error inside": [moods.error(500, "InternalError")],
    "too fast": [moods.error(503, "SlowDown")],
    "a page of a portal": [moods.portal()],
    "a lost answer": [moods.lost],
    "a cut answer": [moods.cut_answer(10)],
    "a reset": [moods.hanging_up],
    "resets until nobody tries again": [moods.hanging_up] * 3,
    "half an answer to the metadata": [moods.passing, moods.cut_answer(40)],
    "a lost head": [moods.passing, moods.passing, moods.lost],
}


def test_what_was_sent_is_counted_in_its_class_whatever_came_of_it(machine):
    """In each trouble the counters are those of a proxy that saw every request: also of what curl sends
    again by itself where a kept connection turned out dead."""
    site, proxy = machine
    site.start()
    site.call("backup")
    for trouble, script in TROUBLE.items():
        change(site)
        proxy.moods = list(script)
        site.call("backup")
        proxy.moods = []
        while site.status()["queue"]["length"]:
            site.call("backup")  # a person asks: what rests goes on
        assert counted(site) == billed(proxy.requests), trouble
    key = site.keys()[0]
    site.call("restore", key=key)
    site.call("list")
    site.call("status", refresh=True)
    site.restart()
    site.call("status", refresh=True)
    assert counted(site) == billed(proxy.requests)
    assert set(proxy.counts()) >= {"PUT", "HEAD", "GET", "LIST"}


def test_what_is_counted_is_in_state_db_but_for_the_last_requests_when_the_power_goes(machine):
    site, proxy = machine
    site.start()
    site.call("backup")
    while len(proxy.requests) < 3 * SAVED_WITH:
        site.call("status", refresh=True)
    site.daemon.kill()
    site.daemon.wait()
    site.reader.join()
    lost = billed(proxy.requests) - in_state(site)
    assert in_state(site) - billed(proxy.requests) == collections.Counter()
    assert lost.total() < SAVED_WITH
    site.start()
    site.call("status", refresh=True)
    assert counted(site).total() > 2 * SAVED_WITH  # it goes on from there


def test_a_month_ends_where_the_store_says_so_and_what_lies_there_lies_there_still(machine):
    site, proxy = machine
    site.start()
    site.call("backup")
    site.call("status", refresh=True)
    first = site.status()["quota"]
    stored = first["storage_bytes"]["used"]
    assert stored == sum(thing["Size"] for thing in site.bucket.boto.list_objects_v2(
        Bucket=site.bucket.name)["Contents"])
    proxy.mood = moods.dated(40 * 86400)
    change(site)
    site.call("backup")
    later = site.status()["quota"]
    assert later["month"] > first["month"]
    assert later["class_a"]["used"] <= 4 and later["storage_bytes"]["used"] > stored
    proxy.mood = moods.passing
    site.call("status", refresh=True)
    again = site.status()["quota"]
    assert again["month"] == first["month"]
    assert counted(site) + collections.Counter(
        class_a=later["class_a"]["used"], class_b=later["class_b"]["used"]) == billed(proxy.requests)
