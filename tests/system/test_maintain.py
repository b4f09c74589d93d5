"""Everything in a bucket stays in the class that is free, STANDARD, and nothing is harmed by that (P5)."""
import json

import pytest

import moods

IA = "STANDARD_IA"


@pytest.fixture
def machine(cloud, radosgw_ia):
    """A machine whose bucket is, as far as it knows, R2's."""
    it = cloud(radosgw_ia)
    it.backend = "r2"
    for name, table in (("parts.db", "parts"), ("assembled_casm.db", "assembly")):
        it.database(name, table)
        it.make(name, table)
    return it


def stored(machine, **settings):
    machine.configure(**settings)
    machine.start()
    assert len(machine.call("backup", databases=["parts.db", "assembled_casm.db"])["versions"]) == 2


def classes(machine):
    """Of all objects, as a listing has them."""
    pages = machine.bucket.boto.get_paginator("list_objects_v2").paginate(Bucket=machine.bucket.name)
    return {thing["Key"]: thing["StorageClass"] for page in pages for thing in page.get("Contents", ())}


def demote(machine, key, to=None):
    """Another client puts an object into Infrequent Access; `to`: a copy of it."""
    machine.bucket.boto.copy_object(Bucket=machine.bucket.name, Key=to or key, StorageClass=IA, MetadataDirective="COPY",
                                 CopySource={"Bucket": machine.bucket.name, "Key": key})


def harmless(machine):
    """What moving may not change of any object."""
    return {key: (machine.object(key).read_bytes(), machine.object(key).head()["Metadata"]) for key in machine.bucket.names()}


def clones(machine, count):
    """So many more versions of parts.db in Infrequent Access, from long ago; their keys."""
    (key,) = machine.keys("parts.db")
    made = []
    for number in range(count):
        made.append(key.replace(key.split("/")[-1][:15], f"20240101_0000{number:02}"))
        for suffix in ("", ".metadata.json"):
            demote(machine, key + suffix, made[-1] + suffix)
    return made


def test_what_another_client_put_into_infrequent_access_is_in_standard_again(machine, unruly):
    proxy = unruly(machine.bucket.server)
    stored(machine, endpoint=proxy.endpoint)
    moved = [machine.keys("parts.db")[0], machine.keys("assembled_casm.db")[0] + ".metadata.json"]
    for key in moved:
        demote(machine, key)
    assert sorted(k for k, c in classes(machine).items() if c == IA) == sorted(moved)
    before, since = harmless(machine), len(proxy.requests)
    done = machine.ctl("maintain")
    assert set(classes(machine).values()) == {"STANDARD"}
    assert harmless(machine) == before
    assert done.stdout.splitlines()[0] == "R2 Storage Class Maintenance"
    assert "✓ 4 objects touched, 2 moved to STANDARD, 0 failed" in done.stdout
    assert "Cost: 3 Class A and 4 Class B operations" in done.stdout
    counts = proxy.counts(since)
    assert (counts["COPY"], counts["HEAD"], counts["LIST"]) == (2, 4, 3)  # before: is it there, and what versions?
    assert machine.call("verify", all=True)["bad"] == 0
    told = machine.status()["maintain"]
    assert (told["touched"], told["moved"], told["kept"], told["failed"]) == (4, 2, 0, 0) and told["last_at"] < told["next_at"]
    assert [e["event"] for e in machine.call("history", limit=1)["events"]] == ["maintained"]


def test_where_a_python_client_deletes_by_age_the_order_of_uploads_stays(machine):
    stored(machine)
    (key,) = machine.keys("parts.db")
    theirs = "backups/parts.db/20240101_000000_parts.db"
    machine.bucket.put(theirs, machine.object(key).read_bytes(), StorageClass=IA)
    machine.bucket.put(f"{theirs}.metadata.json", json.dumps(machine.metadata(key)).encode(), StorageClass=IA)
    demote(machine, key)
    demote(machine, machine.keys("assembled_casm.db")[0])
    before = machine.object(theirs).head()["LastModified"]
    done = machine.ctl("maintain")
    assert sorted(k for k, c in classes(machine).items() if c == IA) == sorted([key, theirs])
    assert machine.object(theirs).head()["LastModified"] == before
    assert "⚠ 2 objects left where they are: a Python client deletes by the time of upload" in done.stdout
    assert "2 moved" in done.stdout  # the metadata, and the other database's


def test_a_maintain_that_was_killed_goes_on_where_it_stopped(machine, unruly):
    proxy = unruly(machine.bucket.server)
    stored(machine, endpoint=proxy.endpoint)
    copies = 2 * len(clones(machine, 6))
    before, since = harmless(machine), len(proxy.requests)
    seen = iter(range(copies))
    proxy.choose = lambda s: moods.hanging if s.kind == "COPY" and next(seen) == 5 else None
    with machine.connect() as line:
        line.post("maintain")
        proxy.wait_requests(6, "COPY")
        machine.stop(9)
    proxy.choose = lambda s: None
    machine.start()
    machine.wait_log("^<6>maintained ")
    assert set(classes(machine).values()) == {"STANDARD"}
    assert harmless(machine) == before
    assert proxy.counts(since)["COPY"] == copies + 1  # that which the kill cut
    assert machine.status()["maintain"]["moved"] == copies
    assert not machine.status()["maintain"]["under_way"]


def test_a_maintain_without_network_goes_on_when_it_is_back(machine, unruly):
    proxy = unruly(machine.bucket.server)
    stored(machine, endpoint=proxy.endpoint)
    copies = 2 * len(clones(machine, 3))
    seen = iter(range(copies + 1))
    proxy.choose = lambda s: moods.hanging_up if s.kind == "COPY" and next(seen) >= 3 else None
    done = machine.ctl("maintain", check=False)
    assert done.returncode == 4, done
    assert list(classes(machine).values()).count(IA) == copies - 3
    assert machine.status()["maintain"]["under_way"]
    proxy.choose = lambda s: None
    machine.call("status", refresh=True)
    machine.wait_log("^<6>maintained ")
    assert set(classes(machine).values()) == {"STANDARD"}
    assert machine.status()["maintain"]["moved"] == copies


def test_a_key_that_may_not_copy_is_told_and_the_others_are_touched(machine, unruly):
    proxy = unruly(machine.bucket.server)
    stored(machine, endpoint=proxy.endpoint)
    clones(machine, 2)
    proxy.choose = lambda s: moods.error(403, "AccessDenied") if s.kind == "COPY" else None
    since = len(proxy.requests)
    done = machine.ctl("maintain", check=False)
    assert done.returncode == 1
    assert "8 objects touched, 0 moved to STANDARD, 4 failed" in done.stdout and "✗ 4 objects not moved: " in done.stdout
    assert proxy.counts(since)["COPY"] == 1  # once is enough to know


def test_it_is_maintained_by_itself_when_it_is_due(machine):
    stored(machine)
    demote(machine, machine.keys("parts.db")[0])
    machine.config.write_text(machine.config.read_text() + "[maintain]\nevery_days = 0.00001\n")
    machine.restart()
    machine.wait_log("^<6>maintained touched=4 moved=1 kept=0 failed=0")
    machine.wait_log("^<6>maintained touched=4 moved=0 kept=0 failed=0")
    assert set(classes(machine).values()) == {"STANDARD"}


@pytest.mark.parametrize("backend, words", [("file", "a folder has no storage classes"), ("s3", "the free tier")])
def test_where_it_does_not_apply_it_says_so(request, backend, words):
    if backend == "file":
        it = request.getfixturevalue("up")
    else:
        it = request.getfixturevalue("cloud")(request.getfixturevalue("radosgw"))
        it.database()
        it.configure()
        it.start()
        it.wait_log("^<6>store ")
    done = it.ctl("maintain")
    assert done.stdout.startswith("R2 Storage Class Maintenance\n") and words in done.stdout
    assert it.status()["maintain"] is None


def test_who_waits_may_go_and_it_goes_on(machine, unruly):
    proxy = unruly(machine.bucket.server)
    stored(machine, endpoint=proxy.endpoint)
    clones(machine, 1)
    proxy.choose = lambda s: moods.hanging if s.kind == "COPY" else None
    with machine.connect() as line:
        line.post("maintain")
        proxy.wait_requests(1, "COPY")
    with machine.connect() as line:
        asked = line.post("maintain")  # another follows what is under way
        proxy.choose = lambda s: None
        proxy.release()
        machine.wait_log("^<6>maintained |^<4>upkeep |^<4>store not reached")
        assert line.answer(asked)["moved"] == 2
