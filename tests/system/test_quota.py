"""What the requests to a bucket cost is counted, and what can wait does when little is left."""
import collections
import contextlib
import sqlite3

import moods
import pytest
from conftest import Failure
from trouble import drained

CLASSES = {"PUT": "class_a", "LIST": "class_a", "COPY": "class_a", "HEAD": "class_b", "GET": "class_b",
           "DELETE": "free"}
SAVED_WITH = 32  # requests that a crash may lose at most


def billed(requests):
    """As R2 counts what the proxy saw."""
    return collections.Counter("free" if seen.status in (401, 403) else CLASSES[seen.kind] for seen in requests)


def counted(site):
    quota = site.status()["quota"]
    return collections.Counter(class_a=quota["class_a"]["used"], class_b=quota["class_b"]["used"], free=quota["free"])


ASKED = "backup_on_scan_count = 0\nbackup_on_hours = 0\n"  # nothing is backed up otherwise, but at first


def change(site, name="parts.db", table="parts"):
    site.sql(name, f"INSERT INTO {table}(part) VALUES('new')")


@pytest.fixture
def machine(cloud, unruly, radosgw):
    """A machine that stores through a proxy, and has nothing to do by itself."""
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint, sync=ASKED)
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
    names = [f"{number}.db" for number in range(len(TROUBLE))]  # two captures of one are a second apart
    for name in names:
        site.database(name)
        site.make(name)
    site.configure(sync=ASKED)
    site.start()
    for name, (trouble, script) in zip(names, TROUBLE.items()):
        proxy.moods = list(script)
        site.call("backup", databases=[name])
        proxy.moods = []
        while site.status()["queue"]["length"]:
            site.call("backup")  # a person asks: what rests goes on
        assert counted(site) == billed(proxy.requests), trouble
    site.call("restore", key=site.keys("0.db")[0])
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


# --- when little is left ----------------------------------------------------------------------------

UNCACHED = ASKED + "cache_ttl_seconds = 0\n"
GAUGES = {"class_a_operations": "class A operations", "class_b_operations": "class B operations",
          "storage_gb": "GB are used in the store"}


def limit(site, **limits):
    """These limits from now on; none but these."""
    site.configure(sync=UNCACHED + "[quota]\n" + "".join(f"{key} = {value}\n" for key, value in limits.items()))
    place = site.here()
    site.call("reload")
    site.wait_log("^<6>reloaded ", since=place)


def used_up(site, gauge):
    """As much as is used by now is the limit."""
    quota = site.status()["quota"]
    used = {"class_a_operations": quota["class_a"]["used"], "class_b_operations": quota["class_b"]["used"],
            "storage_gb": f"{quota['storage_bytes']['used'] / 1e9:.9f}"}[gauge]
    limit(site, **{gauge: used})


@pytest.fixture
def little(machine):
    """A machine that has stored a version today; call used_up()."""
    site, proxy = machine
    site.database("assembled_casm.db", "assembly")
    site.configure(sync=UNCACHED)
    site.start()
    change(site)
    site.call("backup", databases=["parts.db"])
    site.call("status", refresh=True)
    return site, proxy


@pytest.mark.parametrize("gauge", GAUGES)
def test_at_the_block_threshold_what_can_wait_waits_and_what_cannot_goes_on(little, gauge):
    site, proxy = little
    before = site.keys()
    used_up(site, gauge)
    site.wait_log("^<[34]>alert condition=quota ")
    for _ in range(2):  # captures go on
        change(site)
        answer = site.call("backup", databases=["parts.db"])
        assert answer["queued"] == ["parts.db"] and GAUGES[gauge] in answer["store_error"]
    assert site.keys() == before
    status = site.status()
    assert status["queue"]["length"] == status["queue"]["held"]["versions"] == 2
    assert GAUGES[gauge] in status["queue"]["held"]["why"] and GAUGES[gauge] in status["quota"]["warning"]
    assert "2 versions held back: " in site.ctl("status").stdout
    assert "2 versions held back: " in site.ctl("queue").stdout
    since = len(proxy.requests)
    assert [version["state"] for version in site.call("list", database="parts.db")["versions"]] == [
        "captured", "captured", "stored"]
    assert proxy.counts(since)["LIST"] == 2  # who asks is answered: a probe, and the page
    site.make("assembled_casm.db", "assembly")
    first = site.call("backup", databases=["assembled_casm.db"])  # its first version in 24 hours
    assert [version["state"] for version in first["versions"]] == ["stored"]
    change(site)
    place = site.here()
    done = site.call("restore", key=before[0])
    site.wait_log("^<6>stored db=parts.db ", since=place)
    assert [site.tags(key)["id"] for key in site.keys() if key not in before] == [done["safety"]["id"]]
    limit(site)
    drained(site)
    assert site.status()["queue"]["held"] is None and len(site.keys()) == 5


def test_the_first_version_of_each_24_hours_goes_up_all_the_same(little):
    site, proxy = little
    used_up(site, "class_a_operations")
    for _ in range(3):
        change(site)
        site.call("backup", databases=["parts.db"])
    assert len(site.keys()) == 1
    site.stop()
    with contextlib.closing(sqlite3.connect(site.folder / "state" / "state.db")) as db, db:
        db.execute("UPDATE copy SET changed_at = changed_at - 25 * 3600000000")
    site.start()
    site.wait_log("^<6>stored db=parts.db ")
    assert site.status()["queue"]["held"]["versions"] == 2
    assert site.rows(site.keys()[-1]) == site.rows_of(site.path())  # the newest


def test_what_was_held_back_goes_on_when_the_month_ends(little):
    site, proxy = little
    used_up(site, "class_a_operations")
    change(site)
    site.call("backup", databases=["parts.db"])
    proxy.mood = moods.dated(40 * 86400)
    site.call("list")
    site.wait_log("^<6>stored db=parts.db ")
    site.wait_log("^<[56]>alert over condition=quota ")
    assert site.status()["queue"]["held"] is None


def test_what_was_held_back_goes_on_when_there_is_room_again(little):
    site, proxy = little
    used_up(site, "storage_gb")
    change(site)
    site.call("backup", databases=["parts.db"])
    assert len(site.keys()) == 1
    for name in site.bucket.names():
        site.bucket.boto.delete_object(Bucket=site.bucket.name, Key=name)
    site.call("list")  # measures
    site.wait_log("^<6>stored db=parts.db ")


def test_at_the_warn_threshold_nothing_waits(little):
    site, proxy = little
    used = site.status()["quota"]["class_a"]["used"]
    limit(site, class_a_operations=used * 10, warn_threshold=0.1, block_threshold=0.9)
    site.wait_log("^<[34]>alert condition=quota ")
    change(site)
    assert site.call("backup", databases=["parts.db"])["versions"][0]["state"] == "stored"
    assert "⚠ " in site.ctl("status", env={"LC_ALL": "C.UTF-8"}).stdout.partition("Bucket Usage:")[2]


def test_casmand_lists_nothing_by_itself_where_little_is_left(little):
    site, proxy = little
    used_up(site, "class_b_operations")
    since = len(proxy.requests)
    site.restart()
    site.wait_log("^<6>started ")
    proxy.wait_requests(since + 1)
    change(site)
    site.call("backup", databases=["parts.db"])
    asked = [(seen.kind, "max-keys=1" in seen.target) for seen in proxy.requests[since:]]
    assert set(asked) == {("LIST", True)}  # whether the store is there


def test_who_asks_for_a_proof_is_told_why_it_waits_and_until_when(little):
    site, proxy = little
    used_up(site, "class_a_operations")
    since = len(proxy.requests)
    with pytest.raises(Failure, match="class A operations of this month are used") as told:
        site.call("verify")
    assert told.value.data["name"] == "quota_used_up"
    assert site.ctl("verify", check=False).returncode == 4
    assert {seen.kind for seen in proxy.requests[since:]} <= {"LIST"}  # is the store there?
