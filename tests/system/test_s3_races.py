"""P5: whoever writes at the same moment, and whatever answer is lost: nothing is overwritten, nothing
doubled."""
import concurrent.futures
import itertools
import threading
import time

import pytest

import s3
import moods
from cloud import mirror
from trouble import Clock, drained, judge, spool

MACHINES = 24
LIMIT = 60


def prepared(site, **settings):
    site.database()
    site.make()
    site.configure(**settings)
    return site


def start_all(sites, clock):
    for number, site in enumerate(sites):
        site.start(wait=False, env=clock.env())
    for site in sites:
        site.wait_log("^<6>started ")


def all_at_once(proxy, count):
    """The first PUT of each of so many goes on when all have come."""
    barrier, puts = threading.Barrier(count), itertools.count()

    def together(exchange):
        barrier.wait(LIMIT)
        moods.passing(exchange)
    proxy.choose = lambda seen: together if seen.method == "PUT" and next(puts) < count else None


def test_p5_24_machines_that_take_one_key_at_once_make_24_versions(cloud, unruly, radosgw, tmp_path):
    bucket, proxy = radosgw.bucket(), unruly(radosgw)
    sites = [cloud(bucket) for _ in range(MACHINES)]
    clock = Clock(tmp_path)
    clock.stop(time.time())
    for site in sites:
        site.database()
        site.configure(endpoint=proxy.endpoint)
    start_all(sites, clock)
    all_at_once(proxy, MACHINES)
    for number, site in enumerate(sites):
        site.make(rows=number + 1)
    asked = [site.connect() for site in sites]
    ids = [line.post("backup") for line in asked]
    for line, number in zip(asked, ids):
        assert [v["state"] for v in line.answer(number)["versions"]] in (["stored"], ["sending"], ["captured"])
        line.close()
    for site in sites:
        drained(site)
    paths = judge(mirror(bucket, tmp_path / "mirror"))["parts.db"]
    assert len(paths) == len(bucket.keys()) == MACHINES
    assert sorted(len(sites[0].rows_of(path)) for path in paths) == list(range(1, MACHINES + 1))
    machines = {site.call("ping")["machine"]: number + 1 for number, site in enumerate(sites)}
    for key in bucket.keys():  # each with its own metadata
        tags, metadata = bucket.object(key).tags(), sites[0].metadata(key)
        assert metadata["record_count"] == machines.pop(tags["machine"]), key
    lost = [seen for seen in proxy.requests if seen.method == "PUT" and seen.status == 412]
    assert len(lost) >= MACHINES / 2  # else it was no race


@pytest.mark.parametrize("which", range(3), ids=["the database's PUT", "the metadata's PUT", "the HEAD"])
def test_p4_p5_an_answer_that_is_lost_after_the_store_did_it_makes_no_second_object(
        cloud, unruly, radosgw, which, tmp_path):
    site, proxy = cloud(radosgw), unruly(radosgw)
    prepared(site, endpoint=proxy.endpoint).start()
    site.call("status", refresh=True)
    proxy.moods = [moods.passing] * which + [moods.lost]
    place, since = site.here(), len(proxy.requests)
    site.call("backup")
    site.wait_log("^<6>stored ", since=place)
    assert [seen.mood for seen in proxy.requests[since:]].count("lost") == 1
    (key,) = site.keys()
    assert site.object(key).read_bytes() == site.path().read_bytes()
    judge(mirror(site.bucket, tmp_path))
    assert spool(site) == []


def test_p5_a_put_that_went_through_twice_makes_no_second_object(cloud, unruly, radosgw, tmp_path):
    site, proxy = cloud(radosgw), unruly(radosgw)
    prepared(site, endpoint=proxy.endpoint).start()
    site.call("status", refresh=True)
    proxy.moods = [moods.lost] * 2
    place = site.here()
    site.call("backup")
    site.wait_log("^<6>stored ", since=place)
    assert len(judge(mirror(site.bucket, tmp_path))["parts.db"]) == 1


@pytest.mark.parametrize("name", list(s3.KINDS))
def test_p5_an_object_of_another_machine_at_the_very_key_stays_as_it_is(cloud, name):
    site = cloud(s3.shared(name))
    site.database()
    site.start()
    site.call("status", refresh=True)
    moments = [time.time() + second for second in range(-1, 30)]
    keys = [f"backups/parts.db/{time.strftime('%Y%m%d_%H%M%S', time.gmtime(moment))}_parts.db" for moment in moments]
    theirs = {key: f"another machine's, {key}".encode() for key in keys}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(site.bucket.put, theirs.keys(), theirs.values()))
    assert time.time() < moments[-1]
    site.make()
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored" and version["key"] not in theirs
    assert site.object(version["key"]).read_bytes() == site.path().read_bytes()
    assert {key: site.object(key).read_bytes() for key in theirs} == theirs
    assert [n for n in site.bucket.names() if n not in theirs] == [version["key"], version["key"] + ".metadata.json"]


def test_p5_p11_where_anothers_metadata_lies_the_version_takes_another_key(cloud, unruly, radosgw):
    proxy, theirs = unruly(radosgw), {}
    site = prepared(cloud(radosgw.bucket()), endpoint=proxy.endpoint)

    def with_theirs(exchange):
        exchange.forward()
        name = exchange.seen.key.partition("/backups/")[2]
        theirs[f"backups/{name}.metadata.json"] = b"another's"
        site.bucket.put(f"backups/{name}.metadata.json", b"another's")
        exchange.answer()
    proxy.choose = lambda seen: with_theirs if seen.method == "PUT" and not theirs else None
    site.start()
    (version,) = site.call("backup")["versions"]
    assert version["state"] == "stored" and version["key"] + ".metadata.json" not in theirs
    assert site.metadata(version["key"])["checksum"] == version["checksum"]
    assert {key: site.object(key).read_bytes() for key in theirs} == theirs
    site.call("status", refresh=True)
    refused = {v["key"]: v["refused"] for v in site.call("list")["versions"]}
    assert refused.pop(version["key"]) is None and all(refused.values()) and len(refused) == 1


def test_p5_p11_where_the_store_cannot_refuse_to_overwrite_it_is_asked_first_and_status_says_so(
        cloud, unruly):
    swift = s3.shared("swift")
    site, proxy = cloud(swift), unruly(swift)
    prepared(site, endpoint=proxy.endpoint).start()
    site.call("status", refresh=True)
    since = len(proxy.requests)
    assert site.call("backup")["versions"][0]["state"] == "stored"
    asked = [(seen.method, seen.status) for seen in proxy.requests[since:]]
    first = asked.index(("PUT", 501))
    assert asked[first + 1:first + 3] == [("HEAD", 404), ("PUT", 200)], asked
    assert "not proof against races" in site.status()["store"]["warning"]
    assert "races" in site.ctl("status").stdout
    for seen in proxy.requests[since + first + 1:]:  # it is not asked for what it cannot do again
        assert seen.status != 501


def changed_backup(site):
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    return site.call("backup")["versions"][0]["id"]


def test_p4_p5_a_version_of_which_the_store_may_have_a_part_is_never_superseded(cloud, unruly, radosgw, tmp_path):
    proxy = unruly(radosgw)
    site = prepared(cloud(radosgw.bucket()), endpoint=proxy.endpoint,
                    sync="keep_versions = 1\nkeep_daily = 0\nbackup_on_scan_count = 0")
    site.start()
    proxy.choose = lambda seen: moods.lost if seen.method == "PUT" else None
    in_doubt = changed_backup(site)
    proxy.greeting = moods.refused
    proxy.drop()
    changed_backup(site)
    site.stop(9)
    site.start()
    newest = [changed_backup(site) for _ in range(2)][-1]
    assert spool(site) == sorted([in_doubt, newest])
    proxy.choose, proxy.greeting = lambda seen: None, moods.welcome
    changed_backup(site)
    drained(site)
    site.call("prune")
    judge(mirror(site.bucket, tmp_path / "mirror"))
    fates = [e["event"] for e in site.call("history")["events"] if e["version"] == in_doubt]
    assert fates == ["deleted", "stored", "captured"]  # whole, before a newer one let it go
