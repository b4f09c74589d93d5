"""Two machines and one store: where each stands, and what one restores of the other's."""
import hashlib

from pairs import rows, state


def join(one, other):
    """The other takes what the first has."""
    site_key = one.keys()[-1]
    assert state(other) == "absent"
    result = other.call("restore", key=site_key)
    assert result["safety"] is None and result["published"] is None
    assert state(one) == state(other) == "in_step"


def test_who_took_the_newest_is_in_step_and_goes_on_from_there(pair):
    one, other = pair
    join(one, other)
    other.sql("parts.db", "INSERT INTO parts(part) VALUES('from the other')")
    other.wait_status("parts.db", state="ahead")
    other.call("backup")
    assert other.tags(other.keys()[-1])["base"] == one.tags(one.keys()[0])["id"]
    assert (state(one), state(other)) == ("behind", "in_step")
    one.call("restore", database="parts.db")
    assert rows(one) == rows(other) and state(one) == "in_step"
    assert len(one.keys()) == 2


def test_both_went_on_and_that_is_diverged_until_one_restores_the_others(pair):
    one, other = pair
    join(one, other)
    for site, part in ((one, "of one"), (other, "of the other")):
        site.sql("parts.db", f"INSERT INTO parts(part) VALUES('{part}')")
        site.call("backup")
    assert state(one) == state(other) == "diverged"
    place = one.here()
    result = one.call("restore", key=other.call("list")["versions"][0]["key"])
    assert result["safety"] is None and result["published"] and rows(one) == rows(other)
    one.wait_log("^<6>stored db=parts.db ", since=place)
    assert state(one) == state(other) == "in_step"


def test_an_older_version_that_is_kept_to_oneself_is_restored(pair):
    one, _ = pair
    one.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    one.call("backup")
    first = one.keys()[0]
    one.call("restore", key=first, publish=False)
    assert state(one) == "restored" and len(rows(one)) == 3
    one.call("backup")
    assert len(one.keys()) == 2 and state(one) == "restored"
    one.restart()
    assert state(one) == "restored"


def test_a_restore_is_followed_by_others(pair):
    one, other = pair
    first = one.keys()[0]
    one.sql("parts.db", "INSERT INTO parts(part) VALUES('wrong')")
    one.call("backup")
    join(one, other)
    place = one.here()
    one.call("restore", key=first)
    one.wait_log("^<6>stored db=parts.db ", since=place)
    assert (state(one), state(other)) == ("in_step", "behind")
    other.call("restore", database="parts.db")
    assert rows(one) == rows(other) and state(other) == "in_step"


def test_a_version_of_the_python_client_is_restored_and_built_upon(pair):
    one, _ = pair
    one.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
    before = one.path().read_bytes()
    one.sql("parts.db", "DELETE FROM parts")
    key = "backups/parts.db/20361120_120000_parts.db"
    one.object(key).write_bytes(before)
    (one.store / f"{key}.metadata.json").write_text(
        '{"filename": "parts.db", "timestamp": "2036-11-20T12:00:00+00:00", "checksum": "%s", "size_bytes": %d,'
        ' "db_name": "parts.db", "record_count": 4, "operation": "Manual CLI backup"}'
        % (hashlib.sha256(before).hexdigest(), len(before)))
    result = one.call("restore", database="parts.db")
    assert result["version"]["key"] == key and result["safety"]["record_count"] == 0
    assert len(rows(one)) == 4
    one.call("backup")
    tags = one.tags(result["published"]["key"])
    assert hashlib.sha256(before).hexdigest()[:32] in tags["base"].split(",")
    assert state(one) == "in_step"
