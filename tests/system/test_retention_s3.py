"""Promise P6 in a bucket: deletions that are cut, forbidden, many; and those that somebody wants."""
import os
import signal

import moods
import pytest
from conftest import Failure

MANY = int(os.environ.get("CASMAND_MANY", "40"))  # versions; 1200 by hand


def version(site):
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('more')")
    (one,) = site.call("backup", databases=["parts.db"])["versions"]
    assert one["state"] == "stored"
    return one["key"]


def keeping(cloud, unruly, radosgw, versions=2):
    """A machine that keeps so many, and the proxy before its bucket."""
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint,
                   sync=f"keep_versions = {versions}\nkeep_daily = 0\nbackup_on_hours = 0\ncache_ttl_seconds = 0")
    site.start()
    return site, proxy


def names(site):
    """All objects of parts.db, by the database object that they belong to."""
    return sorted(site.bucket.names())


def both(*keys):
    return sorted(name for key in keys for name in (key, f"{key}.metadata.json"))


@pytest.mark.parametrize("where", ["before", "between"])
def test_p6_a_deletion_that_kill_9_cut_is_finished(cloud, unruly, radosgw, where):
    site, proxy = keeping(cloud, unruly, radosgw)
    keys = [version(site) for _ in range(2)]
    suffix = ".metadata.json" if where == "between" else "_parts.db"
    proxy.choose = lambda seen: moods.hanging if seen.kind == "DELETE" and seen.key.endswith(suffix) else None
    keys.append(version(site))
    proxy.wait_requests(1 if where == "before" else 2, kind="DELETE")
    site.stop(signal.SIGKILL)
    proxy.release()
    proxy.choose = lambda seen: None
    assert names(site) == sorted(set(both(*keys)) - ({keys[0]} if where == "between" else set()))
    site.start()
    site.wait_log(f"^<6>deleted db=parts.db key={keys[0]} ")
    assert names(site) == both(*keys[1:])
    assert [v["key"] for v in site.call("list")["versions"]] == [keys[2], keys[1]]


def test_p6_metadata_of_ours_whose_object_somebody_deleted_goes_too(cloud, unruly, radosgw):
    site, _ = keeping(cloud, unruly, radosgw, versions=5)
    keys = [version(site) for _ in range(3)]
    site.bucket.put("backups/parts.db/20240101_000000_parts.db.metadata.json", b"somebody else's")
    site.bucket.boto.delete_object(Bucket=site.bucket.name, Key=keys[0])
    assert len(site.call("list")["versions"]) == 2
    version(site)
    site.wait_log(f"^<6>deleted db=parts.db key={keys[0]} ")
    assert f"{keys[0]}.metadata.json" not in names(site)
    assert "backups/parts.db/20240101_000000_parts.db.metadata.json" in names(site)


@pytest.mark.parametrize("code", ["AccessDenied", "ObjectLockedByBucketPolicy"])
def test_p6_a_key_that_may_not_delete_is_told_once_and_hinders_nothing(cloud, unruly, radosgw, code):
    site, proxy = keeping(cloud, unruly, radosgw)
    proxy.choose = lambda seen: moods.error(403, code) if seen.kind == "DELETE" else None
    keys = [version(site) for _ in range(3)]
    site.wait_log("^<4>retention error=")
    site.wait_log("^<4>alert condition=retention ")
    keys.append(version(site))
    status = site.call("status", refresh=True)
    assert status["retention"]["error_name"] == "not_permitted" and status["store"]["reachable"]
    assert "old versions stay: " in site.ctl("status").stdout
    assert [v["key"] for v in reversed(site.call("list")["versions"])] == keys
    assert names(site) == both(*keys)
    assert proxy.counts()["DELETE"] <= 4  # those that were under way together
    assert len([line for line in site.log if line.startswith("<4>retention ")]) == 1
    with pytest.raises(Failure):
        site.call("prune")
    proxy.choose = lambda seen: None
    assert site.call("prune")["deleted"] == 2
    assert names(site) == both(*keys[2:])
    site.wait_log("^<6>alert over condition=retention ")


def test_p6_the_oldest_is_restored_while_all_others_go(cloud, unruly, radosgw):
    site, proxy = keeping(cloud, unruly, radosgw, versions=10000)
    keys = [version(site) for _ in range(6)]
    held = moods.Held()
    proxy.choose = lambda seen: held if seen.method == "GET" and seen.key.endswith(keys[0]) else None
    site.mend(sync="keep_versions = 2\nkeep_daily = 0\nbackup_on_hours = 0\ncache_ttl_seconds = 0")
    with site.connect() as line:
        asked = line.post("restore", key=keys[0], hand_over=True)
        assert held.done.wait(60)
        keys.append(version(site))
        site.wait_log("^<6>deleted ", count=4)
        assert names(site) == both(keys[0], *keys[-2:])
        held.go.set()
        assert line.answer(asked)["version"]["key"] == keys[0]
    proxy.choose = lambda seen: None
    assert site.call("prune")["deleted"] == 1
    assert names(site) == both(*keys[-2:])


def test_p6_what_a_machine_made_goes_only_on_purpose_and_its_head_stays(cloud, radosgw):
    here = cloud(radosgw)
    here.database()
    here.make()
    here.configure(sync="keep_versions = 1\nkeep_daily = 0\ncache_ttl_seconds = 0")
    here.start()
    there = cloud(here.bucket)
    there.database()
    there.make(rows=7)
    there.configure(sync="keep_versions = 9\nkeep_daily = 9\ncache_ttl_seconds = 0")
    there.start()
    for _ in range(3):
        version(there)
    ours = version(here)
    machine = there.status()["machine"]
    # Either may have made a first version by itself.
    theirs = [v["key"] for v in reversed(here.call("list")["versions"]) if v["machine"] == machine]
    here.call("prune")
    assert here.call("prune")["deleted"] == 0
    plan = here.call("prune", dry_run=True, machine=machine)
    why = {v["key"]: (v["stays"], v["why"]) for v in plan["versions"]}
    assert why.pop(ours)[0] and why.pop(theirs[-1])[0]
    assert why == dict.fromkeys(theirs[:-1], (False, "its machine was named"))
    refused = here.ctl("prune", "--machine", machine[:8], check=False)
    assert refused.returncode == 1 and "say --yes" in refused.stderr
    with pytest.raises(Failure, match="no version in the store is known to be of a machine"):
        here.call("prune", machine="nobody")
    before = here.status()["quota"]["storage_bytes"]["used"]
    assert here.ctl("prune", "--machine", machine[:8], "--yes").stdout == f"{len(theirs) - 1} versions deleted\n"
    assert here.status()["quota"]["storage_bytes"]["used"] < before  # there is room again, unasked
    assert names(here) == both(ours, theirs[-1])


def test_p6_many_versions_go_and_the_newest_stay(cloud, unruly, radosgw):
    """They were made while nothing was deleted."""
    site, _ = keeping(cloud, unruly, radosgw, versions=10000)
    keys = [version(site) for _ in range(3)]
    assert site.stop() == 0
    multiply(site, keys[0], MANY)
    site.configure(sync="keep_versions = 2\nkeep_daily = 0\nbackup_on_hours = 0\ncache_ttl_seconds = 0")
    site.start()
    keys.append(version(site))
    site.wait_log("^<6>deleted ", count=MANY + 2, limit=60 + MANY / 10)
    assert names(site) == both(*keys[-2:])
    assert len(site.call("list")["versions"]) == 2


def multiply(site, key, count):
    """Versions before the first, in the bucket and in state.db, as if it had made them long ago."""
    import concurrent.futures
    import datetime
    import sqlite3

    bytes_, metadata = site.object(key).read_bytes(), site.object(f"{key}.metadata.json").read_bytes()
    tags = site.tags(key)
    begin = datetime.datetime(2026, 1, 1)

    def make(i):
        name = f"backups/parts.db/{begin + datetime.timedelta(seconds=i):%Y%m%d_%H%M%S}_parts.db"
        mine = {f"casmand-{tag}": value for tag, value in {**tags, "id": f"{i + 1:032x}"}.items()}
        for what, body in ((name, bytes_), (f"{name}.metadata.json", metadata)):
            site.bucket.boto.put_object(Bucket=site.bucket.name, Key=what, Body=body, Metadata=mine)
        return f"{i + 1:032x}", name

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        made = list(pool.map(make, range(count)))
    with sqlite3.connect(site.folder / "state" / "state.db") as db:
        db.execute("UPDATE version SET sequence = sequence + ?, past = ''", (count,))
        db.execute("UPDATE database SET sequence = sequence + ?", (count,))
        columns = [row[1] for row in db.execute("PRAGMA table_info(version)")]
        one = dict(zip(columns, db.execute("SELECT * FROM version ORDER BY sequence LIMIT 1").fetchone()))
        (store, state, error, changed) = db.execute("SELECT store, state, error, changed_at FROM copy").fetchone()
        before = ""
        for i, (id_, name) in enumerate(made):
            row = {**one, "id": id_, "sequence": i + 1, "base": before, "ancestors": before}
            db.execute(f"INSERT INTO version VALUES({','.join('?' * len(row))})", list(row.values()))
            db.execute("INSERT INTO copy VALUES(?, ?, ?, ?, ?, ?)", (id_, store, state, name, error, changed))
            before = id_
        db.execute("UPDATE version SET base = ?, ancestors = ? WHERE id = ?", (before, before, one["id"]))
    db.close()
