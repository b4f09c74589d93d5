"""What it costs to list a bucket: time, requests and memory, for few objects and for many.

  meson setup build/release --buildtype=release && ninja -C build/release
  /usr/bin/python3 tests/bench/bench_list.py [OBJECTS...]

A version is two objects.  Each bucket is listed by a casmand that never saw it ("first": it gets the
metadata of every version) and again when it knows all ("again", the least of some); then it is asked what
it knows already ("cached", the least of some).  "server" is what the server itself needs for the pages
(the least of some).  Requests are those that a proxy saw in the first two,
times those without it.  "all" is `casmanctl list`: every version, page by page, from the
cache.  Memory: KiB of casmand, private and dirty, before and after the listings.

Good: again, 1,000 objects in at most 50 ms, with 1 + n/1,000 requests (a page of Ceph's has some keys
less than a thousand, where a bucket's index is in several parts); cached, in at most 20 ms, with
none; memory grows by no more than a page of keys and what SQLite keeps of its file.

OBJECTS: 100 1000 100000.
"""
import concurrent.futures
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

os.environ.setdefault("CASMAND_BUILD", str(pathlib.Path(__file__).parents[2] / "build" / "release"))
os.environ.setdefault("RADOSGW_BYTES", str(8 << 30))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "servers"))
import cloud  # noqa: E402
import conftest  # noqa: E402
import s3  # noqa: E402
from unruly import Unruly  # noqa: E402

conftest.LIMIT = 3600  # seconds: the first listing of 100,000 objects takes its time
ROUNDS = 5
WRITERS = 24  # connections
BODY = b"SQLite format 3\0"  # of each version: what matters is how many there are


def objects_of(version):
    """The two objects of the so-manieth version."""
    name = f"site-{version % 20}.db"
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=version)
    key = f"backups/{name}/{moment:%Y%m%d_%H%M%S}_{name}"
    yield key, BODY
    yield f"{key}.metadata.json", json.dumps({
        "filename": name, "timestamp": moment.isoformat(), "checksum": hashlib.sha256(BODY).hexdigest(),
        "size_bytes": len(BODY), "db_name": name, "record_count": version, "operation": "Manual CLI backup"}).encode()


def fill(server, bucket, count):
    """As fast as they go: anybody may write, so nothing is signed."""
    bucket.boto.put_bucket_acl(Bucket=bucket.name, ACL="public-read-write")

    def write(first):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for version in range(first, count // 2, WRITERS):
            for key, body in objects_of(version):
                connection.request("PUT", f"/{bucket.name}/{key}", body, {"x-amz-acl": "public-read-write"})
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))


def bare(server, bucket):
    """The pages alone, unsigned, on a kept connection; nobody reads what is in them."""
    connection, after = http.client.HTTPConnection("127.0.0.1", server.port), ""
    while after is not None:
        connection.request("GET", f"/{bucket.name}?list-type=2&prefix=backups/&start-after={after}")
        page = connection.getresponse().read().decode()
        after = page.rpartition("<Key>")[2].partition("</Key>")[0] if "<IsTruncated>true" in page else None
    connection.close()


def dirty(site):
    for line in pathlib.Path(f"/proc/{site.daemon.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise RuntimeError("no Private_Dirty")


def timed(deed):
    begun = time.monotonic()
    deed()
    return (time.monotonic() - begun) * 1000


def machine(folder, bucket, ttl, endpoint):
    site = cloud.CloudSite(tempfile.mkdtemp(prefix="casmand-bench-", dir=folder), bucket)
    site.database()  # whose file is never made: nothing goes up
    site.configure(sync=f"cache_ttl_seconds = {ttl}", endpoint=endpoint)
    return site


def begin(site):
    """Started, and its first listing, which nobody asked for, is done; how long that took."""
    site.start()
    before = dirty(site)
    took = timed(lambda: site.call("list", limit=1))
    return before, took


def measure(folder, server, count):
    bucket = server.bucket()
    filled = timed(lambda: fill(server, bucket, count))
    with Unruly(("127.0.0.1", server.port)) as proxy:
        watched = machine(folder, bucket, 0, proxy.url)
        begin(watched)
        first, since = proxy.counts(), len(proxy.requests)
        watched.call("list", limit=100)
        again, since = proxy.counts(since), len(proxy.requests)
        conftest.end_site(watched)
    site = machine(folder, bucket, 0, server.endpoint)
    before, first_took = begin(site)
    again_took = min(timed(lambda: site.call("list", limit=100)) for _ in range(ROUNDS))
    after = dirty(site)
    server_took = min(timed(lambda: bare(server, bucket)) for _ in range(ROUNDS))
    site.configure(sync="cache_ttl_seconds = 86400")
    site.call("reload")
    site.call("list", limit=1)
    cached = min(timed(lambda: site.call("list", limit=100)) for _ in range(ROUNDS))
    by_hand = min(timed(lambda: site.ctl("list", "--limit", "100")) for _ in range(ROUNDS))
    whole = timed(lambda: site.ctl("list"))
    conftest.end_site(site)
    print(f"{count:7} objects: first {first_took:9.0f} ms, {first};  again {again_took:7.1f} ms (server {server_took:.1f}), {again};  "
          f"cached {cached:5.1f} ms, casmanctl {by_hand:5.1f} ms, all {whole:6.0f} ms;  "
          f"dirty {before} -> {after} KiB;  (filled in {filled / 1000:.0f} s)", flush=True)


def main():
    counts = [int(word) for word in sys.argv[1:]] or [100, 1000, 100000]
    folder = tempfile.mkdtemp(prefix="casmand-bench-", dir="/var/tmp")
    server, attempt = s3.start("radosgw", False, pathlib.Path(folder) / "radosgw")
    try:
        for count in counts:
            measure(folder, server, count)
    finally:
        attempt.end()
        shutil.rmtree(folder)


main()
