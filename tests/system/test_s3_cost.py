"""What a store in a cloud is asked, and what an outage costs: nothing but time."""
import moods
from cloud import mirror
from trouble import drained, frozen, judge, spool


def change(site):
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")


def test_p12_a_backup_is_two_puts_and_a_head_and_an_unchanged_database_costs_no_request(
        cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint, sync="backup_on_scan_count = 3")
    site.start()
    site.call("backup")
    site.call("status", refresh=True)  # the first listing is over, too
    since = len(proxy.requests)
    for _ in range(3):
        assert site.call("backup")["unchanged"] == ["parts.db"]
    place = site.here()
    for _ in range(3):
        site.call("scan", database="parts.db")
    site.wait_log("^<7>unchanged db=parts.db", since=place)
    assert proxy.counts(since) == {}
    for _ in range(2):
        change(site)
        assert site.call("backup")["versions"][0]["state"] == "stored"
    assert proxy.counts(since) == {"PUT": 4, "HEAD": 2}
    assert [len(site.rows(key)) for key in site.keys()] == [3, 4, 5]


def test_p12_a_listing_gets_only_metadata_that_is_new_and_there(cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint, sync="cache_ttl_seconds = 0")
    site.start()
    site.call("backup")
    for day in range(1, 4):
        site.bucket.put(f"backups/parts.db/2024010{day}_000000_parts.db", b"as a client leaves it that crashed")
    assert len(site.call("list")["versions"]) == 4
    since = len(proxy.requests)
    assert [version["described"] for version in site.call("list")["versions"]] == [True, False, False, False]
    assert proxy.counts(since) == {"LIST": 2}  # whether the store is there, and the page
    site.bucket.put("backups/parts.db/20240102_000000_parts.db.metadata.json", b"{}")
    assert site.call("list")["versions"][2]["refused"]
    assert proxy.counts(since) == {"LIST": 4, "GET": 1}


def test_p11_status_is_answered_while_a_reload_closes_the_store(cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.configure(endpoint=proxy.endpoint)
    site.start()
    site.call("status", refresh=True)
    for mood in (moods.passing, moods.error(503, "SlowDown")):
        proxy.mood = mood
        with site.connect() as line:
            with frozen(site):
                asked = [line.post("reload"), *(line.post("status") for _ in range(20))]
            assert [line.answer(number) for number in asked]
        assert site.call("status", refresh=True)["backend"] == "s3"


def test_p4_p11_what_was_captured_during_an_outage_is_stored_once_when_the_store_is_back(
        cloud, own_radosgw, tmp_path):
    site = cloud(own_radosgw)
    site.database()
    site.make()
    site.start()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    own_radosgw.kill()
    for number in range(2):
        change(site)
        site.call("scan", database="parts.db")
        answer = site.call("backup")
        assert answer["queued"] == ["parts.db"] and answer["failed"] == []
        assert "Failed to connect" in answer["store_error"]
    status = site.status()
    assert status["store"]["reachable"] is False and "Failed to connect" in status["store"]["error"]
    assert status["queue"]["length"] == len(spool(site)) == 2 and status["queue"]["next_try_at"]
    assert status["scans"]["total"] == status["scans"]["unprotected"] == 2
    place = site.here()
    own_radosgw.revive()
    site.wait_log("^<6>stored ", count=2, since=place)  # nobody asked
    drained(site)
    assert site.status()["store"]["reachable"] is True and site.status()["scans"]["unprotected"] == 0
    assert [len(site.rows(key)) for key in site.keys()] == [3, 4, 5]
    judge(mirror(site.bucket, tmp_path))
    assert spool(site) == []
