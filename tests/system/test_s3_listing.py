"""What others put into a bucket is listed, through all its pages."""
import concurrent.futures
import datetime
import hashlib
import json


VERSIONS = 1200  # more than a page of 1,000 keys, with and without their metadata


def python_client_metadata(moment, data):
    return json.dumps({
        "filename": "parts.db", "timestamp": moment.isoformat(), "checksum": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data), "db_name": "parts.db", "record_count": None,
        "operation": "Manual CLI backup"}, indent=2).encode()


def test_1200_versions_are_listed_through_pages_with_metadata_and_without(cloud, unruly, radosgw):
    site, proxy = cloud(radosgw), unruly(radosgw)
    begin = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)

    def put(number):
        moment = begin + datetime.timedelta(minutes=number)
        key, data = f"backups/parts.db/{moment:%Y%m%d_%H%M%S}_parts.db", b"version %d" % number
        site.bucket.put(key, data)
        if number % 2:
            site.bucket.put(f"{key}.metadata.json", python_client_metadata(moment, data))
        return key

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(put, range(VERSIONS)))
    site.bucket.put("backups/parts.db/notes.txt", b"a person's")
    site.database()
    site.configure(endpoint=proxy.endpoint)
    site.start()
    site.call("status", refresh=True)
    listed, cursor = [], None
    while True:
        page = site.call("list", database="parts.db", limit=500, cursor=cursor)
        listed += page["versions"]
        cursor = page["cursor"]
        if not cursor:
            break
    assert [version["key"] for version in listed] == keys[::-1]
    assert {version["state"] for version in listed} <= {"stored"}
    for number, version in enumerate(listed[::-1]):
        assert version["operation"] == ("Manual CLI backup" if number % 2 else None)
        assert version["size_bytes"] == len(b"version %d" % number)
    assert proxy.counts()["LIST"] == 3  # is it there? and 1,801 keys
    since = len(proxy.requests)
    site.call("status", refresh=True)  # what was described before is not fetched again
    again = [seen for seen in proxy.requests[since:] if seen.kind == "GET" and seen.status == 200]
    assert again == [] and proxy.counts(since)["LIST"] == 3
    shown = site.ctl("--json", "list").stdout
    assert keys[-1] in shown
