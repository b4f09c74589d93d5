"""What lies in the store is fetched and proven; what is bad is found, told, and made anew (P9, P11).

CASMAND_DAMAGES=100 in the environment for the long form; the seed is printed, and CASMAND_SEED takes it.
"""
import os
import random
import re
import shutil
import sqlite3
import time

import pytest

from conftest import LIMIT, Failure

ROUNDS = int(os.environ.get("CASMAND_DAMAGES", "10"))
SEED = int(os.environ.get("CASMAND_SEED", str(random.SystemRandom().randrange(10**9))))


def states(site, name="parts.db"):
    """Of its versions, newest first."""
    return [v["state"] for v in site.call("list", database=name)["versions"]]


def add_version(site):
    """One more version of parts.db, with one more row."""
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('one more')")
    (version,) = site.call("backup", databases=["parts.db"])["versions"]
    return version["key"]


def proof_of(site, name="parts.db"):
    (proof,) = [p for p in site.status()["proof"] if p["database"] == name]
    return proof


# --- what is good -----------------------------------------------------------------------------------


def test_p9_a_version_is_proven_and_status_says_so(stored):
    (key,) = stored.keys("parts.db")
    done = stored.ctl("verify", "parts.db")
    assert done.stdout == f"✓ {key} proven\n1 version proven, 0 bad\n"
    assert re.search(r"^Proven restorable: parts\.db \d\d:\d\d today \(0 scans behind\)\n +assembled_casm\.db not yet$",
                     stored.ctl("status").stdout, re.M)
    assert states(stored) == ["proven"]
    assert re.search(r'^casmand_database_last_proven_timestamp_seconds\{database="parts\.db"\} \d+$',
                     stored.ctl("metrics").stdout, re.M)
    stored.call("scan", database="parts.db", count=3)
    stored.call("scan", database="assembled_casm.db", count=2)
    assert proof_of(stored)["scans_behind"] == 3
    stored.restart()
    assert proof_of(stored)["key"] == key  # it is known over restarts


def test_the_newest_of_each_and_an_older_one_are_proven(stored):
    older = stored.keys("parts.db") + [add_version(stored)]
    newest = add_version(stored)
    keys = [v["key"] for v in stored.call("verify")["versions"]]
    assert len(keys) == 3 and newest in keys and stored.keys("assembled_casm.db")[0] in keys
    assert len(set(keys) & set(older)) == 1
    assert stored.call("verify", all=True)["proven"] == 4
    assert not list((stored.folder / "state" / "spool").iterdir())


def test_the_live_database_is_not_touched(stored):
    before = stored.path().stat()
    stored.call("verify", all=True)
    after = stored.path().stat()
    assert (before.st_mtime_ns, before.st_atime_ns, before.st_ino) == (after.st_mtime_ns, after.st_atime_ns, after.st_ino)


def test_a_store_that_is_away_makes_no_version_bad(stored):
    key = stored.keys("parts.db")[0]
    stored.store.rename(stored.folder / "unplugged")
    done = stored.ctl("verify", "--all", check=False)
    assert done.returncode == 4 and "is not there" in done.stderr
    assert stored.ctl("verify", key, check=False).returncode == 4
    (stored.folder / "unplugged").rename(stored.store)
    assert stored.call("verify", all=True)["bad"] == 0


def test_what_is_asked_for_wrongly_is_said(stored):
    for asked, words in (({"key": "nonsense"}, "is neither a key"),
                         ({"key": "a/b", "all": True}, "one of key, database and all"),
                         ({"database": "../x"}, "is no name of a database"),
                         ({"key": "backups/parts.db/20200101_000000_parts.db"}, "there is no version")):
        with pytest.raises(Failure, match=re.escape(words)):
            stored.call("verify", **asked)
    done = stored.ctl("verify", "parts.db", "--all", check=False)
    assert done.returncode == 1 and "one of" in done.stderr


# --- by itself --------------------------------------------------------------------------------------


def test_it_is_proven_by_itself_when_it_is_due(stored):
    stored.configure()
    stored.config.write_text(stored.config.read_text() + "[proof]\nevery_days = 0.00001\n")  # 0.9 s
    stored.restart()
    stored.wait_log("^<6>proof proven=2 bad=0")
    stored.wait_log("^<6>proof proven=2 bad=0", count=3)
    assert states(stored) == ["proven"]


def test_what_was_due_long_ago_is_done_after_the_start(stored):
    assert stored.stop() == 0
    with sqlite3.connect(stored.folder / "state" / "state.db") as db:
        db.execute("UPDATE upkeep SET since = since - 8 * 86400 * 1000000 WHERE what = 'proof'")
    db.close()
    stored.start()
    stored.wait_log("^<6>proof proven=2 bad=0")
    stored.restart()
    stored.call("status", refresh=True)
    assert not [line for line in stored.log[stored.mark:] if line.startswith("<6>proof ")]  # and not again


# --- what is bad ------------------------------------------------------------------------------------


def flip(path, rng):
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(path, rng):
    os.truncate(path, rng.randrange(path.stat().st_size))


def delete(path, _):
    path.unlink()


def swap(path, other):
    """Two versions' objects, one for the other."""
    aside = path.with_name("aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def hurt(site, rng):
    """Damages one object, any; the keys of the versions that it makes bad, and what was done."""
    keys = site.keys("parts.db")
    key = rng.choice(keys)
    suffix = rng.choice(["", "", ".metadata.json", ".casmand.json"])
    how = rng.choice([flip, truncate, delete, swap])
    path = site.object(key + suffix)
    if how is not swap:
        how(path, rng)
        return [key], f"{how.__name__} {key}{suffix}"
    other = rng.choice([k for k in keys if k != key])
    swap(path, site.object(other + suffix))
    return [key, other], f"swap {key}{suffix} {other}"


def is_healed(site, newest):
    """A version that replaces the bad newest one is stored and proven."""
    keys = site.keys("parts.db")
    return keys[-1] > newest and states(site)[0] == "proven"


def heal(site, newest):
    until = time.monotonic() + LIMIT
    while not is_healed(site, newest):
        assert time.monotonic() < until, site.logged()
        time.sleep(0.05)
    (version,) = [v for v in site.call("list")["versions"] if v["key"] == site.keys("parts.db")[-1]]
    assert version["operation"] == "Replaces a version that was found bad"
    assert site.rows(version["key"]) == site.rows_of(site.path())


def forget(site, keys):
    """What is left of bad versions goes, as an administrator would do it."""
    for key in keys:
        for suffix in ("", ".metadata.json", ".casmand.json"):
            site.object(key + suffix).unlink(missing_ok=True)


def test_p9_p11_whatever_is_damaged_is_found_told_and_made_anew(stored):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    healed = 0
    for _ in range(3):
        add_version(stored)
    for number in range(ROUNDS):
        while len(stored.keys("parts.db")) < 3:
            add_version(stored)
        newest, place = stored.keys("parts.db")[-1], stored.here()
        bad, what = hurt(stored, rng)
        done = stored.ctl("--json", "verify", "--all", check=False)
        assert done.returncode == 1, (number, what, done)
        for key in bad:
            stored.wait_log(rf"^<3>bad version db=parts\.db key={key} ", since=place)
        stored.wait_log("^<4>alert condition=bad_proof ", since=place)
        if newest in bad:
            heal(stored, newest)
            healed += 1
        else:
            assert stored.call("verify", database="parts.db")["bad"] == 0, what
        stored.wait_log("^<6>alert over condition=bad_proof ", since=place)
        with pytest.raises(Failure, match="is bad|is refused|is no version"):
            stored.call("restore", key=bad[0], dry_run=True)
        forget(stored, bad)
    print(f"{ROUNDS} of {ROUNDS} damages found, {healed} of them healed by a new version")


def test_a_bad_version_of_long_ago_is_told_and_no_new_one_made(stored):
    (old,) = stored.keys("parts.db")
    add_version(stored)
    flip(stored.object(old), random.Random(SEED))
    done = stored.ctl("verify", old, check=False)
    assert done.returncode == 1 and f"✗ {old}: " in done.stdout
    assert states(stored) == ["stored", "bad"]
    assert proof_of(stored)["bad"].startswith(old)
    assert old in stored.ctl("status").stdout
    assert len(stored.keys("parts.db")) == 2


def test_a_store_that_spoils_everything_is_not_filled_with_copies(stored):
    """The one that replaces a bad version is proven at once, but not those that replace that one."""
    (first,) = stored.keys("parts.db")
    place = stored.here()
    stored.object(first).unlink()
    assert stored.ctl("verify", first, check=False).returncode == 1
    stored.wait_log("^<6>stored db=parts.db", since=place)
    flip(stored.object(stored.keys("parts.db")[-1]), random.Random(SEED))
    stored.wait_log("^<3>bad version ", since=place, count=2)
    stored.wait_log("^<6>stored db=parts.db", since=place, count=2)
    assert states(stored)[0] == "stored"


def test_p9_others_versions_are_proven_too(stored):
    """One of a Python client: what it says of itself has to be true."""
    (key,) = stored.keys("parts.db")
    theirs = key.replace(key.split("/")[-1][:15], "20200101_000000")
    shutil.copy(stored.object(key), stored.object(theirs))
    told = stored.object(f"{key}.metadata.json").read_text().replace('"record_count": 3', '"record_count": 4')
    stored.object(f"{theirs}.metadata.json").write_text(told)
    found = stored.call("verify", all=True)
    assert found["bad"] == 1
    (bad,) = [v for v in found["versions"] if v["state"] == "bad"]
    assert bad["error"] == f"{theirs}: it has 3 records in parts, where its metadata says 4"
    assert sorted(states(stored)) == ["bad", "proven"]
