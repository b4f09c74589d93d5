"""P4, P11: whatever is wrong with keys, bucket, region, certificate or network, `status` says it in words
that tell what to do; nothing is lost, and when that is mended the versions go up."""
import datetime
import time

import pytest

import s3
import moods
from trouble import Clock, drained, spool

KEY = "the store does not know the access key: check access_key_id"
SECRET = "the secret does not belong to the access key: check access_key_id and secret_access_key"
BUCKET = "there is no bucket nobody-made-it at http"
WRONG_SECRET = {"secret_access_key_file": None, "secret_access_key": "wrong" * 8}


def told(site, words):
    """A change, which cannot be stored: all that tells says why, and that it is kept."""
    site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    answer = site.call("backup")
    (version,) = answer["versions"]
    assert version["state"] in ("captured", "sending") and answer["queued"] == ["parts.db"], answer
    assert answer["failed"] == [] and words.lower() in answer["store_error"].lower(), answer
    status = site.call("status", refresh=True)
    assert status["store"]["reachable"] is False and words.lower() in status["store"]["error"].lower()
    assert status["queue"]["length"] == len(spool(site)) >= 1 and status["queue"]["error"]
    shown = " ".join(site.ctl("status").stdout.split())
    assert "✓ " + status["backend"].upper() not in shown and words.lower() in shown.lower(), shown
    asked = site.ctl("backup", check=False)
    assert asked.returncode == 4, asked
    return status


def mended(site, count):
    """All that was captured is in the bucket, once, with nobody having asked for more than the mend."""
    drained(site)
    status = site.status()
    assert status["store"]["reachable"] is True and status["queue"]["error"] is None
    assert "✓ " + status["backend"].upper() in site.ctl("status").stdout
    assert [len(site.rows(key)) for key in site.keys()] == list(range(4, 4 + count))
    assert spool(site) == []


@pytest.mark.parametrize("name, tls, wrong, words", [
    ("radosgw", False, {"access_key_id": "acct:nobody"}, KEY),
    ("swift", False, {"access_key_id": "acct:nobody"}, "access_key_id"),  # it will not say which is wrong
    ("r2", False, {"access_key_id": "acct:nobody"}, KEY),
    ("radosgw", False, WRONG_SECRET, SECRET),
    ("swift", False, WRONG_SECRET, SECRET),
    ("r2", False, WRONG_SECRET, SECRET),
    ("radosgw", False, {"bucket_name": "nobody-made-it"}, BUCKET),
    ("swift", False, {"bucket_name": "nobody-made-it"}, BUCKET),
    ("r2", False, {"bucket_name": "nobody-made-it"}, BUCKET),
    ("swift", False, {"region": "eu-west-1"}, "is in another region: set region = us-east-1"),
    ("radosgw", True, {"ca_file": "stranger"}, "certificate"),
    ("radosgw", True, {"ca_file": None}, "certificate"),
    ("radosgw", False, {"endpoint": "http://127.0.0.1:9"}, "Failed to connect"),
    ("radosgw", False, {"endpoint": "http://casmand-test.invalid"}, "casmand-test.invalid"),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else None)
def test_p4_p11_a_wrong_setting_is_explained_and_when_it_is_right_what_waited_goes_up(
        cloud, name, tls, wrong, words):
    site = cloud(s3.shared(name, tls))
    site.database()
    site.make()
    if wrong.get("ca_file"):
        wrong = {"ca_file": f"{s3.authority(wrong['ca_file'])}.pem"}
    site.configure(**wrong)
    site.start()
    told(site, words)
    site.settings.clear()
    site.mend()
    mended(site, 1)


@pytest.mark.parametrize("mood, words", [
    (moods.error(400, "ExpiredToken"), "the session token has expired: get new credentials"),
    (moods.error(400, "InvalidToken"), "check session_token"),
    (moods.error(403, "AccessDenied"), "allow it"),
    (moods.error(503, "SlowDown", {"Retry-After": "1"}), "the store asks to slow down"),
    (moods.error(429, "TooManyRequests"), "the store asks to slow down"),
    (moods.answer(500), "out of order"),
    (moods.portal(), "does this network want a login"),
    (moods.portal(511), "this network wants a login"),
    (moods.redirect("http://portal.invalid/login"), "does this network want a login"),
    (moods.answer(301, {"x-amz-bucket-region": "ap-south-1"}), "set region = ap-south-1"),
    (moods.answer(200, body=b"OK"), "no S3 answered at"),
    (moods.hanging_up, "the connection was cut"),
    (moods.cut_answer(100), "the connection was cut"),
], ids=lambda value: getattr(value, "__name__", None))
def test_p4_p11_what_stands_between_is_explained_and_when_it_is_gone_what_waited_goes_up(
        cloud, unruly, radosgw, mood, words):
    site, proxy = cloud(radosgw), unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint)
    proxy.mood = mood
    site.start()
    told(site, words)
    proxy.mood = moods.passing
    site.mend()
    mended(site, 1)


@pytest.mark.parametrize("greeting, words", [
    (moods.wrong_certificate, "certificate"), (moods.refused, "connect")],
    ids=["a stranger's certificate", "reset at once"])
def test_p4_p11_a_connection_that_cannot_be_trusted_or_made_is_explained(cloud, unruly, greeting, words):
    server = s3.shared("radosgw", True)
    site, proxy = cloud(server), unruly(server)
    site.database()
    site.make()
    site.configure(endpoint=proxy.endpoint)
    proxy.greeting = greeting
    site.start()
    told(site, words)
    assert proxy.requests == []  # nothing was said to whoever that is
    proxy.greeting = moods.welcome
    site.mend()
    mended(site, 1)


@pytest.mark.parametrize("minutes", [-20, -9, 9, 20])
@pytest.mark.parametrize("name, tls", [("radosgw", False), ("swift", True)], ids=["radosgw", "swift-tls"])
def test_p4_p11_a_clock_that_is_off_is_told_and_costs_nothing(cloud, name, tls, minutes):
    site = cloud(s3.shared(name, tls))
    clock = Clock(site.folder)
    clock.set(time.time() + 60 * minutes)
    site.database()
    site.start(env=clock.env())
    status = site.call("status", refresh=True)
    assert status["store"]["reachable"] is True
    assert status["clock_skew_seconds"] == pytest.approx(60 * minutes, abs=10)
    begun = int(time.time())
    site.make()
    assert site.call("backup")["versions"][0]["state"] == "stored"
    (key,) = site.keys()
    assert site.object(key).read_bytes() == site.path().read_bytes()
    made = datetime.datetime.fromisoformat(site.metadata(key)["timestamp"])
    assert begun - 10 <= made.timestamp() <= time.time() + 10  # by the store's clock, which is right
    assert key == f"backups/parts.db/{made:%Y%m%d_%H%M%S}_parts.db"


@pytest.mark.parametrize("minutes", [-20, 20])
def test_p4_p11_a_clock_that_is_off_by_nobody_knows_how_much_is_told_and_costs_only_time(cloud, minutes):
    site = cloud(s3.shared("r2"))  # the simulator does not say what time it is
    clock = Clock(site.folder)
    clock.set(time.time() + 60 * minutes)
    site.database()
    site.make()
    site.start(env=clock.env())
    told(site, "the clock of this machine is not the store's: set it (timedatectl)")
    clock.set(time.time())
    site.mend()
    drained(site)
    assert len(site.keys()) == 1 and spool(site) == []
